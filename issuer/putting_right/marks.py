"""Why a record that was taken back by many stands on no card: what is written into `unsigned_because`. Pure."""

from collections.abc import Mapping
from typing import Literal

from issuer.intake.held import HeldRecord

Mark = Literal["withdrawn", "recalled-lot"]
MARKS: Mapping[Mark, str] = {
    "withdrawn": "Taken back by the health department",
    "recalled-lot": "The lot was recalled",
}
CARD_REASONS: Mapping[Mark, str] = {"withdrawn": "entered-in-error", "recalled-lot": "recalled"}
"""The reason that stands with each card taken back (`issuer.revocation.REASONS`)."""


def standing_mark(known: HeldRecord | None, lot: str, unsigned: str) -> str:
    """`unsigned_because` of a record that its clinic sends again or corrects.

    What the department took back stays so until the department puts it back: a system that sends everything again each
    night must not undo it. A corrected lot number takes a record out of a recall.

    Args:
        lot: the lot that is said now. unsigned: what the signing policy says.
    """
    if known is None or known.unsigned_because not in MARKS:
        return unsigned
    if known.unsigned_because == "recalled-lot" and lot != known.lot:
        return unsigned
    return known.unsigned_because
