"""What a drive remembers from one patient to the next: product, lot, expiry, who vaccinates, what was just recorded.

It stands in the page's own signed cookie: codes and ids, nothing about anybody. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from issuer.clinic_desk.patient_form import PatientForm, Row

UNDO_SECONDS: Final = 60
"""How long what was just recorded can be undone with one press; later it is a correction, with its reason."""
MAX_RECENT: Final = 8
SHOW_RECENT: Final = timedelta(hours=12)
"""A shift: older ones are not "just recorded"."""
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Drive:
    """What the next patient's form begins with."""

    kind: str = "dose"
    product: str = ""
    code: str = ""
    manufacturer: str = ""
    lot: str = ""
    expires: str = ""
    vaccinator: str = field(default="", repr=False)

    def first_row(self, day: str) -> Row:
        """The first row of a new form."""
        return Row(
            1,
            "result" if self.kind == "result" else "dose",
            self.product,
            self.code,
            self.product,
            manufacturer=self.manufacturer,
            lot=self.lot,
            expires=self.expires,
            day=day,
            origin="drive" if self.code else "",
        )


def read_drive(kept: Any) -> Drive:
    """From the cookie; what is not ours is forgotten."""
    if not isinstance(kept, Mapping):
        return Drive()
    names = {one.name for one in fields(Drive)}
    return Drive(**{name: value for name, value in kept.items() if name in names and isinstance(value, str)})


def kept_drive(drive: Drive) -> dict[str, str]:
    """For the cookie."""
    return {name: value[:_LONGEST] for name, value in asdict(drive).items()}


def remembered(form: PatientForm, names: Mapping[int, str]) -> Drive:
    """What this patient's form leaves for the next one: its first row, if that was done here.

    Args:
        names: the product's name by row, as it is to stand in the field.
    """
    drive = Drive(vaccinator=form.vaccinator)
    for row in form.rows:
        if row.is_blank or row.source:
            continue
        product = names.get(row.number, row.product)
        if row.kind == "result":
            return replace(drive, kind="result", product=product, code=row.chosen)
        return replace(
            drive, product=product, code=row.chosen, manufacturer=row.manufacturer, lot=row.lot, expires=row.expires
        )
    return drive


Recent = tuple[str, str]
"""A record's id, and when it was recorded (ISO)."""


def read_recent(kept: Any, now: datetime) -> tuple[Recent, ...]:
    """The list in the cookie, newest first, without what is older than a shift."""
    if not isinstance(kept, Sequence) or isinstance(kept, str):
        return ()
    found = []
    for one in kept:
        if isinstance(one, list | tuple) and len(one) == 2 and all(isinstance(part, str) for part in one):
            at = _moment(one[1])
            if at and now - SHOW_RECENT <= at:
                found.append((one[0], one[1]))
    return tuple(found[:MAX_RECENT])


def with_recent(recent: Sequence[Recent], record_ids: Sequence[str], now: datetime) -> list[list[str]]:
    """The list with what was recorded now at its head; for the cookie."""
    new = [[one, now.isoformat(timespec="seconds")] for one in record_ids]
    old = [list(one) for one in recent if one[0] not in set(record_ids)]
    return (new + old)[:MAX_RECENT]


Told = Mapping[str, Sequence[str]]
"""By record, the codes of what was said when it was recorded."""


def read_told(kept: Any) -> Told:
    """From the cookie; what is not ours is forgotten."""
    if not isinstance(kept, Mapping):
        return {}
    return {
        record_id: [code for code in codes if isinstance(code, str)]
        for record_id, codes in kept.items()
        if isinstance(codes, list)
    }


def with_told(told: Told, new: Told, recent: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    """What was said of the records that are "just recorded"; for the cookie."""
    both = {**told, **new}
    return {one[0]: list(both[one[0]]) for one in recent if one[0] in both}


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
