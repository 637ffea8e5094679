"""`shc:/` and digits: round trips, chunks in any order, the limit of one code, an independent writer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qrcode.main import QRCode
from qrcode.util import MODE_8BIT_BYTE, MODE_NUMBER, QRData

from cards import ChunksMissing, MalformedCard
from cards.shc import numeric

JWS_TEXT = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=4000)


@given(JWS_TEXT)
def test_round_trip(jws):
    code = numeric.encode(jws)
    assert numeric.decode(code) == jws
    assert len(code) == 5 + 2 * len(jws)


def test_the_example_of_the_specification():
    assert numeric.encode("X") == "shc:/43"


@given(st.tuples(JWS_TEXT, st.integers(1196, 6000)).map(lambda pair: (pair[0] * pair[1])[: pair[1]]), st.randoms())
def test_chunks_come_in_any_order_and_twice(jws, random):
    chunks = numeric.encode_chunks(jws)
    sizes = {len(chunk) for chunk in chunks}
    assert max(sizes) - min(sizes) <= 2 * len(chunks)
    scanned = [*chunks, random.choice(chunks)]
    random.shuffle(scanned)
    assert numeric.assemble(scanned) == jws
    with pytest.raises(ChunksMissing):
        numeric.assemble(chunks[1:])


@given(st.text(max_size=40).map(lambda text: "shc:/" + text))
def test_only_documented_errors(text):
    try:
        jws = numeric.decode(text)
    except (MalformedCard, ChunksMissing):
        return
    assert numeric.encode(jws) == text or numeric.is_chunk(text)


def test_the_limit_is_the_one_that_the_specification_states():
    assert numeric.MAX_JWS_CHARACTERS == 1195
    assert numeric.MAX_CHUNK_CHARACTERS == 1191


@pytest.mark.parametrize("length", [1, 100, 300, 597, 764, 1000, 1195, 1196, 1400, 2000])
def test_versions_agree_with_an_independent_writer(length):
    code = QRCode(error_correction=1)
    code.add_data(QRData(b"shc:/", MODE_8BIT_BYTE), optimize=0)
    code.add_data(QRData(b"5" * 2 * length, MODE_NUMBER), optimize=0)
    assert numeric.qr_version("A" * length) == code.best_fit(start=1)
    assert numeric.fits_one_code("A" * length) == (code.best_fit(start=1) <= 22)
