"""People with doses of several clinics, recorded through the intake, and whoever puts them right."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from issuer.db import open_engine
from issuer.intake.proposal import Demographics, Dose, Name, Proposal
from issuer.models import clinic
from issuer.models.withdrawals import withdrawal, withdrawn_record
from issuer.rights import Actor
from issuer.service import IssuerService

DEPARTMENT = Actor("staff:department", "department")
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
