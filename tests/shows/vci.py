"""`make show-vci`: the real VCI directory imported: how many issuers and keys are in, how many out and why."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trust_registry import Entry, Finding, NotADirectory
from trust_registry import directory as vci

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
ISSUERS, PUBLISHED_KEYS = 637, 961


def read(folder: Path) -> tuple[list[Entry], list[Finding]]:
    snapshot = (folder / "vci_snapshot.json").read_bytes()
    signature, certificate = (folder / "vci_snapshot.sig").read_bytes(), (folder / "vci_snapshot.crt").read_bytes()
    vci.check_signature(snapshot, signature, certificate, datetime(2026, 11, 20, tzinfo=UTC))
    entries, left_out = vci.read_snapshot(snapshot)
    listed, delisted = vci.held_against_list(entries, (folder / "vci-issuers.json").read_bytes())
    return vci.labelled(listed, (folder / "vci-issuers-metadata.json").read_bytes()), left_out + delisted


def altered_is_refused(folder: Path) -> bool:
    snapshot = (folder / "vci_snapshot.json").read_bytes().replace(b"California", b"Californja", 1)
    signature, certificate = (folder / "vci_snapshot.sig").read_bytes(), (folder / "vci_snapshot.crt").read_bytes()
    try:
        vci.check_signature(snapshot, signature, certificate, datetime(2026, 11, 20, tzinfo=UTC))
    except NotADirectory:
        return True
    return False


def show() -> tuple[dict[str, Any], bool]:
    folder = SHARED / "vectors" / "data"
    entries, findings = read(folder)
    keys_in = sum(len(entry.keys) for entry in entries)
    delisted = {finding.iss for finding in findings if finding.reason == "not-on-the-list"}
    everybody, _ = vci.read_snapshot((folder / "vci_snapshot.json").read_bytes())
    of_delisted = sum(len(entry.keys) for entry in everybody if entry.iss in delisted)
    unfit = sum(f.subject != "issuer" and not f.subject.startswith("crl") and not f.counts for f in findings)
    reasons = Counter(finding.reason for finding in findings if not finding.counts)
    for reason, count in reasons.most_common():
        print(f"{count:5}  left out: {reason}")
        for finding in [f for f in findings if f.reason == reason and not f.counts][:3]:
            print(f"         {finding.iss}  {finding.subject}")
    for reason, count in Counter(f.reason for f in findings if f.counts).most_common():
        print(f"{count:5}  kept, with a remark: {reason}")
    refused = altered_is_refused(folder)
    print(f"{len(entries)} issuers, {keys_in} keys in; an altered snapshot is {'refused' if refused else 'ACCEPTED'}")
    print(f"{PUBLISHED_KEYS} keys published = {keys_in} in + {unfit} unfit + {of_delisted} of issuers off the list")
    figures = {"issuers": len(entries), "keys_in": keys_in, "keys_unfit": unfit, "keys_of_delisted": of_delisted}
    adds_up = keys_in + unfit + of_delisted == PUBLISHED_KEYS
    return figures | {"left_out": dict(reasons)}, len(entries) == ISSUERS and refused and adds_up
