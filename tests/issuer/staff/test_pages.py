"""The pages: login and account, staff, clinics, systems; what a browser sees, sends and is refused."""

import base64
import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

PASSWORD = "four words in a row"


def text_of(answer: Any) -> str:
    return unescape(str(answer.get_data(as_text=True)))


def test_the_first_day_in_a_browser(local_town: Any) -> None:
    """Link, password, QR code, recovery codes, at work; out, and in again by password and code. No script runs."""
    town = local_town
    town.person("nadia", "department")
    browser, link = town.browser(), f"/setup/{town.links['nadia']}"
    assert browser.send(link, password="short").status_code == 422
    assert "at least 12" in text_of(browser.send(link, password="short"))
    first = browser.send(link, password=PASSWORD)
    assert (first.status_code, first.headers["Location"]) == (303, "/account/second-factor")
    assert browser.get("/account").status_code == 303  # not in yet
    page = text_of(browser.get("/account/second-factor"))
    secret = re.search(r"app: <code>([A-Z2-7 ]+)</code>", page)
    sealed = re.search(r'name="secret" value="([0-9a-f]+)"', page)
    assert secret
    assert sealed
    assert "<svg" in page
    totp = pyotp.TOTP(secret[1].replace(" ", ""))
    wrong = browser.send("/account/second-factor", secret=sealed[1], code="12")
    assert wrong.status_code == 422
    assert sealed[1] in text_of(wrong)  # the same code stays on the screen
    done = browser.send("/account/second-factor", secret=sealed[1], code=totp.at(town.now))
    assert len(re.findall(r"<li><code>[a-z2-7-]{19}</code>", text_of(done))) == 8
    account = text_of(browser.get("/account"))
    assert "Codes from your phone" in account
    assert browser.send("/logout", at="/account").status_code == 303
    assert browser.get("/account").status_code == 303

    asked = browser.get("/clinics?x=1")
    assert parse_qs(urlsplit(asked.headers["Location"]).query) == {"next": ["/clinics?x=1"]}
    browser.get(asked.headers["Location"])
    refused = browser.client.post(
        "/login", data={"login": "nadia", "password": "no", "csrf_token": browser.token("/login")}
    )
    assert refused.status_code == 401
    browser.get(asked.headers["Location"])
    half = browser.send("/login", at=asked.headers["Location"], login="nadia", password=PASSWORD)
    assert half.headers["Location"] == "/login/code"
    town.later(minutes=1)
    back = browser.send("/login/code", code=totp.at(town.now))
    assert (back.status_code, back.headers["Location"]) == (303, "/clinics?x=1")
    assert browser.get("/clinics").status_code == 200


def test_cookies(local_town: Any) -> None:
    town = local_town
    town.ready("nadia", "department")
    browser = town.browser()
    half = browser.send("/login", login="nadia", password=PASSWORD)
    full = browser.send("/login/code", code=town.code("nadia"))
    tokens = []
    for answer in (half, full):
        cookie = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("session="))
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        tokens.append(cookie.split(";")[0])
    assert tokens[0] != tokens[1]


def test_cookies_over_https(town_on: Any, sqlite_database: str) -> None:
    town = town_on(sqlite_database, address="https://issuer.example")
    town.ready("nadia", "department")
    client = town.app.test_client()
    base = {"base_url": "https://issuer.example"}
    page = client.get("/login", **base)
    names = [each.split("=")[0] for each in page.headers.getlist("Set-Cookie")]
    assert names == ["__Host-page"]
    assert all("Secure" in each and "Path=/" in each for each in page.headers.getlist("Set-Cookie"))
    token = page.get_data(as_text=True).partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"login": "nadia", "password": PASSWORD, "csrf_token": token}
    answer = client.post("/login", data=form, **base)
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("__Host-session="))
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_nobody_logs_in_over_http_from_elsewhere(local_town: Any) -> None:
    local_town.ready("nadia", "department")
    client, base = local_town.app.test_client(), {"base_url": "http://issuer.example"}
    page = client.get("/login", **base).get_data(as_text=True)
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = client.post("/login", data={"login": "nadia", "password": PASSWORD, "csrf_token": token}, **base)
    assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (403, [])
    assert "https" in text_of(answer)


def test_a_form_from_elsewhere_changes_nothing(local_town: Any) -> None:
    local_town.ready("nadia", "department")
    browser = local_town.browser("nadia")
    other = local_town.browser()
    for token in ("", "x", other.token("/login")):
        answer = browser.client.post("/clinics/new", data={"name": "X", "public_name": "X", "csrf_token": token})
        assert answer.status_code == 400
        assert "open too long" in text_of(answer)
    assert local_town.browser().client.post("/login", data={"login": "a", "password": "b"}).status_code == 400


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "javascript:x", "/a\nb"]
)
def test_a_login_leads_nowhere_else(local_town: Any, path: str) -> None:
    local_town.ready("nadia", "department")
    browser = local_town.browser()
    browser.client.get("/login", query_string={"next": path})
    page = browser.client.get("/login", query_string={"next": path}).get_data(as_text=True)
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    browser.client.post("/login", data={"login": "nadia", "password": PASSWORD, "csrf_token": token})
    assert browser.send("/login/code", code=local_town.code("nadia")).headers["Location"] == "/account"


def test_too_many_attempts_say_when(local_town: Any) -> None:
    browser = local_town.browser()
    for _ in range(10):
        assert browser.send("/login", login="nadia", password="no").status_code == 401
    answer = browser.send("/login", login="nadia", password="no")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert "15 minutes" in text_of(answer)


def test_sessions_and_password(local_town: Any) -> None:
    town = local_town
    town.ready("nadia", "department")
    here, there = town.browser("nadia"), town.browser("nadia")
    page = text_of(here.get("/account"))
    assert page.count("Log out the session") == 2
    assert here.send("/account/password", old="no", new="quite another four words").status_code == 422
    assert here.send("/account/password", old=PASSWORD, new="quite another four words").status_code == 303
    assert there.get("/account").status_code == 303
    other = town.app.test_client()
    assert here.send("/account/sessions/end", at="/account").headers["Location"] == "/login"
    assert here.get("/account").status_code == 303
    assert other.get("/account").status_code == 303


def test_codes_are_not_set_up_anew_without_the_password(local_town: Any) -> None:
    local_town.ready("nadia", "department")
    browser = local_town.browser("nadia")
    page = text_of(browser.get("/account/second-factor"))
    sealed = page.partition('name="secret" value="')[2].partition('"')[0]
    secret = local_town.parts.accounts.shown_totp(sealed)
    code = pyotp.TOTP(base64.b32encode(secret).decode()).at(local_town.now)
    assert browser.send("/account/second-factor", secret=sealed, code=code, password="no").status_code == 422
    assert browser.send("/account/second-factor", secret="00", code=code, password=PASSWORD).status_code == 422
    done = browser.send("/account/second-factor", secret=sealed, code=code, password=PASSWORD)
    assert "Keep these codes" in text_of(done)


# ---- Administration --------------------------------------------------------------------------------------------------


def test_staff(local_town: Any) -> None:
    town = local_town
    here = town.clinic("Harbour Clinic")
    town.ready("mona", "manager", here)
    browser = town.browser("mona")
    assert "No clinic" not in text_of(browser.get("/people/new"))
    made = browser.send("/people/new", name="Vera", login="vera", role="vaccinator")
    assert made.status_code == 201
    link = re.search(r"http://localhost(/setup/[A-Za-z0-9_-]{43})", text_of(made))
    assert link
    assert town.browser().get(link[1]).status_code == 200
    for typed in ({"login": "vera"}, {"login": "x"}, {"name": "\u202e"}, {"role": "king"}):
        again = browser.send("/people/new", **{"name": "Vera", "login": "verb", "role": "vaccinator", **typed})
        assert again.status_code == 422, typed
    assert browser.send("/people/new", name="Eve", login="eve", role="department").status_code == 422
    vera = next(
        m
        for m in town.parts.accounts.staff.members(town.parts.accounts.staff.with_password("mona")[0].actor())
        if m.login == "vera"
    )
    page = f"/people/{vera.id}"
    assert browser.send(page, name="Vera B.", role="manager").status_code == 303
    assert "Vera B." in text_of(browser.get("/people"))
    assert "Hand over this link" in text_of(browser.send(f"{page}/reset", at=page))
    assert browser.send(f"{page}/deactivate", at=page).status_code == 303
    assert "closed" in text_of(browser.get("/people"))
    me = town.parts.accounts.staff.with_password("mona")[0].id
    assert browser.send(f"/people/{me}/deactivate", at="/people/new").status_code == 422
    assert browser.get(f"/people/{'0' * 32}").status_code == 404
    stranger = town.person("otto", "vaccinator", town.clinic("Hill Clinic"))
    assert browser.get(f"/people/{stranger.id}").status_code == 403
    assert town.audited()[-1] == "access.refused"


def test_clinics(local_town: Any) -> None:
    town = local_town
    for login in ("dora", "dan"):
        town.ready(login, "department")
    one, two = town.browser("dora"), town.browser("dan")
    assert one.send("/clinics/new", name="", public_name="Harbour").status_code == 422
    named = {"name": "Harbour Prison", "public_name": "Harbour Health", "contact": "Ms Quay"}
    assert 'name="time_zone" type="text" value="UTC"' in text_of(one.get("/clinics/new"))
    for zone in ("", "Moon/Base", "../etc/passwd"):
        refused = one.send("/clinics/new", **named, time_zone=zone)
        assert (refused.status_code, 'href="#time_zone"' in text_of(refused)) == (422, True)
    made = one.send("/clinics/new", **named, time_zone="America/New_York")
    page = made.headers["Location"]
    assert "Ms Quay" in text_of(one.get(page))
    assert one.send(f"{page}/approve", at=page).status_code == 303
    again = one.client.post(f"{page}/approve", data={"csrf_token": one.token(page)})
    assert again.status_code == 409
    assert "second person" in text_of(again)
    assert two.send(f"{page}/approve", at=page).status_code == 303
    assert "live" in text_of(two.get("/clinics"))
    assert two.send(f"{page}/suspend", at=page, reason=" ").status_code == 422
    assert two.send(f"{page}/suspend", at=page, reason="closed down").status_code == 303
    assert "suspended" in text_of(two.get(page))
    assert one.get(f"/clinics/{'0' * 32}").status_code == 404


def test_systems(local_town: Any) -> None:
    from jwcrypto import jwk

    town = local_town
    here = town.clinic("Harbour Clinic")
    town.ready("mona", "manager", here)
    browser = town.browser("mona")
    key = jwk.JWK.generate(kty="EC", crv="P-384", kid="k")
    public, private = ({"keys": [json.loads(each)]} for each in (key.export_public(), key.export()))
    typed = {
        "name": "EHR",
        "jwks": json.dumps(public),
        "facilities": "HARBOUR\nHARBOUR^1.2^ISO",
        "scope": ["system/Bundle.c"],
    }
    for wrong in (
        {"jwks": json.dumps(private)},
        {"jwks": "{}"},
        {"jwks_uri": "https://x.example"},
        {"jwks_uri": "http://x.example", "jwks": ""},
        {"certificate": "ab"},
        {"facilities": "=x"},
        {"name": ""},
    ):
        assert browser.send("/systems/new", **{**typed, **wrong}).status_code == 422, wrong
    assert browser.send("/systems/new", **{**typed, "facilities": "HILL = elsewhere"}).status_code == 403
    page = browser.send("/systems/new", **typed).headers["Location"]
    client = town.parts.clients.client(page.rpartition("/")[2])
    assert client.scopes == ("system/Bundle.c",)
    assert client.facilities == {"HARBOUR": here, "HARBOUR^1.2^ISO": here}
    assert json.loads(client.jwks) == public
    shown = text_of(browser.send(f"{page}/secret", at=page))
    secret = re.search(r"<code>([A-Za-z0-9_-]{43})</code>", shown)
    assert secret
    assert secret[1] not in text_of(browser.get(page))
    stopped = browser.send(page, **{**typed, "scope": []})
    assert stopped.status_code == 303
    assert town.parts.clients.client(client.id) is None
    town.ready("otto", "manager", town.clinic("Hill Clinic"))
    other = town.browser("otto")
    assert other.get(page).status_code == 403
    assert client.name not in text_of(other.get("/systems"))


def test_soap_secrets(local_town: Any) -> None:
    import os

    from issuer.rights import Actor
    from issuer.staff.attempts import PER_ADDRESS, TooManyAttempts
    from issuer.staff.passwords import Cost
    from issuer.staff.people import ClientDetails
    from issuer.staff.refusals import LoginRefused
    from issuer.staff.systems import SoapLogins, new_soap_secret

    town, cost, operator = local_town, Cost(8, 1, 1), Actor("operator", "operator")
    clinic_id, clients = town.clinic("Harbour Clinic"), town.parts.clients
    made = clients.add(operator, "a" * 32, clinic_id, ClientDetails("EHR"), town.now)
    logins = SoapLogins(clients, town.parts.accounts.sessions, b"k" * 32, os.urandom, cost)
    secret, hashed = new_soap_secret(os.urandom, cost)
    clients.set_soap(operator, made.id, "harbour", hashed, town.now)
    for _ in range(100):  # a day's traffic is not limited
        assert logins.client("harbour", secret, "10.0.0.1", town.now).id == made.id
    newer, hashed = new_soap_secret(os.urandom, cost)
    clients.set_soap(operator, made.id, "harbour", hashed, town.now)
    for username, password in (("harbour", secret), ("nobody", newer), ("harbour", ""), ("", "")):
        with pytest.raises(LoginRefused):
            logins.client(username, password, "10.0.0.1", town.now)
    assert logins.client("harbour", newer, "10.0.0.1", town.now).id == made.id
    clients.change(operator, made.id, ClientDetails("EHR", active=False), town.now)
    with pytest.raises(LoginRefused):
        logins.client("harbour", newer, "10.0.0.1", town.now)
    for _ in range(PER_ADDRESS):
        with pytest.raises(LoginRefused):
            logins.client("harbour", "x", "10.0.0.2", town.now)
    with pytest.raises(TooManyAttempts):
        logins.client("harbour", "x", "10.0.0.2", town.now)
