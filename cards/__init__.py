"""The card: SMART Health Cards read, verified and written.

Pure. It touches no network, disk, database, clock or key storage: octets, keys and `now` are arguments.
It refuses to show anything about a person before a signature holds, and to guess where the format is broken.

    unverified = cards.read("shc:/5676…")          # MalformedCard, NotAHealthCard, …
    card = unverified.verify(key)                  # BadSignature
    card.check_valid_at(now)                       # NotYetValid, Expired
    content = content_of(card.bundle)              # cards.shc.content
"""

from collections.abc import Sequence

from cards.errors import (
    BadSignature,
    CannotDecide,
    CardError,
    CardTooLarge,
    ChunksMissing,
    Expired,
    MalformedCard,
    NotAHealthCard,
    NotYetValid,
    PerhapsRevoked,
    Refused,
    RegistryExpired,
    RevocationListMissing,
    RevocationListStale,
    Revoked,
    UnknownKey,
    UnsupportedAlgorithm,
    UntrustedIssuer,
    WithdrawnKey,
)
from cards.shc.card import HealthCard, UnverifiedCard, read_jws
from cards.shc.crl import CardRevocationList, read_crl
from cards.shc.file import read_file
from cards.shc.numeric import assemble, decode

__all__ = [
    "BadSignature",
    "CannotDecide",
    "CardError",
    "CardRevocationList",
    "CardTooLarge",
    "ChunksMissing",
    "Expired",
    "HealthCard",
    "MalformedCard",
    "NotAHealthCard",
    "NotYetValid",
    "PerhapsRevoked",
    "Refused",
    "RegistryExpired",
    "RevocationListMissing",
    "RevocationListStale",
    "Revoked",
    "UnknownKey",
    "UnsupportedAlgorithm",
    "UntrustedIssuer",
    "UnverifiedCard",
    "WithdrawnKey",
    "read",
    "read_crl",
]

_WHITE_SPACE = " \t\r\n"


def read(text: str | Sequence[str]) -> UnverifiedCard:
    """Read one card: `shc:/…`, a JWS, a file with one card, or the chunks of one card in any order.

    White space around it is forgiven, nothing else is (requirement B7).

    Raises:
        NotAHealthCard: some other text.
        MalformedCard, UnsupportedAlgorithm: it breaks the format.
        ChunksMissing: it is one chunk of several.
    """
    if not isinstance(text, str):
        texts = [part.strip(_WHITE_SPACE) for part in text]
        return read(texts[0]) if len(texts) == 1 else read_jws(assemble(texts))
    text = text.strip(_WHITE_SPACE)
    if text.startswith("shc:"):
        return read_jws(decode(text))
    if text.startswith("{"):
        return read_jws(_only(read_file(text)))
    return read_jws(text)


def _only(texts: list[str]) -> str:
    if len(texts) != 1:
        raise MalformedCard("file: not exactly one card; judge each of them alone")
    return texts[0]
