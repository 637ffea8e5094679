"""People with doses of several clinics, recorded through the intake, and whoever puts them right."""

import base64
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import Engine, insert

import pages
from issuer.db import open_engine
from issuer.intake.proposal import Demographics, Dose, Name, Proposal
from issuer.merging.service import Merging
from issuer.models import clinic
from issuer.models.withdrawals import withdrawal, withdrawn_record
from issuer.putting_right.corrections import Corrections
from issuer.putting_right.withdrawing import Withdrawals
from issuer.rights import Actor, Role
from issuer.service import IssuerService
from issuer.staff.passwords import Cost
from issuer.staff.people import NewMember
from issuer.web.corrections import corrections_blueprint
from issuer.web.reviews import reviews_blueprint
from issuer.web.rules import check_rules
from issuer.web.staff import Outside, StaffParts, StaffSettings, install_staff
from issuer.web.withdrawals import withdrawals_blueprint
from keys.assertions import check_key_set, verify_assertion

DEPARTMENT = Actor("staff:department", "department")
OPERATOR = Actor("operator", "operator")
FAMILIES = ("Abara", "Bexley", "Castellan", "Dunmore", "Everhart", "Fairweather", "Grimsby", "Holloway")
GIVEN = ("Ada", "Bruno", "Clara", "Dimitri", "Esther", "Florian", "Greta", "Henrik")


@dataclass
class World:
    """A service with two clinics."""

    service: IssuerService
    engine: Engine
    now: datetime
    department: Actor = DEPARTMENT
    clinics: dict[str, Actor] = field(default_factory=dict)

    def clinic(self, name: str) -> str:
        """A live clinic; its id."""
        clinic_id = name.encode().hex().ljust(32, "0")[:32]
        values = {"id": clinic_id, "name": name, "public_name": name, "state": "live", "details": "{}"}
        with self.engine.begin() as connection:
            connection.execute(insert(clinic).values(created_at=self.now, **values))
        self.clinics[clinic_id] = Actor(f"staff:{name}", "manager", clinic_id)
        return clinic_id

    def actor(self, clinic_id: str) -> Actor:
        return self.clinics[clinic_id]

    def record(
        self, clinic_id: str, person: Demographics, doses: Sequence[Dose], now: datetime, *, sign: bool = True
    ) -> list[Any]:
        """Outcomes of doses recorded one message a dose, as on different days."""
        return [
            self.service.intake.submit(
                self.actor(clinic_id), clinic_id, [Proposal(person, dose)], now, door="form", sign=sign
            ).outcomes[0]
            for dose in doses
        ]


def person_of(number: int) -> Demographics:
    """Different people for different numbers: no two of a birth date."""
    born = f"{1940 + number % 60}-{1 + number // 60 % 12:02}-{1 + number // 720 % 28:02}"
    family, given = FAMILIES[number % len(FAMILIES)], GIVEN[number // len(FAMILIES) % len(GIVEN)]
    return Demographics(Name(family, (given,)), born)


@pytest.fixture
def person() -> Callable[[int], Demographics]:
    return person_of


@pytest.fixture
def world(service: IssuerService, database: str, made: Any) -> Iterator[World]:
    engine = open_engine(database)
    withdrawal.metadata.create_all(engine, tables=[withdrawal, withdrawn_record])
    yield World(service, engine, made.now)
    engine.dispose()


# ---- Pages -----------------------------------------------------------------------------------------------------------


@dataclass
class Site:
    """The pages with people who can log in, on the world's database."""

    app: Flask
    parts: StaffParts
    clock: Any

    def session(self, login: str, role: Role, clinic_id: str = "") -> str:
        """The cookie of somebody who is logged in."""
        accounts, now = self.parts.accounts, self.clock()
        token, link = accounts.setup_link(now)
        member = accounts.staff.add(
            OPERATOR, NewMember(accounts.new_id(), login, login.title(), role, clinic_id), link, now
        )
        opened = accounts.by_link(token, "four words in a row", "127.0.0.1", now)
        secret, _ = accounts.new_totp()
        code = pyotp.TOTP(base64.b32encode(secret).decode()).at(now)
        accounts.set_totp(member, secret, code, "127.0.0.1", now)
        return accounts.finish_setup(opened.token, "127.0.0.1", now).token

    def client(self, login: str, role: Role, clinic_id: str = "") -> Any:
        """A browser of somebody who is logged in."""
        client = self.app.test_client()
        client.set_cookie("session", self.session(login, role, clinic_id))
        return client


@pytest.fixture
def site(world: World, clock: Any) -> Site:
    """Corrections, withdrawals and reviews, and nothing else."""
    service = world.service
    app = Flask("issuer", static_url_path="/assets/issuer")
    app.request_class = pages.InMemoryRequest
    pages.install(app, service=pages.Service("Harbour Health"))
    settings = StaffSettings(
        "Harbour Health", "http://127.0.0.1", b"s" * 32, "t" * 40, cost=Cost(memory_kib=8, iterations=1, lanes=1)
    )
    parts = install_staff(
        app, world.engine, settings, Outside(clock, os.urandom, verify_assertion, lambda _: b"", check_key_set)
    )
    app.register_blueprint(corrections_blueprint(Corrections(service.store, service.intake), clock))
    app.register_blueprint(withdrawals_blueprint(Withdrawals(service.store, service.maker(), service.random), clock))
    app.register_blueprint(reviews_blueprint(Merging(service.store, service.maker(), service.random), clock))
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
