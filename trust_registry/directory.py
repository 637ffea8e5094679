"""The VCI directory: its snapshot, its signature, its issuer list, its metadata (requirements I1 to I8).

One bad entry never spoils the list. What cannot count is left out as a `Finding` with a reason and a remedy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cards import CardRevocationList, MalformedCard, read_crl
from cards.encoding import read_json
from cards.shc.card import is_issuer_url
from keys import KeySet, NotAKeySet, PublicKey, examine_jwks
from trust_registry.registry import Finding, TrustedIssuer

MAX_DIRECTORY_OCTETS = 256 * 1024 * 1024
"""The real snapshot takes 0.7 MB; room for national revocation lists."""
SAMPLE_ISSUERS = ("https://spec.smarthealth.cards/", "https://smarthealth.cards/", "https://demo.countersign.example/")
"""Prefixes of issuers that exist to be tried out."""


class NotADirectory(ValueError):
    """The data is no directory at all."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One issuer as a directory or an operator names it, with the keys that count."""

    iss: str
    name: str
    website: str = ""
    canonical_iss: str = ""
    source: str = "vci"
    """ "vci", "own" (added by hand) or "keys" (our own key folder)."""
    sample: bool = False
    keys: tuple[PublicKey, ...] = field(default=(), repr=False)
    withdrawn: frozenset[str] = frozenset()
    crls: tuple[CardRevocationList, ...] = field(default=(), repr=False)
    unreadable_lists: frozenset[str] = frozenset()
    """`kid`s whose revocation list is there and cannot be read: their cards cannot be judged."""
    confirmed_at: datetime | None = None
    anchors: str = field(default="", repr=False)
    """PEM of the certificates one of which must vouch for each new key; "" where the operator's word suffices."""

    def trusted(self) -> TrustedIssuer:
        """The issuer as verifiers see it."""
        return TrustedIssuer(
            self.iss,
            self.name,
            self.website,
            self.sample,
            {key.kid: key for key in self.keys},
            self.withdrawn,
            {crl.kid: crl for crl in self.crls},
            self.unreadable_lists,
            self.confirmed_at,
        )


def read_snapshot(data: bytes | Mapping[str, Any]) -> tuple[list[Entry], list[Finding]]:
    """Issuers of a snapshot with the keys and lists that count, and what was left out.

    Raises:
        NotADirectory: no `issuerInfo` list.
    """
    entries: dict[str, Entry] = {}
    findings: list[Finding] = []
    for info in _list_in(data, "issuerInfo"):
        if not isinstance(info, Mapping) or not isinstance(info.get("issuer"), Mapping):
            findings.append(Finding("", "issuer", "not-an-object", "Each entry of issuerInfo holds an object issuer."))
            continue
        iss = info["issuer"].get("iss")
        if not isinstance(iss, str) or not is_issuer_url(iss):
            findings.append(Finding(_text(iss), "issuer", "iss-not-https-url", "iss is https, without trailing slash."))
        elif iss in entries:
            findings.append(Finding(iss, "issuer", "duplicate-issuer", "List each iss once; the first entry counts."))
        else:
            entries[iss] = _entry(iss, info, findings)
    return list(entries.values()), findings


def time_of(data: bytes | Mapping[str, Any]) -> datetime:
    """When a snapshot was taken. Raises NotADirectory where it does not say."""
    time = _time(_document(data).get("time"))
    if time is None:
        raise NotADirectory("the snapshot does not say when it was taken")
    return time


def check_signature(snapshot: bytes, signature: bytes, certificate: bytes, now: datetime) -> None:
    """The VCI's signature over its snapshot: ECDSA P-521 with SHA-512 (requirement I5).

    Args:
        certificate: PEM, pinned by the operator.
    Raises:
        NotADirectory: another certificate's signature, or a certificate that is not valid now.
    """
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA512

    signer = x509.load_pem_x509_certificate(certificate)
    key = signer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP521R1):
        raise NotADirectory("the directory's certificate holds no P-521 key")
    if not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc:
        raise NotADirectory("the directory's certificate is not valid now")
    try:
        key.verify(signature, snapshot, ec.ECDSA(SHA512()))
    except InvalidSignature:
        raise NotADirectory(
            "the snapshot's signature does not hold: it was altered, or belongs to another file"
        ) from None


def held_against_list(
    entries: Iterable[Entry], issuers: bytes | Mapping[str, Any]
) -> tuple[list[Entry], list[Finding]]:
    """Only issuers that are on the list today: a snapshot keeps those that were taken off (requirement I4).

    The list's name counts, and its `canonical_iss` where that leads to a listed entry in one step (requirement I2).
    """
    listed = {item["iss"]: item for item in _list_in(issuers, "participating_issuers") if _is_listing(item)}
    kept, findings = [], []
    for entry in entries:
        listing = listed.get(entry.iss)
        if listing is None:
            remedy = "The directory took this issuer off its list. If that was a mistake, it must be listed again."
            findings.append(Finding(entry.iss, "issuer", "not-on-the-list", remedy))
            continue
        canonical = _text(listing.get("canonical_iss"))
        if canonical and (canonical == entry.iss or canonical not in listed or listed[canonical].get("canonical_iss")):
            remedy = "canonical_iss must lead to another listed issuer in one step."
            findings.append(Finding(entry.iss, "issuer", "canonical-iss-leads-nowhere", remedy, counts=True))
            canonical = ""
        kept.append(replace(entry, name=_text(listing.get("name")) or entry.name, canonical_iss=canonical))
    return kept, findings


def labelled(entries: Iterable[Entry], metadata: bytes | Mapping[str, Any]) -> list[Entry]:
    """Entries under the name that people know, where the metadata has one (requirement I3)."""
    items = [item for item in _list_in(metadata, "issuer_metadata") if isinstance(item, Mapping)]
    labels = {_text(item.get("canonical_iss")): item for item in items}
    return [_labelled(entry, labels.get(entry.canonical_iss or entry.iss, {})) for entry in entries]


def _labelled(entry: Entry, item: Mapping[str, Any]) -> Entry:
    return replace(
        entry, name=_text(item.get("label")) or entry.name, website=_text(item.get("website")) or entry.website
    )


def _entry(iss: str, info: Mapping[str, Any], findings: list[Finding]) -> Entry:
    issuer = info["issuer"]
    key_set = _keys(iss, info, findings)
    crls, unreadable = _crls(iss, info.get("crls") or [], key_set, findings)
    return Entry(
        iss,
        _text(issuer.get("name")) or iss,
        _text(issuer.get("website")),
        _text(issuer.get("canonical_iss")),
        sample=iss.startswith(SAMPLE_ISSUERS) or issuer.get("sample") is True,
        keys=key_set.keys,
        crls=crls,
        unreadable_lists=unreadable,
        confirmed_at=_time(info.get("lastRetrieved")),
    )


def _keys(iss: str, info: Mapping[str, Any], findings: list[Finding]) -> KeySet:
    try:
        key_set = examine_jwks({"keys": info.get("keys")}, iss)
    except NotAKeySet:
        findings.append(Finding(iss, "issuer", "keys-not-a-list", "Publish a JWK Set: an object with the list keys."))
        return KeySet((), ())
    findings += [Finding(iss, left.kid or "key without kid", left.reason, left.remedy) for left in key_set.left_out]
    findings += [Finding(iss, left.kid, left.reason, left.remedy, counts=True) for left in key_set.remarks]
    if not key_set.keys:
        findings.append(Finding(iss, "issuer", "no-usable-key", "Publish at least one EC P-256 key for signing."))
    return key_set


def _crls(
    iss: str, lists: Any, key_set: KeySet, findings: list[Finding]
) -> tuple[tuple[CardRevocationList, ...], frozenset[str]]:
    """The newest readable list of each key, and the keys with a list that cannot be read: revocation fails closed."""
    kids, newest, unreadable = {key.kid for key in key_set.keys}, dict[str, CardRevocationList](), set[str]()
    for item in lists if isinstance(lists, list) else []:
        kid = _text(item.get("kid")) if isinstance(item, Mapping) else ""
        try:
            crl = read_crl(item if isinstance(item, Mapping) else {})
        except MalformedCard as error:
            findings.append(Finding(iss, f"crl {kid}", "crl-malformed", str(error)))
            unreadable.add(kid)
            continue
        if kid in kids and (kid not in newest or crl.ctr > newest[kid].ctr):
            newest[kid] = crl
    return tuple(newest.values()), frozenset(unreadable & kids)


def _document(data: bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(data, Mapping):
        return data
    if len(data) > MAX_DIRECTORY_OCTETS:
        raise NotADirectory("the directory is far too large")
    try:
        document = read_json(data)
    except MalformedCard as error:
        raise NotADirectory(str(error)) from None
    if not isinstance(document, dict):
        raise NotADirectory("the directory is no JSON object")
    return document


def _list_in(data: bytes | Mapping[str, Any], name: str) -> list[Any]:
    items = _document(data).get(name)
    if not isinstance(items, list):
        raise NotADirectory(f"no list {name} in it")
    return items


def _is_listing(item: Any) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get("iss"), str)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _time(value: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return time if time.tzinfo else None
