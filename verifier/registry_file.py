"""The registry a running verifier judges with: a file that its operator replaces.

A new file counts from the next request on. One that cannot be used, or is older than one already seen, is refused and
the former stays; its own expiry makes verdicts say so. Where a publisher's keys are pinned, or a numbered registry was
ever seen here, an unsigned file is refused: replacing the file must not be a way round the signature.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from threading import Lock

from keys import PublicKey
from trust_registry import NotADirectory, TrustRegistry
from trust_registry.reading import is_signed, read_registry
from trust_registry.snapshot import BadRegistry
from trust_registry.store import NewestSeen, StoreError

log = logging.getLogger("verifier.registry")


class RegistryFile:
    """Callable: answers the registry in force."""

    def __init__(
        self, path: Path, publishers: Iterable[PublicKey], newest: NewestSeen, clock: Callable[[], datetime]
    ) -> None:
        """Raises OSError, BadRegistry, NotADirectory, StoreError: a verifier without any registry must not start."""
        self._path = path
        self._publishers = tuple(publishers)
        self._newest = newest
        self._clock = clock
        self._lock = Lock()
        self._stamp = self._stamp_now()
        self._registry = self._read()

    def __call__(self) -> TrustRegistry:
        """The registry in force now."""
        with self._lock:
            stamp = self._stamp_now()
            if stamp != self._stamp:
                self._replace()
                self._stamp = stamp
            return self._registry

    def _replace(self) -> None:
        try:
            self._registry = self._read()
        except (OSError, BadRegistry, NotADirectory, StoreError) as error:
            log.warning("the new registry was refused, the former stays: %s", error)
        else:
            log.info("registry number %s in force, %d issuers", self._registry.number, len(self._registry))

    def _read(self) -> TrustRegistry:
        data, newest = self._path.read_bytes(), self._newest.number()
        if (self._publishers or newest) and not is_signed(data):
            raise BadRegistry("The registry is not signed, and this verifier takes signed ones only.")
        registry = read_registry(data, self._publishers, self._clock(), newest)
        if registry.number is not None:
            self._newest.note(registry.number)
        return registry

    def _stamp_now(self) -> tuple[int, int, int]:
        try:
            status = self._path.stat()
        except OSError:
            return (0, 0, 0)
        return (status.st_ino, status.st_mtime_ns, status.st_size)
