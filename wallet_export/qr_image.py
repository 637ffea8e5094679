"""A card as a QR picture: PNG, SVG, or the bare modules for whoever draws them elsewhere.

Source: SMART Health Cards and Links 1.0.0, "Encoding Chunks as QR Codes"; ISO/IEC 18004:2015. Two segments (`shc:/` as
octets, the rest as digits), error correction level L, version 22 at most, a quiet zone of four modules (requirements
E1 to E3). The mask is fixed: docs/adr/0004-qr-writer-and-mask.md has the reading test that allows it.
"""

import re
import struct
import zlib
from html import escape
from math import isqrt

from cards.errors import CardTooLarge, MalformedCard
from cards.shc import numeric

QUIET_ZONE = 4
"""Modules of white on each side (ISO/IEC 18004:2015, 9.1)."""
PIXELS_PER_MODULE = 8
"""One octet of a 1-bit picture: the writer's 0x00 and 0xFF are a dark and a light module as they stand."""
PIXELS_PER_METRE = 11811
"""300 dots per inch: a code of version 22 prints at 71 mm when nobody scales it (40 mm is the least, E3)."""
SVG_SIDE_MM = 60
"""Printed side of the SVG, quiet zone included; a page may show it at any other."""
TITLE = "SMART Health Card"

_OPTIONS = "ecLevel=L,dataMask=3"
_SMALLEST, _STEP = 21, 4  # modules of version 1, and more of them with each version
_JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_DARK_RUN = re.compile(rb"\x00+")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MEMORY_LEVEL = 6
"""Measured: a third less time than zlib's 8 on these lines, one percent more octets."""
_NO_FILTER, _FILTER_UP = b"\x00", b"\x02"  # PNG 1.2, 6.1


def qr_png(jws: str) -> bytes:
    """A 1-bit PNG, eight pixels a module, quiet zone included.

    Seven of eight lines repeat the one above, which PNG's filter "up" turns into zeros: hardly any work for DEFLATE.

    Raises:
        CardTooLarge: the card needs more than version 22.
        MalformedCard: not the compact form of a JWS.
    """
    side, pixels = _draw(jws, quiet_zone=True)
    repeats = (_FILTER_UP + bytes(side)) * (PIXELS_PER_MODULE - 1)
    lines = b"".join(_NO_FILTER + pixels[start : start + side] + repeats for start in range(0, side * side, side))
    deflate = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, _MEMORY_LEVEL, zlib.Z_RLE)
    width = side * PIXELS_PER_MODULE
    return b"".join(
        (
            _PNG_SIGNATURE,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, width, 1, 0, 0, 0, 0)),
            _chunk(b"pHYs", struct.pack(">IIB", PIXELS_PER_METRE, PIXELS_PER_METRE, 1)),
            _chunk(b"IDAT", deflate.compress(lines) + deflate.flush()),
            _chunk(b"IEND", b""),
        )
    )


def qr_svg(jws: str, title: str = TITLE) -> str:
    """An SVG of one path, quiet zone included; `title` is what a screen reader says.

    Raises:
        CardTooLarge: the card needs more than version 22.
        MalformedCard: not the compact form of a JWS.
    """
    rows = qr_modules(jws)
    side = len(rows) + 2 * QUIET_ZONE
    path = "".join(_strokes(row, y + QUIET_ZONE) for y, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="{SVG_SIDE_MM}mm"'
        f' height="{SVG_SIDE_MM}mm" role="img" shape-rendering="crispEdges"><title>{escape(title)}</title>'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path stroke="#000" d="{path}"/></svg>'
    )


def qr_modules(jws: str) -> tuple[bytes, ...]:
    """The rows of the code without quiet zone, an octet a module: 0x00 is dark, 0xFF is light.

    Raises:
        CardTooLarge: the card needs more than version 22.
        MalformedCard: not the compact form of a JWS.
    """
    side, pixels = _draw(jws, quiet_zone=False)
    return tuple(pixels[start : start + side] for start in range(0, side * side, side))


def _draw(jws: str, *, quiet_zone: bool) -> tuple[int, bytes]:
    """(side in modules, one octet a module)."""
    import zxingcpp  # a megabyte of machine code that only those who draw should load

    if not _JWS.fullmatch(jws):
        raise MalformedCard("QR picture: not the compact form of a JWS")
    if not numeric.fits_one_code(jws):
        raise CardTooLarge(f"the card has more than the {numeric.MAX_JWS_CHARACTERS} characters one QR code holds")
    barcode = zxingcpp.create_barcode(numeric.encode(jws), zxingcpp.BarcodeFormat.QRCode, options=_OPTIONS)
    picture = barcode.to_image(add_quiet_zones=quiet_zone)
    pixels = memoryview(picture).tobytes()  # type: ignore[arg-type]  # its stubs do not mention the buffer protocol
    side = isqrt(len(pixels))
    # The limit above is computed; this one is measured, should the writer ever segment the text in another way.
    if side - 2 * QUIET_ZONE * quiet_zone > _SMALLEST + _STEP * (numeric.MAX_QR_VERSION - 1):
        raise CardTooLarge(f"the card needs a QR code above version {numeric.MAX_QR_VERSION}")
    return side, pixels


def _strokes(row: bytes, y: int) -> str:
    """One row as strokes a module thick: `M4 4.5h7m1 0h3…`, half the length of filled rectangles."""
    parts, x = [], None
    for run in _DARK_RUN.finditer(row):
        start, end = run.span()
        parts.append(f"M{start + QUIET_ZONE} {y}.5h{end - start}" if x is None else f"m{start - x} 0h{end - start}")
        x = end
    return "".join(parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
