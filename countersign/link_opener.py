"""Which links `countersign verify` opens, for whom, and what it says of those it does not.

Imported when an input is a link: judging a card needs no network and no sealed files.
"""

import sys
from dataclasses import dataclass, field
from datetime import datetime

import click

from cards.shlink import LinkError, LinkRefused, PasscodeNeeded
from cards.shlink.manifest import one_line
from countersign.answers import Answer, NoCard
from countersign.link_network import open_link
from trust_registry import TrustRegistry
from trust_registry.fetch import Network
from verifier.link_words import NO_SIGNED_CARD, RECIPIENT_NEEDED, of_code, of_error
from verifier.links import Asking, Behind, judge

RECIPIENT = "A verifier (countersign verify)"
"""What the sharer of a typed link is told, where nobody says better."""


@dataclass(frozen=True, slots=True)
class LinkOpener:
    """Who asks, and over which network."""

    recipient: str | None
    passcode: str | None = field(repr=False)
    now: datetime
    world: Network | None = None
    """None for this machine's."""

    def open(self, text: str, *, typed: bool) -> Behind | NoCard:
        """What lies behind a link, or why it was not opened."""
        recipient = one_line(self.recipient or "") or (RECIPIENT if typed else "")
        if not recipient:
            return NoCard(RECIPIENT_NEEDED, of_code(RECIPIENT_NEEDED))
        try:
            return self._open(text, recipient)
        except LinkError as error:
            return NoCard(error.code, of_error(error), "rejected" if isinstance(error, LinkRefused) else "undecided")

    def _open(self, text: str, recipient: str) -> Behind:
        try:
            return open_link(text, Asking(recipient, self.passcode), self.now, self.world)
        except PasscodeNeeded:
            if not sys.stdin.isatty():
                raise
        passcode = click.prompt("Passcode of the link", hide_input=True, err=True)
        return open_link(text, Asking(recipient, passcode), self.now, self.world)


def answers_of(name: str, behind: Behind, registry: TrustRegistry, now: datetime) -> list[Answer]:
    """One line a card; one that says so where there is none."""
    nothing = NoCard(NO_SIGNED_CARD, of_code(NO_SIGNED_CARD))
    return [Answer(name, one, behind) for one in judge(behind, registry, now).verdicts] or [
        Answer(name, nothing, behind)
    ]
