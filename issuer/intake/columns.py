"""What of a dose or result stands in a record's columns, and whether two records say the same. Pure."""

from issuer.intake.held import HeldRecord, Source, Status
from issuer.intake.proposal import Dose, Event


def say_the_same(one: HeldRecord, other: HeldRecord) -> bool:
    """Whether they say the same; when and by which message is not what they say."""
    return (one.person_id, one.key, one.status, one.resource, one.unsigned_because) == (
        other.person_id,
        other.key,
        other.status,
        other.resource,
        other.unsigned_because,
    )


def system_of(event: Event) -> str:
    """The code system of the product or test."""
    return event.system if isinstance(event, Dose) else "http://loinc.org"


def status_of(event: Event) -> Status:
    """A dose that was not given is on record all the same."""
    return "not-done" if isinstance(event, Dose) and event.status == "not-done" else "completed"


def source_of(event: Event) -> Source:
    """Who vouches for it."""
    if isinstance(event, Dose):
        return "administered" if event.administered else "historical"
    return "laboratory"
