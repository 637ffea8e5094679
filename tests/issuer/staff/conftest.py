"""A small world of people: two of the department, a manager, a vaccinator, two clinics; and pages over real stores."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import Engine, select

import pages
from issuer.db import open_engine, reading
from issuer.models.audit import audit_entry
from issuer.rights import Actor, Role
from issuer.staff.passwords import Cost
from issuer.staff.people import Link, Member, NewMember, Opened
from issuer.staff.tokens import digest
from issuer.web.rules import check_rules
from issuer.web.staff import Outside, StaffParts, StaffSettings, install_staff
from keys.assertions import check_key_set, verify_assertion

CHEAP = Cost(memory_kib=8, iterations=1, lanes=1)
SECRET = b"s" * 32
API_TOKEN = "t" * 40
PASSWORD = "four words in a row"
OPERATOR = Actor("operator", "operator")
ADDRESS = "http://localhost"


@dataclass
class Town:
    """Stores on one database, with people in it; everything by hand of the operator, as the command line does it."""

    engine: Engine
    app: Flask
    parts: StaffParts
    clock: Any
    totp: dict[str, bytes] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        now: datetime = self.clock.now
        return now

    def later(self, **parts: float) -> None:
        self.clock.now += timedelta(**parts)

    def person(self, login: str, role: Role, clinic_id: str = "", by: Actor = OPERATOR) -> Member:
        """Somebody added, who has not logged in yet."""
        token, link = self.parts.accounts.setup_link(self.now)
        new = NewMember(self.parts.accounts.new_id(), login, login.title(), role, clinic_id)
        member = self.parts.accounts.staff.add(by, new, link, self.now)
        self.links[login] = token
        return member

    links: dict[str, str] = field(default_factory=dict)

    def ready(self, login: str, role: Role, clinic_id: str = "", by: Actor = OPERATOR) -> Member:
        """Somebody with a password and codes from a phone."""
        member = self.person(login, role, clinic_id, by)
        accounts = self.parts.accounts
        opened = accounts.by_link(self.links[login], PASSWORD, "10.0.0.1", self.now)
        secret, _ = accounts.new_totp()
        self.totp[login] = secret
        accounts.set_totp(member, secret, self.code(login), "10.0.0.1", self.now)
        accounts.finish_setup(opened.token, "10.0.0.1", self.now)
        accounts.sessions.end_all(member, "10.0.0.1", self.now)
        self.later(minutes=1)
        return member

    def code(self, login: str) -> str:
        import base64

        return pyotp.TOTP(base64.b32encode(self.totp[login]).decode()).at(self.now)

    def log_in(self, login: str) -> Opened:
        """All the way."""
        accounts = self.parts.accounts
        half = accounts.by_password(login, PASSWORD, "10.0.0.1", self.now)
        opened = accounts.by_code(half.token, self.code(login), "10.0.0.1", self.now)
        self.later(minutes=1)
        return opened

    def clinic(self, name: str) -> str:
        """A clinic that two people approved."""
        made = self.parts.clinics.enter(OPERATOR, self.parts.accounts.new_id(), name, name, "{}", self.now)
        for login in ("dora", "dan"):
            found = self.parts.accounts.staff.with_password(login)
            member = found[0] if found else self.ready(login, "department")
            self.parts.clinics.approve(member.actor(), made.id, self.now)
        return made.id

    def audited(self) -> list[str]:
        """The actions in the audit log, oldest first."""
        with reading(self.engine) as connection:
            return list(connection.scalars(select(audit_entry.c.action).order_by(audit_entry.c.seq)))

    def browser(self, login: str = "") -> "Browser":
        browser = Browser(self.app.test_client())
        if login:
            browser.client.set_cookie("session", self.log_in(login).token)
        return browser


@dataclass
class Browser:
    """A browser that reads forms before it sends them."""

    client: Any

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def send(self, path: str, at: str = "", **typed: Any) -> Any:
        """POST with the form token of a page."""
        token = self.token(at or path)
        return self.client.post(path, data={**typed, "csrf_token": token})

    def token(self, page: str) -> str:
        text = self.client.get(page).get_data(as_text=True)
        return str(text.partition('name="csrf_token" value="')[2].partition('"')[0])


def build(url: str, clock: Callable[[], datetime], address: str = ADDRESS, **settings: Any) -> Town:
    """The application these tests drive: the people and rights of the issuer, and nothing else."""
    engine = open_engine(url)
    app = Flask("issuer", static_url_path="/assets/issuer")
    app.request_class = pages.InMemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    pages.install(app, service=pages.Service("Harbour Health"))
    chosen = StaffSettings("Harbour Health", address, SECRET, API_TOKEN, cost=CHEAP, **settings)
    outside = Outside(clock, os.urandom, verify_assertion, lambda _: b"", check_key_set)
    town = Town(engine, app, install_staff(app, engine, chosen, outside), clock)
    check_rules(app)
    return town


@pytest.fixture
def town_on(clock: Callable[[], datetime]) -> Iterator[Callable[..., Town]]:
    towns = []

    def make(url: str, **settings: Any) -> Town:
        towns.append(build(url, clock, **settings))
        return towns[-1]

    yield make
    for town in towns:
        town.engine.dispose()


@pytest.fixture
def town(town_on: Callable[..., Town], database: str) -> Town:
    """On each kind of database."""
    return town_on(database)


@pytest.fixture
def local_town(town_on: Callable[..., Town], sqlite_database: str) -> Town:
    """On SQLite, where the database does not matter."""
    return town_on(sqlite_database)


@pytest.fixture
def hashed() -> Callable[[str], str]:
    return digest


@pytest.fixture
def link() -> Callable[[datetime], Link]:
    return lambda ends_at: Link(digest(os.urandom(8).hex()), ends_at)
