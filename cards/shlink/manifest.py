"""The manifest: what a viewer asks of a link's server, and the list of files it gets.

Source: SMART Health Cards and Links 1.0.0, "SMART Health Link Manifest Request" and "Manifest File"; requirements G5,
G7 to G9, G12. Both directions stand here: `request_document` and `read_request` are each other's inverse, and so are
`manifest_document` and `read_manifest`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cards.encoding import read_json, write_json
from cards.errors import MalformedCard
from cards.shc.file import MEDIA_TYPE
from cards.shlink import addresses
from cards.shlink.errors import MalformedManifest, MalformedRequest, TooMuchBehindLink

HEALTH_CARDS = MEDIA_TYPE
FHIR = "application/fhir+json"
API_ACCESS = "application/smart-api-access"
KINDS = frozenset({HEALTH_CARDS, FHIR, API_ACCESS})

Status = Literal["finalized", "can-change", "no-longer-valid"]
STATUSES: tuple[Status, ...] = ("finalized", "can-change", "no-longer-valid")

MAX_FILES = 50
"""Files of one manifest; a whole record takes one, a family's a few."""
MAX_MANIFEST_OCTETS = 4 * 1024 * 1024
"""Fifty files of the embedded length we ask for, and as much again of `list`."""
EMBEDDED_LENGTH_MAX = 65_536
"""Characters of a file that we let the manifest carry; one with ten cards has some 20,000."""
MAX_REQUEST_OCTETS = 8192
"""Of the body of a manifest request: two short texts and a number."""
MAX_RECIPIENT_CHARACTERS = 200
"""Kept of the name a viewer gives itself, and sent of ours."""
MAX_PASSCODE_CHARACTERS = 128
_MAX_NOTE_CHARACTERS = 64
"""Of a moment and of a version of FHIR."""


@dataclass(frozen=True, slots=True)
class ManifestRequest:
    """Who asks, and how."""

    recipient: str
    """What the viewer *says* it is; nobody checked it. One line, without control characters."""
    passcode: str | None = field(default=None, repr=False)
    embedded_length_max: int | None = None


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file: where it lies, or itself."""

    content_type: str
    location: str | None = field(default=None, repr=False)
    embedded: str | None = field(default=None, repr=False)
    status: Status | None = None
    last_updated: str | None = None
    """ISO 8601, as it was written."""
    fhir_version: str | None = None

    def document(self) -> dict[str, str]:
        """As it stands in a manifest."""
        members = {
            "contentType": self.content_type,
            "location": self.location,
            "embedded": self.embedded,
            "lastUpdated": self.last_updated,
            "status": self.status,
            "fhirVersion": self.fhir_version,
        }
        return {name: value for name, value in members.items() if value is not None}


def request_document(request: ManifestRequest) -> bytes:
    """The body of the POST to a link's address."""
    members = {
        "recipient": one_line(request.recipient),
        "passcode": request.passcode,
        "embeddedLengthMax": request.embedded_length_max,
    }
    return write_json({name: value for name, value in members.items() if value is not None})


def read_request(body: bytes) -> ManifestRequest:
    """What a viewer asked.

    Raises:
        MalformedRequest: no JSON object, no recipient, or members of another kind.
    """
    if len(body) > MAX_REQUEST_OCTETS:
        raise MalformedRequest("request: far too large")
    try:
        asked = read_json(body)
    except MalformedCard as error:
        raise MalformedRequest(f"request: {error}") from None
    if not isinstance(asked, dict):
        raise MalformedRequest("request: not a JSON object")
    recipient, passcode, longest = (asked.get(name) for name in ("recipient", "passcode", "embeddedLengthMax"))
    if not isinstance(recipient, str) or not one_line(recipient):
        raise MalformedRequest("request: recipient is missing")
    if passcode is not None and (not isinstance(passcode, str) or len(passcode) > MAX_PASSCODE_CHARACTERS):
        raise MalformedRequest("request: passcode is not a text, or far too long")
    if longest is not None and (isinstance(longest, bool) or not isinstance(longest, int) or longest < 0):
        raise MalformedRequest("request: embeddedLengthMax is not a whole number")
    return ManifestRequest(one_line(recipient), passcode, longest)


def one_line(recipient: str) -> str:
    """A name for people to read: one line, printable, of bounded length; it can be anything a stranger typed."""
    words = "".join(mark if mark.isprintable() else " " for mark in recipient).split()
    return " ".join(words)[:MAX_RECIPIENT_CHARACTERS].strip()


def manifest_document(files: Sequence[ManifestFile]) -> bytes:
    """The body of the answer."""
    return write_json({"files": [file.document() for file in files]})


def read_manifest(body: bytes) -> tuple[ManifestFile, ...]:
    """The files of a manifest; `list` and members nobody knows are left alone.

    Raises:
        MalformedManifest: not the documented shape.
        TooMuchBehindLink: more than anybody needs.
    """
    if len(body) > MAX_MANIFEST_OCTETS:
        raise TooMuchBehindLink("manifest: far too large")
    try:
        manifest = read_json(body)
    except MalformedCard as error:
        raise MalformedManifest(f"manifest: {error}") from None
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, list):
        raise MalformedManifest("manifest: files is not a list")
    if len(files) > MAX_FILES:
        raise TooMuchBehindLink("manifest: far too many files")
    return tuple(read_manifest_file(file) for file in files)


def read_manifest_file(file: Any) -> ManifestFile:
    """One entry of `files`. What it tells besides is a help, and left out where it is of no use.

    Raises:
        MalformedManifest: neither embedded nor at an address that may be asked, or without a type.
    """
    if not isinstance(file, dict) or not isinstance(file.get("contentType"), str):
        raise MalformedManifest("manifest: a file without a contentType")
    location, embedded = file.get("location"), file.get("embedded")
    if location is None and embedded is None:
        raise MalformedManifest("manifest: a file with neither location nor embedded")
    if location is not None and not addresses.is_fit(location):
        raise MalformedManifest("manifest: a location is not an https address")
    if embedded is not None and not isinstance(embedded, str):
        raise MalformedManifest("manifest: embedded is not a text")
    status = next((known for known in STATUSES if known == file.get("status")), None)
    content_type = media_type(file["contentType"])
    return ManifestFile(
        content_type, location, embedded, status, _text(file.get("lastUpdated")), _text(file.get("fhirVersion"))
    )


def media_type(text: str) -> str:
    """Lower case, without parameters; `application/` may be left out in a JOSE header (RFC 7515 section 4.1.10)."""
    name = text.split(";")[0].strip().lower()
    return name if "/" in name else f"application/{name}"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and len(value) <= _MAX_NOTE_CHARACTERS else None
