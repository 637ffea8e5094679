"""What may be asked for of many records at once, for which reasons, and what is given out of each. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import orjson

from issuer.fraud.lots import CODE_CHARACTERS, LOT_CHARACTERS, NotEntered

Kind = Literal["export", "search"]
KINDS: Mapping[str, str] = {"search": "Look on the screen", "export": "Save as a file"}
REASONS: Mapping[str, str] = {
    "outbreak": "An outbreak",
    "recall": "A recall or a fault of a product",
    "fraud": "Suspected fraud",
    "quality": "Checking the quality of records",
    "reporting": "Reporting that the law asks for",
    "research": "Research that was approved",
    "court": "A court’s order",
    "other": "Another reason",
}
COLUMNS = (
    "record_id", "person_id", "family", "given", "birth_date", "postcode", "kind", "code", "day", "lot", "status",
    "source", "clinic", "recorded_at", "marks",
)  # fmt: skip
"""Of an export and a search."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which records; "" and None: not asked."""

    clinic_id: str = ""
    code: str = ""
    lot: str = ""
    since: datetime | None = None
    """Recorded at or after."""
    until: datetime | None = None
    """Recorded before."""

    def check(self) -> None:
        """Raises NotEntered."""
        if not any((self.clinic_id, self.code, self.lot, self.since, self.until)):
            raise NotEntered("clinic_id", "Name a clinic, a product, a lot or a time: nobody needs everything.")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise NotEntered("until", "The end lies before the beginning.")
        if len(self.code) > CODE_CHARACTERS or len(self.lot) > LOT_CHARACTERS or len(self.clinic_id) > 32:
            raise NotEntered("lot", "This is longer than any product’s code or lot number.")

    @property
    def named(self) -> str:
        """What was asked for, without the values: for the audit log."""
        return " ".join(name for name in ("clinic_id", "code", "lot", "since", "until") if getattr(self, name))


def criteria_json(one: Criteria) -> str:
    """As it is kept."""
    moments = [moment.isoformat() if moment else "" for moment in (one.since, one.until)]
    return orjson.dumps([one.clinic_id, one.code, one.lot, *moments]).decode()


def read_criteria(text: str) -> Criteria:
    """Back from the store."""
    clinic_id, code, lot, since, until = orjson.loads(text)[:5]
    return Criteria(
        clinic_id,
        code,
        lot,
        datetime.fromisoformat(since) if since else None,
        datetime.fromisoformat(until) if until else None,
    )


def cells_of(row: object) -> tuple[str, ...]:
    """A record as texts, in the order of `COLUMNS`."""
    return tuple(
        value.isoformat() if isinstance(value, datetime) else str(value)
        for value in (getattr(row, name) for name in COLUMNS)
    )
