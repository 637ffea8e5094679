"""Cards as a file to download: `.smart-health-card` (requirement F1, "via File Download")."""

from collections.abc import Sequence

from cards.shc.file import FILE_EXTENSION, MEDIA_TYPE, write_file

__all__ = ["FILE_EXTENSION", "MEDIA_TYPE", "health_card_file"]


def health_card_file(cards: Sequence[str]) -> bytes:
    """The file that carries these cards (JWS texts); serve it as `MEDIA_TYPE` under a name ending in `FILE_EXTENSION`.

    Raises:
        ValueError: no card at all.
    """
    return write_file(cards)
