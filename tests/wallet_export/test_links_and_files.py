"""The file to download and the links that open an app."""

import json
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.errors import MalformedCard
from cards.shc import numeric
from cards.shc.file import read_file
from wallet_export import (
    FILE_EXTENSION,
    MEDIA_TYPE,
    HealthAppLink,
    HealthAppOffer,
    NotOffered,
    app_link,
    apple_health_link,
    health_app_link,
    health_card_file,
)

BASE = "https://wallet.example/SMARTHealthCard/"
MakeJws = Callable[..., str]


def test_file_holds_the_cards_in_order(make_jws: MakeJws) -> None:
    cards = [make_jws(seed=seed) for seed in range(3)]
    file = health_card_file(cards)
    assert json.loads(file) == {"verifiableCredential": cards}
    assert read_file(file.decode()) == cards


def test_file_names_are_the_specifications() -> None:
    assert (FILE_EXTENSION, MEDIA_TYPE) == (".smart-health-card", "application/smart-health-card")


def test_no_card_no_file_and_no_link() -> None:
    with pytest.raises(ValueError, match="at least one card"):
        health_card_file([])
    with pytest.raises(ValueError, match="no card"):
        app_link(BASE, [])


def test_app_link_carries_the_json_behind_the_hash(make_jws: MakeJws) -> None:
    cards = [make_jws(seed=1), make_jws(seed=2)]
    link = app_link(BASE, cards)
    head, _, fragment = link.partition("#")
    assert head == BASE
    assert json.loads(unquote(fragment)) == {"verifiableCredential": cards}
    assert urlsplit(link).query == ""
    assert not set(fragment) & set('{}[]" ,:')


@pytest.mark.parametrize(
    "base",
    [
        "http://wallet.example/SMARTHealthCard/",
        "HTTP://wallet.example/SMARTHealthCard/",
        "//wallet.example/SMARTHealthCard/",
        "javascript:/SMARTHealthCard/",
        "https:///SMARTHealthCard/",
        "https://wallet.example/",
        "https://wallet.example/SMARTHealthCard",
        "https://wallet.example/?next=/SMARTHealthCard/",
        "https://wallet.example/SMARTHealthCard/?a=/SMARTHealthCard/",
        "https://wallet.example/#/SMARTHealthCard/",
        "https://somebody@wallet.example/SMARTHealthCard/",
        "",
    ],
)
def test_app_link_refuses_other_bases(make_jws: MakeJws, base: str) -> None:
    with pytest.raises(ValueError, match="deep link"):
        app_link(base, [make_jws()])


@given(st.text("ABCxyz019-_.", min_size=1))
def test_apple_link_carries_the_digits(jws: str) -> None:
    link = apple_health_link(jws)
    assert link.startswith("https://redirect.health.apple.com/SMARTHealthCard/#")
    assert numeric.decode("shc:/" + link.partition("#")[2]) == jws


@pytest.mark.parametrize("text", ["", "a.b.ü", "a b", "{}", "²"])
def test_apple_link_refuses_what_has_no_digits(text: str) -> None:
    with pytest.raises(MalformedCard):
        apple_health_link(text)


def test_the_offer_says_what_apple_takes(make_jws: MakeJws) -> None:
    jws = make_jws()
    offered = health_app_link(jws, "immunization")
    assert isinstance(offered, HealthAppLink)
    assert offered.address == apple_health_link(jws)
    assert offered.address not in repr(offered)
    only = HealthAppOffer(label="Hinzufügen", takes=frozenset({"immunization"}))
    assert health_app_link(jws, "laboratory", only) == NotOffered(only.not_taken)
    assert health_app_link(jws, "immunization", HealthAppOffer(base="")) == NotOffered("")


@pytest.mark.parametrize("base", ["http://health.example/#", "https://health.example/", "javascript:alert(1)#"])
def test_the_offer_refuses_a_base_that_would_send_the_card(make_jws: MakeJws, base: str) -> None:
    with pytest.raises(ValueError, match="ends in #"):
        health_app_link(make_jws(), "immunization", HealthAppOffer(base=base))
