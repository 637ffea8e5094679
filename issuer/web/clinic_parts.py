"""What the clinic's pages work with, put together once; and what of a request all of them ask."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from flask import session

from issuer.clinic_desk.catalogue import Catalogue
from issuer.clinic_desk.drive import (
    Drive,
    Recent,
    Told,
    kept_drive,
    read_drive,
    read_recent,
    read_told,
    with_recent,
    with_told,
)
from issuer.clinic_desk.patients import Entered, Patients
from issuer.clinic_desk.proposals import Desk
from issuer.clinic_desk.vials import Vial
from issuer.intake.looking import Looking
from issuer.intake.service import Intake
from issuer.rights import Actor, Forbidden
from issuer.staff.people import Clinic, is_time_zone
from issuer.store.staff_clinics import ClinicStore
from issuer.web.sessions import Sessions, current_actor

CHART_AUTHORITY = "urn:countersign:clinic:"
"""Before a clinic's id: who assigns the chart numbers that its nurses type."""


@dataclass(frozen=True, slots=True)
class ClinicParts:
    """The use cases and settings behind the pages of a clinic."""

    intake: Intake
    looking: Looking
    patients: Patients
    clinics: ClinicStore
    products: Catalogue
    tests: Catalogue
    scan: Callable[[str, date], Vial]
    """Raises Unscannable."""
    sessions: Sessions
    clock: Callable[[], datetime]
    issuer_name: str
    address: str
    """Where residents reach the service, without trailing slash."""
    sample: bool = False
    time_zone: str = "UTC"
    """The department's, for a clinic of which none was entered."""

    def clinic(self) -> Clinic:
        """The clinic of whoever is logged in. Raises Forbidden: they belong to none."""
        actor = current_actor()
        if not actor.clinic_id:
            raise Forbidden("this page is a clinic's")
        return self.clinics.clinic(actor, actor.clinic_id)

    def desk(self) -> Desk:
        """Where and when the form is filled in."""
        clinic = self.clinic()
        zone = zone_of(clinic.details, self.time_zone)
        today = self.clock().astimezone(zone).date()
        return Desk(self.products, self.tests, today, zone, f"{CHART_AUTHORITY}{clinic.id}", self.drive().lot)

    def drive(self) -> Drive:
        """What is remembered from the patient before."""
        drive = read_drive(session.get("drive"))
        return drive if drive.vaccinator else read_drive({**kept_drive(drive), "vaccinator": self._member_name()})

    def _member_name(self) -> str:
        """Who is logged in: likely the one who vaccinates."""
        found = self.sessions.signed_in()
        return found.member.name if found else ""

    def remember(self, drive: Drive, record_ids: list[str], told: Told, now: datetime) -> None:
        """For the next patient, and for the list of what was just recorded with what was said of it."""
        session["drive"] = kept_drive(drive)
        session["recent"] = with_recent(self.recent(now), record_ids, now)
        session["told"] = with_told(read_told(session.get("told")), told, session["recent"])

    def recent(self, now: datetime) -> tuple[Recent, ...]:
        """Ids of what was recorded here lately, newest first."""
        return read_recent(session.get("recent"), now)

    def just_recorded(self, actor: Actor, now: datetime) -> tuple[Entered, ...]:
        """The same in words."""
        return self.patients.entered(actor, [one for one, _ in self.recent(now)], now, read_told(session.get("told")))


def zone_of(details: str, otherwise: str) -> tzinfo:
    """A clinic's time zone; the department's where none was entered, or none of that name exists."""
    try:
        entered = json.loads(details or "{}")
    except ValueError:
        entered = {}
    name = entered.get("time_zone") if isinstance(entered, dict) else ""
    return ZoneInfo(name if isinstance(name, str) and is_time_zone(name) else otherwise)
