"""Two persons side by side: what agrees and what differs, in words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from issuer.intake.events import read_event
from issuer.intake.held import HeldPerson, HeldRecord
from issuer.intake.proposal import Address, Demographics, Event, Name
from issuer.persons.names import fold

Agreement = Literal["same", "similar", "differs", "one"]
WORDS: dict[Agreement, str] = {
    "same": "Agrees",
    "similar": "Agrees in part",
    "differs": "Differs",
    "one": "Known of one only",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is known of the persons."""

    what: str
    newer: str = field(repr=False)
    older: str = field(repr=False)
    agreement: Agreement

    @property
    def words(self) -> str:
        """How they compare."""
        return WORDS[self.agreement]


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A dose or result of either, or the same of both."""

    kind: str
    day: str = field(repr=False)
    newer: Event | None = field(repr=False)
    newer_clinic: str
    older: Event | None = field(repr=False)
    older_clinic: str
    twice: bool
    """The same clinic recorded the same on both: put together, the later one is marked a duplicate."""

    @property
    def words(self) -> str:
        """Where it stands."""
        if self.newer is None or self.older is None:
            return "On one record only"
        return "The same dose or result on both" if self.twice else "On both, from two clinics"


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Both persons of a review."""

    review_id: str
    state: str
    score: int
    reasons: tuple[str, ...]
    newer: HeldPerson = field(repr=False)
    older: HeldPerson = field(repr=False)
    rows: tuple[Row, ...] = field(repr=False)
    records: tuple[RecordRow, ...] = field(repr=False)


def compared(newer: Demographics, older: Demographics) -> tuple[Row, ...]:
    """Row by row; what is known of neither is left out."""
    rows = [
        _row("Name", name_in_words(newer.name), name_in_words(older.name), _names(newer.name, older.name)),
        _row("Date of birth", newer.birth_date, older.birth_date, _dates(newer.birth_date, older.birth_date)),
        _row("Sex", newer.sex or "", older.sex or ""),
        _row("Place in a multiple birth", _text(newer.birth_order), _text(older.birth_order)),
        _row("One of several children", _yes(newer.multiple_birth), _yes(older.multiple_birth)),
        _row("Mother’s maiden name", newer.mother_maiden or "", older.mother_maiden or ""),
        _many("Phone", newer.phones, older.phones),
        _many("E-mail", newer.emails, older.emails),
        _row("Address", _address(newer.address), _address(older.address)),
        _many("Numbers", _identifiers(newer), _identifiers(older)),
        _many("Other names", _aliases(newer), _aliases(older)),
        _row("Died", newer.died_on or "", older.died_on or ""),
    ]
    return tuple(row for row in rows if row is not None)


def records_compared(
    newer: Sequence[HeldRecord], older: Sequence[HeldRecord], clinics: dict[str, str]
) -> tuple[RecordRow, ...]:
    """Doses and results by day; the same product and day of both stand in one row."""
    left = {(one.kind, one.code, one.day, one.id): one for one in older if one.status != "deleted"}
    rows = []
    for one in newer:
        if one.status == "deleted":
            continue
        same = [key for key in left if key[:3] == (one.kind, one.code, one.day)]
        best = next((key for key in same if left[key].clinic_id == one.clinic_id), same[0] if same else None)
        rows.append(_record_row(one, left.pop(best) if best else None, clinics))
    rows += [_record_row(None, one, clinics) for one in left.values()]
    return tuple(sorted(rows, key=lambda row: (row.day, row.words)))


def name_in_words(name: Name) -> str:
    """Given and family name, or the undivided text."""
    return " ".join(part for part in (*name.given, name.family, name.suffix) if part) or name.text


def _record_row(newer: HeldRecord | None, older: HeldRecord | None, clinics: dict[str, str]) -> RecordRow:
    known = [one for one in (newer, older) if one is not None]
    twice = len({one.clinic_id for one in known}) == 1 and len(known) == 2
    return RecordRow(
        known[0].kind,
        known[0].day,
        read_event(newer.kind, newer.resource).event if newer else None,
        clinics.get(newer.clinic_id, "") if newer else "",
        read_event(older.kind, older.resource).event if older else None,
        clinics.get(older.clinic_id, "") if older else "",
        twice,
    )


def _row(what: str, newer: str, older: str, agreement: Agreement | None = None) -> Row | None:
    if not newer and not older:
        return None
    if not newer or not older:
        return Row(what, newer, older, "one")
    return Row(what, newer, older, agreement or ("same" if newer.casefold() == older.casefold() else "differs"))


def _many(what: str, newer: Sequence[str], older: Sequence[str]) -> Row | None:
    common = set(newer) & set(older)
    agreement: Agreement = "differs"
    if common:
        agreement = "same" if set(newer) == set(older) else "similar"
    return _row(what, "\n".join(newer), "\n".join(older), agreement)


def _names(newer: Name, older: Name) -> Agreement:
    a, b = fold(newer), fold(older)
    if (a.family, a.first, a.middle) == (b.family, b.first, b.middle):
        return "same"
    return "similar" if {*a.parts, a.family, a.first} & {*b.parts, b.family, b.first} - {""} else "differs"


def _dates(newer: str, older: str) -> Agreement:
    if newer == older:
        return "same"
    parts = sorted(newer.split("-")) == sorted(older.split("-")) or newer.startswith(older) or older.startswith(newer)
    return "similar" if parts else "differs"


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def _yes(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _address(one: Address | None) -> str:
    if one is None:
        return ""
    return "\n".join(part for part in (one.line, " ".join(p for p in (one.city, one.state, one.postcode) if p)) if part)


def _identifiers(person: Demographics) -> list[str]:
    return [f"{one.kind + ' ' if one.kind else ''}{one.value} ({one.authority})" for one in person.identifiers]


def _aliases(person: Demographics) -> list[str]:
    return [name_in_words(one) for one in person.aliases]
