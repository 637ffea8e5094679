"""How what we hold changes when an issuer or a directory is read again.

Keys are kept, with their age, only while an issuer cannot be read. A key missing from a good answer is withdrawn at
once, and so is an issuer taken off its list: removal is the alarm (requirement C5).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from cards import CardRevocationList, MalformedCard, read_crl
from keys import KeySet, LeftOut, NotAKeySet, PublicKey, examine_jwks
from keys.certificates import BadChain, check_path, read_anchors
from keys.public import REMEDIES
from trust_registry.directory import Entry
from trust_registry.fetch import MAX_JWKS_OCTETS, Network, Unreachable
from trust_registry.registry import Finding


def directory_read(held: Iterable[Entry], directory: Iterable[Entry], source: str = "vci") -> list[Entry]:
    """The entries after a directory was read: its own are replaced, those of other sources stay and come first."""
    before = {entry.iss: entry for entry in held if entry.source == source}
    others = [entry for entry in held if entry.source != source]
    taken = {entry.iss for entry in others}
    news = [entry for entry in directory if entry.iss not in taken]
    return others + [_read_again(before[entry.iss], entry) if entry.iss in before else entry for entry in news]


def _read_again(before: Entry, after: Entry) -> Entry:
    return _lists_kept(before, _keys_replaced(before, after))


def issuer_read(entry: Entry, network: Network, now: datetime) -> tuple[Entry, list[Finding]]:
    """Ask the issuer itself for its keys and lists. Where it cannot be read, the entry stays and grows older."""
    try:
        key_set = examine_jwks(network.get(f"{entry.iss}/.well-known/jwks.json", MAX_JWKS_OCTETS), entry.iss)
    except (Unreachable, NotAKeySet) as error:
        remedy = f"{error}. Its last keys are kept; ask the issuer, or take it off."
        return entry, [Finding(entry.iss, "issuer", "cannot-be-read", remedy, counts=True)]
    news, findings = keys_answered(entry, key_set, now)
    lists, troubles = _lists(entry, news.keys, network)
    return replace(news, crls=lists, unreadable_lists=frozenset()), findings + troubles


def keys_answered(entry: Entry, key_set: KeySet, now: datetime) -> tuple[Entry, list[Finding]]:
    """The entry after a good answer: these keys count, and none that is missing."""
    key_set = _vouched_for(entry, key_set, now)
    findings = [Finding(entry.iss, left.kid, left.reason, left.remedy) for left in key_set.left_out]
    return _keys_replaced(entry, replace(entry, keys=key_set.keys, confirmed_at=now)), findings


def _vouched_for(entry: Entry, key_set: KeySet, now: datetime) -> KeySet:
    """Where the operator named anchors, a new key needs a path to one of them, valid now.

    A key that had one when it was first seen goes on counting while it is published: its certificate may have run out
    since, and the specification asks that it was valid when the card was issued.
    """
    if not entry.anchors:
        return key_set
    anchors, known = read_anchors(entry.anchors), {key.kid for key in entry.keys}
    kept, left_out = [], list(key_set.left_out)
    for key in key_set.keys:
        try:
            if key.kid not in known:
                check_path(key.x5c, anchors, now)
            kept.append(key)
        except BadChain:
            left_out.append(LeftOut(key.kid, "x5c-no-path", REMEDIES["x5c-no-path"]))
    return replace(key_set, keys=tuple(kept), left_out=tuple(left_out))


def _keys_replaced(before: Entry, after: Entry) -> Entry:
    """What was there and is missing now is withdrawn; what comes back counts again, by its issuer's own word."""
    current = {key.kid for key in after.keys}
    gone = {key.kid for key in before.keys} | before.withdrawn | after.withdrawn
    return replace(after, withdrawn=frozenset(gone - current))


def _lists_kept(before: Entry, after: Entry) -> Entry:
    """A counter never goes back: where we hold a newer list of a key, it stays."""
    held, current = {crl.kid: crl for crl in before.crls}, {key.kid for key in after.keys}
    newest = {crl.kid: max(crl, held.get(crl.kid, crl), key=lambda one: one.ctr) for crl in after.crls}
    kept = {kid: crl for kid, crl in held.items() if kid in current}
    return replace(after, crls=tuple((kept | newest).values()))


def _lists(
    entry: Entry, keys: Iterable[PublicKey], network: Network
) -> tuple[tuple[CardRevocationList, ...], list[Finding]]:
    """The lists of keys that announce one; a list whose counter did not move is not fetched again (D5)."""
    held = {crl.kid: crl for crl in entry.crls}
    lists, findings = [], []
    for key in keys:
        crl = held.get(key.kid)
        if key.crl_version is not None and (crl is None or crl.ctr < key.crl_version):
            try:
                crl = read_crl(network.get(f"{entry.iss}/.well-known/crl/{key.kid}.json"))
                if crl.kid != key.kid:
                    raise MalformedCard("CRL: it is another key's")
            except (Unreachable, MalformedCard) as error:
                remedy = f"{error}. Cards of this key stay undecided until the list can be read."
                findings.append(Finding(entry.iss, f"crl {key.kid}", "crl-cannot-be-read", remedy))
                crl = held.get(key.kid)
        if crl is not None:
            lists.append(crl)
    return tuple(lists), findings
