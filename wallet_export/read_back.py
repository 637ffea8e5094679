"""Each code on a page read back from the page, as a camera sees it: as it is, then blurred and skewed.

What is offered to print has been read from the very file. It costs a third of making the file (docs/adr/0016).
"""

from collections.abc import Iterable
from threading import Lock

import pypdfium2
import zxingcpp
from PIL import Image, ImageFilter

from cards.shc import numeric
from wallet_export.print_parts import CodePlace
from wallet_export.qr_image import QUIET_ZONE

PIXELS = (3, 4.5)
"""A module: what a phone sees of a page at arm's length; and, where that is not read, a hand nearer."""
BLUR = 1 / 3
"""Of a module, radius of the box: a hand that shakes (standard deviation 0.27). At 0.5 nothing is read any more."""
LEAN = ((-0.07, -0.03), (-0.02, 1.06), (1.09, 1.02), (1.03, -0.07))
"""Corners of what is seen, from the upper left against the clock, in sides of the code: the paper is turned away."""
_POINTS = 72 / 25.4
_SMALLEST = 21
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_ENGINE = Lock()
"""pdfium works for one thread at a time."""


class UnreadableCode(RuntimeError):
    """A code does not read back from the page. The page must not be handed out."""


def read_back(pdf: bytes, codes: Iterable[CodePlace]) -> None:
    """Look at each code of a file.

    Raises:
        UnreadableCode: one is not read, or says something else than its card.
    """
    for place in codes:
        expected = numeric.encode(place.jws)
        views = (_views(pdf, place, pixels, expected) for pixels in PIXELS)
        if not any(views):
            raise UnreadableCode("a printed code could not be read back")


def _views(pdf: bytes, place: CodePlace, pixels: float, expected: str) -> bool:
    """Whether the code is read as printed, and blurred and skewed."""
    (picture,) = pictures(pdf, [place], pixels)
    return all(_texts(seen) == [expected] for seen in (picture, worse(picture, pixels)))


def _texts(picture: Image.Image) -> list[str]:
    found = zxingcpp.read_barcodes(
        picture, formats=_QR, text_mode=zxingcpp.TextMode.Plain, try_downscale=False, try_invert=False
    )
    return [code.text for code in found]


def pictures(pdf: bytes, codes: Iterable[CodePlace], pixels: float = PIXELS[0]) -> list[Image.Image]:
    """Each code with its quiet zone, cut out of its rendered page."""
    with _ENGINE:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return [_picture(document, place, pixels) for place in codes]
        finally:
            document.close()


def _picture(document: pypdfium2.PdfDocument, place: CodePlace, pixels: float) -> Image.Image:
    page = document[place.page]
    width, height = page.get_size()
    x, y, side = place.x * _POINTS, place.y * _POINTS, place.side * _POINTS
    modules = _SMALLEST + 4 * (numeric.qr_version(place.jws) - 1) + 2 * QUIET_ZONE
    bitmap = page.render(
        scale=modules * pixels / side,
        crop=(x, height - y - side, width - x - side, y),
        grayscale=True,
        may_draw_forms=False,
    )
    picture: Image.Image = bitmap.to_pil().copy()
    bitmap.close()
    page.close()
    return picture


def worse(picture: Image.Image, pixels: float = PIXELS[0]) -> Image.Image:
    """The same, blurred and seen from the side."""
    corners = tuple(share * side for corner in LEAN for share, side in zip(corner, picture.size, strict=True))
    blurred = picture.filter(ImageFilter.BoxBlur(BLUR * pixels))
    return blurred.transform(picture.size, Image.Transform.QUAD, corners, Image.Resampling.BILINEAR, fillcolor=255)
