"""The operator's working copy: entries, findings, and the number published last, in one file.

Written whole or not at all. A verifier keeps only the highest registry number it has seen (`NewestSeen`).
"""

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from cards.encoding import write_json
from trust_registry.directory import Entry
from trust_registry.entries import entry_document, entry_of
from trust_registry.registry import Finding, TrustRegistry

FORMAT = 1


class StoreError(Exception):
    """The working copy cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """What the operator has put together so far."""

    entries: tuple[Entry, ...] = ()
    findings: tuple[Finding, ...] = ()
    number: int = 0
    """Of the registry published last."""
    directory_time: datetime | None = None
    """When the directory's snapshot imported last was taken."""

    def registry(self) -> TrustRegistry:
        """The entries as a registry without number or expiry."""
        return TrustRegistry((entry.trusted() for entry in self.entries), findings=self.findings)

    def explain(self, iss: str) -> tuple[Entry | None, list[Finding]]:
        """What counts of an issuer, and what does not and why."""
        entry = next((entry for entry in self.entries if entry.iss == iss), None)
        return entry, [finding for finding in self.findings if finding.iss == iss]


def load(path: Path) -> WorkingCopy:
    """Read the working copy; an absent one is empty.

    Raises:
        StoreError: damaged, or written by a newer version.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return WorkingCopy()
    except ValueError:
        raise StoreError(f"{path.name} is damaged: restore it from the backup or import again") from None
    if document.get("format") != FORMAT:
        raise StoreError(f"{path.name} was written by another version of countersign")
    entries = tuple(entry_of(item) for item in document["entries"])
    findings = tuple(Finding(**item) for item in document["findings"])
    taken_at = document.get("directory_time")
    return WorkingCopy(entries, findings, document["number"], datetime.fromisoformat(taken_at) if taken_at else None)


def save(path: Path, copy: WorkingCopy) -> None:
    """Replace the working copy."""
    document = {
        "format": FORMAT,
        "number": copy.number,
        "directory_time": copy.directory_time.isoformat() if copy.directory_time else "",
        "entries": [entry_document(entry) for entry in copy.entries],
        "findings": [asdict(finding) for finding in copy.findings],
    }
    write_whole(path, write_json(document))


def findings_replaced(held: Iterable[Finding], news: Iterable[Finding], issuers: set[str]) -> tuple[Finding, ...]:
    """Findings after the `issuers` were read again."""
    return (*(finding for finding in held if finding.iss not in issuers), *news)


class NewestSeen:
    """The highest registry number this verifier has accepted, across restarts."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def number(self) -> int:
        """0 before the first. Raises StoreError where the file is damaged: going back must not be a way round."""
        try:
            return int(self._path.read_text("ascii"))
        except FileNotFoundError:
            return 0
        except ValueError:
            raise StoreError(f"{self._path.name} is damaged: write the newest registry's number into it") from None

    def note(self, number: int) -> None:
        """Remember a number if it is higher."""
        if number > self.number():
            write_whole(self._path, str(number).encode())


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    finally:
        Path(draft).unlink(missing_ok=True)
