"""What is known of one of our columns."""

from dataclasses import dataclass
from typing import Literal

Use = Literal["dose", "result", "roster"]
"""Which of our templates a column stands in."""

BOTH: tuple[Use, ...] = ("dose", "result")
ALL: tuple[Use, ...] = ("dose", "result", "roster")
DOSE: tuple[Use, ...] = ("dose",)
RESULT: tuple[Use, ...] = ("result",)


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `aliases` are separated by commas and compared without case, spaces and punctuation."""

    name: str
    place: str
    """Where a fault in it belongs: a place of the checker (`issuer.intake.proposal.PLACES`)."""
    uses: tuple[Use, ...]
    hint: str
    example: str = ""
    aliases: str = ""
    choices: tuple[str, ...] = ()
    """For the drop-down of the template."""
    required: bool = False
    """In the templates; a file may say the same in another column (`name` for family and given names)."""
