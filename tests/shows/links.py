"""`make show-links`: our links opened by kill-the-clipboard, those of a real issuer application too, and its by us;
every published vector of links judged."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import verifier
from cards.encoding import b64url_decode
from cards.shlink import LinkError, LinkUnreachable, cards_of, open_file, read, read_manifest, read_payload
from cards.shlink.files import MAX_OPENED_OCTETS
from cards.shlink.link import Link
from cards.shlink.manifest import HEALTH_CARDS, read_manifest_file
from keys import jwe
from tests.peers import kill_the_clipboard, links, resident_links
from tests.peers.kill_the_clipboard import Tally
from trust_registry import TrustRegistry
from verifier.links import Answer, Asking, fetch, judge

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
KINDS = ("shlink", "shl-payload", "shl-manifest", "shl-manifest-file", "jwe", "qr-image")
EXAMPLE = "https://spec.smarthealth.cards/examples/issuer"
NOBODY = TrustRegistry.from_vci_snapshot({"issuerInfo": []})


@dataclass
class Canned:
    """A network of the answers that a vector gives; whoever is asked for more is not reachable."""

    resources: dict[str, Any]
    asked: list[str] = field(default_factory=list)

    def get(self, url: str, max_octets: int) -> Answer:
        return self._answer("GET", url, None, max_octets)

    def post(self, url: str, body: bytes, max_octets: int) -> Answer:
        return self._answer("POST", url, json.loads(body), max_octets)

    def _answer(self, method: str, url: str, asked: Any, max_octets: int) -> Answer:
        self.asked.append(method)
        found = self.resources.get(url.split("?recipient=")[0])
        if found is None or found["method"] != method:
            raise LinkUnreachable("link: nobody there")
        if found.get("passcode") and asked.get("passcode") != found["passcode"]:
            return Answer(401, json.dumps({"remainingAttempts": found["remainingAttempts"]}).encode())
        body = found.get("body") or ""
        octets = (body if isinstance(body, str) else json.dumps(body)).encode()
        if len(octets) > max_octets:
            raise LinkUnreachable("link: too large")
        return Answer(found.get("status", 200), octets, found.get("headers", {}).get("retry-after"))


def outcome(vector: dict[str, Any], folder: Path) -> str:
    """ "accept" or "reject", with the code behind it; for a link without canned answers that it is well made counts."""
    try:
        return f"accept {_judged(vector, folder)}"
    except LinkError as error:
        return f"reject {error.code}"


def _judged(vector: dict[str, Any], folder: Path) -> str:
    kind, payload = vector["kind"], vector["payload"]
    if kind == "jwe":
        opened = jwe.unseal(payload, _key(vector), MAX_OPENED_OCTETS)
        return f"{len(cards_of(opened))} cards"
    if kind == "shl-payload":
        return _behind(read_payload(json.loads(payload)), vector)
    if kind == "shl-manifest":
        return _files(payload.encode(), vector)
    if kind == "shl-manifest-file":
        read_manifest_file(json.loads(payload))
        return _files(json.dumps({"files": [json.loads(payload)]}).encode(), vector)
    if kind == "qr-image":
        (payload,) = verifier.read_codes((folder / payload).read_bytes())
    return _behind(read(payload), vector)


def _behind(link: Link, vector: dict[str, Any]) -> str:
    if not vector.get("resources"):
        return "well made"
    now = datetime.fromtimestamp(vector["verify_at"], UTC)
    # One vector's link has P and a server that looks at no passcode: its viewer was given one all the same.
    asking = Asking("Vectors", vector.get("passcode") or "any")
    behind = fetch(link, asking, Canned(vector["resources"]), jwe.unseal, now)
    verdicts = judge(behind, _registry(vector), now).verdicts
    if any(verdict.outcome == "rejected" for verdict in verdicts):
        return f"a rejected card: {[verdict.code for verdict in verdicts]}"
    return f"{len(verdicts)} cards, {len(behind.left_out)} files left out"


def _files(manifest: bytes, vector: dict[str, Any]) -> str:
    cards: list[str] = []
    network = Canned(vector["resources"])
    for file in read_manifest(manifest):
        sealed = file.embedded or network.get(file.location or "", 10**7).body.decode()
        cards += cards_of(open_file(sealed, _key(vector), jwe.unseal, HEALTH_CARDS))
    return f"{len(cards)} cards"


def _key(vector: dict[str, Any]) -> bytes:
    return b64url_decode(vector["key"])


def _registry(vector: dict[str, Any]) -> TrustRegistry:
    if not vector.get("jwks"):
        return NOBODY
    info = {"issuer": {"iss": EXAMPLE, "name": "i"}, "keys": vector["jwks"]["keys"], "crls": vector.get("crls") or []}
    return TrustRegistry.from_vci_snapshot({"issuerInfo": [info]})


@dataclass
class Counts:
    """What was judged, by kind and column, and what was judged wrongly."""

    right: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)


def judge_vectors(folder: Path) -> Counts:
    """Every vector of a link, a payload, a manifest, a file, a JWE, or a picture with a link in it."""
    counts = Counts()
    for vector in json.loads((folder / "vectors.json").read_text("utf-8")):
        if not _is_about_links(vector) or vector["verifier"] == "n/a":
            continue
        answer = outcome(vector, folder)
        counts.said[vector["id"]] = answer
        if vector["verifier"] in (answer.split()[0], "either") and "rejected card" not in answer:
            counts.right[vector["kind"], vector["verifier"]] += 1
        else:
            counts.wrong.append(f"{vector['id']} ({vector['kind']}): {answer}, must be {vector['verifier']}")
    return counts


def _is_about_links(vector: dict[str, Any]) -> bool:
    if vector["kind"] == "qr-image":
        return "SHL" in vector["why"] or "shlink" in vector["id"] or "shl" in vector["id"].lower()
    return vector["kind"] in KINDS


def show() -> tuple[dict[str, Any], bool]:
    counts = judge_vectors(SHARED / "vectors")
    print(f"{'kind':20}{'accept':>8}{'reject':>8}{'either':>8}")
    for kind in KINDS:
        print(f"{kind:20}" + "".join(f"{counts.right[kind, column]:8}" for column in ("accept", "reject", "either")))
    for line in counts.wrong:
        print(line)
    missing = kill_the_clipboard.is_here()
    tallies = [] if missing else _with_the_peer()
    for tally in tallies:
        print(f"{tally.count:5}  {'all right' if tally.all_right else f'WRONG: {tally.wrong}'}  {tally.what}")
    if missing:
        print(f"not here, so not shown: {missing}")
    judged = sum(counts.right.values())
    figures = {
        "judged_right": judged,
        "of": judged + len(counts.wrong),
        "with_the_peer": sum(tally.count for tally in tallies),
        "wrong_with_the_peer": sum(len(tally.wrong) for tally in tallies),
        "missing": missing,
    }
    return figures, not missing and judged > 0 and not counts.wrong and all(tally.all_right for tally in tallies)


def _with_the_peer() -> list[Tally]:
    with links.folder() as folder:
        told = links.conversation(folder)
    with links.folder() as folder:
        heard = resident_links.conversation(folder)
    return [*links.it_opens_ours(told), *links.we_open_its(told), *resident_links.tallies(heard)]
