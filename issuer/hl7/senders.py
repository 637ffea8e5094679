"""The senders of the MLLP listener, as the operator writes them down: a JSON list.

    [{"name": "harbour-ehr", "certificate": "3f9a…", "clinic": "CLINIC ID", "facilities": {"HARBOUR": "CLINIC ID"}},
     {"name": "bench", "loopback": true, "clinic": "CLINIC ID", "facilities": {"HARBOUR": "CLINIC ID"}}]

`certificate` is the SHA-256 fingerprint of the client's certificate (hexadecimal, colons allowed), `subject` its common
name; one of the two, or `loopback` for a program on this machine without TLS. Pure.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from issuer.hl7.sender import Peer, Sender
from issuer.rights import Actor

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_MEMBERS = {"name", "certificate", "subject", "loopback", "clinic", "facilities"}


class BadSenders(ValueError):
    """The senders' file cannot be used. The message says which entry and what to do."""


@dataclass(frozen=True, slots=True)
class Senders:
    """Who may send."""

    by_fingerprint: Mapping[str, Sender] = field(default_factory=dict)
    by_subject: Mapping[str, Sender] = field(default_factory=dict)
    on_loopback: Sender | None = None

    def of(self, peer: Peer) -> Sender | None:
        """The sender that a peer is. Somebody with a certificate is never taken for a program on this machine."""
        if peer.fingerprint:
            return self.by_fingerprint.get(peer.fingerprint) or self.by_subject.get(peer.subject)
        return self.on_loopback

    @property
    def all(self) -> tuple[Sender, ...]:
        """Every one of them."""
        alone = () if self.on_loopback is None else (self.on_loopback,)
        return (*self.by_fingerprint.values(), *self.by_subject.values(), *alone)


def clinics_of(sender: Sender) -> set[str]:
    """The clinics that a sender is bound to: its own, and those of its facilities."""
    return {sender.actor.clinic_id, *sender.facilities.values()}


def not_live(senders: Senders, states: Mapping[str, str]) -> list[str]:
    """A sentence for each sender and clinic of which nothing can be recorded, by the states of the clinics."""
    return [
        f"{sender.actor.id.removeprefix('client:')} is bound to clinic {one}, which is {states[one]}: "
        "its messages are refused until that clinic is live."
        for sender in senders.all
        for one in sorted(clinics_of(sender))
        if states.get(one, "live") != "live"
    ]


def read_senders(text: str) -> Senders:
    """The senders of a file.

    Raises:
        BadSenders: not such a list, or two entries are the same peer.
    """
    try:
        entries = json.loads(text)
    except ValueError:
        raise BadSenders("The senders' file is not JSON.") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadSenders("The senders' file must be a JSON list of objects.")
    prints: dict[str, Sender] = {}
    subjects: dict[str, Sender] = {}
    loopback: list[Sender] = []
    for number, entry in enumerate(entries, start=1):
        _place(entry, _sender(entry, number), number, prints, subjects, loopback)
    if len(loopback) > 1:
        raise BadSenders("Two entries are on loopback; nothing tells them apart. Give one of them a certificate.")
    return Senders(prints, subjects, loopback[0] if loopback else None)


def _sender(entry: Mapping[str, Any], number: int) -> Sender:
    if unknown := set(entry) - _MEMBERS:
        raise BadSenders(f"Entry {number} has members that we do not know: {', '.join(sorted(unknown))}.")
    name, clinic, facilities = entry.get("name"), entry.get("clinic"), entry.get("facilities")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadSenders(f"Entry {number} needs a `name` of up to 40 letters, digits, dots and hyphens.")
    if not isinstance(clinic, str) or not clinic:
        raise BadSenders(f"Entry {number} needs `clinic`, the clinic's id.")
    if (
        not isinstance(facilities, dict)
        or not facilities
        or not all(isinstance(one, str) for one in facilities.values())
    ):
        raise BadSenders(f"Entry {number} needs `facilities`: what stands in MSH-4, and the clinic's id for it.")
    return Sender(Actor(f"client:{name}", "system", clinic), facilities)


def _place(
    entry: Mapping[str, Any],
    sender: Sender,
    number: int,
    prints: dict[str, Sender],
    subjects: dict[str, Sender],
    loopback: list[Sender],
) -> None:
    known = [name for name in ("certificate", "subject", "loopback") if entry.get(name)]
    if len(known) != 1:
        raise BadSenders(f"Entry {number} needs one of `certificate`, `subject` and `loopback`.")
    if known[0] == "loopback":
        loopback.append(sender)
        return
    key = str(entry[known[0]])
    if known[0] == "certificate":
        key = key.replace(":", "").lower()
        if not _FINGERPRINT.fullmatch(key):
            raise BadSenders(f"Entry {number}: `certificate` is a SHA-256 fingerprint, 64 hexadecimal digits.")
    kept = prints if known[0] == "certificate" else subjects
    if key in kept:
        raise BadSenders(f"Entry {number} is the same peer as an entry before it.")
    kept[key] = sender
