"""From a stranger's picture to the texts of the QR codes in it. Nothing is ever written to a disk.

    read_codes(picture) -> ["shc:/5676…", …]      in reading order; [] where there is no code

Refuses, with `UnreadablePicture` and its `code`, what it cannot or will not open. Pictures come from people who want to
get through a door, so every size is bounded before anything is decoded.

Hot path: one decoding straight to grey (libjpeg leaves the colours out), one read, no copies. Everything else is tried
only when that read found nothing.
"""

import io
from collections.abc import Iterator
from types import MappingProxyType

import zxingcpp
from PIL import Image, ImageFilter

from verifier.picture_kinds import MAX_OCTETS as MAX_OCTETS
from verifier.picture_kinds import MAX_PIXELS as MAX_PIXELS
from verifier.picture_kinds import UnreadablePicture as UnreadablePicture
from verifier.picture_kinds import kind_of as kind_of

MAX_SIDE = 65_535
"""Pixels of width or height; zxing-cpp refuses more."""
MAX_JPEG_SCANS = 64
"""A progressive JPEG has about ten. Each further one costs 59 octets of file and a pass over all pixels of the picture:
20 MiB of them are two hours."""
MAX_READS = 20_000
"""Times a decoder may turn to the file. A good PNG of 20 MB in pieces of 8 kB needs some 10,000. A file made of nothing
but headers of four octets needs millions, each costs Python microseconds, and some are kept: 10 seconds, 650 MB."""
MAX_PNG_PROFILES = 4
"""Colour profiles of a PNG. There may be one; each more is inflated to a megabyte and thrown away: 20 MB take 43 s."""
MAX_ENLARGED_PIXELS = 20_000_000
"""An enlarged second look never makes more pixels than this."""

_PLUGINS = MappingProxyType(
    {
        "PNG": ("PNG",),
        "JPEG": ("JPEG", "MPO"),  # some phones put two pictures into one JPEG; the first is the photo
        "GIF": ("GIF",),
        "WEBP": ("WEBP",),
        "AVIF": ("AVIF",),
    }
)
_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_PLAIN = zxingcpp.TextMode.Plain


def read_codes(picture: bytes) -> list[str]:
    """The texts of all QR codes in a picture or PDF, each once, in reading order; `[]` where there is none.

    PNG, JPEG, WebP, HEIC, AVIF, GIF and PDF. Of a moving picture the first frame is looked at.

    Raises:
        UnreadablePicture: empty, too large, of another kind, damaged, or locked.
    """
    kind = kind_of(picture)
    if kind == "PDF":
        return _codes_of_pdf(picture)
    grey = _opened(picture, kind)
    return _read(grey) or _second_look(grey)


def _opened(picture: bytes, kind: str) -> Image.Image:
    """The picture in grey, on white where it is transparent.

    Decoders raise whatever comes to them over damaged octets (struct.error, IndexError, SyntaxError, MemoryError …):
    all of it means one thing here, and the cause is dropped because its text may quote the picture.
    """
    try:
        return _grey(_open_heif(picture) if kind == "HEIF" else _open(picture, kind))
    except UnreadablePicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadablePicture("picture-too-many-pixels") from None
    except Exception:
        raise UnreadablePicture("damaged-picture") from None


def _open(picture: bytes, kind: str) -> Image.Image:
    if kind == "JPEG" and picture.count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise UnreadablePicture("damaged-picture")
    if kind == "PNG" and picture.count(b"iCCP") > MAX_PNG_PROFILES:
        raise UnreadablePicture("damaged-picture")
    image = Image.open(_PatientFile(picture), formats=_PLUGINS[kind])
    _check_size(image.size)
    if kind == "JPEG":
        image.draft("L", image.size)  # the decoder then leaves the colours out; no effect on CMYK
    return image


class _PatientFile(io.BytesIO):
    """A file that may be asked only so often."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Raises UnreadablePicture at one time too many."""
        self.reads += 1
        if self.reads > MAX_READS:
            raise UnreadablePicture("damaged-picture")
        return super().read(size)


def _open_heif(picture: bytes) -> Image.Image:
    """An iPhone's photo. libheif is loaded only for one, and not registered with Pillow for the whole process."""
    from pillow_heif import open_heif

    heif = open_heif(io.BytesIO(picture), convert_hdr_to_8bit=True)
    _check_size(heif.size)
    image: Image.Image = heif.to_pillow()
    return image


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS or max(size) > MAX_SIDE:
        raise UnreadablePicture("picture-too-many-pixels")


def _grey(image: Image.Image) -> Image.Image:
    """Eight bits of grey. Black modules on transparent black would vanish: transparency becomes white paper."""
    if image.mode == "L":
        image.load()
        return image
    if not image.has_transparency_data:
        return image.convert("L")
    if image.mode not in ("RGBA", "LA"):
        image = image.convert("RGBA")
    alpha = image.getchannel("A")
    grey = image.convert("L")
    if alpha.getextrema() == (255, 255):
        return grey
    paper = Image.new("L", image.size, 255)
    paper.paste(grey, mask=alpha)
    return paper


def _read(grey: Image.Image, binarizer: zxingcpp.Binarizer = zxingcpp.Binarizer.LocalAverage) -> list[str]:
    if max(grey.size) > MAX_SIDE:  # a picture that was enlarged, or the page of a PDF
        return []
    found = zxingcpp.read_barcodes(grey, formats=_QR, text_mode=_PLAIN, binarizer=binarizer)
    if len(found) > 1:
        found = _in_reading_order(found)
    return list(dict.fromkeys(code.text for code in found))


def _in_reading_order(found: list[zxingcpp.Barcode]) -> list[zxingcpp.Barcode]:
    """Row by row; codes whose tops differ by less than half a code stand in one row."""
    ordered: list[zxingcpp.Barcode] = []
    left = sorted(found, key=_top)
    while left:
        height = abs(left[0].position.bottom_right.y - left[0].position.top_left.y)
        row = [code for code in left if _top(code) < _top(left[0]) + height / 2 or code is left[0]]
        ordered += sorted(row, key=lambda code: code.position.top_left.x)
        left = left[len(row) :]
    return ordered


def _top(code: zxingcpp.Barcode) -> int:
    return min(code.position.top_left.y, code.position.bottom_right.y)


def _second_look(grey: Image.Image) -> list[str]:
    """What else can make a code readable. Measured on degraded photos of which the first read finds none:
    enlarging rescues 26 %, enlarging and sharpening 8 % more (docs/adr/0006-pages.md)."""
    return next((codes for changed in _changed(grey) if (codes := _read(changed))), [])


def _changed(grey: Image.Image) -> Iterator[Image.Image]:
    pixels = grey.width * grey.height
    for factor in (3, 2):
        if pixels * factor * factor <= MAX_ENLARGED_PIXELS:
            yield grey.resize((grey.width * factor, grey.height * factor), Image.Resampling.BICUBIC)
    if pixels * 4 <= MAX_ENLARGED_PIXELS:
        double = grey.resize((grey.width * 2, grey.height * 2), Image.Resampling.BICUBIC)
        yield double.filter(ImageFilter.UnsharpMask(radius=3, percent=250, threshold=0))
    else:
        yield grey.reduce(2)


def _codes_of_pdf(picture: bytes) -> list[str]:
    """Each page drawn at 200 dpi (3 pixels a module of the largest code at 40 mm), at 400 dpi if nothing was there."""
    from verifier.pdf import drawn_pages

    more_pages = False
    for dpi in (200, 400):
        codes: dict[str, None] = {}
        try:
            for width, height, octets in drawn_pages(picture, dpi):
                codes.update(dict.fromkeys(_read(Image.frombuffer("L", (width, height), octets))))
        except UnreadablePicture as error:
            if error.code != "pdf-too-many-pages":
                raise
            more_pages = True
        if codes:
            return list(codes)
    if more_pages:
        raise UnreadablePicture("pdf-too-many-pages")
    return []
