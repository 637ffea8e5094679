"""A SMART Health Link as a QR picture: one segment, error correction level M, a quiet zone of four modules.

Source: SMART Health Cards and Links 1.0.0, "Share the SMART Health Link"; requirement G13; ISO/IEC 18004:2015. The
picture opens what it leads to: it is drawn for the one who holds the link, and kept nowhere.
"""

import re
from html import escape
from math import isqrt

from cards.errors import MalformedCard
from cards.shlink import is_link
from wallet_export.qr_image import QUIET_ZONE

MAX_LINK_CHARACTERS = 1200
"""Link, label of 80 characters in any script, and a viewer's address: version 27 at most, which phones read from a
screen. Ours have some 300."""
_DARK_RUN = re.compile(rb"\x00+")


def link_svg(text: str, title: str) -> str:
    """An SVG of one path; `title` is what a screen reader says.

    Raises:
        MalformedCard: no link, or one far too long to be scanned.
    """
    import zxingcpp  # a megabyte of machine code that only those who draw should load

    if not is_link(text) or len(text) > MAX_LINK_CHARACTERS:
        raise MalformedCard("QR picture: no link, or far too long")
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    pixels = memoryview(code.to_image(add_quiet_zones=False)).tobytes()  # type: ignore[arg-type]  # not in its stubs
    side = isqrt(len(pixels))
    path = "".join(_strokes(pixels[y * side : (y + 1) * side], y + QUIET_ZONE) for y in range(side))
    whole = side + 2 * QUIET_ZONE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" role="img"'
        f' shape-rendering="crispEdges"><title>{escape(title)}</title>'
        f'<rect width="{whole}" height="{whole}" fill="#fff"/><path stroke="#000" d="{path}"/></svg>'
    )


def _strokes(row: bytes, y: int) -> str:
    """One row as strokes a module thick."""
    spans = (run.span() for run in _DARK_RUN.finditer(row))
    return "".join(f"M{start + QUIET_ZONE} {y}.5h{end - start}" for start, end in spans)
