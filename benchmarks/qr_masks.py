"""Does a fixed QR mask cost reads? Degraded pictures of real-size cards, read back with zxing-cpp.

    python -m benchmarks.qr_masks                                    2,000 pictures, automatic mask against mask 3
    python -m benchmarks.qr_masks --pictures 8000 --masks 0,1,2,3    more of both

Every mask gets the same cards and the same degradations (same seed), so the comparison is paired. ISO/IEC 18004:2015,
7.8 lets an encoder pick the mask with the fewest unlucky patterns; choosing costs four fifths of drawing the code.
"""

import argparse
import io
import json
import math
import random
import string
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import zxingcpp
from PIL import Image, ImageChops, ImageFilter

from cards.shc import numeric

AUTOMATIC = "automatic"
JWS_CHARACTERS = string.ascii_letters + string.digits + "-_"
SHORTEST, LONGEST = 600, numeric.MAX_JWS_CHARACTERS

_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


@dataclass(frozen=True, slots=True)
class Score:
    """What one mask achieved."""

    mask: str
    read: int
    lost: int
    """Pictures that the automatic mask read and this one did not."""
    won: int
    """The other way round."""

    def loss_percent(self, automatic: int) -> float:
        """Net loss in percent of the automatic mask's reads; negative where the fixed mask reads more."""
        return 100 * (automatic - self.read) / automatic

    def uncertainty_percent(self, automatic: int) -> float:
        """Half of the 95 % interval of the loss (McNemar: only the pictures on which the two differ count)."""
        return 100 * 1.96 * math.sqrt(self.lost + self.won) / automatic


def text_of(seed: str) -> str:
    """A random card of real size."""
    rng = random.Random(seed)
    length = rng.randint(SHORTEST, LONGEST)
    body = "".join(rng.choices(JWS_CHARACTERS, k=length - 88))
    signature = "".join(rng.choices(JWS_CHARACTERS, k=86))
    return numeric.encode(f"{body[:100]}.{body[100:]}.{signature}")


def draw(text: str, mask: str) -> Image.Image:
    """One pixel a module, with a quiet zone."""
    options = "ecLevel=L" if mask == AUTOMATIC else f"ecLevel=L,dataMask={mask}"
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, options=options)
    pixels = bytes(memoryview(barcode.to_image()))  # type: ignore[arg-type]  # stubs lack the buffer protocol
    side = math.isqrt(len(pixels))
    return Image.frombytes("L", (side, side), pixels)


def degrade(modules: Image.Image, rng: random.Random) -> bytes:
    """What a camera makes of a printed or shown code: a JPEG of it."""
    picture = seen_by_camera(modules, rng)
    for step in (uneven_light, glare, contrast, blur, noise):
        picture = step(picture, rng)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=rng.choice((25, 40, 60, 75, 90)))
    return out.getvalue()


def seen_by_camera(modules: Image.Image, rng: random.Random) -> Image.Image:
    """Size (1.9 to 6 pixels a module), rotation and perspective, on a grey ground."""
    size = round(modules.width * math.exp(rng.uniform(math.log(1.9), math.log(6))))
    frame = round(size * 1.6)
    angle = rng.choice((0, rng.uniform(-8, 8), rng.uniform(-180, 180)))
    tilt = rng.choice((0, rng.uniform(0, 0.12), rng.uniform(0.1, 0.28)))
    corners = _tilted_corners(frame, size, math.radians(angle), [1 - rng.uniform(0, tilt) for _ in range(4)])
    large = modules.resize((modules.width * 4, modules.width * 4), Image.Resampling.NEAREST)
    card = Image.new("L", (frame, frame), rng.randint(60, 200))
    view = large.transform(
        (frame * 2, frame * 2),
        Image.Transform.PERSPECTIVE,
        _perspective([(2 * x, 2 * y) for x, y in corners], large.width),
        Image.Resampling.BILINEAR,
    )
    inside = Image.new("L", large.size, 255).transform(
        view.size, Image.Transform.PERSPECTIVE, _perspective([(2 * x, 2 * y) for x, y in corners], large.width)
    )
    half = (frame, frame)
    card.paste(view.resize(half, Image.Resampling.BOX), (0, 0), inside.resize(half, Image.Resampling.BOX))
    return card


def uneven_light(picture: Image.Image, rng: random.Random) -> Image.Image:
    """A shadow across the code in half of the pictures."""
    if rng.random() < 0.5:
        return picture
    gradient = Image.linear_gradient("L").rotate(rng.uniform(0, 360), Image.Resampling.BILINEAR, fillcolor=128)
    dark = rng.uniform(0.2, 0.8)
    light = gradient.resize(picture.size).point([round(255 * (dark + (1 - dark) * i / 255)) for i in range(256)])
    return ImageChops.multiply(picture, light)


def glare(picture: Image.Image, rng: random.Random) -> Image.Image:
    """A lamp mirrored in the sleeve or the screen in a third of the pictures."""
    if rng.random() < 2 / 3:
        return picture
    side = round(picture.width * rng.uniform(0.15, 0.6))
    strength = rng.uniform(0.2, 0.9)
    spot = (
        Image.radial_gradient("L")
        .resize((side, side))
        .point([round(max(0, 180 - i) / 180 * 255 * strength) for i in range(256)])
    )
    layer = Image.new("L", picture.size, 0)
    layer.paste(spot, (rng.randint(0, picture.width - side), rng.randint(0, picture.width - side)))
    return ImageChops.add(picture, layer)


def contrast(picture: Image.Image, rng: random.Random) -> Image.Image:
    """Grey on grey: a faded print, a dimmed screen."""
    span = rng.choice((255, rng.uniform(60, 255), rng.uniform(25, 80)))
    low = rng.uniform(0, 255 - span)
    return picture.point([round(low + span * i / 255) for i in range(256)])


def blur(picture: Image.Image, rng: random.Random) -> Image.Image:
    """Out of focus, or moved."""
    kind = rng.random()
    if kind < 0.6:
        return picture.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.8)))
    if kind < 0.8:
        return picture.filter(ImageFilter.BoxBlur((rng.uniform(0, 2.5), 0.3)))
    return picture


def noise(picture: Image.Image, rng: random.Random) -> Image.Image:
    """A small sensor in poor light."""
    strength = rng.choice((0, rng.uniform(0, 0.15), rng.uniform(0.1, 0.3)))
    grain = Image.frombytes("L", picture.size, rng.randbytes(picture.width * picture.height))
    return ImageChops.add(picture, grain.point([round((i - 128) * strength + 128) for i in range(256)]), 1, -128)


def reads(picture: bytes, text: str) -> bool:
    """Whether zxing-cpp finds exactly this text (the verifier's own settings)."""
    with Image.open(io.BytesIO(picture)) as image:
        found = zxingcpp.read_barcodes(image, formats=_QR, text_mode=zxingcpp.TextMode.Plain)
    return any(barcode.text == text for barcode in found)


def compare(masks: Sequence[str], pictures: int, seed: int) -> list[Score]:
    """Read every picture once for each mask; the first score is the automatic mask's."""
    read: dict[str, list[bool]] = {mask: [] for mask in (AUTOMATIC, *masks)}
    for number in range(pictures):
        name = f"{seed}/{number}"
        text = text_of(name)
        for mask, results in read.items():
            results.append(reads(degrade(draw(text, mask), random.Random(name)), text))
    base = read[AUTOMATIC]
    return [
        Score(
            mask,
            read=sum(results),
            lost=sum(a and not b for a, b in zip(base, results, strict=True)),
            won=sum(b and not a for a, b in zip(base, results, strict=True)),
        )
        for mask, results in read.items()
    ]


def _tilted_corners(frame: float, size: float, angle: float, nearness: Sequence[float]) -> list[tuple[float, float]]:
    """Corners of the code in the frame, clockwise from the top left; a nearness below 1 pulls a corner inwards."""
    radius, middle = size / math.sqrt(2), frame / 2
    turns = (angle + math.radians(225 + 90 * quarter) for quarter in range(4))
    return [
        (middle + radius * near * math.cos(turn), middle + radius * near * math.sin(turn))
        for turn, near in zip(turns, nearness, strict=True)
    ]


def _perspective(corners: Sequence[tuple[float, float]], side: float) -> list[float]:
    """Pillow's eight coefficients that map the quadrilateral in the frame to a square of `side`.

    P. Heckbert, "Fundamentals of Texture Mapping and Image Warping" (1989), 2.2.3: square to quadrilateral in closed
    form, then the adjoint of the matrix, since Pillow asks where each *target* pixel comes from.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    dx1, dx2, sx = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, sy = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    det = dx1 * dy2 - dx2 * dy1
    g, h = (sx * dy2 - dx2 * sy) / det, (dx1 * sy - sx * dy1) / det
    a, b, c = x1 - x0 + g * x1, x3 - x0 + h * x3, x0
    d, e, f = y1 - y0 + g * y1, y3 - y0 + h * y3, y0
    adjoint = [
        side * (e - f * h), side * (c * h - b), side * (b * f - c * e),
        side * (f * g - d), side * (a - c * g), side * (c * d - a * f),
        d * h - e * g, b * g - a * h, a * e - b * d,
    ]  # fmt: skip
    return [value / adjoint[8] for value in adjoint[:8]]


def main() -> None:
    """Print one line a mask, and the figures as JSON last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--masks", default="3", help="comma-separated, 0 to 7")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    start = perf_counter()
    scores = compare(chosen.masks.split(","), chosen.pictures, chosen.seed)
    base = scores[0].read
    rows = [
        {
            "mask": score.mask,
            "read_percent": round(100 * score.read / chosen.pictures, 2),
            "lost": score.lost,
            "won": score.won,
            "loss_percent_of_reads": round(score.loss_percent(base), 2),
            "uncertainty_95": round(score.uncertainty_percent(base), 2),
        }
        for score in scores
    ]
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))
    print(json.dumps({"pictures": chosen.pictures, "seconds": round(perf_counter() - start), "masks": rows}))


if __name__ == "__main__":
    main()
