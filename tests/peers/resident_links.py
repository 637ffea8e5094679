"""Links of a real issuer application, over real https: kill-the-clipboard's viewer opens them, and so do we.

A resident's record is recorded, links are made as the resident's pages make them, the peer opens each; then some are
stopped, one runs out of passcodes, a dose is added, a card is cancelled, and the peer asks again.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import trustme
from flask import Flask

import cards
from benchmarks.peer import private_jwk, public_jwk
from cards import shlink
from countersign.link_network import open_link
from issuer.db import open_engine, upgrade
from issuer.keyring import Keyring
from issuer.rights import Actor
from issuer.service import IssuerService
from issuer.settings import Settings
from issuer.sharing import Holding, Wish
from issuer.store import Store
from keys import jwks_document
from keys.private import PrivateKey
from keys.store import KeyStore
from tests.issuer.sharing.site import make_site, served_by_https
from tests.peers import links, ours
from tests.peers.kill_the_clipboard import THEIR_ISS, Tally
from trust_registry import TrustRegistry
from verifier.links import Asking, judge

ISS: Final = "https://clinic.example/issuer"
PASSCODE: Final = "481516"
HOLDER: Final = Actor("resident", "system")
RECIPIENT: Final = "Lincoln School, nurse"
WRONG: Final = "SHLInvalidPasscodeError"


@dataclass
class Resident:
    """One person's record in an issuer application, and their links by a name of ours."""

    service: IssuerService
    holding: Holding
    person_id: str
    now: datetime
    ids: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def share(self, name: str, **wish: Any) -> None:
        """Make a link as the page does, and show it again."""
        self.ids[name] = self.holding.make(self.person_id, Wish(**wish), self.now, HOLDER)
        self.texts[name] = self.holding.one(self.person_id, self.ids[name], self.now, HOLDER).text

    def stop(self, name: str) -> None:
        self.holding.stop(self.person_id, self.ids[name], self.now, HOLDER)

    def bundles(self) -> list[Any]:
        """What the standing cards say."""
        published = {key.kid: key for key in self.service.keys.published()}
        standing = [one for one in self.service.cards_of_person(self.person_id, self.now) if one.revoked_at is None]
        return [cards.read(one.jws).verify(published[one.kid]).bundle for one in standing]


@dataclass(frozen=True)
class Heard:
    """What came of each link."""

    opened: dict[str, dict[str, Any]]
    """In the first round, by the link's name."""
    again: dict[str, dict[str, Any]]
    """After what happened meanwhile."""
    before: list[Any] = field(repr=False)
    after: list[Any] = field(repr=False)
    by_us: dict[str, list[str]]
    recipients: dict[str, list[tuple[str, str]]]
    """(what, who it said it was) of each link's openings, as its holder sees them; newest first."""


FORMS: Final[dict[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    "embedded": ({"label": "Lincoln School ✓"}, {"embeddedLengthMax": 10**6}),
    "at a location": ({}, {"embeddedLengthMax": 0}),
    "nothing said of lengths": ({}, {}),
    "a passcode": ({"passcode": PASSCODE}, {"passcode": PASSCODE}),
    "a wrong passcode": ({"passcode": PASSCODE}, {"passcode": "000000"}),
    "passcodes used up": ({"passcode": PASSCODE}, {"passcode": PASSCODE}),
    "long-term": ({"follows": True}, {}),
    "long-term, a passcode": ({"follows": True, "passcode": PASSCODE}, {"passcode": PASSCODE}),
    "direct": ({"direct": True}, {}),
    "direct, long-term": ({"direct": True, "follows": True}, {}),
    "stopped": ({}, {}),
    "direct, stopped": ({"direct": True}, {}),
}
"""Name -> what the resident chose, and how the viewer asks."""
STOPPED: Final = ("stopped", "direct, stopped")
ENDING: Final = {
    "stopped": "SHLManifestNotFoundError",
    "direct, stopped": "SHLNetworkError",
    "passcodes used up": "SHLManifestNotFoundError",
}
"""What the peer says of a link that does not open any more."""


def tallies(heard: Heard) -> Iterator[Tally]:
    """What had to come of it."""
    first = Tally("links of a resident, from a real issuer application, opened by kill-the-clipboard")
    for name, answer in heard.opened.items():
        if name == "a wrong passcode":
            first.add(name, right=answer.get("refused") == WRONG)
        else:
            first.add(f"{name} {answer.get('refused', '')}", right=_same(answer, heard.before))
    yield first
    then = Tally("the same after a stop, ten wrong passcodes, a new dose and a cancelled card")
    for name, answer in heard.again.items():
        if name in ENDING:
            right = answer.get("refused") == ENDING[name]
        else:  # what follows has the new dose, what does not has none of it
            right = _same(answer, heard.after if "long-term" in name else heard.before)
        then.add(f"{name} {answer.get('refused', '')}", right=right)
    yield then
    mine = Tally("the same links opened by us, every card accepted")
    for name, outcomes in heard.by_us.items():
        mine.add(f"{name} {outcomes}", right=outcomes == ["accepted"])
    yield mine
    told = Tally("the resident is told who it said it was")
    for name, said in heard.recipients.items():
        told.add(f"{name} {said}", right=bool(said) and {who for _, who in said} <= {RECIPIENT, "Our verifier"})
    yield told


def _same(answer: dict[str, Any], bundles: list[Any]) -> bool:
    written = [json.dumps(one, sort_keys=True) for one in answer.get("bundles", [])]
    return bool(written) and sorted(written) == sorted(json.dumps(one, sort_keys=True) for one in bundles)


def conversation(folder: Path) -> Heard:
    """Everything; `folder` takes the database, the keys and the authority's certificate."""
    authority = trustme.CA()
    certificate = folder / "authority.pem"
    authority.cert_pem.write_to_path(certificate)
    now = datetime.now(UTC).replace(microsecond=0)  # Node looks at its own clock for `exp`
    with _issuing(authority, folder, now) as resident:
        for name, (wish, _) in FORMS.items():
            resident.share(name, **wish)
        before = resident.bundles()
        opened = _asked(resident, certificate, list(FORMS))
        by_us = {name: _by_us(resident, name, authority) for name in FORMS if name != "a wrong passcode"}
        _change(resident, certificate)
        again = [*ENDING, "embedded", "long-term", "long-term, a passcode", "direct", "direct, long-term"]
        heard = _asked(resident, certificate, again)
        recipients = {
            name: [
                (one.what, one.recipient)
                for one in resident.holding.one(resident.person_id, made, now, HOLDER).held.openings
            ]
            for name, made in resident.ids.items()
        }
        return Heard(opened, heard, before, resident.bundles(), by_us, recipients)


def _change(resident: Resident, certificate: Path) -> None:
    """What happens between the two rounds."""
    for name in STOPPED:
        resident.stop(name)
    guesses = [{"passcode": f"{number:06}"} for number in range(10)]
    _ask_peer(resident, certificate, [("passcodes used up", guess) for guess in guesses])
    later = ours.bundle_of([ours.dose("2026-01-05", lot="N1")])
    resident.service.record_and_issue(json.dumps(later).encode(), resident.now, resident.person_id)
    oldest = next(
        one for one in resident.service.cards_of_person(resident.person_id, resident.now) if not one.revoked_at
    )
    resident.service.replace_card(oldest.id, "misused", resident.now)


def _asked(resident: Resident, certificate: Path, names: list[str]) -> dict[str, dict[str, Any]]:
    said = _ask_peer(resident, certificate, [(name, FORMS[name][1]) for name in names])
    return {answer["name"]: answer for answer in said}


def _ask_peer(resident: Resident, certificate: Path, asked: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    theirs = PrivateKey.generate()
    ask = {
        "publicJwk": jwks_document(resident.service.keys.published())["keys"][0],
        "base": "https://unused.example/l",
        "links": [{"name": name, "uri": resident.texts[name], "recipient": RECIPIENT, **how} for name, how in asked],
        "theirs": {
            "iss": THEIR_ISS, "privateJwk": private_jwk(theirs), "publicJwk": public_jwk(theirs), "links": [],
        },
    }  # fmt: skip
    return list(links.peer(ask, certificate)["opened"])


def _by_us(resident: Resident, name: str, authority: trustme.CA) -> list[str]:
    asking = Asking("Our verifier", PASSCODE if "passcode" in name else None)
    try:
        behind = open_link(resident.texts[name], asking, resident.now, links.world(authority))
    except shlink.LinkError as error:
        return [error.code]
    keys = jwks_document(resident.service.keys.published())["keys"]
    known = {"issuer": {"iss": ISS, "name": "Clinic"}, "keys": keys}
    registry = TrustRegistry.from_vci_snapshot({"issuerInfo": [known]})
    return sorted({one.outcome for one in judge(behind, registry, resident.now + timedelta(seconds=1)).verdicts})


@contextmanager
def _issuing(authority: trustme.CA, folder: Path, now: datetime) -> Iterator[Resident]:
    """An issuer behind https on loopback with one resident's record in it."""
    url = f"sqlite:///{folder / 'issuer.db'}"
    upgrade(url)
    keystore = KeyStore(folder / "keys", b"k" * 32)
    keystore.generate(now)
    engine = open_engine(url)
    service = IssuerService(ISS, Keyring(keystore), b"r" * 32, Store(engine), 90, os.urandom)
    person = service.record_and_issue(json.dumps(_record()).encode(), now).person_id
    secrets = ("t" * 40, b"r" * 32, b"a" * 32, b"s" * 32)

    def application(address: str) -> Flask:
        settings = Settings(ISS, "Harbour Health", address, url, *secrets, folder / "imports")
        return make_site(settings, service, engine, lambda: now)

    try:
        with served_by_https(authority, application) as address:
            yield Resident(service, Holding(service, address, secrets[3]), person, now)
    finally:
        engine.dispose()


def _record() -> dict[str, Any]:
    """Doses of three groups: as many cards."""
    doses = [("2021-01-01", "207"), ("2021-01-29", "207"), ("1962-03-01", "03"), ("2019-05-01", "115")]
    return ours.bundle_of([ours.dose(day, code, lot=f"L{number}") for number, (day, code) in enumerate(doses)])
