"""An issuer with clinics and their systems, as the FHIR door's tests and its show drive it."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, g
from sqlalchemy import Engine, insert, select

import pages
from issuer.db import open_engine, reading, writing
from issuer.keyring import Keyring
from issuer.models import clinic
from issuer.models.audit import audit_entry
from issuer.rights import Actor
from issuer.service import HOUSE, IssuerService
from issuer.staff.passwords import Cost
from issuer.staff.people import ClientDetails
from issuer.staff.tokens import digest
from issuer.store import Store
from issuer.web.answers import install_failures
from issuer.web.fhir import fhir_blueprint
from issuer.web.openapi import openapi_blueprint
from issuer.web.rules import check_rules
from issuer.web.sessions import current_actor
from issuer.web.staff import Outside, StaffParts, StaffSettings, install_staff
from keys.assertions import check_key_set, verify_assertion
from keys.store import KeyStore

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ADDRESS = "http://localhost"
BASE = f"{ADDRESS}/fhir"
OPERATORS_TOKEN = "t" * 40
OPERATOR = Actor("operator", "operator")
EVERYTHING = ("system/Immunization.cruds", "system/Observation.cruds", "system/Patient.crus")
CVX = "http://hl7.org/fhir/sid/cvx"
FAMILY, GIVEN, BORN = "Quasimodo", "Wilhelmina", "1987-06-05"
"""Words that stand nowhere else: the tests of silence look for them."""


class Clock:
    """The time it is told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def later(self, **parts: float) -> None:
        self.now += timedelta(**parts)


def patient(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "name": [{"family": FAMILY, "given": [GIVEN]}],
        "birthDate": BORN,
        **changes,
    }


def dose(code: str = "208", day: str = "2021-03-01", **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": CVX, "code": code}]},
        "patient": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
        "occurrenceDateTime": day,
        "performer": [{"actor": {"display": "Harbour Clinic"}}],
        "lotNumber": "A1B2",
        **changes,
    }


def result(code: str = "94500-6", **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
        "effectiveDateTime": "2022-01-02T10:00:00-05:00",
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "260415000"}]},
        "performer": [{"display": "Harbour Laboratory"}],
        **changes,
    }


def of(identifier: str, resource: dict[str, Any]) -> dict[str, Any]:
    """A dose or result about a Patient known to the server."""
    role = "patient" if resource["resourceType"] == "Immunization" else "subject"
    return {**resource, role: {"reference": f"Patient/{identifier}"}}


def bundle_of(kind: str, *resources: dict[str, Any]) -> dict[str, Any]:
    """A bundle; with requests where its type has them. Entry N has the fullUrl urn:uuid:…N, from 1 on."""
    entries = []
    for number, resource in enumerate(resources, start=1):
        entry: dict[str, Any] = {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{number:012}", "resource": resource}
        if kind != "collection":
            entry["request"] = {"method": "POST", "url": resource["resourceType"]}
        entries.append(entry)
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


@dataclass
class World:
    """The application, its stores, and two clinics with a system each."""

    engine: Engine
    app: Flask
    service: IssuerService
    parts: StaffParts
    clock: Clock
    tokens: dict[str, str] = field(default_factory=dict)

    def clinic(self, name: str) -> str:
        clinic_id = os.urandom(16).hex()
        row = {"id": clinic_id, "name": name, "public_name": name, "state": "live", "details": "{}"}
        with writing(self.engine) as connection:
            connection.execute(insert(clinic).values(**row, created_at=self.clock.now))
        return clinic_id

    def token(self, clinic_id: str, scopes: tuple[str, ...] = EVERYTHING) -> str:
        """An access token of a new system of the clinic."""
        client_id = os.urandom(16).hex()
        keys = ClientDetails("EHR", jwks_uri="https://ehr.example/jwks.json", scopes=scopes)
        made = self.parts.clients.add(OPERATOR, client_id, clinic_id, keys, self.clock.now)
        text = os.urandom(16).hex()
        ends = self.clock.now + timedelta(days=1)
        self.parts.clients.put_token(made, digest(text), scopes, ends, "", self.clock.now)
        return text

    def send(self, method: str, path: str, body: Any = None, token: str = OPERATORS_TOKEN, **headers: str) -> Any:
        """One request; a body that is no bytes goes as JSON."""
        kind = headers.pop("content_type", "application/fhir+json")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        with self.app.test_client() as client:
            return client.open(path, method=method, data=data, content_type=kind if body is not None else None,
                               headers=sent)  # fmt: skip

    def post(self, path: str, body: Any, token: str = OPERATORS_TOKEN, **headers: str) -> Any:
        return self.send("POST", path, body, token, **headers)

    def audited(self) -> list[tuple[str, str]]:
        """(action, clinic) of the audit log, oldest first."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(audit_entry.c.action, audit_entry.c.clinic_id).order_by(audit_entry.c.seq))
            return [(row.action, row.clinic_id) for row in rows]


def build(
    url: str, keystore: KeyStore, clock: Callable[[], datetime], iss: str = "https://clinic.example/issuer"
) -> World:
    """The issuer's doors for systems, on a database with the newest tables."""
    engine = open_engine(url)
    service = IssuerService(
        "https://clinic.example/issuer", Keyring(keystore), b"r" * 32, Store(engine), 90, os.urandom, "Harbour Health"
    )
    app = Flask("issuer", static_url_path="/assets/issuer")
    app.request_class = pages.InMemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    pages.install(app, service=pages.Service("Harbour Health"), json_prefixes=("/api/", "/fhir"))
    install_failures(app)
    chosen = StaffSettings("Harbour Health", ADDRESS, b"s" * 32, OPERATORS_TOKEN, cost=Cost(8, 1, 1))
    outside = Outside(clock, os.urandom, verify_assertion, lambda _: b"", check_key_set)
    parts = install_staff(app, engine, chosen, outside)
    app.register_blueprint(
        fhir_blueprint(service, ADDRESS, f"{ADDRESS}/oauth/token", "0.1.0", current_actor, lambda: g.scopes, clock)
    )
    app.register_blueprint(openapi_blueprint(ADDRESS, "Harbour Health", "0.1.0"))
    check_rules(app)
    return World(engine, app, service, parts, clock)  # type: ignore[arg-type]


__all__ = ["HOUSE", "World", "build", "bundle_of", "dose", "of", "patient", "result"]
