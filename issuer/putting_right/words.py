"""Doses and results in words, as the pages of corrections, withdrawals and reviews show them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cards.dates import date_in_words
from cards.terminology import CVX, LOINC, SNOMED, result_name, test_name, vaccine
from issuer.intake.proposal import Dose, Event, Result

KINDS = {"immunization": "Dose", "observation": "Result"}
NOT_GIVEN = {"refused": "Not given: refused", "not-administered": "Not given", "": "Not given"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing before and after a change."""

    what: str
    before: str = field(repr=False)
    after: str = field(repr=False)

    @property
    def changed(self) -> bool:
        """Whether it is another one."""
        return self.before != self.after


def what_in_words(kind: str, code: str, system: str = CVX) -> str:
    """The product or test; a code we do not know is shown, never hidden."""
    if kind == "immunization":
        known = vaccine(system, code)
        return known.name if known else f"Vaccine {code}"
    return test_name(LOINC, code) or f"Test {code}"


def event_in_words(event: Event) -> str:
    """The product or test of an event."""
    return what_in_words(event.kind, event.code, event.system if isinstance(event, Dose) else LOINC)


def details_of(event: Event) -> tuple[str, ...]:
    """What stands beneath it: lot, status, outcome."""
    if isinstance(event, Result):
        return (_outcome(event),)
    said = (f"Lot {event.lot}" if event.lot else "", "" if event.status == "completed" else _status(event))
    return tuple(one for one in said if one)


def differences(before: Event, after: Event) -> tuple[Difference, ...]:
    """Side by side, whether it changed or not."""
    was, is_now = _rows(before), _rows(after)
    return tuple(Difference(what, was.get(what, ""), is_now.get(what, "")) for what in dict.fromkeys((*was, *is_now)))


def reasons_in_words(codes: Iterable[str]) -> tuple[str, ...]:
    """What the matcher found of two persons, as words."""
    return tuple(_REASONS.get(code) or code.replace("-", " ").capitalize() for code in codes)


_REASONS: Mapping[str, str] = {
    "sender-says-one-person": "The clinic’s system says that they are one person",
    "identifier-same": "One number is the same",
    "identifier-differs": "Numbers of one authority differ",
    "birth-date-same": "Born on the same day",
    "birth-date-differs": "Born on different days",
    "birth-date-day-month-swapped": "Day and month of birth the other way round",
    "birth-date-one-digit": "One digit of the birth date differs",
    "birth-date-first-of-january": "One is said to be born on 1 January",
    "birth-date-partial": "Of one only a part of the birth date is known",
    "birth-order-same": "The same place in a multiple birth",
    "birth-order-differs": "Another place in a multiple birth",
    "multiple-birth-differs": "Only one is of a multiple birth",
    "family-same": "The same family name",
    "family-similar": "A similar family name",
    "family-differs": "Another family name",
    "family-part": "Family names with one part in common",
    "family-former": "The family name is a former one of the other",
    "family-is-mothers": "The family name is the mother’s of the other",
    "names-swapped": "Given and family name the other way round",
    "given-same": "The same given name",
    "given-similar": "A similar given name",
    "given-differs": "Another given name",
    "given-initial": "A given name that is only an initial",
    "given-is-middle": "The given name is the other’s middle name",
    "given-missing": "One has no given name",
    "given-nickname": "The given name is a short form of the other",
    "given-placeholder": "One has a placeholder for a given name",
    "middle-same": "The same middle name",
    "middle-initial": "The middle name begins alike",
    "middle-differs": "Another middle name",
    "suffix-differs": "Another suffix, such as Jr.",
    "sex-same": "The same sex",
    "sex-differs": "Another sex",
    "mother-same": "The same mother’s maiden name",
    "mother-similar": "A similar mother’s maiden name",
    "mother-differs": "Another mother’s maiden name",
    "phone-same": "The same telephone",
    "phone-differs": "Another telephone",
    "email-same": "The same e-mail address",
    "address-same": "The same address",
    "postcode-same": "The same postcode",
    "postcode-differs": "Another postcode",
}


def _rows(event: Event) -> dict[str, str]:
    if isinstance(event, Result):
        return {"Test": event_in_words(event), "Time": event.time, "Result": _outcome(event)}
    return {
        "Product": f"{event_in_words(event)} ({event.code})",
        "Date": date_in_words(event.day),
        "Lot": event.lot,
        "Expires": date_in_words(event.expires),
        "Status": _status(event),
    }


def _status(dose: Dose) -> str:
    return "Given" if dose.status == "completed" else NOT_GIVEN.get(dose.not_done_reason, "Not given")


def _outcome(result: Result) -> str:
    if result.value_code:
        known = result_name(SNOMED, result.value_code) if result.value_system == SNOMED else None
        return known or result.value_code
    return f"{result.quantity} {result.unit}".strip() or result.text
