"""Pictures in, texts out; what cannot be opened is refused by name, in bounded time and memory."""

import contextlib
import io
import os
import statistics
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from verifier.image import MAX_JPEG_SCANS, MAX_OCTETS, MAX_PIXELS, UnreadablePicture, kind_of, read_codes
from verifier.pdf import MAX_PAGE_PIXELS, MAX_PAGES, read_pages, why

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / ".." / "shared"
TEXT = "shc:/" + "56762909" * 180
OTHER = "shc:/" + "31505706" * 120
THIRD = "shc:/" + "60345678" * 60


def code(text: str = TEXT, scale: int = 4) -> Image.Image:
    octets = memoryview(
        zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="L").to_image(scale=scale)
    )
    return Image.frombuffer("L", (octets.shape[1], octets.shape[0]), bytes(octets))


def scene(width: int = 1920, height: int = 1080, *texts: str) -> Image.Image:
    """Codes pasted side by side on noise, in colour."""
    picture = Image.effect_noise((width, height), 30).convert("RGB")
    left = 60
    for text in texts or (TEXT,):
        drawn = code(text, 6)
        picture.paste(drawn.convert("RGB"), (left, 80))
        left += drawn.width + 40
    return picture


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def pdf_of(*pages: Image.Image | None, password: str | None = None, millimetres: float = 45) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842), encrypt=password)
    for page in pages:
        canvas.drawString(72, 800, "A page")
        if page is not None:
            side = millimetres / 25.4 * 72
            canvas.drawImage(ImageReader(page), 72, 400, side, side)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def refusal(picture: bytes) -> str:
    with pytest.raises(UnreadablePicture) as caught:
        read_codes(picture)
    assert caught.value.code in UnreadablePicture.MESSAGES
    return caught.value.code


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"quality": 60}),
        ("JPEG", {"progressive": True}),
        ("WEBP", {"quality": 70}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
        ("AVIF", {"quality": 60}),
    ],
)
def test_kinds_of_picture(kind: str, options: dict[str, object]) -> None:
    assert read_codes(saved(scene(), kind, **options)) == [TEXT]


def test_heic_of_a_phone() -> None:
    heif = pytest.importorskip("pillow_heif")
    out = io.BytesIO()
    heif.from_pillow(scene()).save(out, quality=60)
    assert kind_of(out.getvalue()) == "HEIF"
    assert read_codes(out.getvalue()) == [TEXT]


def test_nothing_heavy_is_loaded_for_a_png() -> None:
    script = (
        "import sys; from verifier.image import read_codes; read_codes(sys.stdin.buffer.read());"
        "print([m for m in ('pillow_heif', 'pypdfium2', 'flask', 'numpy') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], input=saved(code()), capture_output=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == b"[]"


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "I;16"])
def test_modes_of_png(mode: str) -> None:
    picture = code().convert("I").point(lambda v: v * 257).convert("I;16") if mode == "I;16" else code().convert(mode)
    assert read_codes(saved(picture)) == [TEXT]


def test_cmyk_jpeg() -> None:
    assert read_codes(saved(code().convert("CMYK"), "JPEG")) == [TEXT]


def test_black_on_transparent_black() -> None:
    picture = Image.new("RGBA", code().size, (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), mask=code().point(lambda v: 255 - v))
    assert read_codes(saved(picture)) == [TEXT]


def test_palette_with_a_transparent_colour() -> None:
    black_and_clear = code().convert("P")
    assert read_codes(saved(black_and_clear, transparency=255)) == [TEXT]


def test_several_codes_in_one_picture_in_reading_order_and_each_once() -> None:
    sheet = Image.new("RGB", (1920, 2000), "white")
    sheet.paste(scene(1920, 1000, TEXT, OTHER), (0, 0))
    sheet.paste(scene(1920, 1000, THIRD, TEXT), (0, 1000))
    assert read_codes(saved(sheet)) == [TEXT, OTHER, THIRD]


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turned_and_mirrored(turn: int) -> None:
    assert read_codes(saved(scene().rotate(turn, expand=True), "JPEG")) == [TEXT]
    assert read_codes(saved(code().transpose(Image.Transpose.FLIP_LEFT_RIGHT))) == [TEXT]


def test_light_on_dark() -> None:
    assert read_codes(saved(code().point(lambda v: 255 - v))) == [TEXT]


@pytest.mark.parametrize(("pixels_a_module", "blur"), [(1.2, 0.0), (1.3, 0.6)])
def test_a_small_code_is_found_by_a_second_look(pixels_a_module: float, blur: float) -> None:
    """Below two pixels a module the first read finds nothing; enlarging, or enlarging and sharpening, does."""
    picture = Image.new("L", (1280, 720), 200)
    side = int(code(scale=1).width * pixels_a_module)
    picture.paste(code(scale=8).resize((side, side), Image.Resampling.LANCZOS), (300, 200))
    picture = picture.filter(ImageFilter.GaussianBlur(blur))
    assert not zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    assert read_codes(saved(picture)) == [TEXT]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_no_code_is_an_answer(kind: str) -> None:
    assert read_codes(saved(Image.new("RGB", (640, 480), "white"), kind)) == []


def test_other_kinds_of_barcode_are_not_looked_for() -> None:
    bars = zxingcpp.create_barcode("12345678", zxingcpp.BarcodeFormat.Code128).to_image(scale=3)
    octets = memoryview(bars)
    assert read_codes(saved(Image.frombuffer("L", (octets.shape[1], octets.shape[0]), bytes(octets)))) == []


def test_the_first_frame_of_a_moving_picture() -> None:
    moving = saved(code(), "GIF", save_all=True, append_images=[code(OTHER).resize(code().size)])
    assert read_codes(moving) == [TEXT]


def test_tiny_pictures() -> None:
    assert read_codes(saved(Image.new("L", (1, 1)))) == []


# ---- Refusals ---------------------------------------------------------------------------------------------------


def test_refused_before_decoding() -> None:
    assert refusal(b"") == "empty-picture"
    assert refusal(b"\x89PNG\r\n\x1a\n" + bytes(MAX_OCTETS)) == "picture-too-large"
    assert refusal(b"shc:/567629095") == "not-a-picture"
    assert refusal(b"PK\x03\x04" + bytes(40)) == "not-a-picture"
    assert refusal(b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>') == "svg-picture"
    assert refusal(b"\xef\xbb\xbf <svg/>") == "svg-picture"
    assert refusal(b"<html>no picture</html>") == "not-a-picture"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_cut_off(kind: str) -> None:
    whole = saved(scene(), kind)
    assert refusal(whole[: len(whole) // 2]) == "damaged-picture"
    assert refusal(whole[:40]) == "damaged-picture"


def test_144_megapixels() -> None:
    """A PNG of 32 kB: refused by its head alone."""
    bomb = saved(Image.new("1", (12_000, 12_000), 1))
    assert len(bomb) < 64_000
    began = time.process_time()
    assert refusal(bomb) == "picture-too-many-pixels"
    assert time.process_time() - began < 0.2


def test_just_above_the_limit_of_pixels() -> None:
    assert refusal(saved(Image.new("1", (8_000, MAX_PIXELS // 8_000 + 1)))) == "picture-too-many-pixels"


def test_longer_than_the_reader_takes() -> None:
    assert refusal(saved(Image.new("1", (70_000, 2), 1))) == "picture-too-many-pixels"
    assert read_codes(saved(Image.new("1", (60_000, 2), 1))) == []


def test_two_hundred_megapixels_where_pillow_itself_refuses() -> None:
    assert refusal(saved(Image.new("1", (20_000, 10_000), 1))) == "picture-too-many-pixels"


def test_a_progressive_jpeg_with_thousands_of_scans() -> None:
    """Each costs 59 octets and a pass over the picture; unbounded, 20 MiB take hours."""
    whole = saved(Image.new("L", (4000, 4000), 128), "JPEG", progressive=True)
    last = whole[whole.rfind(b"\xff\xda") : -2]
    began = time.process_time()
    assert refusal(whole[:-2] + last * 20_000 + whole[-2:]) == "damaged-picture"
    assert time.process_time() - began < 0.5
    assert whole.count(b"\xff\xda") < MAX_JPEG_SCANS


def test_a_message_never_quotes_the_picture() -> None:
    secret = b"JOHN-ANYPERSON"
    whole = saved(scene(), "PNG")
    with pytest.raises(UnreadablePicture) as caught:
        read_codes(whole[:4000] + secret + whole[4000:5000])
    assert secret.decode() not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.integers(8, 3000), st.binary(min_size=1, max_size=12))
def test_scribbled_pictures_raise_only_what_is_documented(kind: str, place: int, scribble: bytes) -> None:
    octets = bytearray(saved(code(scale=2), kind))
    place %= len(octets)
    octets[place : place + len(scribble)] = scribble
    with contextlib.suppress(UnreadablePicture):
        assert all(isinstance(text, str) for text in read_codes(bytes(octets)))


# ---- PDF --------------------------------------------------------------------------------------------------------


def test_pdf_with_codes_on_two_pages() -> None:
    assert read_codes(pdf_of(code(scale=8), None, code(OTHER, 8), code(scale=8))) == [TEXT, OTHER]


def test_a_small_code_in_a_pdf_is_drawn_larger() -> None:
    assert read_codes(pdf_of(code(scale=8), millimetres=18)) == [TEXT]


def test_pdf_without_a_code() -> None:
    assert read_codes(pdf_of(None, None)) == []


def test_pdf_with_too_many_pages() -> None:
    empty: list[Image.Image | None] = [None] * (MAX_PAGES + 1)
    assert refusal(pdf_of(*empty)) == "pdf-too-many-pages"
    assert read_codes(pdf_of(code(scale=8), *empty)) == [TEXT]


def test_locked_and_damaged_pdf() -> None:
    whole = pdf_of(code(scale=8))
    assert refusal(pdf_of(code(scale=8), password="secret")) == "encrypted-pdf"
    assert refusal(b"%PDF-1.7 and nothing more") == "damaged-pdf"
    assert refusal(whole[:300]) == "damaged-pdf"


@pytest.mark.parametrize(
    "said",
    [
        b"page 999999999999 999999999999\n",
        b"page 100000 100000\n",
        b"page x y\n",
        b"page -1 -1\n",
        b"page 0 5\n",
        "page ٣ ٣\n".encode(),
        b"page 9\n",
        b"",
        b"\xff\xff\n",
        b"page 2 2\n123",
        b"page " + b"9" * 5000 + b" 1\n",
    ],
)
def test_what_the_drawing_process_says_is_not_trusted(said: bytes) -> None:
    pages = read_pages(io.BytesIO(said))
    with pytest.raises(StopIteration) as end:
        next(pages)
    assert end.value.value in (b"damaged", b"heavy")


def test_the_pages_and_the_last_word_of_the_drawing_process() -> None:
    pages = read_pages(io.BytesIO(b"page 2 3\n123456end boo\n"))
    assert next(pages) == (2, 3, b"123456")
    with pytest.raises(StopIteration) as end:
        next(pages)
    assert end.value.value == b"boo"
    assert why(b"boo").code == why(b"\xff").code == "damaged-pdf"
    assert why(b"heavy").code == "pdf-too-heavy"
    assert MAX_PAGE_PIXELS < MAX_PIXELS


def test_a_pdf_that_wants_a_gigabyte() -> None:
    """A picture of 900 megapixels in 0.9 MB: the drawing process gets no more than its share, ours does not notice."""
    began = time.perf_counter()
    assert read_codes(_pdf_with_picture(30_000, 30_000)) == []
    assert time.perf_counter() - began < 15


def test_a_pdf_whose_forms_draw_forms() -> None:
    """Ten forms, each drawing the next ten times: 10^10 strokes in 3 kB."""
    began = time.perf_counter()
    assert refusal(_pdf_of_nested_forms(depth=10, width=10)) == "pdf-too-heavy"
    assert time.perf_counter() - began < 15


def _pdf(objects: list[bytes]) -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj" % number + body + b"endobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return out + head + table + b"trailer<</Size %d/Root 1 0 R>>startxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))


def _stream(head: bytes, body: bytes) -> bytes:
    return b"<<" + head + b"/Length %d>>stream\n" % len(body) + body + b"\nendstream"


def _pdf_with_picture(width: int, height: int) -> bytes:
    squeeze = zlib.compressobj(9)
    rows = b"".join(squeeze.compress(bytes(width * 100)) for _ in range(height // 100)) + squeeze.flush()
    head = b"/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode"
    return _pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I 4 0 R>>>>/Contents 5 0 R>>",
            _stream(head + b"/Width %d/Height %d" % (width, height), rows),
            _stream(b"", b"q 595 0 0 842 0 0 cm /I Do Q"),
        ]
    )


def _pdf_of_nested_forms(depth: int, width: int) -> bytes:
    forms = [
        _stream(
            b"/Type/XObject/Subtype/Form/BBox[0 0 100 100]/Resources<</XObject<</F %d 0 R>>>>" % (5 + level),
            b"/F Do " * width,
        )
        for level in range(1, depth)
    ]
    last = _stream(b"/Type/XObject/Subtype/Form/BBox[0 0 100 100]", b"0 0 m 9 9 l S " * width)
    return _pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</F 5 0 R>>>>/Contents 4 0 R>>",
            _stream(b"", b"/F Do"),
            *forms,
            last,
        ]
    )


# ---- Pictures from the world, and speed -------------------------------------------------------------------------


def shared_pictures() -> Path:
    folder = SHARED / "vectors" / "img"
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("the shared vectors are missing")
        pytest.skip("the shared vectors are not beside the project")
    return folder


def test_every_picture_of_the_vectors_but_the_corrupted_one_holds_a_code() -> None:
    pictures = sorted(shared_pictures().iterdir())
    without = [picture.name for picture in pictures if not read_codes(picture.read_bytes())]
    assert [name for name in without if "corrupted" not in name] == []
    assert len(pictures) >= 30


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_reading_costs_little_more_than_decoding_and_scanning(kind: str) -> None:
    """The issue's bound is 1.15; `make bench` measures it in long rounds, this guards against a slip."""
    octets = saved(scene(), kind)

    def bare() -> None:
        image = Image.open(io.BytesIO(octets))
        image.load()
        zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)

    ratios = []
    for _ in range(9):
        began = time.perf_counter()
        bare()
        between = time.perf_counter()
        read_codes(octets)
        ratios.append((time.perf_counter() - between) / (between - began))
    assert statistics.median(ratios) < 1.3
