"""The box a workbook comes in: told apart from other files, and looked at before anything in it is unpacked.

A ZIP archive says of each part how large it is unpacked. Python's zipfile hands out no more than that and compares the
checksum at the end, so a part cannot become larger than it says; what is left to check is what it says.
"""

import zipfile
import zlib
from typing import BinaryIO, Literal

from issuer.tables.faults import refuse
from issuer.tables.limits import (
    MAX_FILE_BYTES,
    MAX_INFLATED_BYTES,
    MAX_RATIO,
    MAX_ZIP_ENTRIES,
    RATIO_FROM_BYTES,
)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf", b"{\\rtf")
_CONTENT_TYPES = "[Content_Types].xml"
_MAX_CONTENT_TYPES = 1024**2


def container_of(file: BinaryIO) -> Literal["zip", "text"]:
    """Whether the file is a ZIP archive, or may be text.

    Raises:
        TableRefused: table-old-excel, table-encrypted, table-kind, table-empty.
    """
    file.seek(0)
    first = file.read(8)
    if not first:
        refuse("table-empty")
    if first == _OLE:
        # An encrypted workbook is an OLE file too; the directory with its name stands near the beginning or the end.
        refuse("table-encrypted" if _ENCRYPTED in _ends(file) else "table-old-excel")
    if first.startswith(_OTHERS) or first.startswith(b"<"):
        refuse("table-kind")
    return "zip" if first.startswith(b"PK\x03\x04") else "text"


def _ends(file: BinaryIO) -> bytes:
    window = 4 * 1024**2
    file.seek(0)
    start = file.read(window)
    size = file.seek(0, 2)
    file.seek(max(window, size - window))
    return start + file.read()


def open_workbook(file: BinaryIO) -> zipfile.ZipFile:
    """The archive of an .xlsx workbook, its sizes checked.

    Raises:
        TableRefused: table-too-large, table-damaged, table-bomb, table-encrypted, table-macros, table-binary-workbook,
            table-kind.
    """
    if file.seek(0, 2) > MAX_FILE_BYTES:
        refuse("table-too-large")
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        refuse("table-damaged")
    _check_sizes(archive.infolist())
    _check_kind(archive)
    return archive


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ZIP_ENTRIES or len({entry.filename for entry in entries}) < len(entries):
        refuse("table-bomb")
    if sum(entry.file_size for entry in entries) > MAX_INFLATED_BYTES:
        refuse("table-bomb")
    for entry in entries:
        if entry.flag_bits & 1:
            refuse("table-encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            refuse("table-damaged")
        if entry.file_size > RATIO_FROM_BYTES and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            refuse("table-bomb")


def _check_kind(archive: zipfile.ZipFile) -> None:
    """By what the archive says of its parts: a name ending in .xlsx proves nothing."""
    try:
        entry = archive.getinfo(_CONTENT_TYPES)
        if entry.file_size > _MAX_CONTENT_TYPES:
            refuse("table-bomb")
        types = archive.read(entry)
    except KeyError:
        refuse("table-kind")
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, zlib.error):
        refuse("table-damaged")
    if b"sheet.binary.macroEnabled" in types:
        refuse("table-binary-workbook")
    if b"macroEnabled" in types or any(name.endswith("vbaProject.bin") for name in archive.namelist()):
        refuse("table-macros")
    if b"spreadsheetml.sheet.main+xml" not in types and b"spreadsheetml.template.main+xml" not in types:
        refuse("table-kind")
