"""SMART Health Links between kill-the-clipboard and us, over real https: its viewer opens ours, and we open its."""

import itertools
import json
import os
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import trustme

from benchmarks.peer import PEER_FOLDER, node, private_jwk, public_jwk
from cards.shlink import LinkError, address, make, read_manifest, seal_cards
from cards.shlink.passcode import KeptPasscode, keep
from countersign.link_network import open_link
from keys import jwe
from keys.private import PrivateKey
from tests.peers import ours
from tests.peers.kill_the_clipboard import SECONDS, THEIR_ISS, Tally
from tests.peers.link_server import Held, Server, serving_links
from trust_registry import TrustRegistry
from trust_registry.fetch import Network
from verifier.links import Asking, judge

SCRIPT = Path(__file__).with_name("links.mjs")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = datetime(2036, 1, 1, tzinfo=UTC)
"""Its cards are dated by its own clock."""
PASSCODE = "481516"
FHIR_TEXT = b'{"resourceType":"Patient","active":true}'


@dataclass(frozen=True)
class Told:
    """What the peer said, and what had to come of it."""

    opened: Sequence[dict[str, Any]]
    wanted: dict[str, dict[str, Any]]
    links: Sequence[dict[str, Any]] = field(repr=False)
    jwk: dict[str, Any]
    remaining: int
    recipients: frozenset[str]
    verdicts: dict[str, list[str]]


def it_opens_ours(told: Told) -> Iterator[Tally]:
    """Every form; the cards it finds are the ones that were signed. Wrong passcodes and ended links are refused."""
    good, bad = Tally("our links, opened by kill-the-clipboard"), Tally("our links, refused by it as they must be")
    for answer in told.opened:
        wanted = told.wanted[answer["name"]]
        if "refused" in wanted:
            bad.add(answer["name"], right=answer.get("refused") == wanted["refused"])
        else:
            same = all(answer.get(name) == value for name, value in wanted.items())
            good.add(f"{answer['name']} {answer.get('refused', '')}", right=same)
    yield from (good, bad)
    counted = Tally("our server counts its wrong passcode, and knows who it said it was")
    counted.add("remaining", right=told.remaining == 9)
    counted.add("recipient", right="Peer’s viewer" in told.recipients)
    yield counted


def we_open_its(told: Told) -> Iterator[Tally]:
    """Every form of link it makes, its cards accepted with its key in our registry."""
    tally = Tally("links of kill-the-clipboard, opened by us, the card accepted")
    for name, outcomes in told.verdicts.items():
        tally.add(f"{name} {outcomes}", right=outcomes == ["accepted"])
    yield tally


def conversation(folder: Path) -> Told:
    """Everything both sides say; `folder` takes the authority's certificate."""
    authority = trustme.CA()
    certificate = folder / "authority.pem"
    authority.cert_pem.write_to_path(certificate)
    theirs = PrivateKey.generate()
    # Node looks at its own clock for `exp`: the server's tickets do not.
    with serving_links(authority, int(NOW.timestamp())) as server:
        asked, wanted = zip(*_ours(server), strict=True)
        ask = {
            "publicJwk": public_jwk(ours.key()),
            "base": f"{server.base}/l",
            "links": asked,
            "theirs": _theirs(theirs),
        }
        said = peer(ask, certificate)
        verdicts = {link["name"]: _ours_of(link, server, authority, theirs) for link in said["links"]}
        remaining = server.links[_NAME_OF_GUESSED].remaining
        names = dict(zip([one["name"] for one in asked], wanted, strict=True))
        people = frozenset(server.recipients)
        return Told(said["opened"], names, said["links"], public_jwk(theirs), remaining, people, verdicts)


@contextmanager
def folder() -> Iterator[Path]:
    """For a show, which has no fixtures."""
    with TemporaryDirectory() as name:
        yield Path(name)


def world(authority: trustme.CA) -> Network:
    """A network that trusts the test's authority and may ask loopback."""

    def tls() -> ssl.SSLContext:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    return Network(look_up=lambda *_: ["127.0.0.1"], allowed=lambda _: True, tls=tls)


_NAME_OF_GUESSED = "guessed"
_ids = itertools.count(1)


def put(server: Server, held: Held, **how: Any) -> str:
    """A link of ours to what is held; `how` as for `cards.shlink.make`."""
    number = next(_ids)
    key, url = bytes([number]) * 32, address(f"{server.base}/l", bytes([number]) * 32)
    held.files = [(kind, jwe.seal(content.encode(), key, kind)) for kind, content in held.files]
    server.links[url.rsplit("/", 1)[1]] = held
    return make(url, key, **how)


def cards_file(*cards: str) -> tuple[str, str]:
    """(content type, text) of a file with these cards, as `seal_cards` would seal it."""
    sealed: list[str] = []

    def listen(content: bytes, key: bytes, content_type: str) -> str:
        sealed.extend((content_type, content.decode()))
        return ""

    seal_cards(cards, bytes(32), listen)
    return sealed[0], sealed[1]


def kept() -> KeptPasscode:
    return keep(PASSCODE, bytes(16))


def _ours(server: Server) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """(what the peer is asked, what must come of it)."""
    first, second = ours.cards()[0], ours.cards()[2]
    bundles = [_bundle(first), _bundle(second)]
    both = cards_file(first.jws, second.jws)
    good: dict[str, Any] = {"bundles": bundles, "resources": 0}
    fhir = ("application/fhir+json", FHIR_TEXT.decode())
    much = {"embeddedLengthMax": 10**6}
    forms: tuple[tuple[str, Held, dict[str, Any], dict[str, Any], dict[str, Any]], ...] = (
        ("embedded", Held([both]), {"label": "Kindergarten"}, much, good | {"label": "Kindergarten"}),
        ("as locations", Held([both]), {}, {"embeddedLengthMax": 0}, good),
        ("nothing said of lengths", Held([both]), {}, {}, good),
        ("two files", Held([cards_file(first.jws), cards_file(second.jws)]), {}, {"embeddedLengthMax": 10}, good),
        ("a passcode", Held([both], kept()), {"flags": "P"}, {"passcode": PASSCODE}, good),
        ("long-term", Held([both], status="can-change", poll_seconds=60), {"flags": "L"}, {}, good),
        ("long-term, a passcode", Held([both], kept()), {"flags": "LP"}, {"passcode": PASSCODE}, good),
        ("direct", Held([both], direct=True), {"flags": "U"}, {}, good),
        ("direct, long-term", Held([both], direct=True), {"flags": "LU"}, {}, good),
        ("a viewer before it", Held([both]), {"viewer": "https://viewer.example/"}, {}, good),
        ("an end", Held([both]), {"exp": 4_102_444_800}, {}, good),
        ("a resource with it", Held([both, fhir]), {}, {}, good | {"resources": 1}),
        (
            "a wrong passcode",
            Held([both], kept()),
            {"flags": "P"},
            {"passcode": "000000"},
            {"refused": "SHLInvalidPasscodeError"},
        ),
        ("stopped", Held([both], active=False), {}, {}, {"refused": "SHLManifestNotFoundError"}),
    )
    for name, held, how, asking, wanted in forms:
        uri = put(server, held, **how)
        if name == "a wrong passcode":
            server.links[_NAME_OF_GUESSED] = held
        yield {"name": name, "uri": uri, "recipient": "Peer’s viewer"} | asking, wanted


def _bundle(card: ours.Ours) -> Any:
    return json.loads(card.bundle)["vc"]["credentialSubject"]["fhirBundle"]


def _theirs(key: PrivateKey) -> dict[str, Any]:
    links = [
        {"name": "plain"},
        {"name": "compressed", "compress": True},
        {"name": "a label and an end", "label": "Ärztin ✓", "exp": 4_102_444_800},
        {"name": "a passcode", "flag": "P"},
        {"name": "long-term, a passcode", "flag": "LP"},
        {"name": "long-term", "flag": "L", "viewer": True},
        {"name": "direct", "flag": "U"},
        {"name": "direct, compressed", "flag": "LU", "compress": True},
        {"name": "with a resource", "fhir": True},
    ]
    return {
        "iss": THEIR_ISS,
        "privateJwk": private_jwk(key),
        "publicJwk": public_jwk(key),
        "bundle": ours.bundle_of([ours.dose("2021-01-01"), ours.dose("2021-01-29", lot="7")]),
        "links": links,
    }


def peer(ask: dict[str, Any], certificate: Path) -> dict[str, Any]:
    """What kill-the-clipboard answers, in a Node process that trusts the certificate."""
    command = [node(), "--input-type=module", "-e", SCRIPT.read_text("utf-8")]
    environ = os.environ | {"NODE_EXTRA_CA_CERTS": str(certificate)}
    run = subprocess.run(
        command, cwd=PEER_FOLDER, input=json.dumps(ask).encode(), capture_output=True, timeout=SECONDS, env=environ
    )
    if run.returncode != 0:
        raise RuntimeError(f"the peer ended with {run.returncode}: {run.stderr.decode()[-400:]}")
    return dict(json.loads(run.stdout))


def _ours_of(link: dict[str, Any], server: Server, authority: trustme.CA, key: PrivateKey) -> list[str]:
    """What we make of one of its links: as it embeds its files, and with every file at a location."""
    name = link["url"].removeprefix(f"{server.base}/l/").split("/")[0]
    passcode = "passcode" in link["name"]
    direct = link["manifest"] is None
    asking = Asking("Our verifier", PASSCODE if passcode else None)
    outcomes: set[str] = set()
    for embeds in (True,) if direct else (True, False):
        files = [(kind, text) for kind, text in link["files"]]
        server.links[name] = Held(files, kept() if passcode else None, direct=direct, embeds=embeds)
        try:
            behind = open_link(link["uri"], asking, NOW, world(authority))
        except LinkError as error:
            outcomes.add(error.code)
        else:
            outcomes |= {verdict.outcome for verdict in judge(behind, _trusting(key), LATER).verdicts} or {"no card"}
    if not direct and len(read_manifest(json.dumps(link["manifest"]).encode())) != len(link["files"]):
        outcomes.add("its manifest is not read")
    return sorted(outcomes)


def _trusting(key: PrivateKey) -> TrustRegistry:
    info = {"issuer": {"iss": THEIR_ISS, "name": "Them"}, "keys": [public_jwk(key)]}
    return TrustRegistry.from_vci_snapshot({"issuerInfo": [info]})
