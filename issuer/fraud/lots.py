"""Lots as a clinic keeps them: what came, what was thrown away, what was recalled, what is left. Pure values.

How many doses were used is counted from the records and never typed.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from cards.terminology import CVX, vaccine

CODE_CHARACTERS = 24
LOT_CHARACTERS = 40
MAX_DOSES = 1_000_000
"""In one delivery: a state's whole allotment; more is a slip of the finger."""
MAX_NOTE = 200
MovementKind = Literal["received", "wasted"]
KINDS: tuple[MovementKind, ...] = ("received", "wasted")


class NotEntered(ValueError):
    """What was typed cannot be kept; nothing was. `field_name` and `words` say where and how to mend it."""

    def __init__(self, field_name: str, words: str) -> None:
        super().__init__(field_name)
        self.field_name = field_name
        self.words = words


class UnknownLot(LookupError):
    """There is no such lot or recall, or it is another clinic's."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Doses of a lot that came. `expires`: last day of use, YYYY-MM-DD or ""."""

    code: str
    lot: str
    expires: str
    doses: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of the ledger. A negative number takes a wrong line back."""

    kind: MovementKind
    doses: int
    note: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot at a clinic, as it stands."""

    id: str
    clinic_id: str
    clinic_name: str
    code: str
    lot: str
    expires: str
    received: int
    wasted: int
    used: int
    """Doses on record as given by the clinic."""
    recalled: bool
    movements: tuple[Movement, ...] = field(default=(), repr=False)

    @property
    def left(self) -> int:
        """What should be in the refrigerator; negative where more was recorded than came."""
        return self.received - self.wasted - self.used

    def expired(self, today: date) -> bool:
        """Whether its last day of use is over."""
        return bool(self.expires) and self.expires < today.isoformat()


@dataclass(frozen=True, slots=True)
class Recall:
    """A lot that must not be used, everywhere or at one clinic."""

    id: str
    code: str
    lot: str
    clinic_id: str | None
    clinic_name: str
    reason: str
    actor: str
    at: datetime
    lifted_by: str
    lifted_at: datetime | None
    lift_reason: str


def folded(lot: str) -> str:
    """A lot number as it is compared: spaces and the case of letters do not tell lots apart."""
    return "".join(lot.split()).upper()


def spellings(lot: str) -> frozenset[str]:
    """How records may spell a lot, the commonest ways: what an index can be asked for."""
    return frozenset((lot, lot.upper(), lot.lower(), folded(lot)))


def checked_delivery(code: str, lot: str, expires: str, doses: str, note: str) -> Delivery:
    """What was typed about a delivery. Raises NotEntered."""
    return Delivery(
        checked_code(code), checked_lot(lot), checked_day(expires), checked_doses(doses), checked_note(note)
    )


def checked_code(code: str) -> str:
    """A CVX code with its leading zero. Raises NotEntered."""
    text = code.strip()
    padded = text.zfill(2) if text.isascii() and text.isdecimal() else ""
    if not padded or len(padded) > CODE_CHARACTERS or vaccine(CVX, padded) is None:
        raise NotEntered("code", "We do not know this product. Type its CVX code, such as 208, or its whole name.")
    return padded


def checked_lot(lot: str) -> str:
    """A lot number. Raises NotEntered."""
    text = " ".join(lot.split())
    if not text or len(text) > LOT_CHARACTERS or not text.isprintable():
        raise NotEntered("lot", f"Type the lot number as it stands on the box, at most {LOT_CHARACTERS} characters.")
    return text


def checked_day(text: str) -> str:
    """YYYY-MM-DD or "". Raises NotEntered."""
    if not text.strip():
        return ""
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise NotEntered("expires", "Enter the last day of use, such as 2027-03-31, or nothing.") from None


def checked_doses(text: str, *, negative: bool = False) -> int:
    """A number of doses. Raises NotEntered."""
    digits = text.strip().removeprefix("-") if negative else text.strip()
    if not (digits.isascii() and digits.isdecimal()) or not 0 < int(digits[:9]) <= MAX_DOSES or len(digits) > 9:
        raise NotEntered("doses", "Type how many doses, in digits: a box of ten vials with five doses each is 50.")
    return int(text.strip())


def checked_note(text: str) -> str:
    """A remark in one line."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:MAX_NOTE]
