"""What is fuzzed: each reader of strangers' octets, what it may raise, how long it may take and how much it may want.

`run` answers in a word what came of an input and raises only what is documented nowhere: that is a finding.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

import cards
import keys
import verifier
from cards.encoding import read_json, write_json
from cards.shc.content import content_of
from cards.shc.file import read_file
from cards.shc.minimize import UnresolvedReference, minimize
from issuer.faults import InvalidBundle
from issuer.fhir import read_bundle
from tests.fuzz import cards_shaped, keys_shaped, links_shaped, pictures_shaped, seeds, world
from tests.fuzz.cards_shaped import SEPARATOR, Octets, octets_of, text_of
from trust_registry import NotADirectory, TrustRegistry
from trust_registry.reading import read_registry
from trust_registry.snapshot import BadRegistry, read_published
from verifier.image import UnreadablePicture, read_codes
from verifier.presentation import as_dict, present
from verifier.verdict import Verdict

OUTCOMES = {"accepted", "rejected", "undecided"}


@dataclass(frozen=True)
class Target:
    """One reader."""

    name: str
    run: Callable[[bytes], str]
    seeds: Callable[[], Iterable[bytes]]
    mutate: Callable[[bytes, Random, Octets], bytes]
    shape: Callable[[Any], bytes]
    """An input about any JSON value."""
    seconds: float = 0.5
    """Processor time one call may take."""
    mebibytes: int = 128
    """By which one call may raise the memory of the process."""
    max_octets: int = 16_384
    share: float = 1.0
    """Of the time, relative to the others."""


def _read_card(octets: bytes) -> str:
    texts = text_of(octets).split(SEPARATOR)
    try:
        cards.read(texts if len(texts) > 1 else texts[0])
    except (cards.NotAHealthCard, cards.MalformedCard, cards.UnsupportedAlgorithm, cards.ChunksMissing) as error:
        return error.code
    return "read"


def _check(octets: bytes) -> str:
    """One card, or chunks; and the same texts as a pile. Neither ever raises; the page has words for each verdict."""
    texts = text_of(octets).split(SEPARATOR)
    verdict = verifier.check(texts if len(texts) > 1 else texts[0], world.registry(), world.NOW)
    for one in (verdict, *verifier.check_all(texts, world.registry(), world.NOW)):
        _must_be_a_verdict(one)
    return verdict.code or verdict.outcome


def _must_be_a_verdict(verdict: Verdict) -> None:
    assert verdict.outcome in OUTCOMES
    assert (verdict.code is None) == (verdict.outcome == "accepted")
    assert verdict.card is not None or verdict.outcome != "accepted"
    present(verdict, world.registry(), world.NOW)
    json.dumps(as_dict(verdict)).encode("ascii")


def _read_crl(octets: bytes) -> str:
    try:
        crl = cards.read_crl(octets)
    except cards.MalformedCard as error:
        return error.code
    assert cards.read_crl(cards.shc.crl.crl_document(crl.kid, crl.ctr, crl.entries())).ctr == crl.ctr
    try:
        crl.check("abc", Decimal("1600000000.5"))
    except cards.Revoked as error:
        return error.code
    return "read"


def _examine_jwks(octets: bytes) -> str:
    try:
        found = keys.examine_jwks(octets, world.ISS)
    except keys.NotAKeySet:
        return "NotAKeySet"
    keys.jwks_document(found.keys)
    return found.left_out[0].reason if found.left_out else f"{min(2, len(found.keys))} keys"


def _directory(octets: bytes) -> str:
    try:
        registry = TrustRegistry.from_vci_snapshot(octets)
    except NotADirectory:
        return "NotADirectory"
    return registry.findings[0].reason if registry.findings else f"{min(2, len(registry))} issuers"


def _published(octets: bytes) -> str:
    try:
        read_published(text_of(octets), [world.key("publisher").public], world.NOW, 5)
    except BadRegistry as error:
        return str(error).split(":")[0].split(".")[0]
    return "read"


def _registry(octets: bytes) -> str:
    try:
        read_registry(octets, [world.key("publisher").public], world.NOW, 5)
    except (BadRegistry, NotADirectory) as error:
        return type(error).__name__
    return "read"


def _file(octets: bytes) -> str:
    try:
        return f"{min(3, len(read_file(text_of(octets))))} cards"
    except cards.MalformedCard as error:
        return error.code


def _picture(octets: bytes) -> str:
    try:
        return f"{min(2, len(read_codes(octets)))} codes"
    except UnreadablePicture as error:
        return error.code


def _bundle(octets: bytes) -> str:
    """What stands on a card is shown whatever it is; minimising refuses what leads nowhere."""
    try:
        bundle = read_json(octets)
    except cards.MalformedCard as error:
        return error.code
    if not isinstance(bundle, dict):
        return "no object"
    content_of(bundle)
    try:
        small = minimize(bundle)
    except UnresolvedReference:
        return "UnresolvedReference"
    assert content_of(small) is not None
    assert read_json(write_json(small)) == small
    return "minimised"


def _record(octets: bytes) -> str:
    try:
        read_bundle(octets, world.NOW)
    except InvalidBundle as error:
        return error.faults[0].code
    return "read"


_PICTURE_MEBIBYTES = 700
"""40 megapixels take 160 MB in colours, each grey copy 40 MB, and the decoders of WebP and AVIF as much again."""

TARGETS = {
    target.name: target
    for target in (
        Target("cards.read", _read_card, seeds.card_seeds, cards_shaped.mutate_card, seeds.as_card, share=2),
        Target("verifier.check", _check, seeds.card_seeds, cards_shaped.mutate_card, seeds.as_card, share=3),
        Target(
            "shlink.read",
            links_shaped.run_link,
            links_shaped.link_seeds,
            links_shaped.mutate_link,
            links_shaped.as_link,
        ),
        Target(
            "shlink.file",
            links_shaped.run_sealed,
            links_shaped.sealed_seeds,
            links_shaped.mutate_sealed,
            links_shaped.as_sealed,
        ),
        Target(
            "shlink.request",
            links_shaped.run_request,
            links_shaped.request_seeds,
            cards_shaped.mutate_document,
            links_shaped.as_request,
        ),
        Target(
            "links.fetch",
            links_shaped.run_behind,
            links_shaped.behind_seeds,
            cards_shaped.mutate_document,
            links_shaped.as_answer,
        ),
        Target("cards.read_crl", _read_crl, seeds.crl_seeds, cards_shaped.mutate_document, seeds.as_member("rids")),
        Target("keys.examine_jwks", _examine_jwks, seeds.key_seeds, keys_shaped.mutate_keys, seeds.as_member("keys")),
        Target(
            "registry.directory",
            _directory,
            seeds.directory_seeds,
            keys_shaped.mutate_keys,
            seeds.as_member("issuerInfo"),
            share=2,
        ),
        Target(
            "registry.published",
            _published,
            lambda: [octets_of(world.published())],
            cards_shaped.mutate_published,
            seeds.as_published,
        ),
        Target(
            "registry.reading", _registry, seeds.directory_seeds, keys_shaped.mutate_keys, seeds.as_member("entries")
        ),
        Target(
            "shc.file", _file, seeds.file_seeds, cards_shaped.mutate_document, seeds.as_member("verifiableCredential")
        ),
        Target("shc.bundle", _bundle, seeds.bundle_seeds, cards_shaped.mutate_document, seeds.as_bundle),
        Target("issuer.record", _record, seeds.bundle_seeds, cards_shaped.mutate_document, seeds.as_bundle),
        Target(
            "picture",
            _picture,
            pictures_shaped.pictures,
            pictures_shaped.mutate_picture,
            write_json,
            2,
            _PICTURE_MEBIBYTES,
            share=2,
        ),
        Target("pdf", _picture, pictures_shaped.pdfs, pictures_shaped.mutate_pdf, write_json, 2, _PICTURE_MEBIBYTES),
    )
}
