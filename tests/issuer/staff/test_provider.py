"""OpenID Connect against a provider of another's making, over a real socket."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from issuer.rights import Actor
from issuer.staff.oidc import BadOidcSettings, NobodyOfOurs, OidcSettings, claimed, oidc_settings

OPERATOR = Actor("operator", "operator")
USERS = {
    "sub-nadia": {"email": "Nadia@clinic.example", "email_verified": True, "role": "department"},
    "sub-unchecked": {"email": "nadia@clinic.example", "email_verified": False},
    "sub-nobody": {"email": "nobody@clinic.example", "email_verified": True},
}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    command = [sys.executable, str(Path(__file__).with_name("provider_child.py")), json.dumps(USERS)]
    environ = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"}
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environ, text=True, **pipes) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        yield f"http://localhost:{int(child.stdout.readline())}"
        child.stdin.close()
        child.wait(10)


@pytest.fixture
def town_by(town_on: Any, sqlite_database: str, provider: str) -> Any:
    return town_on(sqlite_database, oidc=OidcSettings(provider, "countersign", "secret"))


def begin(browser: Any) -> str:
    answer = browser.get("/login/provider")
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def at_provider(url: str, sub: str) -> str:
    """What the person does there; answers where the provider sends the browser."""
    answer = httpx.post(url, data={"sub": sub})
    assert answer.status_code in (302, 303)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def test_somebody_of_ours_logs_in(town_by: Any) -> None:
    member = town_by.person("nadia@clinic.example", "auditor")
    browser = town_by.browser()
    assert "Log in with your organisation" in browser.get("/login?next=/account").get_data(as_text=True)
    url = begin(browser)
    asked = parse_qs(urlsplit(url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert set(asked) >= {"state", "nonce", "code_challenge"}
    answer = browser.get(at_provider(url, "sub-nadia"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    page = browser.get("/account")
    assert page.status_code == 200
    found = town_by.parts.accounts.staff.member(member.id)
    assert found.role == "auditor"  # what the provider says of roles is not asked
    assert town_by.audited() == ["staff.add", "staff.link", "session.open"]


def test_after_the_first_time_the_subject_counts_and_not_the_address(town_by: Any) -> None:
    member = town_by.person("nadia@clinic.example", "auditor")
    browser = town_by.browser()
    browser.get(at_provider(begin(browser), "sub-nadia"))
    taken_over = claimed({"iss": "x", "sub": "another", "email": "nadia@clinic.example", "email_verified": True})
    with pytest.raises(NobodyOfOurs):
        town_by.parts.accounts.by_provider(taken_over, "", town_by.now)
    town_by.parts.accounts.staff.deactivate(OPERATOR, member.id, town_by.now)
    other = town_by.browser()
    assert other.get(at_provider(begin(other), "sub-nadia")).status_code == 403


@pytest.mark.parametrize("sub", ["sub-unchecked", "sub-nobody", "sub-without-anything"])
def test_others_do_not(town_by: Any, sub: str) -> None:
    town_by.person("nadia@clinic.example", "auditor")
    browser = town_by.browser()
    refused = browser.get(at_provider(begin(browser), sub))
    assert refused.status_code == 403
    assert "You have no account here" in refused.get_data(as_text=True)
    assert browser.get("/account").status_code == 303


def test_answers_that_do_not_hold(town_by: Any) -> None:
    town_by.person("nadia@clinic.example", "auditor")
    browser = town_by.browser()
    back = at_provider(begin(browser), "sub-nadia")
    stranger = town_by.browser()
    assert stranger.get(back).status_code == 502  # another browser did not begin this login
    assert browser.get("/login/provider/back?code=x&state=y").status_code == 502
    assert browser.get("/login/provider/back?error=access_denied").status_code == 502
    assert browser.get("/login/provider/back").status_code == 502
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 502  # used


def test_a_provider_that_is_down_or_another(town_on: Any, sqlite_database: str, provider: str) -> None:
    for address in ("http://localhost:9", provider.replace("localhost", "LOCALHOST")):
        town = town_on(sqlite_database, oidc=OidcSettings(address, "countersign", "secret"))
        assert town.browser().get("/login/provider").status_code == 502


def test_without_a_provider(local_town: Any) -> None:
    assert local_town.browser().get("/login/provider").status_code == 404
    assert "organisation" not in local_town.browser().get("/login").get_data(as_text=True)


def test_settings() -> None:
    good = {
        "COUNTERSIGN_OIDC_ISSUER": "https://id.example/",
        "COUNTERSIGN_OIDC_CLIENT_ID": "a",
        "COUNTERSIGN_OIDC_CLIENT_SECRET": "b",
    }
    assert oidc_settings(good) == OidcSettings("https://id.example", "a", "b")
    assert "'b'" not in repr(oidc_settings(good))
    assert oidc_settings({}) is None
    assert oidc_settings({**good, "COUNTERSIGN_OIDC_ISSUER": "http://127.0.0.1:1"}) is not None
    for name, value in (
        ("COUNTERSIGN_OIDC_ISSUER", "http://id.example"),
        ("COUNTERSIGN_OIDC_CLIENT_ID", ""),
        ("COUNTERSIGN_OIDC_CLIENT_SECRET", " "),
    ):
        with pytest.raises(BadOidcSettings, match=name):
            oidc_settings({**good, name: value})
    for claims in ({}, {"iss": "x"}, {"sub": "x"}, {"iss": "", "sub": "x"}):
        with pytest.raises(NobodyOfOurs):
            claimed(claims)
