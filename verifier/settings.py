"""The verifier's settings, from an environment that is an argument. There is no secret among them: nothing is stored,
so there is no session to protect."""

from collections.abc import Mapping
from dataclasses import dataclass

PREFIX = "COUNTERSIGN_VERIFIER_"
MAX_BODY_OCTETS = 25 * 1024 * 1024
"""Of one request: a picture of `verifier.image.MAX_OCTETS` with room for the form around it."""


class BadSetting(ValueError):
    """A setting cannot be used; the message names it and says what it takes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator can change.

    COUNTERSIGN_VERIFIER_NAME: what the head of each page says.
    COUNTERSIGN_VERIFIER_RATE: checks one network address may ask for, as "600 per minute"; counted in each process.
    COUNTERSIGN_VERIFIER_CLEAR_SECONDS: a verdict left alone disappears from the screen after so long; 0 keeps it.
    COUNTERSIGN_VERIFIER_PROXIES: how many proxies of ours stand in front and set X-Forwarded-For and -Proto.
    """

    name: str = "Countersign Verifier"
    rate: str = "600 per minute"
    clear_seconds: int = 90
    proxies: int = 0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Raises BadSetting."""
        return cls(
            name=environment.get(PREFIX + "NAME", cls().name),
            rate=_rate(environment.get(PREFIX + "RATE", cls().rate)),
            clear_seconds=_number(environment, "CLEAR_SECONDS", cls().clear_seconds),
            proxies=_number(environment, "PROXIES", cls().proxies),
        )


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(PREFIX + name, str(default))
    if not text.isascii() or not text.isdecimal():
        raise BadSetting(f"{PREFIX}{name} takes a whole number, 0 or more")
    return int(text)


def _rate(text: str) -> str:
    count, _, unit = text.partition(" per ")
    if not count.isdecimal() or unit not in ("second", "minute", "hour"):
        raise BadSetting(f'{PREFIX}RATE takes a number "per second", "per minute" or "per hour": "600 per minute"')
    return text
