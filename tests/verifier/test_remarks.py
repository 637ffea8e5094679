"""What must not be overlooked on a genuine card is said, without naming a product."""

from typing import Any

import pytest

import verifier
from tests.e2e.guests import NOW, World, bundle, dose, result
from verifier.presentation import Shown, as_dict, dict_without_card, present, present_nothing
from verifier.remarks import HOLDS_NOTHING, MAX_LINES, NAMES_NOBODY


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def shown(world: World, content: dict[str, Any]) -> Shown:
    verdict = verifier.check(world.health.card(content, any_size=True), world.registry(), NOW)
    assert verdict.outcome == "accepted"
    assert as_dict(verdict)["warnings"] == list(present(verdict, world.registry(), NOW).warnings)
    return present(verdict, world.registry(), NOW)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (dose("2026-05-11", status="not-done"), "This dose was not given."),
        (dose("2026-05-11", status="entered-in-error"), "This dose was entered by mistake and does not count"),
        (dose("2026-05-11", status="planned"), "This dose is not marked as completed (status “planned”)."),
        (dose("2026-05-11", status=None), "This dose is not marked as completed: its status is missing."),
        (dose("2026-05-11", isSubpotent=True), "This dose is marked as less than a full dose."),
        (result("2026-05-11") | {"status": "cancelled"}, "This result was cancelled."),
        (result("2026-05-11") | {"status": "registered"}, "This result is not final (status “registered”)."),
        (result("2026-05-11") | {"status": "entered-in-error"}, "This result was entered by mistake"),
    ],
)
def test_each_oddity_is_said_and_heard(world: World, record: dict[str, Any], words: str) -> None:
    one = shown(world, bundle(record))
    (warning,) = one.warnings
    assert warning.startswith(words)
    assert warning in one.spoken
    assert "COVID" not in warning
    assert (one.doses + one.results)[0].warning == warning


@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_what_counts_is_not_remarked(world: World, status: str) -> None:
    assert shown(world, bundle(dose("2026-05-11"), result("2026-05-11") | {"status": status})).warnings == ()


def test_of_several_each_says_which(world: World) -> None:
    one = shown(world, bundle(dose("2026-04-12"), dose("2026-05-11", status="not-done", isSubpotent=True)))
    assert one.warnings == ("Dose 2 of 2 was not given. Dose 2 of 2 is marked as less than a full dose.",)
    many = shown(world, bundle(*(dose(f"2026-05-{day}", status="not-done") for day in range(10, 30))))
    assert len(many.warnings) == MAX_LINES + 1
    assert "16 more" in many.warnings[-1]


def test_nobody_and_nothing(world: World) -> None:
    empty = shown(world, {"resourceType": "Bundle", "type": "collection", "entry": []})
    assert empty.warnings == (NAMES_NOBODY, HOLDS_NOTHING)
    assert "photo ID" not in empty.todo
    unnamed = shown(world, bundle(dose("2026-05-11"), name={"family": ""}))
    assert unnamed.warnings == (NAMES_NOBODY,)
    assert shown(world, bundle()).warnings == (HOLDS_NOTHING,)


def test_nothing_is_said_of_a_card_before_its_signature_held(world: World) -> None:
    verdict = verifier.check_all(world.cards["tampered"], world.registry(), NOW)[0]
    assert present(verdict, world.registry(), NOW).warnings == ()


def test_no_card_has_the_members_and_the_words_of_a_verdict(world: World) -> None:
    verdict = verifier.check_all(world.cards["accepted"], world.registry(), NOW)[0]
    assert list(dict_without_card("no-card", "There is no card in it.")) == list(as_dict(verdict))
    assert (present_nothing().face, present_nothing().sentence) == ("undecided", "There is no card in it.")
