"""Two persons who may be one, recorded through the intake, and the department that decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from issuer.db import open_engine
from issuer.intake.proposal import Demographics, Dose, Identifier, Name, Proposal
from issuer.merging.service import Merging
from issuer.models import card, clinic, person, person_key, record, review
from issuer.rights import Actor
from issuer.service import IssuerService

DEPARTMENT = Actor("staff:department", "department")
HOUR = timedelta(hours=1)


@dataclass
class Desk:
    """A service, its clinics, and the use cases of the review page."""

    service: IssuerService
    engine: Engine
    now: datetime
    department: Actor = DEPARTMENT
    clinics: dict[str, Actor] = field(default_factory=dict)

    @property
    def merging(self) -> Merging:
        return Merging(self.service.store, self.service.maker(), self.service.random)

    def clinic(self, name: str) -> str:
        """A live clinic; its id."""
        clinic_id = name.encode().hex().ljust(32, "0")[:32]
        values = {"id": clinic_id, "name": name, "public_name": name, "state": "live", "details": "{}"}
        with self.engine.begin() as connection:
            connection.execute(insert(clinic).values(created_at=self.now, **values))
        self.clinics[clinic_id] = Actor(f"client:{name}", "system", clinic_id)
        return clinic_id

    def send(self, clinic_id: str, who: Demographics, *doses: Dose, ids: Sequence[str] = (), **more: Any) -> list[Any]:
        """Outcomes of doses of one person, sent one by one; `ids` are the sender's own."""
        self.now += timedelta(minutes=1)
        names = list(ids) or [""] * len(doses)
        return [
            self.service.intake.submit(
                self.clinics[clinic_id],
                clinic_id,
                [Proposal(who, dose, event_id=name)],
                self.now,
                door="hl7",
                sign=more.get("sign", True),
            ).outcomes[0]
            for dose, name in zip(doses, names, strict=True)
        ]

    def ask(self, newer: str, older: str) -> str:
        """A review of two persons; its id."""
        review_id = f"review{newer}"[:32]
        values = {
            "id": review_id,
            "newer": newer,
            "older": older,
            "score": 60,
            "reasons": "family-same",
            "state": "open",
        }
        with self.engine.begin() as connection:
            connection.execute(insert(review).values(opened_at=self.now, **values))
        return review_id

    def rows(self, *, cards: bool = False) -> dict[str, Any]:
        """Everything a merge may change."""
        tables = (person, person_key, record, *((card,) if cards else ()))
        with self.engine.begin() as connection:
            return {
                table.name: sorted(
                    (tuple(map(str, row)) for row in connection.execute(select(table))),
                )
                for table in tables
            }


def person_of(
    given: str = "Wilhelmina", family: str = "Quasimodo", born: str = "1987-06-05", **more: Any
) -> Demographics:
    return Demographics(Name(family, (given,)), born, **more)


def chart(number: str, authority: str = "HARBOUR", **more: Any) -> Demographics:
    """Somebody with a chart number."""
    return person_of(identifiers=(Identifier(authority, number, "MR"),), **more)


class People:
    """The makers above, for test modules."""

    person = staticmethod(person_of)
    chart = staticmethod(chart)


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def desk(service: IssuerService, database: str, made: Any) -> Iterator[Desk]:
    engine = open_engine(database)
    yield Desk(service, engine, made.now)
    engine.dispose()
