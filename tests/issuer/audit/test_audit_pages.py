"""The auditor's pages, and those of webhooks: what they show, and that looking is noted."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, g
from markupsafe import Markup

import pages
from issuer.audit.entry import Entry, Event
from issuer.audit.lines import Filter
from issuer.db import writing
from issuer.models.core import clinic
from issuer.models.staff import client, staff
from issuer.rights import Actor
from issuer.store.events import EventStore, append
from issuer.web.audit import PAGE_LINES, audit_blueprint
from issuer.web.webhooks import webhooks_blueprint
from issuer.webhooks.deliveries import Attempt
from issuer.webhooks.signing import SECRET_PREFIX

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
AUDITOR = Actor("staff:a1", "auditor", "", "192.0.2.9")
PERSON = "0" * 31 + "7"


@dataclass
class Site:
    client: object
    events: EventStore

    def get(self, path, status=200):
        answer = self.client.get(path)
        assert answer.status_code == status
        return answer.get_data(as_text=True)

    def post(self, path, status=303, **content):
        answer = self.client.post(path, data=content)
        assert answer.status_code == status
        return answer.get_data(as_text=True)


@pytest.fixture
def site(log, engine) -> Site:
    """The two blueprints alone: who comes in is the rules' business and tested there."""
    app = Flask("issuer")
    events = EventStore(engine)
    pages.install(app, service=pages.Service("Harbour Health"))
    app.jinja_env.globals["csrf_field"] = lambda: Markup("")
    app.before_request(lambda: setattr(g, "actor", AUDITOR))
    app.register_blueprint(audit_blueprint(log, lambda: NOW))
    app.register_blueprint(
        webhooks_blueprint(events, lambda secret, owner: b"sealed", lambda: NOW, lambda n: b"\1" * n)
    )
    return Site(app.test_client(), events)


def test_the_log_is_shown_in_words_and_looking_is_noted(site, log, entry):
    log.note([entry(1, reason="asked at the desk"), entry(2, action="person.open")])
    page = site.get("/audit")
    assert "Opened a person’s whole history" in page
    assert "asked at the desk" in page
    assert page.index("person.open") < page.index("asked at the desk")
    newest = log.entries(Filter())[0]
    assert (newest.actor, newest.action, newest.detail) == ("staff:a1", "audit.search", '{"by":"all"}')


def test_filtering(site, log, entry):
    log.note([entry(1), entry(2, action="person.open", person_id=PERSON), entry(90_000, action="card.issue")])
    assert "Issued a card" not in site.get("/audit?until=2026-11-20").split("<table")[1]
    assert "Issued a card" in site.get("/audit?since=2026-11-21").split("<table")[1]
    table = site.get(f"/audit?person_id={PERSON}").split("<table")[1]
    assert "Opened a person" in table
    assert "Recorded a dose" not in table
    assert "Nothing was done that fits" in site.get("/audit?action=lot.waste")
    assert log.entries(Filter(action="audit.search", person_id=PERSON))


def test_paging(site, log, entry):
    log.note([entry(number) for number in range(PAGE_LINES + 1)])
    page = site.get("/audit?actor=staff:n1")
    assert ">r50<" in page
    assert ">r0<" not in page
    link = next(part.split('"')[0] for part in page.split('href="') if "after=" in part.split('"')[0])
    page = site.get(link.replace("&amp;", "&"))
    assert ">r0<" in page
    assert "Older entries" not in page


def test_the_last_day_there_is(site):
    site.get("/audit?since=9999-12-31&until=9999-12-31")


@pytest.mark.parametrize("query", ["since=yesterday", "until=2026-13-01", "person_id=Smith"])
def test_what_cannot_be_looked_for_is_said_at_the_field(site, query):
    for path in ("/audit", "/audit/export.csv"):
        page = site.get(f"{path}?{query}", 422)
        assert "There is something to mend" in page


def test_odd_page_numbers_show_the_first_page(site, log, entry):
    log.note([entry(1)])
    for after in ("x", "-1", "9" * 30, "²"):
        assert ">r1<" in site.get(f"/audit?after={after}")


def test_the_export_is_harmless_in_a_spreadsheet_and_noted(site, log, entry):
    log.note([entry(1, reason="=HYPERLINK(0)"), entry(2, reason="plain, with comma"), entry(3, reason="@x")])
    rows = list(csv.DictReader(io.StringIO(site.get("/audit/export.csv?actor=staff:n1"))))
    assert [row["reason"] for row in rows] == ["'=HYPERLINK(0)", "plain, with comma", "'@x"]
    assert [row["object_id"] for row in rows] == ["r1", "r2", "r3"]
    assert log.entries(Filter(action="audit.export"))[0].detail == '{"by":"actor"}'


def test_people_systems_and_clinics_are_named_and_nobody_else(site, log, entry, engine):
    people = {"login": "n", "role": "vaccinator", "totp_step": 0, "active": True, "linked_by": "", "created_at": NOW}
    named = {"jwks": None, "scopes": "", "facilities": "{}", "active": True, "created_at": NOW}
    with writing(engine) as connection:
        where = {"public_name": "P", "details": "{}", "state": "live", "created_at": NOW}
        connection.execute(clinic.insert().values(id="c1", name="=Harbour", **where))
        connection.execute(staff.insert().values(id="n1", name="Nora Quay", clinic_id="c1", **people))
        connection.execute(client.insert().values(id="s1", name="Hill EHR", clinic_id="c1", **named))
    by_system = Actor("client:s1", "system", "c1")
    log.note([entry(1), entry(2, actor=by_system), entry(3, object_kind="clinic", object_id="c1")])
    log.note([entry(4, actor=Actor("staff:gone", "auditor"))])
    page = site.get("/audit")
    for words in ("<strong>Nora Quay</strong>", "<strong>Hill EHR</strong>", "clinic <strong>=Harbour</strong>"):
        assert words in page
    assert "staff:n1" in page  # the id stands beside it
    rows = list(csv.DictReader(io.StringIO(site.get("/audit/export.csv?action=record.add"))))
    assert [(one["actor_name"], one["clinic_name"], one["object_name"]) for one in rows] == [
        ("Nora Quay", "'=Harbour", ""),
        ("Hill EHR", "'=Harbour", ""),
        ("Nora Quay", "'=Harbour", "'=Harbour"),
        ("", "", ""),
    ]


def test_who_saw_one_record(site, log, entry):
    log.note([entry(1, person_id=PERSON, action="person.open", reason="vaccination today"), entry(2)])
    assert "Who saw or changed it" not in site.get("/audit/person")
    page = site.get(f"/audit/person?person_id={PERSON}")
    assert "vaccination today" in page
    assert ">r2<" not in page
    assert log.of_person(PERSON)[0].action == "access.tell"
    assert "Nobody has looked" not in page
    assert "There is something to mend" in site.get("/audit/person?person_id=Smith", 422)


def test_nothing_of_it_is_kept_by_a_cache(site):
    for path in ("/audit", "/audit/person", "/audit/export.csv"):
        assert site.client.get(path).headers["Cache-Control"] == "no-store"


def test_what_stands_in_the_log_is_text_and_no_markup(site, log, entry):
    log.note([entry(1, reason="<script>alert(1)</script>")])
    assert "<script>alert" not in site.get("/audit")


# ---- Webhooks --------------------------------------------------------------------------------------------------------


def test_a_webhook_is_added_its_secret_shown_once(site, log):
    assert "Nobody is told of anything yet" in site.get("/webhooks")
    assert 'name="url"' in site.get("/webhooks/new")
    page = site.post("/webhooks/new", 200, url="https://receiver.example/x", kinds=["card.issued"])
    assert SECRET_PREFIX in page
    listed = site.get("/webhooks")
    assert "https://receiver.example/x" in listed
    assert SECRET_PREFIX not in listed
    (kept,) = site.events.webhooks()
    assert (kept.kinds, kept.active) == (("card.issued",), True)
    assert log.entries(Filter(action="webhook.add"))[0].object_id == kept.id


def test_an_address_that_cannot_be_one(site):
    page = site.post("/webhooks/new", 422, url="http://10.0.0.1/")
    assert "must begin with https://" in page
    assert site.events.webhooks() == ()


def test_what_was_given_up_is_said_sent_again_and_stopped(site, log, engine):
    site.post("/webhooks/new", 200, url="https://receiver.example/x")
    with writing(engine) as connection:
        append(connection, [Event(NOW, "card.revoked", "card", "k1")])
    site.events.address(NOW)
    (due,) = site.events.take_due(NOW, 1)
    site.events.attempted(due, Attempt("given-up", "503"), NOW)
    page = site.get("/webhooks")
    assert "Given up" in page
    assert "503" in page
    site.post(f"/webhooks/{due.webhook_id}/again")
    assert len(site.events.take_due(NOW, 1)) == 1
    site.post(f"/webhooks/{due.webhook_id}/stop")
    assert "Stopped by staff" in site.get("/webhooks")
    site.post("/webhooks/nobody/stop")
    site.post("/webhooks/nobody/again")
    assert len(log.entries(Filter(action="webhook.stop"))) == 1


def test_an_answer_that_it_is_gone_is_said(site, engine):
    site.post("/webhooks/new", 200, url="https://receiver.example/x")
    with writing(engine) as connection:
        append(connection, [Event(NOW, "card.revoked", "card", "k1")])
    site.events.address(NOW)
    (due,) = site.events.take_due(NOW, 1)
    site.events.attempted(due, Attempt("given-up", "410", gone=True), NOW + timedelta(seconds=1))
    assert "wants no more messages" in site.get("/webhooks")


def test_entries_are_made_with_words_of_the_table():
    import ast
    from pathlib import Path

    import issuer
    from issuer.audit.actions import ACTIONS

    used = set()
    for path in Path(issuer.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == Entry.__name__ and len(node.args) > 2:
                word = node.args[2]
                used |= {word.value} if isinstance(word, ast.Constant) else set()
    assert used - set(ACTIONS) == set()
