"""The pages of people who work here, put into an application: the clinic's, the department's, the auditor's."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Flask

from issuer import jobs
from issuer.clinic_desk.asked import Asked
from issuer.clinic_desk.catalogue import signed_tests
from issuer.clinic_desk.day_list import DayList
from issuer.clinic_desk.patients import Patients
from issuer.clinic_desk.shelf import Shelf
from issuer.fraud.deciding import Cases, Drives
from issuer.fraud.ledger import Ledger
from issuer.fraud.requests import Requests
from issuer.intake.looking import Looking
from issuer.merging.service import Merging
from issuer.products import builtin_catalog
from issuer.putting_right.corrections import Corrections
from issuer.putting_right.withdrawing import Withdrawals
from issuer.service import IssuerService
from issuer.settings import Settings
from issuer.staff.tokens import seal
from issuer.store.audit import AuditStore
from issuer.store.events import EventStore
from issuer.store.imports import ImportStore
from issuer.store.rosters import RosterStore
from issuer.web.audit import audit_blueprint
from issuer.web.clinic import clinic_blueprint
from issuer.web.clinic_parts import ClinicParts
from issuer.web.clinic_patients import clinic_patients_blueprint
from issuer.web.corrections import corrections_blueprint
from issuer.web.exports import exports_blueprint
from issuer.web.holds import drives_blueprint, holds_blueprint
from issuer.web.import_files import UploadFolder
from issuer.web.imports import ImportParts, imports_blueprint
from issuer.web.lots import lots_blueprint
from issuer.web.navigation import install_navigation
from issuer.web.questions import questions_blueprint
from issuer.web.reviews import reviews_blueprint
from issuer.web.roster import roster_blueprint
from issuer.web.staff import StaffParts
from issuer.web.webhooks import webhooks_blueprint
from issuer.web.withdrawals import withdrawals_blueprint

if TYPE_CHECKING:
    from sqlalchemy import Engine

Clock = Callable[[], datetime]


def install_desks(
    app: Flask, service: IssuerService, settings: Settings, staff: StaffParts, engine: "Engine", clock: Clock
) -> None:
    """Every page behind a login, but for the people's own (`issuer.web.staff`)."""

    def new_id() -> str:
        return service.random(16).hex()

    parts = _clinic_parts(service, settings, staff, clock)
    rosters, imports = RosterStore(engine), ImportStore(engine)
    day_list, asked = DayList(rosters, service.store), Asked(parts.patients)
    app.register_blueprint(clinic_blueprint(parts, day_list, asked))
    app.register_blueprint(clinic_patients_blueprint(parts))
    app.register_blueprint(roster_blueprint(parts, day_list, rosters, new_id))
    app.register_blueprint(questions_blueprint(parts, asked))
    url = settings.database_url
    wake = (lambda job, chunks: jobs.put_in(url, job, chunks)) if jobs.is_for(url) else None
    app.register_blueprint(imports_blueprint(parts, ImportParts(imports, UploadFolder(settings.imports), new_id, wake)))
    app.register_blueprint(corrections_blueprint(Corrections(service.store, service.intake), clock))
    app.register_blueprint(withdrawals_blueprint(Withdrawals(service.store, service.maker(), service.random), clock))
    app.register_blueprint(reviews_blueprint(Merging(service.store, service.maker(), service.random), clock))
    _install_fraud(app, service, clock)
    install_navigation(app, settings.name)
    app.register_blueprint(audit_blueprint(AuditStore(engine), clock))
    app.register_blueprint(
        webhooks_blueprint(
            EventStore(engine),
            lambda secret, owner: seal(settings.seal_secret, secret, owner, service.random),
            clock,
            service.random,
        )
    )


def _install_fraud(app: Flask, service: IssuerService, clock: Clock) -> None:
    store, random = service.store, service.random
    app.register_blueprint(lots_blueprint(Ledger(store, random), clock))
    app.register_blueprint(holds_blueprint(Cases(store), clock))
    app.register_blueprint(drives_blueprint(Drives(store, random), clock))
    app.register_blueprint(exports_blueprint(Requests(store, random), clock))


def _clinic_parts(service: IssuerService, settings: Settings, staff: StaffParts, clock: Clock) -> ClinicParts:
    shelf, intake = Shelf(builtin_catalog()), service.intake
    return ClinicParts(
        intake,
        Looking(service.store),
        Patients(service, intake),
        staff.clinics,
        shelf,
        signed_tests(intake.policy),
        shelf.scan,
        staff.sessions,
        clock,
        settings.name,
        settings.address,
        settings.sample,
        settings.time_zone,
    )
