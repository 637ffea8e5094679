"""One request asks only for so much work. A kilobyte of DEFLATE can hold a megabyte of JSON."""

import json
import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from cards.encoding import MAX_INFLATED_OCTETS, deflate
from cards.shc.file import MAX_CARDS, write_file
from cards.shc.jws import write_compact
from cards.shc.numeric import MAX_CHUNK_CHARACTERS, encode
from keys.private import PrivateKey
from tests.e2e.guests import World
from tests.verifier.web.test_verdicts import upload
from verifier.web.inputs import MAX_CHARACTERS, MAX_CODES
from verifier.workload import MAX_OCTETS

ADDRESS = "/api/v1/verify"
SLOW_MACHINE_SECONDS = 5
"""Each took 0.1 to 1.5 s on two busy cores."""


def bomb(octets: int = MAX_INFLATED_OCTETS - 40) -> str:
    """A card of 1.5 kB that inflates to nothing but empty objects, the dearest JSON there is."""
    objects = b"[" + b"{}," * ((octets - 4) // 3) + b"0]"
    return write_compact(deflate(objects), PrivateKey.generate())


def chunked(jws: str, number: int) -> list[str]:
    """Two codes of it; the second, with another signature's end, clashes with everybody's."""
    size = min(MAX_CHUNK_CHARACTERS, len(jws) - 40)
    digits = [encode(part)[5:] for part in (jws[:size], jws[size:-4] + f"{number:04}")]
    return [f"shc:/1/2/{digits[0]}", f"shc:/2/2/{digits[1]}"]


def in_time(request: Callable[[], int]) -> int:
    begun = time.perf_counter()
    status = request()
    assert time.perf_counter() - begun < SLOW_MACHINE_SECONDS
    return status


def test_cards_are_counted_and_not_texts(client: FlaskClient) -> None:
    files = [write_file([f"ey{file}.{card}.c" for card in range(MAX_CARDS)]).decode() for file in range(3)]
    assert client.post(ADDRESS, json={"qr": files[:2]}).status_code == 200
    answer = client.post(ADDRESS, json={"qr": files})
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too-many-codes")
    assert "Send them in several requests." in answer.get_json()["detail"]
    page = upload(client, *[file.encode() for file in files])
    assert page.status_code == 413
    assert "Send them in several requests." in page.text


def test_typed_lines_are_counted(client: FlaskClient) -> None:
    lines = "\n".join(f"shc:/{number}" for number in range(250_000))
    assert in_time(lambda: client.post("/verdict", data={"text": lines[:1_500_000]}).status_code) == 413


def test_a_file_of_cards_that_inflate_without_end(client: FlaskClient) -> None:
    """20 cards in 129 kB took 12.6 s; 25 MB would hold thousands."""
    one = bomb()
    for count in (20, MAX_CARDS):
        file = write_file([one + "A" * (4 * number) for number in range(count)])
        assert in_time(lambda file=file: upload(client, file).status_code) == 413
    assert in_time(lambda: client.post(ADDRESS, json={"qr": [encode(bomb()) for _ in range(20)]}).status_code) == 413


def test_the_dearest_that_is_let_through(client: FlaskClient) -> None:
    just = bomb(MAX_OCTETS // MAX_CODES - 16)
    texts = [just + "A" * (4 * number) for number in range(MAX_CODES)]
    assert in_time(lambda: client.post(ADDRESS, json={"qr": texts}).status_code) == 200
    assert in_time(lambda: client.post(ADDRESS, json={"qr": [bomb() for _ in range(4)]}).status_code) == 200


def test_streams_beyond_the_limit_cost_no_reading(client: FlaskClient) -> None:
    texts = [bomb(MAX_INFLATED_OCTETS + 9) + "A" * (4 * number) for number in range(MAX_CODES)]
    assert in_time(lambda: client.post(ADDRESS, json={"qr": texts}).status_code) == 200


def test_every_combination_of_chunks_counts(client: FlaskClient) -> None:
    one = bomb()
    pile = [chunk for number in range(16) for chunk in chunked(one, number)]
    assert in_time(lambda: client.post(ADDRESS, json={"qr": pile}).status_code) == 413


@pytest.mark.parametrize("around", ['{{"verifiableCredential": [{}]}}', '{{"qr": ["x"], "more": [{}]}}'])
def test_json_of_empty_objects(client: FlaskClient, around: str) -> None:
    text = around.format(",".join(["{}"] * 1_000_000))
    status = in_time(lambda: client.post(ADDRESS, data=text, content_type="application/json").status_code)
    assert status in (200, 400, 413)
    short = around.format(",".join(["{}"] * 320_000))
    assert in_time(lambda: client.post(ADDRESS, json={"qr": [short, short + " "]}).status_code) in (200, 400, 413)
    in_time(lambda: upload(client, short.encode(), short.encode() + b" ").status_code)


def test_all_texts_together(client: FlaskClient) -> None:
    texts = [f"{number}" + "x" * 900_000 for number in range(MAX_CHARACTERS // 900_000 + 1)]
    answer = client.post(ADDRESS, data=json.dumps({"qr": texts}), content_type="application/json")
    assert answer.status_code == 413


def test_a_whole_family_is_no_load(client: FlaskClient, world: World) -> None:
    cards = [world.health.card(rid=f"n{number}") for number in range(MAX_CARDS)]
    answer = upload(client, write_file(cards))
    assert answer.status_code == 200
    assert answer.text.count("<article") == MAX_CARDS
