"""One issuer with two clinics over an SQLite file that is made new for each case and door; and what stands in it.

site = DoorSite(folder)
site.begin()                        # as it was before the first case
before = site.standing() ...        # what a door did is told by the tables, not by the door
"""

import base64
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyotp
from sqlalchemy import select, update

from issuer.app import create_app
from issuer.db import open_engine, reading, upgrade, writing
from issuer.intake.events import read_event
from issuer.intake.proposal import Demographics, Dose
from issuer.models import clinic, person, record, review
from issuer.persons import read_demographics
from issuer.rights import Actor, Role
from issuer.settings import Settings
from issuer.staff.passwords import Cost
from issuer.staff.people import ClientDetails, NewMember
from issuer.staff.tokens import digest
from issuer.store.staff_clients import ClientStore
from issuer.store.staff_clinics import ClinicStore
from issuer.web.staff import make_accounts
from keys.store import KeyStore
from tests.shows.door_cases import OTHER_CLINIC, OWN_CLINIC, Step, Where

NOW: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ADDRESS: Final = "http://localhost"
CHEAP: Final = Cost(memory_kib=8, iterations=1, lanes=1)
SECRET: Final = b"s" * 32
OPERATOR: Final = Actor("operator", "operator")
CLINICS: Final[Mapping[Where, str]] = {"own": OWN_CLINIC, "other": OTHER_CLINIC}
FACILITIES: Final[Mapping[Where, str]] = {"own": "HARBOUR", "other": "HILL"}
DETAILS: Final = '{"time_zone": "America/New_York"}'
SCOPES: Final = ("system/Immunization.cruds", "system/Observation.cruds", "system/Patient.crus")
_SAID: Final = ("name", "birth_date", "sex", "died_on", "protected", "birth_order", "multiple_birth", "mother_maiden")


class Clock:
    """The time it is told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Standing:
    """What stands in the tables, with nothing in it that differs by chance (ids, moments)."""

    records: tuple[tuple[Any, ...], ...] = field(repr=False)
    """Whose, clinic, kind, code, day, lot, status, source, unsigned_because, marks, version, and all that was said."""
    persons: tuple[str, ...] = field(repr=False)
    reviews: tuple[tuple[int, str], ...]


@dataclass
class DoorSite:
    """The whole application of `issuer.app`, people and systems of two clinics, and the file they stand in."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    tokens: dict[tuple[str, Where], str] = field(default_factory=dict)
    """(role, clinic) -> a session's token, or a system's access token."""
    numbered: dict[str, str] = field(default_factory=dict)
    """A sender's number of a dose -> the record it became: what the answer said to whoever sent it."""

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.path = self.folder / "issuer.db"
        url = f"sqlite:///{self.path}"
        upgrade(url)
        keystore = KeyStore(self.folder / "keys", b"k" * 32)
        keystore.generate(NOW)
        secrets = ("t" * 40, b"r" * 32, b"a" * 32, SECRET)
        self.imports = self.folder / "imports"
        self.imports.mkdir()
        settings = Settings("https://state.example/issuer", "Harbour Health", ADDRESS, url, *secrets, self.imports)
        self.app = create_app(settings, keystore, self.clock, os.urandom, cost=CHEAP)
        self.service = self.app.extensions["issuer"]
        self.engine = open_engine(url)
        self._fill()
        self._template = self.folder / "template.db"
        with self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(self.path, self._template)

    def begin(self) -> None:
        """A fresh database."""
        for ending in ("-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        shutil.copyfile(self._template, self.path)
        self.clock.now = NOW
        self.numbered = {}

    def later(self) -> None:
        """A moment passes between two messages."""
        self.clock.now += timedelta(seconds=2)

    # ---- People and systems -----------------------------------------------------------------------------------------

    def _fill(self) -> None:
        clinics, now = ClinicStore(self.engine), self.clock.now
        for where, name in (("own", "Harbour Clinic"), ("other", "Hill Clinic")):
            clinics.enter(OPERATOR, CLINICS[where], name, name, DETAILS, now)  # type: ignore[index]
        with writing(self.engine) as connection:
            connection.execute(update(clinic).values(state="live"))
        for where in CLINICS:
            for role in ("vaccinator", "manager"):
                self.tokens[role, where] = self.member(f"{role}-{where}", role, CLINICS[where])  # type: ignore[arg-type]
            self.tokens["system", where] = self._system(where)

    def member(self, login: str, role: Role, clinic_id: str = "") -> str:
        """Somebody with a password and codes from a phone, logged in; the session's token."""
        accounts, now = make_accounts(self.engine, SECRET, os.urandom, CHEAP), self.clock.now
        token, link = accounts.setup_link(now)
        new = NewMember(accounts.new_id(), login, login.title(), role, clinic_id)
        made = accounts.staff.add(OPERATOR, new, link, now)
        opened = accounts.by_link(token, "four words in a row", "127.0.0.1", now)
        secret, _ = accounts.new_totp()
        code = pyotp.TOTP(base64.b32encode(secret).decode()).at(now)
        accounts.set_totp(made, secret, code, "127.0.0.1", now)
        return accounts.finish_setup(opened.token, "127.0.0.1", now).token

    def _system(self, where: Where) -> str:
        clients, now, token = ClientStore(self.engine), self.clock.now, f"token of {where}"
        details = ClientDetails(f"EHR {where}", facilities={FACILITIES[where]: CLINICS[where]})
        made = clients.add(OPERATOR, CLINICS[where][::-1], CLINICS[where], details, now)
        clients.put_token(made, digest(token), SCOPES, now + timedelta(days=9), "", now)
        return token

    def actor(self, role: Role, where: Where) -> Actor:
        """A member of staff or a system of a clinic."""
        return Actor(f"client:{CLINICS[where]}", role, CLINICS[where])

    # ---- What stands ------------------------------------------------------------------------------------------------

    def versions(self) -> dict[str, tuple[str, int]]:
        """Status and version of each record by its id."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(record.c.id, record.c.status, record.c.version))
            return {row.id: (row.status, row.version) for row in rows}

    def meant(self, step: Step, where: Where) -> str:
        """The record that a step is about, as its sender knows it: by the number that was answered when it was sent,
        else by product and day among the clinic's own, else anybody's. "" where there is none."""
        if step.event is None or step.event_id in self.numbered:
            return self.numbered.get(step.event_id, "")
        day = step.event.day if isinstance(step.event, Dose) else step.event.time
        chosen = select(record.c.id).where(record.c.code == step.event.code, record.c.day == day[:10])
        own_first = (record.c.clinic_id != CLINICS[where], record.c.status == "deleted", record.c.recorded_at)
        with reading(self.engine) as connection:
            return connection.scalar(chosen.order_by(*own_first).limit(1)) or ""

    def standing(self) -> Standing:
        """Everything that was decided."""
        with reading(self.engine) as connection:
            people = {row.id: _who(read_demographics(row.demographics)) for row in connection.execute(select(person))}
            records = tuple(sorted(_line(row, people) for row in connection.execute(select(record))))
            reviews = tuple(sorted((row.score, row.reasons) for row in connection.execute(select(review))))
        return Standing(records, tuple(sorted(people.values())), reviews)


def _who(found: Demographics) -> str:
    said = {name: value for name, value in asdict(found).items() if name in _SAID}
    return repr(said)


def _line(row: Any, people: Mapping[str, str]) -> tuple[Any, ...]:
    said = asdict(read_event(row.kind, row.resource).event) | {"performer": ""}
    where = next(name for name, clinic_id in CLINICS.items() if clinic_id == row.clinic_id)
    columns = (row.kind, row.code, row.day, row.lot, row.status, row.source, row.unsigned_because, row.marks)
    return (people[row.person_id], where, *columns, str(row.version), repr(sorted(said.items())))
