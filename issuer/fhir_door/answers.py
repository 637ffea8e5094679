"""What became of an entry, as HTTP and FHIR say it. Pure.

Source: FHIR R4 (4.0.1), http.html (status codes, ETag, Location) and bundle.html (Bundle.entry.response).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from issuer.fhir_door.issues import Issue, outcome
from issuer.intake.proposal import Did

STATUSES: Mapping[str, int] = {
    "json-malformed": 400,
    "fhir-structure": 400,
    "required-missing": 400,
    "wrong-type": 400,
    "empty-element": 400,
    "entry-empty": 400,
    "request-missing": 400,
    "url-mismatch": 400,
    "id-mismatch": 400,
    "version-form": 400,
    "resource-type": 400,
    "scope-missing": 403,
    "not-own-record": 403,
    "clinic-not-live": 403,
    "clinic-held": 403,
    "record-unknown": 404,
    "nothing-to-change": 404,
    "person-unknown": 404,
    "another-record-stands": 409,
    "person-moved": 409,
    "record-deleted": 410,
    "version-conflict": 412,
}
"""What our codes are to HTTP; everything else breaks a rule: 422."""
_UNPROCESSABLE = 422
_DONE: Mapping[Did, int] = {
    "recorded": 201,
    "unchanged": 200,
    "corrected": 200,
    "deleted": 200,
    "reinstated": 200,
    "noted": 200,
}


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one entry."""

    status: int
    kind: str = ""
    id: str = ""
    version: int = 0
    """0 where the resource has none (Patient)."""
    changed_at: datetime | None = None
    issues: tuple[Issue, ...] = ()

    @property
    def etag(self) -> str:
        """A weak ETag, or ""."""
        return f'W/"{self.version}"' if self.version else ""

    def location(self, base: str) -> str:
        """Where it stands, with its version where it has one; "" where nothing does."""
        if not self.id:
            return ""
        return f"{base}/{self.kind}/{self.id}" + (f"/_history/{self.version}" if self.version else "")


def status_of(issues: Iterable[Issue]) -> int:
    """The status of a refusal: the first error decides, and what cannot be read comes first."""
    found = [STATUSES.get(one.code, _UNPROCESSABLE) for one in issues if one.is_error]
    return 400 if 400 in found else next(iter(found), _UNPROCESSABLE)


def status_of_deed(did: Did) -> int:
    """The status of what was done."""
    return _DONE[did]


def bundle_of_responses(kind: str, done: Sequence[Done], base: str) -> dict[str, Any]:
    """A transaction-response, or a batch-response for a batch or collection."""
    return {
        "resourceType": "Bundle",
        "type": "transaction-response" if kind == "transaction" else "batch-response",
        "entry": [{"response": _response(one, base)} for one in done],
    }


def instant(moment: datetime) -> str:
    """A FHIR instant, to the second, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _response(one: Done, base: str) -> dict[str, Any]:
    said: dict[str, Any] = {"status": f"{one.status} {HTTPStatus(one.status).phrase}"}
    if location := one.location(base):
        said["location"] = location
    if one.etag:
        said["etag"] = one.etag
    if one.changed_at is not None:
        said["lastModified"] = instant(one.changed_at)
    if one.issues:
        said["outcome"] = outcome(one.issues)
    return said
