"""For auditors: the log, filtered, page by page, as a file; and who saw one person's record. Looking is noted too."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, Response, make_response, render_template, request, stream_with_context

from issuer.audit.actions import ACTIONS, in_words
from issuer.audit.entry import Entry
from issuer.audit.export import named_csv_rows
from issuer.audit.lines import Called, Filter, Line
from issuer.rights import NAMES
from issuer.store.audit import AuditStore
from issuer.web.rules import rule
from issuer.web.sessions import current_actor

PAGE_LINES = 50
"""Entries a page: as many as one reads before one filters."""
MAX_FIELD_CHARACTERS = 64
FIELDS = ("since", "until", "action", "actor", "clinic_id", "person_id", "object_id")
_PERSON = re.compile(r"[0-9a-f]{32}")
_DAY = "Enter a day such as 2026-11-20."
_ID = "A person’s id has 32 letters and digits (0 to 9, a to f). It stands on the person’s page."


def audit_blueprint(store: AuditStore, clock: Callable[[], datetime]) -> Blueprint:
    """Everything below `/audit`."""
    blueprint = Blueprint("audit", __name__, url_prefix="/audit")

    @blueprint.get("")
    @rule("audit.read")
    def log() -> Response:
        typed = _typed(FIELDS)
        wanted, errors = _filter(typed)
        after = _after()
        if errors:
            return _private(make_response(_log_page(typed, errors, (), Called()), 422))
        if after is None:
            note("audit.search", wanted)
        lines = store.entries(wanted, after, PAGE_LINES + 1)
        return _private(make_response(_log_page(typed, {}, lines, store.called(lines))))

    @blueprint.get("/export.csv")
    @rule("audit.read")
    def export() -> Response:
        typed = _typed(FIELDS)
        wanted, errors = _filter(typed)
        if errors:
            return _private(make_response(_log_page(typed, errors, (), Called()), 422))
        note("audit.export", wanted)
        # What is noted about this export is not part of it: the last entry may still be on its way.
        rows = named_csv_rows(store.export_named(replace(wanted, until=wanted.until or clock())))
        response = Response(stream_with_context(rows), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
        return _private(response)

    @blueprint.get("/person")
    @rule("access.tell")
    def person() -> Response:
        typed = _typed(("person_id",))
        person_id, after = typed["person_id"], _after()
        errors = {"person_id": _ID} if person_id and not _PERSON.fullmatch(person_id) else {}
        if errors or not person_id:
            page = render_template("audit/person.html", typed=typed, errors=errors, lines=(), **_WORDS)
            return _private(make_response(page, 422 if errors else 200))
        if after is None:
            note("access.tell", Filter(person_id=person_id))
        lines = store.of_person(person_id, after, PAGE_LINES + 1)
        return _private(
            make_response(
                render_template("audit/person.html", typed=typed, errors={}, **_paged(lines, store.called(lines)))
            )
        )

    def note(action: str, wanted: Filter) -> None:
        asked = " ".join(sorted(wanted.equals())) or "all"
        person_id = wanted.person_id if _PERSON.fullmatch(wanted.person_id) else ""
        entry = Entry(clock(), current_actor(), action, "audit", "", person_id=person_id, detail={"by": asked})
        store.note([entry])

    return blueprint


_WORDS = {"in_words": in_words, "roles": NAMES}


def _log_page(typed: Mapping[str, str], errors: Mapping[str, str], lines: tuple[Line, ...], called: Called) -> str:
    actions = [("", "Everything"), *sorted(ACTIONS.items(), key=lambda one: one[1])]
    return render_template("audit/log.html", typed=typed, errors=errors, actions=actions, **_paged(lines, called))


def _paged(lines: tuple[Line, ...], called: Called) -> dict[str, object]:
    """What a page shows, and where the next one begins: one more line was asked for than stands on it."""
    shown = lines[:PAGE_LINES]
    return {"lines": shown, "older": shown[-1].seq if len(lines) > PAGE_LINES else None, "called": called, **_WORDS}


def _typed(names: tuple[str, ...]) -> dict[str, str]:
    return {name: request.args.get(name, "").strip()[:MAX_FIELD_CHARACTERS] for name in names}


def _after() -> int | None:
    text = request.args.get("after", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def _filter(typed: Mapping[str, str]) -> tuple[Filter, dict[str, str]]:
    errors: dict[str, str] = {}
    since = _day(typed["since"], "since", errors)
    until = _day(typed["until"], "until", errors)
    if typed["person_id"] and not _PERSON.fullmatch(typed["person_id"]):
        errors["person_id"] = _ID
    named = {name: typed[name] for name in ("actor", "clinic_id", "action", "object_id", "person_id")}
    return Filter(**named, since=since, until=until and until + timedelta(days=1)), errors


def _day(text: str, name: str, errors: dict[str, str]) -> datetime | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
        return datetime(found.year, found.month, found.day, tzinfo=UTC) if found.year < date.max.year else None
    except ValueError:
        errors[name] = _DAY
        return None


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
