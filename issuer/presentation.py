"""What a resident reads of a card: its content in words. Pure.

A card is read from the octets that were signed, not from the record: what the page says is what a verifier will find.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import cards
from cards.shc.content import Code, Dose, Result, content_of
from cards.terminology import CVX, ICD11, LOINC, SNOMED, result_name, test_name, vaccine
from issuer.revocation import REASONS
from issuer.store import StoredCard
from keys import PublicKey

_SYSTEM_NAMES = {CVX: "CVX", SNOMED: "SNOMED CT", ICD11: "ICD-11", LOINC: "LOINC"}
KEY_WITHDRAWN = "The key that signed it was withdrawn"


@dataclass(frozen=True, slots=True)
class Line:
    """One dose or one result in words. `date` as in FHIR."""

    what: str = field(repr=False)
    date: str = field(repr=False)
    outcome: str = field(repr=False, default="")
    """Of a test: "Not detected"."""
    details: tuple[str, ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class CardView:
    """One card as its page shows it."""

    id: str
    title: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: str = field(repr=False)
    lines: tuple[Line, ...] = field(repr=False)
    issued_at: datetime
    jws: str = field(repr=False)
    cancelled_at: datetime | None = None
    cancelled_because: str = ""
    """In words; "" for a card that stands."""

    @property
    def stands(self) -> bool:
        """Whether a verifier will accept it."""
        return not self.cancelled_because


def view_of(stored: StoredCard, published: Iterable[PublicKey]) -> CardView:
    """A stored card in words.

    Raises:
        cards.CardError: the stored octets are not what was signed; nothing of them is shown.
    """
    key = next((key for key in published if key.kid == stored.kid), None)
    if key is None:
        return CardView(
            stored.id, stored.title, "", "", (), stored.issued_at, stored.jws, stored.revoked_at, KEY_WITHDRAWN
        )
    content = content_of(cards.read(stored.jws).verify(key).bundle)
    person = content.persons[0]
    because = REASONS.get(stored.revoked_reason or "", "It was taken back") if stored.revoked_at else ""
    lines = tuple(map(_dose_line, content.doses)) + tuple(map(_result_line, content.results))
    return CardView(
        stored.id,
        stored.title,
        person.name,
        person.birth_date,
        lines,
        stored.issued_at,
        stored.jws,
        stored.revoked_at,
        because,
    )


def _dose_line(dose: Dose) -> Line:
    names = [_name(code, _vaccine_name(code)) for code in dose.codes]
    details = [dose.performer or "", f"Lot {dose.lot}" if dose.lot else ""]
    details.append("Weaker than a full dose" if dose.subpotent else "")
    return Line("; ".join(names), dose.date, "", tuple(detail for detail in details if detail))


def _result_line(result: Result) -> Line:
    names = [_name(code, test_name(code.system, code.code)) for code in result.codes]
    outcomes = [_name(code, result_name(code.system, code.code)) for code in result.values]
    outcomes += [result.text] if result.text else []
    return Line("; ".join(names), result.time, "; ".join(outcomes), (result.performer,) if result.performer else ())


def _vaccine_name(code: Code) -> str | None:
    known = vaccine(code.system, code.code)
    return known.name if known else None


def _name(code: Code, known: str | None) -> str:
    """A code we do not know is shown as code and system, never hidden."""
    return known or f"{_SYSTEM_NAMES.get(code.system, code.system)} {code.code}"
