"""What a door answered to one message."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """Of each step whether it was refused, and the codes that were answered with the message as a whole."""

    refused: tuple[bool, ...]
    codes: frozenset[str]
