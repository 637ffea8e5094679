"""kill-the-clipboard in a Node process: our cards to it, its cards to us."""

import base64
import json
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import verifier
from benchmarks.peer import PEER_FOLDER, node, private_jwk, public_jwk
from cards.shc.crl import crl_document
from cards.shc.numeric import encode
from keys import jwks_document
from keys.private import PrivateKey
from tests.peers import ours
from trust_registry import TrustRegistry
from wallet_export import health_card_file

SCRIPT = Path(__file__).with_name("peer.mjs")
THEIR_ISS = "https://their.example/issuer"
SECONDS = 120
CHANGES_A_CARD = 12


@dataclass
class Tally:
    """How many of something were right; `wrong` names those that were not."""

    what: str
    count: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, name: str, *, right: bool) -> None:
        self.count += 1
        if not right:
            self.wrong.append(name)

    @property
    def all_right(self) -> bool:
        return self.count > 0 and not self.wrong


def is_here() -> str:
    """Nothing where Node and the peer are to be had; else what is missing."""
    if not (PEER_FOLDER / "node_modules" / "kill-the-clipboard").exists():
        return "kill-the-clipboard (python requirements/install_assets.py --test)"
    try:
        subprocess.run([node(), "--version"], check=True, capture_output=True)
    except (OSError, ImportError, subprocess.CalledProcessError):
        return "Node"
    return ""


@cache
def conversation() -> dict[str, Any]:
    """Everything the peer says, asked once in a process."""
    theirs = PrivateKey.generate()
    ask = {"ours": _ours(), "theirs": _theirs(theirs)}
    command = [node(), "--input-type=module", "-e", SCRIPT.read_text("utf-8")]
    # Node looks for packages beside the folder it runs in: the script is handed over on the command line.
    run = subprocess.run(command, cwd=PEER_FOLDER, input=json.dumps(ask).encode(), capture_output=True, timeout=SECONDS)
    if run.returncode != 0:
        raise RuntimeError(f"the peer ended with {run.returncode}: {run.stderr.decode()[-400:]}")
    return dict(json.loads(run.stdout)) | {"jwk": public_jwk(theirs), "ask": ask}


def it_reads_ours() -> Iterator[Tally]:
    """As JWS, digits and file; with the bare key and with our directory; what it reads is what was signed."""
    said = conversation()
    signed = {card.name: json.loads(card.bundle)["vc"]["credentialSubject"]["fhirBundle"] for card in ours.cards()}
    for form in dict.fromkeys(answer["form"] for answer in said["read"]):
        tally = Tally(f"our cards as {form}, read by kill-the-clipboard")
        for answer in said["read"]:
            if answer["form"] == form:
                tally.add(f"{answer['name']} ({answer['keys']})", right=answer.get("bundle") == signed[answer["name"]])
        yield tally
    refused = Tally("our cards with one changed character, refused by it")
    for number, answer in enumerate(said["changed"]):
        refused.add(f"change {number}", right="refused" in answer)
    yield refused
    revoked = Tally("our card on our revocation list, refused by it")
    revoked.add("revoked", right=said["revoked"].get("refused") == "SHC_REVOKED")
    yield revoked


def we_read_its() -> Iterator[Tally]:
    """Text, digits, chunks, file and pictures, with its key in our registry."""
    said = conversation()
    registry = TrustRegistry.from_vci_snapshot(
        {"issuerInfo": [{"issuer": {"iss": THEIR_ISS, "name": "Them"}, "keys": [said["jwk"]]}]}
    )
    tallies = {form: Tally(f"its cards as {form}, accepted by us") for form in _FORMS}
    changed = Tally("its cards with one changed character, refused by us")
    for card in said["issued"]:
        for form, texts in _texts(card).items():
            verdict = verifier.check(texts if len(texts) > 1 else texts[0], registry, ours.NOW + timedelta(days=3650))
            tallies[form].add(card["name"], right=verdict.outcome == "accepted")
        for text in with_changes(card["jws"], CHANGES_A_CARD):
            changed.add(card["name"], right=verifier.check(text, registry, ours.NOW).outcome != "accepted")
    yield from (*tallies.values(), changed)


_FORMS = ("text", "digits", "chunks", "a file", "pictures", "pictures of chunks")


def _texts(card: dict[str, Any]) -> dict[str, list[str]]:
    def seen(pictures: list[str]) -> list[str]:
        return [
            text for picture in pictures for text in verifier.read_codes(base64.b64decode(picture.split(",")[1]))
        ] or [""]

    texts = (
        [card["jws"]],
        card["digits"],
        card["chunks"],
        [card["file"]],
        seen(card["pictures"]),
        seen(card["chunkPictures"]),
    )
    return dict(zip(_FORMS, texts, strict=True))


def with_changes(jws: str, count: int) -> Iterator[str]:
    """The card with another character at one place; never the last, about whose spare bits readers differ."""
    source = random.Random(len(jws))
    for place in source.sample([place for place in range(len(jws) - 1) if jws[place] != "."], count):
        other = source.choice([mark for mark in ours.ALPHABET if mark != jws[place]])
        yield jws[:place] + other + jws[place + 1 :]


def _ours() -> dict[str, Any]:
    public, listed = ours.key().public, ours.revoked()
    info = {
        "issuer": {"iss": ours.ISS, "name": "Us"},
        "keys": jwks_document([public], {public.kid: 1})["keys"],
        "crls": [crl_document(public.kid, 1, [listed.rid])],
    }
    made = ours.cards()
    return {
        "publicJwk": public_jwk(ours.key()),
        "directory": {"issuerInfo": [info]},
        "cards": [_forms_of(card.name, card.jws) for card in made],
        "changed": [text for card in made for text in with_changes(card.jws, CHANGES_A_CARD)],
        "revoked": listed.jws,
    }


def _forms_of(name: str, jws: str) -> dict[str, str]:
    return {"name": name, "jws": jws, "digits": encode(jws), "file": health_card_file([jws]).decode()}


def _theirs(key: PrivateKey) -> dict[str, Any]:
    bundles = [
        {"name": "two doses", "bundle": ours.bundle_of([ours.dose("2021-01-01"), ours.dose("2021-01-29", lot="7")])},
        {"name": "a result", "bundle": ours.bundle_of([ours.result(valueString="negative")])},
        {"name": "with a rid", "bundle": ours.bundle_of([ours.dose("2021-01-01")]), "options": {"rid": "MKyCxh7p6uQ"}},
        {
            "name": "another type",
            "bundle": ours.bundle_of([ours.dose("2021-01-01")]),
            "options": {"includeAdditionalTypes": [_TYPE]},
        },
    ]
    for script, name in ours.NAMES.items():
        who = ours.patient(name=[dict(name)])
        bundles.append({"name": f"name: {script}", "bundle": ours.bundle_of([ours.dose("2021-01-01")], who)})
    return {"iss": THEIR_ISS, "privateJwk": private_jwk(key), "publicJwk": public_jwk(key), "bundles": bundles}


_TYPE = "https://smarthealth.cards#immunization"
