"""Issuers as JSON: the one form in which the working copy and the published registry hold them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cards.shc.crl import crl_document
from keys import jwks_document
from trust_registry.directory import Entry, read_snapshot


def entry_document(entry: Entry) -> dict[str, Any]:
    """An entry as JSON; empty members are left out."""
    document = {
        "iss": entry.iss,
        "name": entry.name,
        "website": entry.website,
        "canonical_iss": entry.canonical_iss,
        "source": entry.source,
        "sample": entry.sample,
        "keys": jwks_document(entry.keys)["keys"],
        "withdrawn": sorted(entry.withdrawn),
        "unreadable_lists": sorted(entry.unreadable_lists),
        "crls": [crl_document(crl.kid, crl.ctr, crl.entries()) for crl in entry.crls],
        "confirmed_at": entry.confirmed_at.isoformat() if entry.confirmed_at else "",
        "anchors": entry.anchors,
    }
    return {name: value for name, value in document.items() if value or name in ("iss", "name", "keys")}


def entry_of(document: Mapping[str, Any]) -> Entry:
    """The inverse, checked as strictly as a stranger's. Raises ValueError where the entry is no issuer."""
    issuer = {name: document.get(name, "") for name in ("iss", "name", "website", "canonical_iss")}
    info = {"issuer": issuer, "keys": document.get("keys", []), "crls": document.get("crls", [])}
    entries, _ = read_snapshot({"issuerInfo": [info]})
    if not entries:
        raise ValueError("no issuer")
    read = entries[0]
    confirmed = document.get("confirmed_at")
    return Entry(
        read.iss,
        read.name,
        read.website,
        read.canonical_iss,
        str(document.get("source", "own")),
        document.get("sample") is True or read.sample,
        read.keys,
        frozenset(document.get("withdrawn", ())),
        read.crls,
        frozenset(document.get("unreadable_lists", ())) | read.unreadable_lists,
        datetime.fromisoformat(confirmed) if confirmed else None,
        str(document.get("anchors", "")),
    )
