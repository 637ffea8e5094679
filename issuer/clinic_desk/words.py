"""A dose or result in words, as a nurse reads it. Pure."""

from cards.terminology import CVX, LOINC, SNOMED, result_name, test_name, vaccine
from issuer.intake.proposal import Dose, Event
from issuer.plausibility.signed_tests import SIGNED_TESTS


def what_of(event: Event) -> str:
    """The product's or test's name; a code we do not know is shown as it is."""
    if isinstance(event, Dose):
        known = vaccine(event.system, event.code)
        return known.name if known else f"{'CVX' if event.system == CVX else event.system} {event.code}"
    return test_name(LOINC, event.code) or SIGNED_TESTS.get(event.code, (f"LOINC {event.code}", ""))[0]


def detail_of(event: Event) -> str:
    """Lot and where it was given, or what was found."""
    if isinstance(event, Dose):
        parts = [f"Lot {event.lot}" if event.lot else "", "" if event.administered else "Given elsewhere"]
        parts.append("Not given" if event.status == "not-done" else "")
        return " · ".join(part for part in parts if part)
    found = result_name(SNOMED, event.value_code) if event.value_code else ""
    return found or event.text or " ".join(part for part in (event.quantity, event.unit) if part) or event.value_code
