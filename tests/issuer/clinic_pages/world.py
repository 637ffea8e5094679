"""A clinic at work: the pages over real stores, a nurse who is logged in, a browser that reads forms before it sends.

desk = build(service, engine, clock, folder)
desk.browser("nurse").send("/clinic/form", family="…", do="record")
"""

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp
from flask import Flask

import pages
from issuer.clinic_desk.asked import Asked
from issuer.clinic_desk.catalogue import signed_tests
from issuer.clinic_desk.day_list import DayList
from issuer.clinic_desk.patients import Patients
from issuer.clinic_desk.shelf import Shelf
from issuer.db import writing
from issuer.intake.looking import Looking
from issuer.models import clinic
from issuer.products import builtin_catalog
from issuer.putting_right.corrections import Corrections
from issuer.rights import Actor, Role
from issuer.service import HOUSE, IssuerService
from issuer.staff.passwords import Cost
from issuer.staff.people import NewMember
from issuer.store.imports import ImportStore
from issuer.store.rosters import RosterStore
from issuer.web.answers import install_failures
from issuer.web.clinic import clinic_blueprint
from issuer.web.clinic_parts import ClinicParts
from issuer.web.clinic_patients import clinic_patients_blueprint
from issuer.web.corrections import corrections_blueprint
from issuer.web.import_files import UploadFolder
from issuer.web.imports import ImportParts, imports_blueprint
from issuer.web.questions import questions_blueprint
from issuer.web.roster import roster_blueprint
from issuer.web.rules import check_rules
from issuer.web.staff import Outside, StaffParts, StaffSettings, install_staff
from issuer.web.uploading import UploadingRequest
from keys.assertions import check_key_set, verify_assertion

CHEAP = Cost(memory_kib=8, iterations=1, lanes=1)
OPERATOR = Actor("operator", "operator")
ADDRESS = "http://localhost"
DETAILS = '{"time_zone": "America/New_York"}'


@dataclass
class Desk:
    """One clinic, its people, and the application in front of it."""

    app: Flask
    service: IssuerService
    staff: StaffParts
    parts: ClinicParts
    imports: ImportStore
    folder: Path
    clock: Any
    clinic_id: str
    tokens: dict[str, str] = field(default_factory=dict)

    def member(self, login: str, role: Role = "vaccinator", clinic_id: str | None = None) -> str:
        """Somebody with a password and codes from a phone, logged in; the session's token."""
        accounts, now = self.staff.accounts, self.clock.now
        token, link = accounts.setup_link(now)
        home = self.clinic_id if clinic_id is None else clinic_id
        made = accounts.staff.add(OPERATOR, NewMember(accounts.new_id(), login, login.title(), role, home), link, now)
        opened = accounts.by_link(token, "four words in a row", "127.0.0.1", now)
        secret, _ = accounts.new_totp()
        code = pyotp.TOTP(base64.b32encode(secret).decode()).at(now)
        accounts.set_totp(made, secret, code, "127.0.0.1", now)
        self.tokens[login] = accounts.finish_setup(opened.token, "127.0.0.1", now).token
        return self.tokens[login]

    def actor(self, login: str) -> Actor:
        return self.staff.accounts.session(self.tokens[login], self.clock.now).member.actor("127.0.0.1")

    def clinic(self, name: str) -> str:
        """Another clinic, approved by two of the department."""
        accounts, clinics, now = self.staff.accounts, self.staff.clinics, self.clock.now
        made = clinics.enter(OPERATOR, accounts.new_id(), name, name, DETAILS, now)
        for number in (1, 2):
            login = f"department{number}"
            if login not in self.tokens:
                self.member(login, "department", "")
            clinics.approve(self.actor(login), made.id, now)
        return made.id

    def browser(self, login: str = "nurse") -> "Reader":
        client = self.app.test_client()
        client.set_cookie("session", self.tokens[login])
        return Reader(client)


@dataclass
class Reader:
    """A browser without JavaScript that reads a form before it sends it."""

    client: Any

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, buffered=True, **more)

    def send(self, path: str, at: str = "", **typed: Any) -> Any:
        """POST with the form token of a page."""
        return self.client.post(path, data={**typed, "csrf_token": self.token(at or path)}, buffered=True)

    def token(self, page: str) -> str:
        text = self.client.get(page).get_data(as_text=True)
        return str(text.partition('name="csrf_token" value="')[2].partition('"')[0])


def build(service: IssuerService, engine: Any, clock: Any, folder: Path) -> Desk:
    """The clinic's pages and the people who may see them; nothing else of the issuer."""
    app = Flask("issuer", static_url_path="/assets/issuer")
    app.request_class = UploadingRequest
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    pages.install(app, service=pages.Service("Harbour Health", home="/clinic"))
    install_failures(app)
    chosen = StaffSettings("Harbour Health", ADDRESS, b"s" * 32, "t" * 40, cost=CHEAP)
    outside = Outside(clock, os.urandom, verify_assertion, lambda _: b"", check_key_set)
    staff = install_staff(app, engine, chosen, outside)
    shelf = Shelf(builtin_catalog())
    intake = service.intake
    parts = ClinicParts(
        intake,
        Looking(service.store),
        Patients(service, intake),
        staff.clinics,
        shelf,
        signed_tests(intake.policy),
        shelf.scan,
        staff.sessions,
        clock,
        "Harbour Health",
        ADDRESS,
    )
    folder = folder / "imports"
    imports = install(app, parts, engine, folder)
    check_rules(app)
    named = {"name": "Harbour Clinic", "public_name": "Harbour Clinic", "details": DETAILS}
    with writing(engine) as connection:
        connection.execute(clinic.update().where(clinic.c.id == HOUSE).values(named))
    desk = Desk(app, service, staff, parts, imports, folder, clock, HOUSE)
    desk.member("nurse")
    return desk


def install(app: Flask, parts: ClinicParts, engine: Any, folder: Path) -> ImportStore:
    """Every blueprint of a clinic's pages."""
    rosters, imports = RosterStore(engine), ImportStore(engine)
    day_list, asked = DayList(rosters, parts.patients.service.store), Asked(parts.patients)
    own = ImportParts(imports, UploadFolder(folder), new_id)
    app.config["IMPORTS_FOLDER"] = str(folder)
    app.register_blueprint(clinic_blueprint(parts, day_list, asked))
    app.register_blueprint(clinic_patients_blueprint(parts))
    app.register_blueprint(roster_blueprint(parts, day_list, rosters, new_id))
    app.register_blueprint(questions_blueprint(parts, asked))
    app.register_blueprint(imports_blueprint(parts, own))
    app.register_blueprint(corrections_blueprint(Corrections(parts.intake.store, parts.intake), parts.clock))
    return imports


def new_id() -> str:
    """An id for a new row."""
    return os.urandom(16).hex()
