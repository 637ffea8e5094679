"""Which kind of picture a file is, by its first octets, and why one cannot be looked at.

Apart from `verifier.image` so that a file of text is told from a picture without loading what decodes pictures.
"""

from types import MappingProxyType
from typing import ClassVar

MAX_OCTETS = 20 * 1024 * 1024
"""Of a picture or PDF: a 50-megapixel phone photo is some 15 MB."""
MAX_PIXELS = 40_000_000
"""Checked before decoding (a 32 kB PNG can hold 144 megapixels); decoded, four octets each."""

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", 0, "PNG"),
    (b"\xff\xd8\xff", 0, "JPEG"),
    (b"GIF8", 0, "GIF"),
    (b"WEBP", 8, "WEBP"),
    (b"%PDF-", 0, "PDF"),
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})


class UnreadablePicture(ValueError):
    """The picture cannot be looked at. `code` is stable; the message says why, without a word out of the picture."""

    MESSAGES: ClassVar[MappingProxyType[str, str]] = MappingProxyType(
        {
            "empty-picture": "The file is empty.",
            "picture-too-large": f"The file is larger than {MAX_OCTETS // 1024 // 1024} MB.",
            "picture-too-many-pixels": f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels.",
            "picture-too-heavy": "The picture takes too long to look at.",
            "not-a-picture": "The file is no picture of a kind we read (PNG, JPEG, WebP, HEIC, AVIF, GIF) and no PDF.",
            "svg-picture": "The file is an SVG drawing. We read photographs, screenshots and PDFs.",
            "damaged-picture": "The picture is damaged or was cut off while it was being sent.",
            "damaged-pdf": "The PDF is damaged or was cut off while it was being sent.",
            "encrypted-pdf": "The PDF is locked with a password.",
            "pdf-too-heavy": "The PDF takes too long or too much memory to draw.",
            "pdf-too-many-pages": "There is no code on the first pages of the PDF, and it has more than we look at.",
        }
    )

    def __init__(self, code: str) -> None:
        super().__init__(self.MESSAGES[code])
        self.code = code


def kind_of(data: bytes) -> str:
    """Which of the kinds we read this is, by its first octets: "PNG", "JPEG", "GIF", "WEBP", "HEIF", "AVIF" or "PDF".

    Raises:
        UnreadablePicture: empty-picture, picture-too-large, svg-picture, not-a-picture.
    """
    if not data:
        raise UnreadablePicture("empty-picture")
    if len(data) > MAX_OCTETS:
        raise UnreadablePicture("picture-too-large")
    for signature, offset, kind in _SIGNATURES:
        if data.startswith(signature, offset):
            return kind
    if data[4:8] == b"ftyp":
        brands = {data[8:12], *(data[at : at + 4] for at in range(16, min(len(data), 64), 4))}
        if brands & _AVIF_BRANDS:
            return "AVIF"
        if brands & _HEIF_BRANDS:
            return "HEIF"
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    raise UnreadablePicture("svg-picture" if start.startswith(b"<") and b"<svg" in data[:4096] else "not-a-picture")
