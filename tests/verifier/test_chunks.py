"""Cards spread over several codes: two genuine ones in one pile are told apart, and nobody is called a forger."""

from itertools import permutations

import pytest

import verifier
from tests.e2e.guests import NOW, World
from trust_registry import TrustRegistry
from verifier.chunks import MAX_COMBINATIONS, combinations, pool
from verifier.presentation import as_dict


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def answers(world: World, texts: list[str]) -> list[tuple[str, str | None]]:
    return [(one.outcome, one.code) for one in verifier.check_all(texts, world.registry(), NOW)]


def names(world: World, texts: list[str]) -> list[str]:
    found = [as_dict(one)["card"] for one in verifier.check_all(texts, world.registry(), NOW)]
    return sorted(card["persons"][0]["name"] for card in found)


def test_two_cards_of_two_codes_in_any_order(world: World) -> None:
    pile = [*world.chunked("Amara"), *world.chunked("Yusuf")]
    for order in permutations(pile):
        assert names(world, list(order)) == ["Amara", "Yusuf"]


@pytest.mark.parametrize(("people", "codes"), [(3, 2), (4, 2), (2, 3), (3, 3)])
def test_more_people_and_more_codes(world: World, people: int, codes: int) -> None:
    who = [f"Guest {number}" for number in range(people)]
    pile = [chunk for name in who for chunk in world.chunked(name, codes)]
    assert codes == int(pile[0].split("/")[2])
    assert names(world, sorted(pile)) == who


def test_what_is_left_over_is_incomplete_and_not_wrongly_made(world: World) -> None:
    amara, yusuf = world.chunked("Amara"), world.chunked("Yusuf")
    assert answers(world, [yusuf[0], *amara]) == [("accepted", None), ("undecided", "chunks-missing")]
    assert answers(world, [*amara, yusuf[1]]) == [("accepted", None), ("undecided", "chunks-missing")]
    long, other = world.chunked("Amara", 3), world.chunked("Yusuf", 3)
    assert answers(world, [long[0], other[0], long[1]]) == [("undecided", "chunks-missing")]


def test_a_forged_chunk_beside_a_genuine_card(world: World) -> None:
    amara = world.chunked("Amara")
    forged = amara[1][:-4] + "0000"
    assert answers(world, [forged, *amara]) == [("accepted", None), ("undecided", "chunks-missing")]
    assert answers(world, [amara[0], forged])[0][0] == "rejected"


def test_cards_of_an_issuer_we_do_not_know_are_undecided(world: World) -> None:
    pile = [*world.chunked("Amara"), *world.chunked("Yusuf")]
    verdicts = verifier.check_all(pile, TrustRegistry([world.clinic.trusted()]), NOW)
    assert [(one.outcome, one.code) for one in verdicts] == [("undecided", "untrusted-issuer")] * 2


def test_where_nothing_fits_it_is_one_card_wrongly_made(world: World) -> None:
    amara, yusuf = world.chunked("Amara"), world.chunked("Yusuf")
    first, second = (chunk[:-4] + "0000" for chunk in (amara[1], yusuf[1]))
    assert answers(world, [amara[0], first, second]) == [("rejected", "malformed-card")]


def test_far_too_many_ways_are_not_tried() -> None:
    pile = [f"shc:/{place}/2/{number:04}" for place in (1, 2) for number in range(6)]
    assert MAX_COMBINATIONS < 6 * 6
    assert combinations(pile) == []


def test_chunks_are_pooled_across_inputs_unless_they_are_whole() -> None:
    one, two, other, card = "shc:/1/2/56", "shc:/2/2/57", "shc:/1/3/58", "shc:/59"
    assert pool([[one], [card], [two]]) == [[one, two], [card], []]
    assert pool([[card, other], [one, two], [one]]) == [[card, other], [one, two], [one]]
    assert pool([["shc:/9/2/56"], []]) == [["shc:/9/2/56"], []]
