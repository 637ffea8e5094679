"""QR pictures: what is in them, how large they are, and that another writer and a reader agree."""

import io
import re
import zlib
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from qrcode import constants
from qrcode.main import QRCode
from qrcode.util import MODE_8BIT_BYTE, MODE_NUMBER, QRData

from cards.errors import CardTooLarge, MalformedCard
from cards.shc import numeric
from wallet_export import qr_modules, qr_png, qr_svg
from wallet_export.qr_image import PIXELS_PER_MODULE, QUIET_ZONE

MakeJws = Callable[..., str]
BASE64URL = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=380)
JWS = st.builds("{}.{}.{}".format, BASE64URL, BASE64URL, BASE64URL)
SVG = "{http://www.w3.org/2000/svg}"


def read(picture: Image.Image) -> list[str]:
    found = zxingcpp.read_barcodes(picture, text_mode=zxingcpp.TextMode.Plain)
    return [barcode.text for barcode in found]


def rasterised(svg: str, scale: int = 3) -> Image.Image:
    """The SVG drawn by hand: only what `qr_svg` uses of the language."""
    root = ElementTree.fromstring(svg)
    side = int(root.attrib["viewBox"].split()[2])
    picture = Image.new("L", (side, side), 255)
    x = y = 0
    for move, dx, dy, length in re.findall(r"([Mm])(\d+) (\d+(?:\.5)?)h(\d+)", root.find(f"{SVG}path").attrib["d"]):
        x, y = (int(dx), int(float(dy))) if move == "M" else (x + int(dx), y + int(dy))
        picture.paste(0, (x, y, x + int(length), y + 1))
        x += int(length)
    return picture.resize((side * scale, side * scale), Image.Resampling.NEAREST)


def peer_modules(jws: str) -> tuple[bytes, ...]:
    """The same code by another writer, told exactly the two segments, the level, the version and the mask."""
    peer = QRCode(version=numeric.qr_version(jws), error_correction=constants.ERROR_CORRECT_L, mask_pattern=3, border=0)
    peer.add_data(QRData(b"shc:/", MODE_8BIT_BYTE), optimize=0)
    peer.add_data(QRData(numeric.encode(jws).removeprefix("shc:/"), MODE_NUMBER), optimize=0)
    peer.make(fit=False)
    return tuple(bytes(0 if dark else 255 for dark in row) for row in peer.get_matrix())


@given(JWS)
@settings(max_examples=40, deadline=None)
def test_png_reads_back(jws: str) -> None:
    assert read(Image.open(io.BytesIO(qr_png(jws)))) == [numeric.encode(jws)]


@given(JWS)
@settings(max_examples=25, deadline=None)
def test_svg_reads_back(jws: str) -> None:
    assert read(rasterised(qr_svg(jws))) == [numeric.encode(jws)]


@pytest.mark.parametrize("length", [110, 300, 600, 764, 1000, 1194, 1195])
def test_two_segments_smallest_version_level_l_as_another_writer_draws_them(make_jws: MakeJws, length: int) -> None:
    jws = make_jws(length, seed=length)
    assert qr_modules(jws) == peer_modules(jws)


def test_the_largest_card_is_version_22(make_jws: MakeJws) -> None:
    assert len(qr_modules(make_jws(numeric.MAX_JWS_CHARACTERS))) == 105


@pytest.mark.parametrize("draw", [qr_png, qr_svg, qr_modules])
def test_one_character_more_is_refused(make_jws: MakeJws, draw: Callable[[str], object]) -> None:
    with pytest.raises(CardTooLarge):
        draw(make_jws(numeric.MAX_JWS_CHARACTERS + 1))


@pytest.mark.parametrize(
    "text", ["", "abc", "a.b", "a.b.c.d", "a.b.c\n", "a.b.ü", "a.b.", "a.b.c/", "shc:/5676", "a.b.²"]
)
@pytest.mark.parametrize("draw", [qr_png, qr_svg, qr_modules])
def test_what_is_no_jws_is_refused(draw: Callable[[str], object], text: str) -> None:
    with pytest.raises(MalformedCard):
        draw(text)


def test_png_is_one_bit_sharp_and_large_enough_to_print(make_jws: MakeJws) -> None:
    picture = Image.open(io.BytesIO(qr_png(make_jws(1195))))
    side = (105 + 2 * QUIET_ZONE) * PIXELS_PER_MODULE
    assert (picture.mode, picture.size) == ("1", (side, side))
    assert PIXELS_PER_MODULE >= 6
    millimetres = 105 * PIXELS_PER_MODULE / picture.info["dpi"][0] * 25.4
    assert 40 <= millimetres <= 90
    assert len(qr_png(make_jws(1195))) < 4200


def test_png_shows_the_modules_and_a_white_quiet_zone(make_jws: MakeJws) -> None:
    jws = make_jws(764)
    small = Image.open(io.BytesIO(qr_png(jws))).convert("L").reduce(PIXELS_PER_MODULE)
    side = small.width
    rows = [small.crop((0, y, side, y + 1)).tobytes() for y in range(side)]
    quiet = b"\xff" * QUIET_ZONE
    assert rows[:QUIET_ZONE] == rows[-QUIET_ZONE:] == [b"\xff" * side] * QUIET_ZONE
    assert tuple(row for row in rows[QUIET_ZONE:-QUIET_ZONE]) == tuple(quiet + row + quiet for row in qr_modules(jws))


def test_png_chunks_carry_right_checksums(make_jws: MakeJws) -> None:
    octets, position, kinds = qr_png(make_jws()), 8, []
    while position < len(octets):
        length = int.from_bytes(octets[position : position + 4], "big")
        body = octets[position + 4 : position + 8 + length]
        assert zlib.crc32(body) == int.from_bytes(octets[position + 8 + length : position + 12 + length], "big")
        kinds.append(body[:4])
        position += 12 + length
    assert kinds == [b"IHDR", b"pHYs", b"IDAT", b"IEND"]


def test_svg_is_small_one_path_crisp_and_named(make_jws: MakeJws) -> None:
    svg = qr_svg(make_jws(1195), title="Card of <A & B>")
    root = ElementTree.fromstring(svg)
    assert len(svg) < 18_000
    assert len(root.findall(f".//{SVG}path")) == 1
    assert root.attrib["shape-rendering"] == "crispEdges"
    assert root.attrib["role"] == "img"
    assert root.find(f"{SVG}title").text == "Card of <A & B>"
    assert root.attrib["viewBox"] == "0 0 113 113"


def test_the_same_card_gives_the_same_picture(make_jws: MakeJws) -> None:
    assert qr_png(make_jws()) == qr_png(make_jws())
    assert qr_svg(make_jws()) == qr_svg(make_jws())
