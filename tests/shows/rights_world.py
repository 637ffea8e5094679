"""Two clinics at work, with something of every kind in each, and somebody of every role: to walk over all routes."""

import io
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Table, insert, select

from cards.encoding import write_json
from issuer.bulk.beginning import begin
from issuer.db import reading, writing
from issuer.intake.proposal import Demographics, Dose, Name, Proposal, Result
from issuer.merging.service import Merging
from issuer.models import review
from issuer.models.base import metadata
from issuer.models.imports import waiting_row
from issuer.models.staff import staff_session
from issuer.putting_right.searching import Search
from issuer.putting_right.withdrawing import Withdrawals
from issuer.rights import Actor, Role
from issuer.staff.people import NewMember
from issuer.staff.tokens import digest
from issuer.store.import_rows import waiting_values
from issuer.store.imports import ImportStore
from issuer.tables.books import Waiting
from issuer.tables.mapping import suggest
from issuer.tables.reading import look
from issuer.web.rules import Route
from issuer.web.staff import make_accounts
from tests.issuer.staff.rights_matrix import Person
from tests.shows.door_cases import Where
from tests.shows.door_site import CHEAP, CLINICS, NOW, OPERATOR, SECRET, DoorSite

FAMILIES: Final[Mapping[Where, str]] = {"own": "Zarubabel", "other": "Quintavalle"}
"""Family names of each clinic's patients: they stand nowhere else, and nobody of the other clinic may read them."""
LOTS: Final[Mapping[Where, str]] = {"own": "ZARU77", "other": "QUIN77"}
DEPARTMENT: Final = Actor("staff:show", "department")
_CSV: Final = "family_name,given_names,birth_date,product,date\nMisspelt,,1990-01-01,208,2021-03-01\n"
_MADE_BY_HAND: Final[Mapping[str, tuple[str, dict[str, str]]]] = {
    "lot_id": ("lot", {"lot": "L1", "code": "208"}),
    "recall_id": ("lot_recall", {"lot": "L2", "code": "208"}),
    "hold_id": ("hold", {"state": "open", "reasons": "[]"}),
    "drive_id": ("drive", {"state": "announced"}),
}
_REQUEST: Final = {
    "kind": "search",
    "criteria": '["", "", "NOWHERE", "", ""]',
    "state": "asked",
    "reason_code": "outbreak",
}
_QUIET: Final = frozenset(
    {
        "audit_entry",
        "audit_seal",
        "login_attempt",
        "passkey_challenge",
        "event",
        "delivery",
        "column_mapping",
    }
)
"""What a refused request may write: that it was refused, and that somebody was here."""


@dataclass
class RightsWorld:
    """The application of `DoorSite` with objects in it."""

    site: DoorSite
    samples: dict[Where, dict[str, str]] = field(default_factory=dict)
    """By clinic: argument, or endpoint.argument -> an id that is there."""
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for role, count in (("department", 2), ("helpdesk", 1), ("auditor", 1)):
            for number in range(count):
                self.tokens[f"{role}{number or ''}"] = self.site.member(f"{role}-{number}", role)  # type: ignore[arg-type]
        shared = self._shared()
        for where in CLINICS:
            self.samples[where] = {**shared, **self._of(where)}

    # ---- Who asks ---------------------------------------------------------------------------------------------------

    def people(self, where: Where) -> list[Person]:
        """Everybody, those of a clinic at this one."""
        site = self.site
        found = [self._person("nobody", None)]
        for role in ("vaccinator", "manager"):
            found.append(self._visiting(self._person(role, role, site.tokens[role, where]), where))  # type: ignore[arg-type]
        found += [self._person(role, role, self.tokens[role]) for role in ("department", "helpdesk", "auditor")]
        found.append(self._program("token:operator", "operator", "t" * 40))
        found.append(self._program("token:system", "system", site.tokens["system", where]))
        return found

    def _person(self, who: str, role: Role | None, token: str = "") -> Person:
        client = self.site.app.test_client()
        if token:
            client.set_cookie("session", token)

        def csrf() -> str:
            text: str = client.get("/login").get_data(as_text=True)
            return text.partition('name="csrf_token" value="')[2].partition('"')[0]

        return Person(who, role, client, {}, csrf)

    def _visiting(self, person: Person, where: Where) -> Person:
        """Somebody who has come in as a patient of the clinic's, too."""
        token = self.site.service.make_link(self.samples[where]["person_id"], NOW)
        year, month, day = _patient(where).birth_date.split("-")
        typed = {"born_year": year, "born_month": month, "born_day": day, "csrf_token": person.csrf()}
        came = person.client.post(f"/r/{token}", data=typed)
        assert came.headers.get("Location") == "/my"
        return person

    def _program(self, who: str, role: Role, token: str) -> Person:
        client = Program(self.site.app.test_client())
        return Person(who, role, client, {"Authorization": f"Bearer {token}"}, lambda: "")

    # ---- What there is ----------------------------------------------------------------------------------------------

    def _shared(self) -> dict[str, str]:
        """What belongs to no clinic, or to the department."""
        service, site = self.site.service, self.site
        first, second = (self._review("own", f"19{year}-04-04") for year in (70, 71))
        merging = Merging(service.store, service.maker(), service.random)
        with reading(site.engine) as connection:
            survivor = connection.scalar(select(review.c.newer).where(review.c.id == first))
        merge_id = merging.merge(DEPARTMENT, first, str(survivor), NOW)
        withdrawals = Withdrawals(service.store, service.maker(), service.random)
        search = Search(lot="NOWHERE")
        digest = withdrawals.find(DEPARTMENT, search, NOW).digest
        return {
            "review_id": second,
            "merge_id": merge_id,
            "withdrawal_id": withdrawals.take_back(DEPARTMENT, search, "withdrawn", "a show", NOW, digest),
            "webhook_id": self._row("webhook"),
            "request_id": self._row("two_people", **_REQUEST),
            "filename": "passkey.js",
            "pages.static.filename": "pages.css",
            "kid": service.keys.published()[0].kid,
            "form": "csv",
            "use": "dose",
        }

    def _of(self, where: Where) -> dict[str, str]:
        dose_id, person_id = self._recorded(where, Dose("208", "2021-03-01", lot=LOTS[where]))
        asked_id, _ = self._recorded(where, Dose("208", "2021-03-02", lot=LOTS[where]))
        test_id, _ = self._recorded(where, Result("94500-6", "2022-01-02T10:00:00-05:00", value_code="260415000"))
        service = self.site.service
        card_id = service.cards_of_person(person_id, NOW)[0].id
        member, link = self._member(where)
        by_hand = {
            name: self._row(table, **known, clinic_id=CLINICS[where]) for name, (table, known) in _MADE_BY_HAND.items()
        }
        at_desk, _ = self._submitted(
            where, replace(_patient(where), birth_date="1977-07-07"), Dose("207", "2021-03-01")
        )[::-1]
        return by_hand | {
            "clinic_id": CLINICS[where],
            "staff_id": member,
            "client_id": CLINICS[where][::-1],
            "session_id": self._session(where),
            "credential_id": "x",
            "person_id": person_id,
            "patient_id": person_id,
            "record_id": dose_id,
            "fhir.read_observation.record_id": test_id,
            "fhir.update_observation.record_id": test_id,
            "fhir.delete_observation.record_id": test_id,
            "questions.correct.record_id": asked_id,
            "questions.put_right.record_id": asked_id,
            **{f"clinic_patients.{name}.person_id": at_desk for name in ("patient", "cards_pdf", "link")},
            "card_id": card_id,
            "token": service.make_link(person_id, NOW),
            "login.ask_setup.token": link,
            "login.answer_setup.token": link,
            "job_id": self._import(where),
            "row": "3",
            "rest": "cards",
            "share_id": "0" * 32,
            "number": "0",
            "ticket": "x",
            "upload_id": self._upload(where),
        }

    def _recorded(self, where: Where, event: Dose | Result) -> tuple[str, str]:
        """(record, person) of a patient of the clinic's."""
        return self._submitted(where, _patient(where), event)

    def _submitted(self, where: Where, person: Demographics, event: Dose | Result) -> tuple[str, str]:
        actor = self.site.actor("system", where)
        done = self.site.service.intake.submit(
            actor, CLINICS[where], [Proposal(person, event)], NOW, door="api", sign=True
        ).outcomes[0]
        return done.record_id, done.person_id

    def _review(self, where: Where, born: str) -> str:
        """Two of whom nobody can tell whether they are one."""
        for number, family in enumerate(("Wexelford", "Wexelfort")):
            who = Demographics(Name(family, ("Berengaria",)), born, "female")
            self._submitted(where, who, Dose("208", f"2021-05-0{number + 1}"))
        with reading(self.site.engine) as connection:
            ids = connection.scalars(select(review.c.id).order_by(review.c.opened_at)).all()
        return str(ids[-1])

    def _member(self, where: Where) -> tuple[str, str]:
        """Somebody of the clinic who is not among those who ask, and the link by which they set up."""
        accounts = make_accounts(self.site.engine, SECRET, os.urandom, CHEAP)
        token, link = accounts.setup_link(NOW)
        new = NewMember(accounts.new_id(), f"{FAMILIES[where]}-nurse", "Nurse", "vaccinator", CLINICS[where])
        return accounts.staff.add(OPERATOR, new, link, NOW).id, token

    def _session(self, where: Where) -> str:
        """A session of somebody of the clinic who is not among those who ask."""
        token = self.site.member(f"second-{where}", "vaccinator", CLINICS[where])
        chosen = select(staff_session.c.id).where(staff_session.c.token_hash == digest(token))
        with reading(self.site.engine) as connection:
            return str(connection.scalar(chosen))

    def _import(self, where: Where) -> str:
        path = self.site.imports / f"import-{where}.csv"
        path.write_text(_CSV)
        with path.open("rb") as file:
            mapping = suggest(look(file).header).mapping
        actor = self.site.actor("manager", where)
        imports = ImportStore(self.site.engine)
        job_id = begin(imports, actor, CLINICS[where], path, mapping, "on-demand", lambda: os.urandom(16).hex(), NOW)
        waits = Waiting(3, {}, (("birth-date-missing", "person.birth_date"),))
        with writing(self.site.engine) as connection:
            connection.execute(insert(waiting_row).values(waiting_values(job_id, waits, NOW)))
        return job_id

    def _upload(self, where: Where) -> str:
        manager = self._person("manager", "manager", self.site.tokens["manager", where])
        file = (io.BytesIO(_CSV.encode()), "a.csv")
        answer = manager.client.post("/clinic/imports", data={"csrf_token": manager.csrf(), "file": file})
        return str(answer.headers["Location"]).rpartition("/")[2]

    def _row(self, name: str, **known: str) -> str:
        """A row of a table made by hand, every column filled; "" where the table is not there."""
        table = metadata.tables.get(name)
        if table is None:
            return "0" * 32
        values = {column.name: _filling(column) for column in table.columns if not column.nullable}
        values |= {key: value for key, value in known.items() if key in table.columns}
        values |= {"id": os.urandom(16).hex()}
        with writing(self.site.engine) as connection:
            connection.execute(insert(table).values(values))
        return str(values["id"])

    # ---- What changed -----------------------------------------------------------------------------------------------

    def rows(self) -> dict[str, int]:
        """A number for the content of each table: another one when anything in it changes."""
        with reading(self.site.engine) as connection:
            return {
                table.name: _content(connection, table) for table in metadata.sorted_tables if table.name not in _QUIET
            }


def _patient(where: Where) -> Demographics:
    return Demographics(Name(FAMILIES[where], ("Ada",)), "1980-05-05" if where == "own" else "1981-06-06", "female")


def _content(connection: Any, table: Table) -> int:
    columns = [column for column in table.columns if column.name != "seen_at"]  # being here is no change
    return hash(frozenset(tuple(row) for row in connection.execute(select(*columns))))


def _filling(column: Any) -> Any:
    kind = column.type.python_type if column.type.__class__.__name__ != "UtcDateTime" else None
    if kind is None:
        return NOW
    return {str: "", int: 0, bool: True, bytes: b"{}"}.get(kind, "")


@dataclass(frozen=True)
class Program:
    """A client that sends to each door what that door reads, whatever it was given."""

    client: Any

    def open(self, path: str, method: str = "GET", **more: Any) -> Any:
        """As of Flask's test client."""
        if method not in ("GET", "HEAD", "DELETE"):
            more |= content_for(path)
        return self.client.open(path, method=method, **more)


def content_for(path: str) -> dict[str, Any]:
    """A body that the route at a path would take from whoever may; {} for pages."""
    parts = path.strip("/").split("/")
    if parts[0] == "fhir":
        return {"data": write_json(_fhir(parts[1:])), "content_type": "application/fhir+json"}
    if parts[-1] == "records" and parts[0] == "api":
        return {"data": write_json(_bundle()), "content_type": "application/fhir+json"}
    if parts[0] == "api":
        return {"data": write_json({"reason": "entered-in-error"}), "content_type": "application/json"}
    if parts[0] == "hl7":
        return {"data": b"MSH|^~\\&|EHR|NOWHERE", "content_type": "application/hl7-v2"}
    return {}


def _fhir(parts: list[str]) -> dict[str, Any]:
    if not parts:
        return _bundle()
    if parts[-1] == "$health-cards-issue":
        return {"resourceType": "Parameters", "parameter": [{"name": "credentialType", "valueUri": "Immunization"}]}
    found: dict[str, Any] = {"resourceType": parts[0], **({"id": parts[1]} if len(parts) > 1 else {})}
    if parts[0] == "Patient":
        return found | _ELSE
    about = {"reference": "#p"}, {"contained": [{"resourceType": "Patient", "id": "p", **_ELSE}]}
    if parts[0] == "Observation":
        code = {"coding": [{"system": "http://loinc.org", "code": "94500-6"}]}
        more = {"status": "final", "code": code, "subject": about[0], "effectiveDateTime": "2022-01-02T10:00:00-05:00"}
        return found | more | about[1] | {"valueString": "taken"}
    return found | about[1] | _dose("#p")


_ELSE: Final = {"name": [{"family": "Else", "given": ["Sam"]}], "birthDate": "1966-06-06"}


def _dose(whose: str) -> dict[str, Any]:
    code = {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "208"}]}
    return {
        "status": "completed",
        "vaccineCode": code,
        "patient": {"reference": whose},
        "occurrenceDateTime": "2021-03-03",
    }


def _bundle() -> dict[str, Any]:
    """A dose of somebody else."""
    where = "urn:uuid:00000000-0000-4000-8000-000000000001"
    post = {"request": {"method": "POST", "url": "Patient"}}, {"request": {"method": "POST", "url": "Immunization"}}
    person = {"fullUrl": where, "resource": {"resourceType": "Patient", **_ELSE}, **post[0]}
    dose = {"resource": {"resourceType": "Immunization", **_dose(where)}, **post[1]}
    return {"resourceType": "Bundle", "type": "collection", "entry": [person, dose]}


def objects_in(routes: Sequence[Route]) -> list[tuple[Route, str]]:
    """Routes, and each of their methods, with an argument that names something of a clinic."""
    return [(route, method) for route in routes if OWNED.intersection(route.arguments) for method in route.methods]


OWNED: Final = frozenset(
    {
        "clinic_id", "staff_id", "client_id", "session_id", "person_id", "patient_id", "record_id", "card_id", "job_id",
        "upload_id", "lot_id", "drive_id", "hold_id",
    }
)  # fmt: skip


def shows(text: str, where: Where) -> bool:
    """Whether something of a clinic's patients stands in an answer."""
    return re.search(f"{FAMILIES[where]}|{LOTS[where]}", text) is not None
