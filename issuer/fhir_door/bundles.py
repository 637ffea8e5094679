"""A request's body as entries: what is to be done with which resource. Pure.

Source: FHIR R4 (4.0.1), http.html#transaction and bundle.html. A collection says nothing about what is to be done: each
of its resources is recorded, as in a batch.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cards import MalformedCard
from cards.encoding import read_json
from issuer.fhir import MAX_ENTRIES
from issuer.fhir_door.issues import FhirRefused, Issue, issue, refused
from issuer.fhir_door.reading import EVENTS, KINDS
from issuer.intake.proposal import Identifier

KINDS_OF_BUNDLES = ("transaction", "batch", "collection")
Method = Literal["POST", "PUT", "DELETE"]
_LEFT_OUT = frozenset({"Organization", "Practitioner", "PractitionerRole", "Location", "Provenance", "Encounter"})
"""What systems send along with doses: names of performers are taken from them, nothing else."""
_INSTANCE = re.compile(rf"({'|'.join(EVENTS)})/([A-Za-z0-9\-.]{{1,64}})")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing a request asks for."""

    path: str
    """Of the resource: `Bundle.entry[3].resource`, or `Immunization`."""
    method: Method = "POST"
    kind: str = ""
    resource: dict[str, Any] | None = field(default=None, repr=False)
    """None: it deletes, or there is none."""
    record_id: str = ""
    """Of PUT and DELETE."""
    full_url: str = ""
    if_match: str = ""
    left_out: bool = False
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class SentBundle:
    """A transaction, batch or collection."""

    kind: Literal["transaction", "batch", "collection"]
    entries: tuple[Entry, ...]
    content: Mapping[str, Any] = field(repr=False)

    @property
    def message_id(self) -> str:
        """The sender's own id of it: Bundle.identifier."""
        identifier = self.content.get("identifier")
        if not isinstance(identifier, Mapping) or not isinstance(identifier.get("value"), str):
            return ""
        system = identifier.get("system")
        one = Identifier(system if isinstance(system, str) else "", identifier["value"])
        return f"{one.authority}|{one.value}"


def read_bundle_entries(octets: bytes) -> SentBundle:
    """The entries of a bundle, each with what is wrong with its request.

    Raises:
        FhirRefused: 400, it is no bundle we read.
    """
    bundle = read_object(octets)
    if bundle.get("resourceType") != "Bundle":
        raise refused(400, "not-a-bundle", "Bundle")
    kind, entries = bundle.get("type"), bundle.get("entry")
    if kind not in KINDS_OF_BUNDLES:
        raise FhirRefused(400, [_bundle_kind()])
    if not isinstance(entries, list) or not entries:
        raise refused(400, "nothing-to-certify", "Bundle.entry")
    if len(entries) > MAX_ENTRIES:
        raise refused(422, "entries-too-many", "Bundle.entry")
    return SentBundle(kind, tuple(_entry(one, number, kind) for number, one in enumerate(entries)), bundle)


def read_single(octets: bytes, kind: str, record_id: str = "", if_match: str = "") -> Entry:
    """One resource sent to the address of its type, or of the record.

    Raises:
        FhirRefused: 400, it is not one.
    """
    resource = read_object(octets)
    if resource.get("resourceType") != kind:
        raise refused(400, "resource-type", kind)
    if record_id and resource.get("id") != record_id:
        raise refused(400, "id-mismatch", f"{kind}.id")
    return Entry(kind, "PUT" if record_id else "POST", kind, resource, record_id, if_match=if_match)


def read_object(octets: bytes) -> dict[str, Any]:
    """One JSON object that is a resource. Raises FhirRefused: 400."""
    try:
        content = read_json(octets)
    except MalformedCard:
        raise refused(400, "json-malformed") from None
    if not isinstance(content, dict) or not isinstance(content.get("resourceType"), str):
        raise refused(400, "resource-not-object")
    return content


def _entry(entry: Any, number: int, bundle_kind: str) -> Entry:
    path = f"Bundle.entry[{number}]"
    if not isinstance(entry, dict):
        return Entry(f"{path}.resource", issues=(issue("entry-empty", path),))
    request = entry.get("request")
    if bundle_kind == "collection":
        request = {"method": "POST"}
    if not isinstance(request, Mapping):
        return Entry(f"{path}.resource", issues=(issue("request-missing", f"{path}.request"),))
    if request.get("method") == "DELETE":
        return _delete(request, path)
    resource = entry.get("resource")
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        return Entry(f"{path}.resource", issues=(issue("entry-empty", path),))
    return _write(entry, resource, request, path, bundle_kind != "collection")


def _delete(request: Mapping[str, Any], path: str) -> Entry:
    found = _INSTANCE.fullmatch(str(request.get("url")))
    if found is None:
        return Entry(f"{path}.resource", "DELETE", issues=(issue("url-mismatch", f"{path}.request.url"),))
    return Entry(f"{path}.resource", "DELETE", found[1], None, found[2], if_match=_text(request.get("ifMatch")))


def _write(
    entry: Mapping[str, Any], resource: dict[str, Any], request: Mapping[str, Any], path: str, has_url: bool
) -> Entry:
    kind, method = resource["resourceType"], request.get("method")
    full_url = _text(entry.get("fullUrl"))
    place = f"{path}.resource"
    if kind in _LEFT_OUT:
        return Entry(place, "POST", kind, resource, "", full_url, left_out=True, issues=(_left_out(place),))
    if kind not in KINDS:
        return Entry(place, issues=(issue("resource-unsupported", place),))
    record_id = ""
    if method == "PUT":
        found = _INSTANCE.fullmatch(str(request.get("url")))
        record_id = found[2] if found and found[1] == kind else ""
    issues = tuple(_request_issues(kind, resource, request, record_id, path, has_url))
    done: Method = "PUT" if method == "PUT" else "POST"
    return Entry(place, done, kind, resource, record_id, full_url, _text(request.get("ifMatch")), issues=issues)


def _request_issues(
    kind: str, resource: Mapping[str, Any], request: Mapping[str, Any], record_id: str, path: str, has_url: bool
) -> Iterator[Issue]:
    method = request.get("method")
    if method not in ("POST", "PUT") or (method == "PUT" and kind == "Patient"):
        yield issue("method-unsupported", f"{path}.request.method")
    elif (method == "PUT" and not record_id) or (method == "POST" and has_url and request.get("url") != kind):
        yield issue("url-mismatch", f"{path}.request.url")
    elif record_id and resource.get("id") != record_id:
        yield issue("id-mismatch", f"{path}.resource.id")


def _bundle_kind() -> Issue:
    return Issue(
        "bundle-kind",
        "error",
        "We do not read bundles of this type.",
        "Send a Bundle of type transaction, batch or collection.",
        "Bundle.type",
    )


def _left_out(place: str) -> Issue:
    return Issue(
        "resource-left-out",
        "information",
        "A resource of this type is not kept; only names of performers were taken from it.",
        "Nothing.",
        place,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
