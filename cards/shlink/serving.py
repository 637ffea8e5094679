"""What a server of links answers: status, headers and body, as values. Tables and sockets are the caller's.

    request = read_request(body)                               # MalformedRequest -> malformed()
    judged = judge(request.passcode, kept, remaining)          # with the link's row locked
    answer = manifest([SharedFile(jwe, location)], request)    # or wrong_passcode(judged.remaining_after), or ended()

Source: SMART Health Cards and Links 1.0.0, "SMART Health Link Manifest Request" to "Polling manifest for changes";
requirements G5 to G12. Viewers run in browsers on other sites: every answer allows any origin, none carries cookies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from cards.encoding import write_json
from cards.shlink.manifest import (
    EMBEDDED_LENGTH_MAX,
    HEALTH_CARDS,
    ManifestFile,
    ManifestRequest,
    Status,
    manifest_document,
)

_EVERYWHERE = MappingProxyType(
    {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "Retry-After",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
)
PREFLIGHT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class SharedFile:
    """One sealed file, and the short-lived address made for this very request."""

    jwe: str = field(repr=False)
    location: str = field(repr=False)
    status: Status | None = None
    last_updated: str | None = None
    content_type: str = HEALTH_CARDS


def manifest(files: Sequence[SharedFile], request: ManifestRequest, poll_seconds: int | None = None) -> Answer:
    """200 with the manifest.

    Args:
        poll_seconds: how long a viewer of a long-term link should wait before it asks again (requirement G12).
    """
    longest = EMBEDDED_LENGTH_MAX if request.embedded_length_max is None else request.embedded_length_max
    body = manifest_document([_entry(file, longest) for file in files])
    return _answer(200, "application/json", body, _retry(poll_seconds))


def file(jwe: str) -> Answer:
    """200 with a sealed file: at a location, or at the address of a direct link."""
    return _answer(200, "application/jose", jwe.encode("ascii"))


def wrong_passcode(remaining: int) -> Answer:
    """401: how many wrong passcodes are left before the link ends (requirement G6)."""
    return _answer(401, "application/json", write_json({"remainingAttempts": remaining}))


def ended() -> Answer:
    """404: never was, expired, stopped, or too many wrong passcodes. The same octets for all of them."""
    return _answer(404, "application/json", write_json({"error": "link-ended"}))


def too_often(seconds: int) -> Answer:
    """429: come back later."""
    return _answer(429, "application/json", write_json({"error": "link-busy"}), _retry(seconds))


def malformed() -> Answer:
    """400: the body is no manifest request."""
    return _answer(400, "application/json", write_json({"error": "malformed-request"}))


def preflight() -> Answer:
    """204: a browser on another site asks whether it may ask."""
    allowed = {
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
    }
    return Answer(204, {**_EVERYWHERE, **allowed})


def _entry(shared: SharedFile, longest: int) -> ManifestFile:
    """Embedded or at a location, never both: a known viewer refuses files that have both."""
    fits = len(shared.jwe) <= longest
    return ManifestFile(
        content_type=shared.content_type,
        location=None if fits else shared.location,
        embedded=shared.jwe if fits else None,
        status=shared.status,
        last_updated=shared.last_updated,
    )


def _answer(status: int, content_type: str, body: bytes, more: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, {**_EVERYWHERE, "Content-Type": content_type, **(more or {})}, body)


def _retry(seconds: int | None) -> Mapping[str, str]:
    return {} if seconds is None else {"Retry-After": str(seconds)}
