"""A clinic with half a year behind it, a department of several people, and the pages for both."""

import base64
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyotp
import pytest
from flask import Flask
from sqlalchemy import Engine, insert, select

import pages
from issuer.db import open_engine, reading
from issuer.fraud.deciding import Cases, Drives
from issuer.fraud.ledger import Ledger
from issuer.fraud.requests import Requests
from issuer.fraud.watching import Watch
from issuer.fraud.zones import midnight
from issuer.intake.proposal import Dose, Proposal
from issuer.models import clinic, person, record, submission
from issuer.models.audit import audit_entry, event
from issuer.persons import demographics_json
from issuer.putting_right.withdrawing import Withdrawals
from issuer.rights import Actor, Role
from issuer.service import IssuerService
from issuer.staff.passwords import Cost
from issuer.staff.people import NewMember
from issuer.web.exports import exports_blueprint
from issuer.web.holds import drives_blueprint, holds_blueprint
from issuer.web.lots import lots_blueprint
from issuer.web.rules import check_rules
from issuer.web.staff import Outside, StaffParts, StaffSettings, install_staff
from issuer.web.withdrawals import withdrawals_blueprint
from keys.assertions import check_key_set, verify_assertion
from tests.issuer.fraud.people import somebody

ZONE = ZoneInfo("America/New_York")
OPERATOR = Actor("operator", "operator")
WORKDAY = tuple(range(9, 17))


@dataclass
class World:
    """Clinics on one database, and who works with them."""

    service: IssuerService
    engine: Engine
    now: datetime
    actors: dict[str, Actor] = field(default_factory=dict)
    _made: int = 0

    @property
    def watch(self) -> Watch:
        return Watch(self.service.store, os.urandom)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.service.store, os.urandom)

    @property
    def cases(self) -> Cases:
        return Cases(self.service.store)

    @property
    def drives(self) -> Drives:
        return Drives(self.service.store, os.urandom)

    @property
    def requests(self) -> Requests:
        return Requests(self.service.store, os.urandom)

    def department(self, name: str) -> Actor:
        return Actor(f"staff:{name}", "department")

    def clinic(self, name: str, zone: str = "America/New_York") -> str:
        """A live clinic; its id."""
        clinic_id = name.encode().hex().ljust(32, "0")[:32]
        values = {"id": clinic_id, "name": name, "public_name": name, "state": "live"}
        details = f'{{"time_zone": "{zone}"}}'
        with self.engine.begin() as connection:
            connection.execute(insert(clinic).values(created_at=self.now, details=details, **values))
        self.actors[clinic_id] = Actor(f"staff:{name}", "manager", clinic_id)
        return clinic_id

    def state(self, clinic_id: str) -> str:
        with reading(self.engine) as connection:
            return str(connection.scalar(select(clinic.c.state).where(clinic.c.id == clinic_id)))

    def record(
        self, clinic_id: str, at: datetime, lots: Sequence[str], day: str = "", postcode: str = "04101", **more: Any
    ) -> list[Any]:
        """Doses of so many lots recorded through the intake, each of somebody else."""
        proposals = []
        for lot in lots:
            self._made += 1
            dose = Dose("208", day or at.astimezone(ZONE).date().isoformat(), lot=lot, **more)
            proposals.append(Proposal(somebody(self._made, postcode), dose))
        intake = self.service.intake
        return list(intake.submit(self.actors[clinic_id], clinic_id, proposals, at, door="form").outcomes)

    def had_a_past(self, clinic_id: str, until: date, weeks: int = 26, a_day: int = 24) -> None:
        """Weekdays from 9 to 17, written down directly: people from Harbour."""
        days = [until - timedelta(days=number) for number in range(1, weeks * 7 + 1)]
        moments = [
            midnight(day, ZONE) + timedelta(hours=WORKDAY[number % len(WORKDAY)], minutes=number % 60)
            for day in days
            if day.weekday() < 5
            for number in range(a_day)
        ]
        tag = os.urandom(8).hex()
        who = {
            "id": f"past{tag}".ljust(32, "0"), "demographics": demographics_json(somebody(99_999)),
            "birth_date": "1990-01-01", "protected": False, "created_at": moments[-1],
        }  # fmt: skip
        sent = {
            "id": f"sent{tag}".ljust(32, "0"), "door": "form", "actor": "staff:x", "clinic_id": clinic_id,
            "message_id": "", "digest": "", "received_at": moments[-1],
        }  # fmt: skip
        same = {
            "person_id": who["id"], "clinic_id": clinic_id, "event_key": None, "kind": "immunization", "code": "208",
            "lot": "OLD1", "status": "completed", "source": "administered", "unsigned_because": "", "vaccinator": "",
            "resource": b'{"event":{}}', "marks": "", "version": 1, "submission_id": sent["id"],
        }  # fmt: skip
        rows = [
            same
            | {
                "id": f"{tag}{number:016}", "key": f"{tag[:8]}{number:016}", "day": at.date().isoformat(),
                "recorded_at": at, "changed_at": at,
            }
            for number, at in enumerate(moments)
        ]  # fmt: skip
        with self.engine.begin() as connection:
            connection.execute(insert(person), [who])
            connection.execute(insert(submission), [sent])
            connection.execute(insert(record), rows)

    def audited(self) -> list[tuple[str, str]]:
        """(action, detail), oldest first."""
        with reading(self.engine) as connection:
            chosen = select(audit_entry.c.action, audit_entry.c.detail).order_by(audit_entry.c.seq)
            return [(row[0], row[1]) for row in connection.execute(chosen)]

    def told(self) -> list[tuple[str, str]]:
        """(kind, clinic) of events, oldest first."""
        with reading(self.engine) as connection:
            return [(row[0], row[1]) for row in connection.execute(select(event.c.kind, event.c.clinic_id))]


@pytest.fixture
def world(service: IssuerService, database: str, made: Any) -> Iterator[World]:
    engine = open_engine(database)
    yield World(service, engine, made.now)
    engine.dispose()


@pytest.fixture
def sunday_night() -> datetime:
    """22:00 at the harbour."""
    return datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


# ---- Pages -----------------------------------------------------------------------------------------------------------


@dataclass
class Site:
    """The pages with people who can log in, on the world's database."""

    app: Flask
    parts: StaffParts
    clock: Any
    members: dict[str, str] = field(default_factory=dict)

    def session(self, login: str, role: Role, clinic_id: str = "", by: Actor = OPERATOR) -> str:
        """The cookie of somebody who is logged in."""
        accounts, now = self.parts.accounts, self.clock()
        token, link = accounts.setup_link(now)
        member = accounts.staff.add(by, NewMember(accounts.new_id(), login, login.title(), role, clinic_id), link, now)
        self.members[login] = f"staff:{member.id}"
        opened = accounts.by_link(token, "four words in a row", "127.0.0.1", now)
        secret, _ = accounts.new_totp()
        code = pyotp.TOTP(base64.b32encode(secret).decode()).at(now)
        accounts.set_totp(member, secret, code, "127.0.0.1", now)
        return accounts.finish_setup(opened.token, "127.0.0.1", now).token

    def client(self, login: str, role: Role, clinic_id: str = "", by: Actor = OPERATOR) -> Any:
        """A browser of somebody who is logged in."""
        client = self.app.test_client()
        client.set_cookie("session", self.session(login, role, clinic_id, by))
        return client


@pytest.fixture
def site(world: World, clock: Any) -> Site:
    """Lots, holds, drives, exports and withdrawals, and nothing else."""
    service = world.service
    app = Flask("issuer", static_url_path="/assets/issuer")
    app.request_class = pages.InMemoryRequest
    pages.install(app, service=pages.Service("Harbour Health"))
    cheap = Cost(memory_kib=8, iterations=1, lanes=1)
    settings = StaffSettings("Harbour Health", "http://127.0.0.1", b"s" * 32, "t" * 40, cost=cheap)
    outside = Outside(clock, os.urandom, verify_assertion, lambda _: b"", check_key_set)
    parts = install_staff(app, world.engine, settings, outside)
    app.register_blueprint(withdrawals_blueprint(Withdrawals(service.store, service.maker(), service.random), clock))
    app.register_blueprint(lots_blueprint(world.ledger, clock))
    app.register_blueprint(holds_blueprint(world.cases, clock))
    app.register_blueprint(drives_blueprint(world.drives, clock))
    app.register_blueprint(exports_blueprint(world.requests, clock))
    check_rules(app)
    return Site(app, parts, clock)


@pytest.fixture
def send() -> Callable[..., Any]:
    """POST with the form token of a page."""

    def post(client: Any, path: str, at: str, **typed: Any) -> Any:
        text = client.get(at).get_data(as_text=True)
        token = text.partition('name="csrf_token" value="')[2].partition('"')[0]
        return client.post(path, data={**typed, "csrf_token": token})

    return post


@pytest.fixture
def text_of() -> Callable[[Any], str]:
    return lambda answer: " ".join(answer.get_data(as_text=True).split())
