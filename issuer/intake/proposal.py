"""What a door brings: a person, and a dose or result to add, correct or delete. Pure values, no decisions.

Texts stand as they were sent, trimmed and in Unicode NFC. In `Demographics`, None means "not said" and "" means "take
away what stood there" (HL7 v2 tells the two apart: an empty field and `""`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cards.terminology import CVX

Action = Literal["add", "update", "delete"]
Kind = Literal["immunization", "observation"]


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier and who assigned it. `kind` as in HL7 table 0203: MR, PI, SR, SS, DL …"""

    authority: str
    value: str = field(repr=False)
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """One name. `text` where it cannot be divided; then family and given are empty."""

    family: str = field(default="", repr=False)
    given: tuple[str, ...] = field(default=(), repr=False)
    suffix: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    prefix: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody lives."""

    line: str = field(default="", repr=False)
    city: str = field(default="", repr=False)
    state: str = field(default="", repr=False)
    postcode: str = field(default="", repr=False)
    country: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Demographics:
    """Who the person is, as far as the sender said."""

    name: Name = field(default=Name(), repr=False)
    birth_date: str = field(default="", repr=False)
    """YYYY-MM-DD; partial dates (YYYY-MM, YYYY) as sent."""
    sex: str | None = field(default=None, repr=False)
    """FHIR administrative gender: male, female, other, unknown."""
    identifiers: tuple[Identifier, ...] = field(default=(), repr=False)
    aliases: tuple[Name, ...] = field(default=(), repr=False)
    birth_order: int | None = field(default=None, repr=False)
    multiple_birth: bool | None = field(default=None, repr=False)
    mother_maiden: str | None = field(default=None, repr=False)
    """The mother's maiden family name."""
    phones: tuple[str, ...] = field(default=(), repr=False)
    """E.164 where the sender's number can be read as one, else as sent."""
    emails: tuple[str, ...] = field(default=(), repr=False)
    address: Address | None = field(default=None, repr=False)
    died_on: str | None = field(default=None, repr=False)
    """Day of death; "yes" where only the fact is known; "" takes a recorded death away."""
    protected: bool | None = field(default=None, repr=False)
    """HL7 PD1-12: nothing about this person goes to others."""


@dataclass(frozen=True, slots=True)
class Dose:
    """A vaccination, or one that was not given."""

    code: str
    """The product, by default CVX with its leading zero ("08")."""
    day: str = field(repr=False)
    """YYYY-MM-DD; a historical dose may have YYYY-MM or YYYY."""
    system: str = CVX
    lot: str = field(default="", repr=False)
    expires: str = ""
    """Last day of use, YYYY-MM-DD; "" unknown."""
    manufacturer: str = ""
    """MVX."""
    status: Literal["completed", "not-done"] = "completed"
    not_done_reason: str = ""
    """refused, not-administered; "" where it was given."""
    reason_code: str = field(default="", repr=False)
    """Why, as the sender coded it (RXA-18, in CDC's table NIP002); "" where nothing was said."""
    reason_text: str = field(default="", repr=False)
    reason_system: str = field(default="", repr=False)
    """The name of the code's system as it was sent ("NIP002")."""
    subpotent: bool = False
    """Given in part (RXA-20 PA) or weaker: Immunization.isSubpotent."""
    administered: bool = True
    """Given by the sender; False for a historical dose (RXA-9, Immunization.primarySource)."""
    evidence: str = ""
    """Of a historical dose: what it was taken from (CDC NIP001: 01 … 08, or FHIR reportOrigin: provider, record,
    recall, school, jurisdiction); "" where nothing was said."""
    dose_number: int | None = None
    """Which dose of its series the sender takes it for."""
    vaccinator: str = field(default="", repr=False)
    """Who gave it: an id or name of the clinic's own."""
    performer: str = field(default="", repr=False)
    """Who stands on the card as performer; "" means the clinic's public display name."""

    kind: Kind = "immunization"


@dataclass(frozen=True, slots=True)
class Result:
    """A laboratory result. One of value_code, quantity or text says what was found."""

    code: str
    """LOINC."""
    time: str = field(repr=False)
    """A moment with its zone (FHIR dateTime)."""
    status: str = "final"
    """final, amended, corrected; anything else is no result yet."""
    value_code: str = field(default="", repr=False)
    value_system: str = field(default="http://snomed.info/sct", repr=False)
    quantity: str = field(default="", repr=False)
    """The number as sent, digits kept: "1.50"."""
    unit: str = field(default="", repr=False)
    """UCUM."""
    text: str = field(default="", repr=False)
    self_test: bool = False
    performer: str = field(default="", repr=False)
    kind: Kind = "observation"


Event = Dose | Result


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing a door asks for."""

    person: Demographics = field(repr=False)
    event: Event | None = field(repr=False)
    """None: it is about the person only (an update of demographics, CVX 998)."""
    action: Action = "add"
    event_id: str = ""
    """The sender's own id of the dose or result (ORC-3, Immunization.identifier, a column); "" where it has none."""
    person_id: str = ""
    """Whose it is, where the door knows already (a page opened on a person); "" lets the matcher decide."""
    record_id: str = ""
    """Which record is corrected or deleted, where the door knows (a page opened on it); together with `person_id`."""
    resource: Mapping[str, Any] | None = field(default=None, repr=False)
    """The event as reduced FHIR R4, where the door received FHIR: it is signed as it was sent."""
    confirmed: frozenset[str] = frozenset()
    """Codes of questions the sender has answered with yes."""


Severity = Literal["error", "question", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `place` is a neutral name ("person.birth_date", "event.lot"); the door says it in its own terms
    (RXA-15, Bundle.entry[2].resource.lotNumber, column "lot"). Texts never carry a value out of a record."""

    code: str
    place: str
    severity: Severity
    message: str
    remedy: str
    source: str = ""
    """The rule it comes from: document, table, version."""


Did = Literal["recorded", "unchanged", "corrected", "deleted", "reinstated", "noted", "asked", "refused"]
"""`noted`: about the person only. `asked`: nothing is recorded until the questions are answered (a door with a person
in front of it). `refused`: nothing is recorded; the findings say why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one proposal."""

    did: Did
    findings: tuple[Finding, ...] = ()
    person_id: str = ""
    record_id: str = ""
    review: bool = False
    """Whose record it is could not be told apart: it stands with a new person and waits on the review page."""

    @property
    def accepted(self) -> bool:
        """Whether what was sent is now so."""
        return self.did not in ("refused", "asked")


PLACES: Mapping[str, str] = {
    "person": "the person",
    "person.name": "the name",
    "person.birth_date": "the date of birth",
    "person.sex": "the sex",
    "person.identifier": "the identifier",
    "person.birth_order": "the birth order",
    "person.mother_maiden": "the mother's maiden name",
    "person.phone": "the phone number",
    "person.email": "the e-mail address",
    "person.address": "the address",
    "person.died_on": "the date of death",
    "row": "the row",
    "event": "the dose or result",
    "event.id": "the sender's id of it",
    "event.code": "the product or test",
    "event.day": "the date",
    "event.lot": "the lot number",
    "event.expires": "the expiry date",
    "event.manufacturer": "the manufacturer",
    "event.status": "the status",
    "event.evidence": "the evidence",
    "event.dose_number": "the dose number",
    "event.performer": "the performer",
    "event.value": "the outcome",
    "event.unit": "the unit",
    "action": "the action",
    "clinic": "the clinic",
}
"""Every place a finding may name."""
