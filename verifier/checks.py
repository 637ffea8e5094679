"""The lines of checks beneath a verdict: which held, which did not, which were not reached.

The stages are those of `verifier.verification.verify`, in its order; each code belongs to one of them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal

from cards.shc.card import HealthCard, NumericDate
from pages.dates import in_words, moment_in_words
from trust_registry import TrustRegistry
from verifier.verdict import Verdict

State = Literal["held", "failed", "unsure", "not-reached"]


@dataclass(frozen=True, slots=True)
class Check:
    """One line."""

    name: str
    state: State
    words: str


_STAGES = ("format", "issuer", "signature", "dates", "revocation", "list")
_STAGE_OF = MappingProxyType(
    {
        "malformed-card": "format",
        "unsupported-algorithm": "format",
        "not-a-health-card": "format",
        "chunks-missing": "format",
        "untrusted-issuer": "issuer",
        "unknown-key": "signature",
        "withdrawn-key": "signature",
        "bad-signature": "signature",
        "not-yet-valid": "dates",
        "expired": "dates",
        "revoked": "revocation",
        "revocation-list-missing": "revocation",
        "revocation-list-stale": "revocation",
        "perhaps-revoked": "revocation",
        "registry-expired": "list",
    }
)

_HELD = MappingProxyType(
    {
        "issuer": "Issuer is on our list",
        "signature": "Signature fits, nothing was changed",
        "dates": "Its dates are good",
        "revocation": "Not taken back by the issuer",
    }
)
_BROKEN = MappingProxyType(
    {
        "untrusted-issuer": "The issuer is not on our list",
        "unknown-key": "We do not have the key that signed it",
        "withdrawn-key": "The issuer took back the key that signed it",
        "bad-signature": "The signature does not fit",
        "not-yet-valid": "It is dated in the future",
        "expired": "It has run out",
        "revoked": "The issuer took the card back",
        "revocation-list-missing": "We do not have the list of cards taken back",
        "revocation-list-stale": "Our list of cards taken back is not the newest",
        "perhaps-revoked": "It may have been taken back",
        "registry-expired": "Our list of issuers is out of date",
    }
)


def checks_of(verdict: Verdict, registry: TrustRegistry, now: datetime) -> tuple[Check, ...]:
    """The lines for one verdict; none where the code was no readable card at all."""
    broken = _STAGE_OF[verdict.code] if verdict.code else None
    if broken == "format":
        return ()
    reached = len(_STAGES) if broken is None else _STAGES.index(broken)
    lines = []
    for place, stage in enumerate(_STAGES[1:], start=1):
        if place < reached:
            lines.append(Check(stage, "held", _held(stage, verdict, registry)))
        elif place == reached:
            state: State = "unsure" if verdict.outcome == "undecided" else "failed"
            lines.append(Check(stage, state, _broken(verdict, registry, now)))
    return tuple(lines)


def _held(stage: str, verdict: Verdict, registry: TrustRegistry) -> str:
    if stage == "issuer" and verdict.issuer is not None:
        name = verdict.issuer.name or verdict.issuer.iss
        return f"Issued by {name}" if verdict.card else f"It names {name} as its issuer, who is on our list"
    if stage == "dates" and verdict.card is not None:
        return _dates(verdict.card)
    if stage == "list":
        return _list_is_current(registry)
    return _HELD[stage]


def _broken(verdict: Verdict, registry: TrustRegistry, now: datetime) -> str:
    code = verdict.code or ""
    if code == "registry-expired" and registry.expires_at is not None:
        return f"Our list of issuers was good until {moment_in_words(registry.expires_at)}"
    if code == "expired" and verdict.card is not None and verdict.card.exp is not None:
        return f"It was good until {_day(verdict.card.exp)}"
    if code == "not-yet-valid" and verdict.card is not None:
        return f"It is dated {_day(verdict.card.nbf)}; today is {in_words(now.date().isoformat())}"
    return _BROKEN[code]


def _dates(card: HealthCard) -> str:
    end = "no end date" if card.exp is None else f"good until {_day(card.exp)}"
    return f"Issued {_day(card.nbf)}, {end}"


def _list_is_current(registry: TrustRegistry) -> str:
    if registry.expires_at is None:
        return "Our list of issuers has no end date"
    return f"Our list is good until {in_words(registry.expires_at.date().isoformat())}"


def _day(seconds: NumericDate) -> str:
    try:
        return in_words(datetime.fromtimestamp(float(seconds), UTC).date().isoformat())
    except (ValueError, OverflowError, OSError):
        return "beyond any calendar"
