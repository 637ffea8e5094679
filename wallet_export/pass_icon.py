"""The icon of a pass, drawn here: three finder squares of a code and a tick, nobody's mark."""

import struct
import zlib
from functools import lru_cache

INK, PAPER, TICK = (20, 33, 61), (251, 250, 247), (10, 107, 61)
_PICTURE = (
    "...............",
    ".xxxxx...xxxxx.",
    ".x...x...x...x.",
    ".x.x.x...x.x.x.",
    ".x...x...x...x.",
    ".xxxxx...xxxxx.",
    "...............",
    "...............",
    "...............",
    ".xxxxx......oo.",
    ".x...x.....ooo.",
    ".x.x.x.oo.ooo..",
    ".x...x.ooooo...",
    ".xxxxx..ooo....",
    "...............",
)
_COLOURS = {"x": INK, "o": TICK, ".": PAPER}


@lru_cache(maxsize=16)
def icon_png(side: int) -> bytes:
    """A square PNG of so many pixels."""
    cells = len(_PICTURE)
    rows = (
        b"\0" + b"".join(bytes(_COLOURS[_PICTURE[y * cells // side][x * cells // side]]) for x in range(side))
        for y in range(side)
    )
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
