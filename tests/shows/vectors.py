"""`make show-vectors`: the published vectors, judged as their `verifier` column says."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cards
import keys
import verifier
from cards.encoding import b64url_decode, inflate
from cards.errors import CardError
from cards.shc import numeric
from cards.shc.file import read_file
from trust_registry import TrustRegistry

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
EXAMPLE = "https://spec.smarthealth.cards/examples/issuer"
KINDS = ("jws", "shc-qr", "qr-image", "smart-health-card-file", "fhir-parameters", "crl", "jwks")
LINK = "a SMART Health Link, a later issue's"


@dataclass
class Counts:
    """What was judged, by kind and column, and what was judged wrongly."""

    right: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def judged(self) -> int:
        return sum(self.right.values()) + len(self.wrong)


def judge(folder: Path) -> Counts:
    counts = Counts()
    for vector in json.loads((folder / "vectors.json").read_text("utf-8")):
        if vector["kind"] not in KINDS or vector["verifier"] == "n/a":
            continue
        answer = outcome(vector, folder)
        if answer == LINK:
            counts.left_out.append(f"{vector['id']}: {LINK}")
        elif vector["verifier"] in (answer, "either"):
            counts.right[vector["kind"], vector["verifier"]] += 1
        else:
            counts.wrong.append(f"{vector['id']} ({vector['kind']}): {answer}, must be {vector['verifier']}")
    return counts


def outcome(vector: dict[str, Any], folder: Path) -> str:
    """ "accept" or "reject"; for cards the former only if every one of them is accepted."""
    if vector["kind"] == "crl":
        return _crl(vector)
    if vector["kind"] == "jwks":
        return _jwks(vector)
    if vector["kind"] == "qr-image":
        return _picture(vector, folder)
    if vector["kind"] in ("smart-health-card-file", "fhir-parameters"):
        return _file(vector)
    return _all([vector["payload"]], vector)


def _crl(vector: dict[str, Any]) -> str:
    try:
        cards.read_crl(vector["payload"])
    except CardError:
        return "reject"
    return "accept"


def _jwks(vector: dict[str, Any]) -> str:
    try:
        return "accept" if keys.examine_jwks(vector["payload"], vector.get("expected_iss")).keys else "reject"
    except keys.NotAKeySet:
        return "reject"


def _picture(vector: dict[str, Any], folder: Path) -> str:
    names = vector["payload"] if isinstance(vector["payload"], list) else [vector["payload"]]
    codes = [code for name in names for code in verifier.read_codes((folder / name).read_bytes())]
    if not codes:
        return "reject"
    if "shlink:/" in codes[0]:
        return LINK
    return _all([codes], vector)


def _file(vector: dict[str, Any]) -> str:
    try:
        return _all(read_file(vector["payload"]), vector)
    except CardError:
        return "reject"


def _all(scanned: list[Any], vector: dict[str, Any]) -> str:
    now = datetime.fromtimestamp(vector["verify_at"], UTC)
    registry = _registry(vector, scanned)
    verdicts = [verifier.check(item, registry, now) for item in scanned]
    return "accept" if all(verdict.outcome == "accepted" for verdict in verdicts) else "reject"


def _registry(vector: dict[str, Any], scanned: list[Any]) -> TrustRegistry:
    """The issuer's own keys and lists, and nobody else's but those the vector names."""
    info: list[dict[str, Any]] = []
    if vector.get("trusted") is not False and vector.get("jwks"):
        issuers = [vector["expected_iss"]] if vector.get("expected_iss") else {EXAMPLE, *_claimed(scanned)}
        keys_and_lists = {"keys": vector["jwks"]["keys"], "crls": vector.get("crls") or []}
        info = [{"issuer": {"iss": iss, "name": "issuer"}} | keys_and_lists for iss in sorted(issuers)]
    if vector.get("foreign_jwks"):
        info.append(
            {"issuer": {"iss": "https://foreign.example.org", "name": "f"}, "keys": vector["foreign_jwks"]["keys"]}
        )
    return TrustRegistry.from_vci_snapshot({"issuerInfo": info})


def _claimed(scanned: list[Any]) -> Iterator[str]:
    """Who the cards say they are from; without judging them."""
    for item in scanned:
        try:
            chunks = [text.strip() for text in ([item] if isinstance(item, str) else item)]
            text = chunks[0]
            if text.startswith("shc:"):
                text = numeric.assemble(chunks) if numeric.is_chunk(text) else numeric.decode(text)
            iss = json.loads(inflate(b64url_decode(text.split(".")[1])))["iss"]
        except (CardError, ValueError, KeyError, IndexError, TypeError):
            continue
        if isinstance(iss, str):
            yield iss


def show() -> tuple[dict[str, Any], bool]:
    counts = judge(SHARED / "vectors")
    print(f"{'kind':26}{'accept':>8}{'reject':>8}{'either':>8}")
    for kind in KINDS:
        print(f"{kind:26}" + "".join(f"{counts.right[kind, column]:8}" for column in ("accept", "reject", "either")))
    for line in [*counts.wrong, *counts.left_out]:
        print(line)
    figures = {"judged_right": sum(counts.right.values()), "of": counts.judged, "left_out": len(counts.left_out)}
    return figures, not counts.wrong and counts.judged > 0
