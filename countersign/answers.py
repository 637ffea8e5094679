"""What `countersign verify` says of one input: a verdict, or why there is nothing to judge."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifier.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from verifier.links import Behind


@dataclass(frozen=True, slots=True)
class NoCard:
    """An input in which there is nothing to judge: mostly we cannot tell, so it is undecided."""

    code: str
    reason: str
    outcome: Outcome = "undecided"


@dataclass(frozen=True, slots=True)
class Answer:
    """One line: an input's name, its verdict, and the link it lay behind."""

    name: str
    answer: Verdict | NoCard
    behind: "Behind | None" = None
