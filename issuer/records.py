"""What is signed: one checked, minimised bundle, and the card it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cards.encoding import write_json


@dataclass(frozen=True, slots=True)
class Record:
    """One card's worth of health record, checked and minimised (`cards.shc.minimize`).

    `card_id` is chosen before signing, so that a run which was stopped and repeated makes the same card again.
    """

    card_id: str
    bundle: Mapping[str, Any] = field(repr=False)
    title: str = field(default="", repr=False)
    """What the card is about, in words: "COVID-19", "MMR and varicella"."""
    text: bytes = field(init=False, repr=False)
    """The bundle as it is signed: minified JSON, written once."""

    def __post_init__(self) -> None:
        """Fix the text: a bundle changed afterwards is not what was checked."""
        object.__setattr__(self, "text", write_json(self.bundle))


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A signed card."""

    jws: str = field(repr=False)
    kid: str
    rid: str = field(repr=False)
    card_id: str
