"""Pictures read in processes that a server can end."""

import time
from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from verifier.picture_kinds import UnreadablePicture
from verifier.picture_process import PictureProcesses


def saved(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def full_of_finder_patterns(side: int = 2000) -> bytes:
    one = Image.new("L", (8, 8), 255)
    draw = ImageDraw.Draw(one)
    for edge, shade in ((0, 0), (1, 255), (2, 0)):
        draw.rectangle((edge, edge, 6 - edge, 6 - edge), fill=shade)
    whole = Image.new("L", (side, side), 255)
    for top in range(0, side, 8):
        for left in range(0, side, 8):
            whole.paste(one, (left, top))
    return saved(whole)


@pytest.fixture
def reader():
    processes = PictureProcesses(seconds=4)
    yield processes
    processes.close()


@pytest.fixture
def picture():
    from tests.vectors import make
    from wallet_export import qr_png

    return qr_png(make.jws())


def test_reads_like_the_reader_inside(reader, picture):
    from verifier.image import read_codes

    assert reader.read_codes(picture) == read_codes(picture)
    assert reader.read_codes(saved(Image.new("L", (50, 50), 255))) == []
    for refused in (b"", b"nonsense", picture[:200]):
        with pytest.raises(UnreadablePicture) as inside:
            read_codes(refused)
        with pytest.raises(UnreadablePicture) as outside:
            reader.read_codes(refused)
        assert outside.value.code == inside.value.code


def test_a_picture_that_would_take_minutes_ends_in_time_and_the_next_is_read(reader, picture):
    assert reader.read_codes(picture)
    heavy = full_of_finder_patterns()
    assert len(heavy) < 20_000
    start = time.monotonic()
    with pytest.raises(UnreadablePicture) as caught:
        reader.read_codes(heavy)
    assert caught.value.code == "picture-too-heavy"
    assert time.monotonic() - start < 20
    assert reader.read_codes(picture)


def test_a_child_that_died_meanwhile_is_replaced(reader, picture):
    reader.read_codes(picture)
    reader._idle[0].kill()
    reader._idle[0].wait()
    assert reader.read_codes(picture)
