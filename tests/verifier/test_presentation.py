"""Every code has words, every verdict a face, and a person appears only where a signature held."""

import pytest

import cards.errors
import verifier
from cards.errors import CardError
from cards.shc.content import Code
from tests.e2e.guests import BIRTH_DATE, NAME, NOW, World
from trust_registry import TrustedIssuer, TrustRegistry
from verifier.checks import checks_of
from verifier.presentation import as_dict, code_and_system, face_of, present, registry_state, tally
from verifier.recognise import KINDS
from verifier.verdict import Verdict
from verifier.words import BY_CODE, words_of
from verifier.words import KINDS as KINDS_IN_WORDS

CODES = {
    cls.code
    for cls in vars(cards.errors).values()
    if isinstance(cls, type) and issubclass(cls, CardError) and "code" in vars(cls)
}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def verdict_on(world: World, name: str) -> Verdict:
    return verifier.check_all(list(world.cards[name]), world.registry(), NOW)[0]


def test_every_code_has_words_and_no_words_are_left_over() -> None:
    assert set(BY_CODE) == CODES


def test_every_other_kind_of_code_has_a_name() -> None:
    assert set(KINDS_IN_WORDS) == KINDS


@pytest.mark.parametrize("code", sorted(CODES))
def test_words_for_each_code_say_what_to_do_and_blame_nobody(code: str) -> None:
    for issuer in (None, "eHealth {braces}"):
        words = words_of(code, sample=False, issuer=issuer, found=None)
        text = f"{words.word} {words.sentence} {words.todo}"
        assert words.todo
        assert words.sentence.endswith(".")
        assert "{issuer}" not in text
        assert "{kind}" not in text
        assert "invalid" not in text.lower()
        assert words.sentence.startswith("eHealth") or words.sentence[0].isupper()


@pytest.mark.parametrize("code", sorted(CODES))
@pytest.mark.parametrize("outcome", ["rejected", "undecided"])
def test_each_code_has_its_lines_of_checks(world: World, code: str, outcome: str) -> None:
    issuer = TrustedIssuer("https://health.example.org", "Health")
    lines = checks_of(Verdict(outcome, code, issuer=issuer), world.registry(), NOW)  # type: ignore[arg-type]
    states = [line.state for line in lines]
    assert states in ([], ["held"] * (len(states) - 1) + ["unsure" if outcome == "undecided" else "failed"])


@pytest.mark.parametrize(
    ("name", "face"),
    [
        ("accepted", "accepted"),
        ("sample", "sample"),
        ("sample-expired", "rejected"),
        ("revoked", "rejected"),
        ("tampered", "rejected"),
        ("foreign", "undecided"),
        ("wifi", "rejected"),
        ("chunked", "accepted"),
    ],
)
def test_faces(world: World, name: str, face: str) -> None:
    assert face_of(verdict_on(world, name)) == face


def test_no_sample_is_ever_green() -> None:
    sample = TrustedIssuer("https://sample.example.org", "Sample", sample=True)
    for outcome in ("accepted", "rejected", "undecided"):
        assert face_of(Verdict(outcome, issuer=sample)) != "accepted"  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["tampered", "foreign", "unknown-key", "withdrawn-key", "malformed", "web-address"])
def test_nobody_is_shown_before_a_signature_held(world: World, name: str) -> None:
    verdict = verdict_on(world, name)
    shown, document = present(verdict, world.registry(), NOW), as_dict(verdict)
    assert shown.persons == shown.doses == shown.results == ()
    assert document["card"] is None
    assert NAME not in str(document) + shown.spoken
    assert not any(check.words.startswith("Issued by") for check in shown.checks)


@pytest.mark.parametrize("name", ["accepted", "revoked", "expired", "sample"])
def test_who_signed_for_whom_is_shown_once_it_held(world: World, name: str) -> None:
    verdict = verdict_on(world, name)
    shown, document = present(verdict, world.registry(), NOW), as_dict(verdict)
    assert [person.name for person in shown.persons] == [NAME]
    assert document["card"]["persons"] == [{"name": NAME, "birth_date": BIRTH_DATE}]
    assert document["issuer"]["name"]


def test_reprs_hold_nobody(world: World) -> None:
    verdict = verdict_on(world, "accepted")
    text = repr(verdict) + repr(present(verdict, world.registry(), NOW))
    assert "Okonkwo" not in text
    assert BIRTH_DATE not in text
    assert "EX4471B" not in text


def test_doses_have_names_and_unknown_codes_stand_as_they_are(world: World) -> None:
    shown = present(verdict_on(world, "accepted-unknown-codes"), world.registry(), NOW)
    assert [line.title for line in shown.doses] == ["Vaccination", "Vaccination", "COVID-19", "COVID-19"]
    assert shown.doses[0].details[0] == "Code 99999 of CVX"
    assert shown.doses[1].details[0] == "Code J07BX03 of http://www.whocc.no/atc"
    assert "less than a full dose" in shown.doses[2].warning
    assert "was not given" in shown.doses[3].warning
    assert shown.contents_in_words == "4 doses"
    assert code_and_system(Code("", "")) == "Code (none) of an unnamed system"


def test_results_have_names(world: World) -> None:
    shown = present(verdict_on(world, "accepted-test"), world.registry(), NOW)
    (line,) = shown.results
    assert line.title == "Not detected"
    assert line.date == "19 November 2026, 08:15 UTC+01:00"
    assert shown.contents_in_words == "1 result"


def test_dates_beyond_the_calendar(world: World) -> None:
    verdict = verdict_on(world, "milliseconds")
    assert as_dict(verdict)["card"]["issued"] is None
    assert "beyond any calendar" in present(verdict, world.registry(), NOW).checks[-1].words


def test_a_lone_chunk_says_which_are_missing(world: World) -> None:
    verdict = verifier.check(world.cards["chunked"][1], world.registry(), NOW)
    assert present(verdict, world.registry(), NOW).chunks == ((1, False), (2, True), (3, False))
    assert as_dict(verdict)["chunks"][1] == {"index": 2, "scanned": True}


def test_tally_puts_first_what_needs_attention(world: World) -> None:
    shown = [present(verdict_on(world, name), world.registry(), NOW) for name in ("accepted", "revoked", "accepted")]
    assert tally(shown) == "1 rejected, 2 accepted"


def test_how_old_the_registry_is(world: World) -> None:
    from datetime import timedelta

    current = registry_state(world.registry(), NOW)
    assert (
        current.sentence
        == "3 trusted issuers, list number 7 of 19 November 2026, good until 27 November 2026, 12:00 UTC."
    )
    outdated = registry_state(world.registry(expires=timedelta(days=-9)), NOW)
    assert outdated.expired
    assert "out of date for 9 days" in outdated.sentence
    bare = TrustRegistry([TrustedIssuer("https://one.example", "One")])
    assert registry_state(bare, NOW).sentence == "1 trusted issuer."
