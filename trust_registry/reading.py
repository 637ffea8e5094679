"""Open whichever form of a registry a file holds: published, working copy, or a VCI snapshot."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cards import MalformedCard
from cards.encoding import read_json
from keys import PublicKey
from trust_registry.directory import NotADirectory
from trust_registry.entries import entry_of
from trust_registry.registry import TrustRegistry
from trust_registry.snapshot import BadRegistry, read_published


def is_signed(data: bytes) -> bool:
    """Whether the file claims to be a published registry, a JWS, rather than plain JSON."""
    return not data.lstrip().startswith(b"{")


def read_registry(data: bytes, publishers: Iterable[PublicKey], now: datetime, newest_seen: int = 0) -> TrustRegistry:
    """The registry in `data`.

    Args:
        publishers: whose published registries are believed; a plain file is believed as it is, because whoever can
            name it on the command line or in the settings could name any other.
    Raises:
        BadRegistry, NotADirectory: it is none, or must not be used.
    """
    if is_signed(data):
        return read_published(_ascii(data), publishers, now, newest_seen)
    document = _json(data)
    if isinstance(document, dict) and "entries" in document:
        try:
            return TrustRegistry(entry_of(item).trusted() for item in document["entries"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise NotADirectory("the working copy is damaged") from None
    return TrustRegistry.from_vci_snapshot(document)


def _json(data: bytes) -> Any:
    try:
        return read_json(data)
    except MalformedCard as error:
        raise NotADirectory(str(error)) from None


def _ascii(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise BadRegistry("The file is no registry: neither JSON nor a signed document.") from None
