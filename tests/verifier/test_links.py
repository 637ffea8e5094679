"""What lies behind a link: every answer a server can give, every kind of file, every limit."""

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.encoding import b64url_encode, write_json
from cards.shc.file import MAX_CARDS
from cards.shlink import (
    LinkBusy,
    LinkEnded,
    LinkError,
    LinkUnreachable,
    LocationGone,
    MalformedManifest,
    PasscodeNeeded,
    TooMuchBehindLink,
    UnreadableFile,
    WrongPasscode,
    address,
    make,
    read,
    seal_cards,
)
from cards.shlink.files import MAX_SEALED_OCTETS
from cards.shlink.manifest import API_ACCESS, FHIR, HEALTH_CARDS, MAX_MANIFEST_OCTETS
from keys.jwe import seal, unseal
from tests.fuzz import cards_shaped
from tests.shows import links as show
from tests.vectors import make as vectors
from trust_registry import TrustRegistry
from verifier import link_words
from verifier.links import MAX_RETRY_SECONDS, Answer, Asking, fetch, judge, seconds_to_wait

NOW = datetime.fromtimestamp(vectors.NOW, UTC)
KEY = bytes(range(32))
URL = address("https://shl.example/m", bytes(32))
NURSE = Asking("School nurse")
OWN = {vector["id"]: vector["scanned"] for vector in vectors.vectors()}
CARD = OWN["good"]


def link(flags="", **how):
    return read(make(URL, KEY, flags=flags, **how))


def jwe(*cards):
    return seal_cards(cards or (CARD,), KEY, seal)


def embedded(text, content_type=HEALTH_CARDS, **more):
    return {"contentType": content_type, "embedded": text, **more}


def located(number, **more):
    return {"contentType": HEALTH_CARDS, "location": f"https://files.example/{number}", **more}


@dataclass
class Scripted:
    """A network with an answer for each question, in order; notes what was asked."""

    answers: list[Answer]
    asked: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[dict] = field(default_factory=list)

    def get(self, url, max_octets):
        assert max_octets == MAX_SEALED_OCTETS
        return self._next("GET", url)

    def post(self, url, body, max_octets):
        assert max_octets == MAX_MANIFEST_OCTETS
        self.bodies.append(json.loads(body))
        return self._next("POST", url)

    def _next(self, method, url):
        self.asked.append((method, url))
        if not self.answers:
            raise LinkUnreachable("link: nobody there")
        return self.answers.pop(0)


def manifest(*files, retry_after=None, **more):
    return Answer(200, write_json({"files": list(files), **more}), retry_after)


def file(text, status=200):
    return Answer(status, text.encode())


def behind(*answers, flags="", asking=NURSE, **how):
    return fetch(link(flags, **how), asking, Scripted(list(answers)), unseal, NOW)


@pytest.fixture(scope="module")
def registry():
    return TrustRegistry.from_vci_snapshot(vectors.registry())


def test_an_embedded_card_is_judged_like_any_other(registry):
    found = behind(manifest(embedded(jwe(CARD, OWN["exp-passed"]))))
    verdicts = judge(found, registry, NOW).verdicts
    assert [(verdict.outcome, verdict.code) for verdict in verdicts] == [("accepted", None), ("rejected", "expired")]
    assert judge(found, TrustRegistry.from_vci_snapshot({"issuerInfo": []}), NOW).verdicts[0].code == "untrusted-issuer"


def test_what_is_sent():
    network = Scripted([manifest(located(1)), file(jwe())])
    found = fetch(link("LP"), Asking("School nurse", "4815"), network, unseal, NOW)
    assert found.cards == (CARD,)
    assert network.asked == [("POST", URL), ("GET", "https://files.example/1")]
    assert network.bodies == [{"recipient": "School nurse", "passcode": "4815", "embeddedLengthMax": 65536}]


def test_a_passcode_goes_only_where_one_is_asked_for():
    network = Scripted([manifest(embedded(jwe()))])
    fetch(link(), Asking("School nurse", "4815"), network, unseal, NOW)
    assert network.bodies == [{"recipient": "School nurse", "embeddedLengthMax": 65536}]


def test_without_the_passcode_nothing_is_sent():
    network = Scripted([])
    for asking in (NURSE, Asking("School nurse", "")):
        with pytest.raises(PasscodeNeeded):
            fetch(link("P"), asking, network, unseal, NOW)
    assert network.asked == []


def test_whoever_asks_says_who():
    for recipient in ("", " \n"):
        with pytest.raises(ValueError):
            fetch(link(), Asking(recipient), Scripted([]), unseal, NOW)


def test_a_direct_file_is_fetched_and_never_a_manifest(registry):
    network = Scripted([file(jwe())])
    found = fetch(link("U"), Asking("Dr. Ä & Co"), network, unseal, NOW)
    assert network.asked == [("GET", URL + "?recipient=Dr.%20%C3%84%20%26%20Co")]
    assert judge(found, registry, NOW).verdicts[0].outcome == "accepted"
    assert not found.may_change
    assert behind(file(jwe()), flags="LU").may_change


def test_a_direct_file_of_another_kind_is_left_out():
    assert behind(file(seal(b'{"resourceType":"Bundle"}', KEY, FHIR)), flags="U").left_out == ("not-signed",)
    assert behind(file(seal(b"{}", KEY, API_ACCESS)), flags="U").left_out == ("access-token",)
    assert behind(file(seal(b"{}", KEY, "application/pdf")), flags="U").left_out == ("unknown-type",)


def test_what_nobody_signed_is_not_even_fetched():
    network = Scripted(
        [
            manifest(
                located(1) | {"contentType": FHIR},
                located(2) | {"contentType": API_ACCESS},
                located(3) | {"contentType": "text/html"},
                located(4, status="no-longer-valid"),
            )
        ]
    )
    found = fetch(link(), NURSE, network, unseal, NOW)
    assert found.left_out == ("not-signed", "access-token", "unknown-type", "no-longer-valid")
    assert found.cards == ()
    assert len(network.asked) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(404, b""), LinkEnded),
        (Answer(410, b""), LinkEnded),
        (Answer(429, b"", "60"), LinkBusy),
        (Answer(500, b""), LinkUnreachable),
        (Answer(302, b""), LinkUnreachable),
        (Answer(204, b""), LinkUnreachable),
        (Answer(403, b""), LinkUnreachable),
        (Answer(200, b"<html>"), MalformedManifest),
        (Answer(200, b"x" * (MAX_MANIFEST_OCTETS + 1)), TooMuchBehindLink),
        (manifest(*[embedded("x")] * 51), TooMuchBehindLink),
        (manifest(embedded("x")), UnreadableFile),
        (manifest(embedded(CARD)), UnreadableFile),
        (manifest(embedded(seal(b'{"resourceType":"Bundle"}', KEY, FHIR))), UnreadableFile),
        (manifest(embedded(seal(b'{"resourceType":"Bundle"}', KEY, HEALTH_CARDS))), UnreadableFile),
        (manifest(embedded(seal_cards([CARD], bytes(32), seal))), UnreadableFile),
    ],
)
def test_every_answer_of_a_server(answer, error):
    for asking, flags in ((NURSE, ""), (Asking("School nurse", "1"), "P")):
        with pytest.raises(error):
            behind(answer, asking=asking, flags=flags)


def test_a_server_that_wants_a_passcode_the_link_knows_nothing_of():
    for flags in ("", "U"):
        with pytest.raises(LinkUnreachable, match="401"):
            behind(Answer(401, b'{"remainingAttempts":3}'), flags=flags, asking=Asking("School nurse", "1"))


@pytest.mark.parametrize(
    ("body", "remaining"),
    [
        (b'{"remainingAttempts":3}', 3),
        (b'{"remainingAttempts":"3"}', None),
        (b'{"remainingAttempts":-1}', None),
        (b'{"remainingAttempts":true}', None),
        (b"", None),
        (b"[]", None),
        (b"<html>", None),
    ],
)
def test_a_wrong_passcode_is_tried_once(body, remaining):
    network = Scripted([Answer(401, body)])
    with pytest.raises(WrongPasscode) as caught:
        fetch(link("P"), Asking("School nurse", "0000"), network, unseal, NOW)
    assert caught.value.remaining == remaining
    assert len(network.asked) == 1
    said = link_words.of_error(caught.value)
    assert ("3 tries left" in said) == (remaining == 3)
    assert "0000" not in said + repr(caught.value)


def test_a_spent_address_is_fetched_anew_once():
    network = Scripted(
        [
            manifest(located(1), located(2)),
            file(jwe()),
            file("", 404),
            manifest(located(3), located(4)),
            file(jwe()),
            file(jwe(OWN["exp-passed"])),
        ]
    )
    assert len(fetch(link(), NURSE, network, unseal, NOW).cards) == 2
    assert [method for method, _ in network.asked] == ["POST", "GET", "GET", "POST", "GET", "GET"]
    for status in (401, 403, 404, 410):
        network = Scripted([manifest(located(1)), file("", status)] * 3)
        with pytest.raises(LocationGone):
            fetch(link(), NURSE, network, unseal, NOW)
        assert len(network.asked) == 4
    network = Scripted([manifest(located(1)), Answer(429, b"", "5")])
    with pytest.raises(LinkBusy):
        fetch(link(), NURSE, network, unseal, NOW)


def test_what_is_embedded_is_not_fetched():
    network = Scripted([manifest(embedded(jwe(), location="https://files.example/1"))])
    assert fetch(link(), NURSE, network, unseal, NOW).cards == (CARD,)
    assert len(network.asked) == 1


def test_whether_it_may_change():
    one = embedded(jwe())
    assert not behind(manifest(one | {"status": "finalized"})).may_change
    assert behind(manifest(one | {"status": "can-change"})).may_change
    found = behind(manifest(one, retry_after="3600"), flags="L")
    assert (found.may_change, found.ask_again_after) == (True, 3600)


def test_a_link_that_ended_by_its_own_words_is_asked_about_all_the_same():
    assert behind(manifest(embedded(jwe())), exp=1).cards == (CARD,)


def test_limits_over_all_files():
    half = MAX_CARDS // 2
    first, second = (embedded(jwe(*[f"{n}.b.c" for n in range(start, start + half)])) for start in (0, half))
    assert len(behind(manifest(first, second)).cards) == MAX_CARDS
    with pytest.raises(TooMuchBehindLink):
        behind(manifest(first, second, embedded(jwe())))
    within = json.dumps({"verifiableCredential": ["a.b.c"] * MAX_CARDS})
    for answers, flags in (([manifest(embedded(jwe(within, within)))], ""), ([file(jwe(within, within))], "U")):
        with pytest.raises(TooMuchBehindLink):
            behind(*answers, flags=flags)
    heavy = cards_shaped.card_around({"x": "y" * 1_000_000})
    with pytest.raises(TooMuchBehindLink):
        behind(manifest(embedded(jwe(*[heavy + mark for mark in "ABCDEF"]))))
    large = seal(write_json({"verifiableCredential": ["a.b.c"], "x": "y" * 4_000_000}), KEY, HEALTH_CARDS)
    with pytest.raises(TooMuchBehindLink):
        behind(manifest(located(1), located(2), located(3)), *[file(large)] * 3)


def test_octets_that_are_no_text():
    with pytest.raises(UnreadableFile):
        behind(Answer(200, b"\xff" + os.urandom(99)), flags="U")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60", 60),
        ("0", 0),
        (" 7 ", 7),
        ("9" * 30, MAX_RETRY_SECONDS),
        (None, None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("x" * 99, None),
        ("Fri, 20 Nov 2026 12:01:00 GMT", 60),
        ("Fri, 20 Nov 2020 12:01:00 GMT", 0),
        ("Fri, 20 Nov 2026 12:01:00", None),
        ("Fri, 99 Nov 2026 12:01:00 GMT", None),
    ],
)
def test_retry_after(text, seconds):
    assert seconds_to_wait(text, datetime(2026, 11, 20, 12, 0, tzinfo=UTC)) == seconds


@given(st.text(max_size=40))
def test_any_retry_after(text):
    found = seconds_to_wait(text, NOW)
    assert found is None or 0 <= found <= MAX_RETRY_SECONDS


@given(st.binary(max_size=80), st.sampled_from([200, 401, 404, 429, 500]), st.sampled_from(["", "P", "U"]))
def test_any_answer_raises_what_is_documented(body, status, flags):
    for answer in (Answer(status, body), manifest(embedded(b64url_encode(body)))):
        with pytest.raises(LinkError) as caught:
            behind(answer, flags=flags, asking=Asking("School nurse", "1"))
        assert link_words.of_error(caught.value)


def codes_below(kind):
    found = {kind.code} if "code" in vars(kind) else set()
    return found.union(*(codes_below(child) for child in kind.__subclasses__()))


def test_there_are_words_for_every_code():
    codes = codes_below(LinkError) - {"malformed-request"}
    assert len(codes) == 12
    for code in codes | {link_words.RECIPIENT_NEEDED, link_words.NO_SIGNED_CARD}:
        assert link_words.of_code(code).endswith(".")


def test_a_label_does_nothing_to_a_terminal():
    found = behind(manifest(embedded(jwe())), label="\x1b[2J\u202eOliver\n")
    assert link_words.link_line(found) == "It came by a link called “[2JOliver”."
    assert "Oliver" not in repr(found)
    assert CARD not in repr(found)


def test_the_published_vectors(shared):
    counts = show.judge_vectors(shared / "vectors")
    assert counts.wrong == []
    assert sum(counts.right.values()) == 37
