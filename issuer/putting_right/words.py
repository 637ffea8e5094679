"""Doses and results in words, as the pages of corrections, withdrawals and reviews show them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
    "identifier-same": "A number is the same",
    "identifier-differs": "Numbers of one authority differ",
    "given-nickname": "The given name is a short form of the other",
    "birth-date-day-month-swapped": "Day and month of birth the other way round",
    "birth-date-one-digit": "One digit of the birth date differs",
    "names-swapped": "Given and family name the other way round",
    "family-former": "The family name is a former one",
}


def _rows(event: Event) -> dict[str, str]:
    if isinstance(event, Result):
        return {"Test": event_in_words(event), "Time": event.time, "Result": _outcome(event)}
    return {
        "Product": f"{event_in_words(event)} ({event.code})",
        "Date": event.day,
        "Lot": event.lot,
        "Expires": event.expires,
        "Status": _status(event),
    }


def _status(dose: Dose) -> str:
    return "Given" if dose.status == "completed" else NOT_GIVEN.get(dose.not_done_reason, "Not given")


def _outcome(result: Result) -> str:
    if result.value_code:
        known = result_name(SNOMED, result.value_code) if result.value_system == SNOMED else None
        return known or result.value_code
    return f"{result.quantity} {result.unit}".strip() or result.text
