"""Where uploaded files lie until they are read: a folder for each clinic, random names, nothing kept for ever."""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast

KEPT = timedelta(days=1)
"""A file whose import was never started is deleted the day after."""
_ID = re.compile(r"[0-9a-f]{32}")
_NEW = ".upload"


class UploadGone(LookupError):
    """There is no such upload of this clinic."""


@dataclass(frozen=True, slots=True)
class UploadFolder:
    """The folder of the settings; every worker has to see it."""

    root: Path

    def keep(self, clinic_id: str, upload_id: str, save: Callable[[Path], object], now: datetime) -> None:
        """Take a file in, readable for this service alone. Raises OSError where the disk is full: nothing is left."""
        folder = self._folder(clinic_id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep(folder, now)
        path = self._path(clinic_id, upload_id, _NEW)
        path.touch(mode=0o600)
        try:
            save(path)
        except OSError:
            path.unlink(missing_ok=True)
            raise

    @contextmanager
    def opened(self, clinic_id: str, upload_id: str) -> Iterator[BinaryIO]:
        """A file that was not started yet. Raises UploadGone."""
        try:
            file = self._path(clinic_id, upload_id, _NEW).open("rb")
        except OSError:
            raise UploadGone from None
        with file:
            yield file

    def begun(self, clinic_id: str, upload_id: str, kind: str) -> Path:
        """Its name once it is started. Raises UploadGone: it was started before."""
        path = self._path(clinic_id, upload_id, _NEW)
        begun = path.with_suffix(f".{kind}")
        try:
            path.rename(begun)
        except OSError:
            raise UploadGone from None
        return begun

    def drop(self, clinic_id: str, upload_id: str) -> None:
        """Delete what is left of a file."""
        for ending in (_NEW, ".csv", ".xlsx"):
            self._path(clinic_id, upload_id, ending).unlink(missing_ok=True)

    def written(self, write: Callable[[BinaryIO], object]) -> BinaryIO:
        """An answer's file, written and at its beginning again; it is gone when it is closed."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = cast(BinaryIO, tempfile.TemporaryFile(dir=self.root))  # noqa: SIM115  # it outlives this call
        try:
            write(target)
            target.seek(0)
        except BaseException:
            target.close()
            raise
        return target

    def _sweep(self, folder: Path, now: datetime) -> None:
        oldest = (now - KEPT).timestamp()
        for path in folder.glob(f"*{_NEW}"):
            with suppress(OSError):
                if path.stat().st_mtime < oldest:
                    os.unlink(path)

    def _folder(self, clinic_id: str) -> Path:
        if not _ID.fullmatch(clinic_id):
            raise UploadGone
        return self.root / clinic_id

    def _path(self, clinic_id: str, upload_id: str, ending: str) -> Path:
        if not _ID.fullmatch(upload_id):
            raise UploadGone
        return self._folder(clinic_id) / f"{upload_id}{ending}"
