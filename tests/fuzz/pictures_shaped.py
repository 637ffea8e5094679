"""Mutators for pictures: the containers' sizes and check sums are kept right, so that decoders look further."""

import io
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import zxingcpp
from PIL import Image

from tests.fuzz.cards_shaped import Octets

_PNG = b"\x89PNG\r\n\x1a\n"
_SIDES = (0, 1, 2, 7, 8, 100, 4000, 6324, 6325, 65535, 2**31 - 1, 2**32 - 1)


def mutate_picture(octets: bytes, random: Random, blindly: Octets) -> bytes:
    """A picture of the same kind, with something wrong inside."""
    if random.random() < 0.3:
        return blindly(octets)
    if octets.startswith(_PNG):
        return _changed_png(octets, random, blindly)
    if octets.startswith(b"\xff\xd8"):
        return _changed_jpeg(octets, random, blindly)
    if octets.startswith(b"RIFF"):
        body = blindly(octets[12:])
        return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
    return octets[:16] + blindly(octets[16:])


def mutate_pdf(octets: bytes, random: Random, blindly: Octets) -> bytes:
    """A PDF that still says it is one."""
    lines = octets.split(b"\n")
    if random.random() < 0.5 and len(lines) > 2:
        place = random.randrange(1, len(lines))
        lines[place] = blindly(lines[place])
        return b"\n".join(lines)
    return octets[:5] + blindly(octets[5:])


@cache
def pictures() -> tuple[bytes, ...]:
    """A small code in every kind and mode we read."""
    code = _code("shc:/56762909")
    seeds = [_saved(code.convert(mode), "PNG") for mode in ("1", "L", "P", "LA", "RGB", "RGBA")]
    seeds += [
        _saved(code, "JPEG"),
        _saved(code.convert("RGB"), "JPEG", progressive=True),
        _saved(code.convert("CMYK"), "JPEG"),
    ]
    seeds += [
        _saved(code.convert("RGB"), "WEBP", lossless=True),
        _saved(code.convert("RGBA"), "WEBP"),
        _saved(code, "GIF"),
    ]
    seeds += [_saved(code.convert("RGB"), "AVIF"), _saved(code, "PNG", pnginfo=None, dpi=(300, 300))]
    seeds += [
        _saved(_code(octets), "PNG") for octets in (b"\xff\xfe\x00\x80", "shc:/٣".encode(), bytes(40), b"\xed\xa0\x80")
    ]
    return (*seeds, _heif(code), _saved(code, "GIF", save_all=True, append_images=[code], comment=b"x"))


@cache
def pdfs() -> tuple[bytes, ...]:
    """A page with a code as a picture, and a page of text drawn by hand."""
    return (
        _saved(_code("shc:/56762909").convert("RGB"), "PDF"),
        _saved(_code("shc:/5676").convert("1"), "PDF"),
        _TEXT_PDF,
    )


def pdf_of_size(size: bytes) -> bytes:
    """One page of this width and height in points."""
    return _TEXT_PDF.replace(b"[0 0 99 99]", b"[0 0 " + size + b"]")


_TEXT_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>endobj\n"
    b"4 0 obj<</Length 33>>stream\nBT /F 12 Tf 9 9 Td (a) Tj ET 0 0 m\nendstream endobj\n"
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)


def _code(text: str | bytes) -> Image.Image:
    drawn: Any = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="L").to_image(scale=2)
    octets = memoryview(drawn)
    height, width = octets.shape or (0, 0)
    return Image.frombuffer("L", (width, height), bytes(octets))


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _heif(image: Image.Image) -> bytes:
    from pillow_heif import from_pillow

    out = io.BytesIO()
    from_pillow(image.convert("RGB")).save(out, quality=50)
    return out.getvalue()


def _changed_png(octets: bytes, random: Random, blindly: Octets) -> bytes:
    parts = list(_png_parts(octets))
    if not parts:
        return blindly(octets)
    place = random.randrange(len(parts))
    kind, body = parts[place]
    match random.randrange(5):
        case 0 if kind == b"IHDR" and len(body) == 13:
            sides = random.choice(_SIDES), random.choice(_SIDES)
            form = random.choice((1, 2, 4, 8, 16)), random.choice((0, 2, 3, 4, 6)), 0, 0, random.choice((0, 1))
            body = struct.pack(">II5B", *sides, *form)
        case 1 if kind == b"IDAT":
            body = zlib.compress(blindly(_inflated(body)))
        case 2:
            kind = random.choice(
                (b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"fdAT", b"tRNS", b"PLTE", b"gAMA")
            )
        case 3:
            parts += parts[place : place + 1] * random.choice((1, 2, 50))
        case _:
            body = blindly(body)
    parts[place] = kind, body
    return _PNG + b"".join(png_part(*part) for part in parts)


def _png_parts(octets: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_PNG)
    while place + 12 <= len(octets):
        size = int.from_bytes(octets[place : place + 4], "big")
        yield octets[place + 4 : place + 8], octets[place + 8 : place + 8 + size]
        place += 12 + size


def png_part(kind: bytes, body: bytes) -> bytes:
    """A chunk with its length and check sum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _inflated(octets: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(octets, 1 << 16)
    except zlib.error:
        return octets


def _changed_jpeg(octets: bytes, random: Random, blindly: Octets) -> bytes:
    """One segment changed, its length made right again; or repeated."""
    segments, rest = _jpeg_segments(octets)
    if not segments:
        return blindly(octets)
    place = random.randrange(len(segments))
    kind, body = segments[place]
    match random.randrange(4):
        case 0 if kind in b"\xc0\xc1\xc2" and len(body) > 5:
            body = body[:1] + struct.pack(">HH", *(random.choice(_SIDES) & 0xFFFF for _ in "hw")) + body[5:]
        case 1:
            segments += segments[place : place + 1] * random.choice((1, 2, 80))
        case 2:
            kind = random.choice((0xC0, 0xC2, 0xC4, 0xDB, 0xDD, 0xE1, 0xE2, 0xED, 0xEE, 0xFE))
        case _:
            body = blindly(body)
    segments[place] = kind, body[:65000]
    head = b"".join(b"\xff" + bytes([one]) + struct.pack(">H", len(two) + 2) + two for one, two in segments)
    return b"\xff\xd8" + head + (blindly(rest) if random.random() < 0.2 else rest)


def _jpeg_segments(octets: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    segments, place = [], 2
    while place + 4 <= len(octets) and octets[place] == 0xFF and octets[place + 1] != 0xDA:
        size = int.from_bytes(octets[place + 2 : place + 4], "big")
        segments.append((octets[place + 1], octets[place + 4 : place + 2 + size]))
        place += 2 + size
    return segments, octets[place:]
