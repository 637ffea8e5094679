"""The FHIR R4 server of clinics' systems, below `/fhir`. Every answer is FHIR, refusals too."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from cards.encoding import write_json
from issuer.fhir_door.answers import Done
from issuer.fhir_door.bundles import Entry, read_single
from issuer.fhir_door.capability import FORMATS, capability_statement, smart_configuration
from issuer.fhir_door.door import FhirDoor, Sender
from issuer.fhir_door.health_cards import HealthCards
from issuer.fhir_door.issues import FhirRefused, Issue, outcome, refused
from issuer.rights import Actor
from issuer.service import IssuerService
from issuer.web.rules import bearer, public
from pages.problems import PROBLEM_JSON

PREFIX = "/fhir"
FHIR_JSON = "application/fhir+json"
WELL_KNOWN = "/.well-known/smart-configuration"
_WHY = "what a system must know before it can ask for a token"

Clock = Callable[[], datetime]


def fhir_blueprint(
    service: IssuerService,
    address: str,
    token_endpoint: str,
    version: str,
    actor_of: Callable[[], Actor],
    scopes_of: Callable[[], tuple[str, ...] | None],
    clock: Clock,
) -> Blueprint:
    """Everything below `/fhir`, and the SMART configuration at the root.

    Args:
        address: of the service, without a trailing slash.
        actor_of: who acts in this request.
        scopes_of: what the request's token reaches; None where nothing limits it.
    """
    blueprint = Blueprint("fhir", __name__)
    base = address + PREFIX
    door, health_cards = FhirDoor(service, base), HealthCards(service, base)
    add_public(blueprint, base, token_endpoint, service.name, version)

    def sender() -> Sender:
        return Sender(actor_of(), scopes_of())

    def single(kind: str, record_id: str = "") -> Response:
        entry = read_single(_body(), kind, record_id, request.headers.get("If-Match", ""))
        return _written(door.write(entry, sender(), clock()), base)

    def taken_back(kind: str, record_id: str) -> Response:
        entry = Entry(kind, "DELETE", kind, None, record_id, if_match=request.headers.get("If-Match", ""))
        return _written(door.write(entry, sender(), clock()), base)

    def shown(kind: str, record_id: str) -> Response:
        resource, held = door.read(kind, record_id, sender(), clock())
        answer = _fhir(resource)
        answer.headers["ETag"] = f'W/"{held.version}"'
        answer.last_modified = held.changed_at
        return answer

    @blueprint.post(PREFIX)
    @bearer("record.write")
    def bundle() -> Response:
        return _fhir(door.bundle(_body(), sender(), clock()))

    @blueprint.post(f"{PREFIX}/Patient")
    @bearer("record.write", scope="system/Patient.c")
    def create_patient() -> Response:
        return single("Patient")

    @blueprint.post(f"{PREFIX}/Patient/<patient_id>/$health-cards-issue")
    @bearer("card.issue", scope="system/Patient.r")
    def issue_health_cards(patient_id: str) -> Response:
        return _fhir(health_cards.issue(patient_id, _body(), sender(), clock()))

    @blueprint.post(f"{PREFIX}/Immunization")
    @bearer("record.write", scope="system/Immunization.c")
    def create_immunization() -> Response:
        return single("Immunization")

    @blueprint.get(f"{PREFIX}/Immunization/<record_id>")
    @bearer("record.search", scope="system/Immunization.r")
    def read_immunization(record_id: str) -> Response:
        return shown("Immunization", record_id)

    @blueprint.put(f"{PREFIX}/Immunization/<record_id>")
    @bearer("record.correct", scope="system/Immunization.u")
    def update_immunization(record_id: str) -> Response:
        return single("Immunization", record_id)

    @blueprint.delete(f"{PREFIX}/Immunization/<record_id>")
    @bearer("record.correct", scope="system/Immunization.d")
    def delete_immunization(record_id: str) -> Response:
        return taken_back("Immunization", record_id)

    @blueprint.post(f"{PREFIX}/Observation")
    @bearer("record.write", scope="system/Observation.c")
    def create_observation() -> Response:
        return single("Observation")

    @blueprint.get(f"{PREFIX}/Observation/<record_id>")
    @bearer("record.search", scope="system/Observation.r")
    def read_observation(record_id: str) -> Response:
        return shown("Observation", record_id)

    @blueprint.put(f"{PREFIX}/Observation/<record_id>")
    @bearer("record.correct", scope="system/Observation.u")
    def update_observation(record_id: str) -> Response:
        return single("Observation", record_id)

    @blueprint.delete(f"{PREFIX}/Observation/<record_id>")
    @bearer("record.correct", scope="system/Observation.d")
    def delete_observation(record_id: str) -> Response:
        return taken_back("Observation", record_id)

    blueprint.register_error_handler(FhirRefused, lambda error: _fhir(outcome(error.issues), error.status))
    blueprint.after_app_request(_in_fhir)
    return blueprint


def add_public(blueprint: Blueprint, base: str, token_endpoint: str, name: str, version: str) -> None:
    """What anybody may ask: the capabilities."""

    @blueprint.get(f"{PREFIX}/metadata")
    @public(_WHY, machine=True)
    def metadata() -> Response:
        return _open(_fhir(capability_statement(base, token_endpoint, name, version)))

    @blueprint.get(f"{PREFIX}{WELL_KNOWN}")
    @blueprint.get(WELL_KNOWN)
    @public(_WHY, machine=True)
    def smart() -> Response:
        document = write_json(smart_configuration(token_endpoint))
        return _open(Response(document, content_type="application/json"))


def _body() -> bytes:
    if request.mimetype not in FORMATS:
        raise refused(415, "content-type")
    return request.get_data(cache=False)


def _fhir(resource: dict[str, Any], status: int = 200) -> Response:
    answer = Response(write_json(resource), status, content_type=f"{FHIR_JSON}; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _written(done: Done, base: str) -> Response:
    """The OperationOutcome says what was found; the headers, where it stands."""
    answer = _fhir(outcome(done.issues), done.status)
    if location := done.location(base):
        answer.headers["Location"] = location
    if done.etag:
        answer.headers["ETag"] = done.etag
    if done.changed_at is not None:
        answer.last_modified = done.changed_at
    return answer


def _open(answer: Response) -> Response:
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _in_fhir(answer: Response) -> Response:
    """A refusal of the rules, of the framework or of the disk, as an OperationOutcome."""
    below = request.path == PREFIX or request.path.startswith(f"{PREFIX}/")
    if answer.status_code < 400 or not below or answer.mimetype == FHIR_JSON:
        return answer
    said = answer.get_json(silent=True) if answer.mimetype == PROBLEM_JSON else None
    said = said if isinstance(said, dict) else {}
    code = str(said.get("code", "refused"))
    found = Issue(code, "error", str(said.get("title", "This was refused")), str(said.get("detail", "")))
    answer.set_data(write_json(outcome([found])))
    answer.content_type = f"{FHIR_JSON}; charset=utf-8"
    return answer
