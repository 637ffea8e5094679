"""What every view of this service needs: settings, registry, clock and counters, reached through the application."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app
from prometheus_client import CollectorRegistry, Counter

from pages import Problem
from trust_registry import TrustRegistry
from verifier.picture_process import PictureProcesses
from verifier.settings import Settings
from verifier.verdict import Verdict
from verifier.verification import judge
from verifier.web.inputs import cards_of

_KEY = "countersign-verifier"


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts, and what they were judged by."""

    verdicts: tuple[Verdict, ...]
    registry: TrustRegistry
    now: datetime


class Door:
    """Judges what is shown at it, and counts outcomes; a count is all it keeps."""

    def __init__(
        self,
        settings: Settings,
        registry_source: Callable[[], TrustRegistry],
        clock: Callable[[], datetime],
        metrics: CollectorRegistry,
    ) -> None:
        self.settings = settings
        self.pictures = PictureProcesses()
        self._registry_source = registry_source
        self._clock = clock
        self._counted = Counter("countersign_verdicts", "Verdicts", ["outcome", "code"], registry=metrics)

    def judge(self, texts: Sequence[str]) -> Judged:
        """One verdict a card.

        Raises:
            Problem: 503 where there is no registry to judge by, 413 where it is too much for one request.
        """
        cards = cards_of(texts)
        registry, now = self.registry(), self._clock()
        verdicts = tuple(judge(cards, registry, now))
        for verdict in verdicts:
            self._counted.labels(verdict.outcome, verdict.code or "").inc()
        return Judged(verdicts, registry, now)

    def registry(self) -> TrustRegistry:
        """The registry of this moment. Raises Problem 503."""
        try:
            return self._registry_source()
        except Exception:
            raise Problem(
                503,
                "registry-unavailable",
                "We cannot check cards just now",
                "The list of trusted issuers is not there.",
                "Tell whoever runs this verifier. Until then, ask for another proof or follow your venue’s rule.",
                lost="No card was judged.",
            ) from None

    def now(self) -> datetime:
        """The time by the clock this service was given."""
        return self._clock()


def install(app: Flask, door: Door) -> None:
    """Hand the door to the application."""
    app.extensions[_KEY] = door


def current_door() -> Door:
    """The door of the application that answers this request."""
    door: Door = current_app.extensions[_KEY]
    return door
