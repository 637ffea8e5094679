"""Passkeys, by an authenticator made of software: registration, login, and what a thief would send."""

import base64
import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from issuer.staff.passkeys import PasskeyRefused, Site
from issuer.staff.people import HALF_OPEN_LIMIT
from issuer.staff.refusals import LoginRefused

HERE = "10.0.0.1"
SITE = Site.of("https://issuer.example:8443", "Harbour Health")
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


@dataclass
class Authenticator:
    """What a phone does (WebAuthn Level 2, sections 6.1 and 6.5), without a phone."""

    host: str = "issuer.example"
    origin: str = "https://issuer.example:8443"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential: bytes = field(default_factory=lambda: os.urandom(32))
    count: int = 0
    flags: int = PRESENT | VERIFIED

    def make(self, asked: str, **client: Any) -> dict[str, Any]:
        point = self.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        attested = bytes(16) + struct.pack(">H", len(self.credential)) + self.credential + cose
        data = self._data(self.flags | ATTESTED) + attested
        said = self._client("webauthn.create", asked, client)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": b64(said), "attestationObject": b64(attestation)})

    def get(self, asked: str, **client: Any) -> dict[str, Any]:
        self.count += 1
        data, said = self._data(self.flags), self._client("webauthn.get", asked, client)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": said, "authenticatorData": data, "signature": signature}
        return self._answer({name: b64(part) for name, part in parts.items()})

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def _client(self, kind: str, challenge: str, changes: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": b64(challenge.encode()), "origin": self.origin, **changes}
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        name = b64(self.credential)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}


def register(town: Any, member: Any, phone: Authenticator) -> None:
    challenge = town.parts.accounts.challenge(town.now)
    town.parts.accounts.add_passkey(member, SITE, phone.make(challenge), challenge, "phone", HERE, town.now)


def test_a_passkey_alone_lets_in(town: Any) -> None:
    member, phone, accounts = town.person("nadia", "auditor"), Authenticator(), town.parts.accounts
    register(town, member, phone)
    for _ in range(2):
        challenge = accounts.challenge(town.now)
        opened = accounts.by_passkey(SITE, phone.get(challenge), challenge, HERE, town.now)
        assert opened.stage == "full"
        assert accounts.session(opened.token, town.now).member.id == member.id
    assert [(each[1], each[3]) for each in accounts.factors.passkeys(member.id)] == [("phone", town.now)]
    assert town.audited() == ["staff.add", "staff.passkey", "session.open", "session.open"]


def test_a_challenge_is_good_once_and_for_ten_minutes(town: Any) -> None:
    member, phone, accounts = town.person("nadia", "auditor"), Authenticator(), town.parts.accounts
    register(town, member, phone)
    challenge = accounts.challenge(town.now)
    accounts.by_passkey(SITE, phone.get(challenge), challenge, HERE, town.now)
    late = accounts.challenge(town.now)
    for used in (challenge, "never given", ""):
        with pytest.raises(LoginRefused):
            accounts.by_passkey(SITE, phone.get(used), used, HERE, town.now)
    town.clock.now += HALF_OPEN_LIMIT
    with pytest.raises(LoginRefused):
        accounts.by_passkey(SITE, phone.get(late), late, HERE, town.now)


def test_what_a_thief_would_send(town: Any) -> None:
    member, phone, accounts = town.person("nadia", "auditor"), Authenticator(), town.parts.accounts
    register(town, member, phone)

    def refused(answer: Any, challenge: str) -> None:
        with pytest.raises(LoginRefused):
            accounts.by_passkey(SITE, answer, challenge, HERE, town.now)

    def fresh() -> str:
        return str(accounts.challenge(town.now))

    for changes in ({"origin": "https://evil.example"}, {"type": "webauthn.create"}, {"challenge": b64(b"other")}):
        challenge = fresh()
        refused(phone.get(challenge, **changes), challenge)
    for change in ({"flags": PRESENT}, {"flags": VERIFIED}, {"host": "evil.example"}):
        challenge, twin = fresh(), Authenticator(key=phone.key, credential=phone.credential, count=50, **change)
        refused(twin.get(challenge), challenge)
    challenge = fresh()
    refused(Authenticator(credential=phone.credential, count=50).get(challenge), challenge)  # another key
    refused(Authenticator().get(challenge := fresh()), challenge)  # a passkey of nobody
    for broken in ({}, {"id": 5}, {"id": b64(phone.credential)}, {"id": b64(phone.credential), "response": []}):
        refused(broken, fresh())


def test_a_copied_key_shows_by_its_counter(town: Any) -> None:
    member, phone, accounts = town.person("nadia", "auditor"), Authenticator(), town.parts.accounts
    register(town, member, phone)
    copy = Authenticator(key=phone.key, credential=phone.credential)
    challenge = accounts.challenge(town.now)
    accounts.by_passkey(SITE, phone.get(challenge), challenge, HERE, town.now)
    challenge = accounts.challenge(town.now)
    with pytest.raises(LoginRefused):
        accounts.by_passkey(SITE, copy.get(challenge), challenge, HERE, town.now)


def test_a_counter_that_always_says_nothing_is_fine(town: Any) -> None:
    """Passkeys that are kept in a cloud count nothing."""
    member, phone, accounts = town.person("nadia", "auditor"), Authenticator(), town.parts.accounts
    register(town, member, phone)
    for _ in range(2):
        phone.count = -1
        challenge = accounts.challenge(town.now)
        assert accounts.by_passkey(SITE, phone.get(challenge), challenge, HERE, town.now).stage == "full"


def test_registrations_that_are_refused(town: Any) -> None:
    member, accounts = town.person("nadia", "auditor"), town.parts.accounts
    phone = Authenticator()
    register(town, member, phone)
    other = town.person("otto", "auditor")
    with pytest.raises(PasskeyRefused):
        register(town, other, phone)  # somebody has it already
    for twin in (
        Authenticator(flags=PRESENT),
        Authenticator(host="evil.example"),
        Authenticator(origin="https://evil"),
    ):
        with pytest.raises(PasskeyRefused):
            register(town, other, twin)
    challenge = accounts.challenge(town.now)
    with pytest.raises(PasskeyRefused):
        accounts.add_passkey(other, SITE, {"id": "x"}, challenge, "phone", HERE, town.now)
    assert accounts.factors.passkeys(other.id) == ()


def test_a_closed_account_has_no_passkey(town: Any) -> None:
    from issuer.rights import Actor

    member, phone, accounts = town.person("nadia", "auditor"), Authenticator(), town.parts.accounts
    register(town, member, phone)
    accounts.staff.deactivate(Actor("operator", "operator"), member.id, town.now)
    challenge = accounts.challenge(town.now)
    with pytest.raises(LoginRefused):
        accounts.by_passkey(SITE, phone.get(challenge), challenge, HERE, town.now)


def test_a_password_does_not_get_round_a_passkey(town: Any) -> None:
    """Whoever set up a passkey and no codes: the password must not lead to the page that sets codes up."""
    member, accounts = town.person("nadia", "auditor"), town.parts.accounts
    opened = accounts.by_link(town.links["nadia"], "four words in a row", HERE, town.now)
    register(town, member, Authenticator())
    assert accounts.finish_setup(opened.token, HERE, town.now).stage == "full"
    with pytest.raises(LoginRefused):
        accounts.by_password("nadia", "four words in a row", HERE, town.now)


def test_over_the_pages(local_town: Any) -> None:
    """As the script does it: options, the authenticator, the answer; registration first, then a login."""
    phone = Authenticator(host="localhost", origin="http://localhost")
    local_town.ready("nadia", "auditor")
    browser = local_town.browser("nadia")
    head = {"X-CSRFToken": browser.token("/account"), "Accept": "application/json"}
    client = browser.client
    options = client.post("/account/passkeys/options", json={}, headers=head).get_json()
    assert options["authenticatorSelection"]["userVerification"] == "required"
    challenge = base64.urlsafe_b64decode(options["challenge"] + "==").decode()
    wrong = client.post("/account/passkeys", json={**phone.make(challenge), "password": "no"}, headers=head)
    assert (wrong.status_code, wrong.get_json()["code"]) == (422, "passkey-not-kept")
    options = client.post("/account/passkeys/options", json={}, headers=head).get_json()
    challenge = base64.urlsafe_b64decode(options["challenge"] + "==").decode()
    made = {**phone.make(challenge), "name": "work laptop", "password": "four words in a row"}
    assert client.post("/account/passkeys", json=made, headers=head).get_json() == {"go": "/account"}
    assert "work laptop" in browser.get("/account").get_data(as_text=True)

    stranger = local_town.browser()
    head = {"X-CSRFToken": stranger.token("/login?next=/people"), "Accept": "application/json"}
    options = stranger.client.post("/login/passkey/options", json={}, headers=head).get_json()
    assert options["userVerification"] == "required"
    challenge = base64.urlsafe_b64decode(options["challenge"] + "==").decode()
    answer = stranger.client.post("/login/passkey", json=phone.get(challenge), headers=head)
    assert answer.get_json() == {"go": "/people"}
    assert stranger.get("/account").status_code == 200
    again = local_town.browser()
    head = {"X-CSRFToken": again.token("/login"), "Accept": "application/json"}
    refused = again.client.post("/login/passkey", json=phone.get(challenge), headers=head)
    assert (refused.status_code, refused.get_json()["code"]) == (401, "passkey-refused")
    assert again.client.post("/login/passkey", data=b"x" * 30_000, headers=head).status_code == 401
