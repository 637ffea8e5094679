"""People with records and contacts, the use cases, and what was sent, without a network."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, select, update

from issuer.getting_in.chores import ResidentChores
from issuer.getting_in.contacts import ContactBook, contact_ended
from issuer.getting_in.desk import FrontDesk
from issuer.getting_in.knocking import Knocks
from issuer.getting_in.messages import MessageSettings, office_of
from issuer.getting_in.results import Asked, Begun
from issuer.getting_in.setting import Setting
from issuer.getting_in.telling import Teller
from issuer.getting_in.terms import Terms
from issuer.getting_in.ways import Ways
from issuer.intake.proposal import Demographics, Dose, Name, Proposal
from issuer.models import clinic, person
from issuer.models.residents import contact
from issuer.rights import Actor
from issuer.service import IssuerService
from issuer.store.residents import ResidentStore
from outreach.delivering import deliver_some
from outreach.messages import Outgoing
from outreach.results import Accepted, Result

CLINIC = "c" * 32
NURSE = Actor("staff:nurse", "vaccinator", CLINIC)
STRANGER = Actor("staff:stranger", "vaccinator", "d" * 32)
HELPDESK = Actor("staff:helpdesk", "helpdesk")
BORN = "1987-06-05"
PHONE, MAIL = "+15550100123", "wilhelmina@mail.example"
HERE = "192.0.2.7"
ADDRESS = "https://cards.example.gov"


@dataclass
class Outbox:
    """A channel that keeps what was sent."""

    sent: list[Outgoing] = field(default_factory=list)

    @contextmanager
    def line(self) -> Iterator["Outbox"]:
        yield self

    def send(self, outgoing: Outgoing) -> Result:
        self.sent.append(outgoing)
        return Accepted("kept")


@dataclass
class World:
    """One department with one clinic."""

    service: IssuerService
    engine: Engine
    setting: Setting
    now: datetime
    email: Outbox = field(default_factory=Outbox)
    sms: Outbox = field(default_factory=Outbox)
    chores: ResidentChores = field(init=False)

    def __post_init__(self) -> None:
        self.ways, self.knocks = Ways(self.setting), Knocks(self.setting)
        self.book, self.desk = ContactBook(self.setting), FrontDesk(self.setting)
        self.chores = ResidentChores(self.setting)
        with self.engine.begin() as connection:
            for name, clinic_id in (("Harbour", CLINIC), ("Hill", STRANGER.clinic_id)):
                values = {"id": clinic_id, "name": name, "public_name": name, "state": "live", "details": "{}"}
                connection.execute(insert(clinic).values(created_at=self.now, **values))

    # ---- What happens ------------------------------------------------------------------------------------------------

    def record(self, who: Demographics, code: str = "208", day: str = "2026-11-19", *, sign: bool = False) -> str:
        """A dose; the person's id."""
        proposal = Proposal(who, Dose(code, day))
        done = self.service.intake.submit(NURSE, CLINIC, [proposal], self.now, door="form", sign=sign)
        assert done.outcomes[0].record_id, done.outcomes
        return done.outcomes[0].person_id

    def somebody(self, *typed: str, **changes: Any) -> str:
        """A person with a dose, and confirmed contacts."""
        who = self.record(somebody(**changes))
        for one in typed:
            self.confirmed(who, one)
        return who

    def confirmed(self, who: str, typed: str) -> str:
        """A contact that a nurse confirmed; its id."""
        found = self.book.add(NURSE, who, typed, self.now)
        self.book.confirm(NURSE, who, found.id, self.now)
        return found.id

    def settled(self) -> None:
        """Workers did all there was to do, and servers took all there was to send."""
        self.turn(minutes=2)
        self.chores(self.now)
        self.deliver()

    def answered(self) -> None:
        """Knocks are answered at once."""
        self.turn(seconds=3)
        self.knocks.answer(self.now)
        self.deliver()

    def deliver(self) -> None:
        channels: Any = {"email": self.email, "sms": self.sms}
        begin: Callable[[], AbstractContextManager[Any]] = self.setting.store.writing
        deliver_some(
            begin, self.setting.office, channels, lambda: self.now, random.random, self.setting.new_id, contact_ended
        )

    def turn(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now

    def protect(self, who: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(update(person).where(person.c.id == who).values(protected=True, protected_at=self.now))

    # ---- What can be seen --------------------------------------------------------------------------------------------

    @property
    def sent(self) -> int:
        return len(self.email.sent) + len(self.sms.sent)

    def links(self, outbox: Outbox | None = None) -> list[str]:
        """Tokens that came, the oldest first."""
        texts = [self.text(one) for one in (outbox or self.sms).sent]
        return [word.rpartition("/r/")[2] for text in texts for word in text.split() if "/r/" in word]

    def stop_token(self) -> str:
        words = [word for word in self.text(self.sms.sent[-1]).split() if "/n/" in word]
        return words[-1].rpartition("/n/")[2]

    def text(self, outgoing: Outgoing) -> str:
        text: Any = outgoing.text
        return str(text.text if hasattr(text, "text") else text.plain)

    def knock(self, name: str, contact_typed: str, born: str = BORN, origin: str = HERE) -> None:
        self.knocks.knock(Asked(name, born, contact_typed, "en"), self.now, origin)

    def enter(self, token: str, born: str = BORN, origin: str = HERE) -> Any:
        return self.ways.enter(token, born, self.now, origin)

    def begun(self, token: str, born: str = BORN) -> Begun:
        done = self.enter(token, born)
        assert isinstance(done, Begun), done
        return done

    def contact_rows(self) -> list[Any]:
        with self.engine.begin() as connection:
            return list(connection.execute(select(contact).order_by(contact.c.address)))

    def count(self, table: Any) -> int:
        with self.engine.begin() as connection:
            return len(connection.execute(select(table)).all())


def somebody(
    family: str = "Quasimodo",
    given: tuple[str, ...] = ("Wilhelmina",),
    born: str = BORN,
    phones: tuple[str, ...] = (),
    emails: tuple[str, ...] = (),
    aliases: tuple[Name, ...] = (),
    text: str = "",
) -> Demographics:
    return Demographics(Name(family, given, text=text), born, phones=phones, emails=emails, aliases=aliases)


def make_world(service: IssuerService, engine: Engine, now: datetime, **terms: Any) -> World:
    """Both channels, no quiet hours in the way: it is noon in New York."""
    both = MessageSettings(gateway="https://gateway.example/messages", gateway_token="t" * 20)
    office = office_of(both, "Department of Health", ADDRESS, "America/New_York", b"o" * 32)
    channels = frozenset({"email", "sms"})
    setting = Setting(ResidentStore(engine), office, channels, b"s" * 32, os.urandom, ADDRESS, Terms(**terms))
    return World(service, engine, setting, now)


def teller(world: World) -> Teller:
    """Another worker, with nothing in its memory."""
    return Teller(world.setting)
