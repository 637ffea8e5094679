"""Photographs of a card as phones take them: 1080p and more, seeded, made here."""

import random
from io import BytesIO

from PIL import Image, ImageFilter

SIZES = {"1080p": (1920, 1080), "12 megapixels": (4032, 3024)}


def photographs(code: bytes) -> dict[str, bytes]:
    """Name -> octets: a code on an uneven desk, as JPEG and PNG."""
    source = random.Random(11)
    pictures = {}
    for name, size in SIZES.items():
        image = _desk(size, source)
        qr = Image.open(BytesIO(code)).convert("RGB").resize((size[1] // 2, size[1] // 2))
        image.paste(qr.rotate(7, expand=True, fillcolor=(240, 238, 230)), (size[0] // 3, size[1] // 6))
        image = image.filter(ImageFilter.GaussianBlur(0.8))
        pictures[f"{name} JPEG"] = _saved(image, "JPEG", quality=88)
        if name == "1080p":
            pictures[f"{name} PNG"] = _saved(image, "PNG", compress_level=3)
    return pictures


def _desk(size: tuple[int, int], source: random.Random) -> Image.Image:
    small = Image.frombytes("RGB", (160, 120), bytes(source.randrange(90, 200) for _ in range(160 * 120 * 3)))
    return small.resize(size, Image.Resampling.BICUBIC)


def _saved(image: Image.Image, kind: str, **options: int) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
