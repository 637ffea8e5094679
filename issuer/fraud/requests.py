"""Many records at once: one person of the department asks and says why, another agrees, the first runs it once.

    request_id = requests.ask(first, "export", criteria, "outbreak", "measles at the harbour", now)
    requests.agree(second, request_id, now)
    requests.run_export(first, request_id, now)           # rows of CSV; a second time: NotNow

How many were run and how many records were given out stands on a public page; what for, by its code only.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from issuer.audit.entry import Entry
from issuer.fraud.criteria import COLUMNS, KINDS, REASONS, Criteria, Kind, cells_of, criteria_json, read_criteria
from issuer.fraud.lots import NotEntered, checked_note
from issuer.rights import Actor, Forbidden, require
from issuer.store import Store, audit
from issuer.store.putting_right import clinics, staff_names
from issuer.store.two_people import (
    Numbers,
    Request,
    Row,
    add_request,
    begin_run,
    change_request,
    count_rows,
    independent,
    note_shown,
    numbers,
    request_of,
    requests,
    rows_after,
)
from issuer.tables.cells import neutralised

WITHIN = timedelta(hours=24)
"""So long after it was agreed to may it be run: who agrees knows of today, not of next month."""
LEAF_WITHIN = timedelta(hours=1)
"""So long after its run may a search be leafed through."""
PAGE_ROWS = 1_000
LIST_ROWS = 100
"""Requests on a page."""
ID_OCTETS = 16
_SHOWN_ONCE = "This search is over: each page is shown once, within an hour. Ask for it again."


class UnknownRequest(LookupError):
    """There is no such request."""


class NotNow(Exception):
    """It is not this person's turn, or its time is over. `words` says why; nothing was given out."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class Requests:
    """Use cases of the department; `numbers` is for everybody."""

    store: Store
    random: Callable[[int], bytes] = field(repr=False)

    # ---- Looking ----------------------------------------------------------------------------------------------------

    def all(self, actor: Actor) -> tuple[Request, ...]:
        """Those to be decided first, then the newest. Raises Forbidden."""
        require(actor, "bulk.export")
        with self.store.reading() as connection:
            return requests(connection, LIST_ROWS)

    def one(self, actor: Actor, request_id: str) -> Request:
        """Raises Forbidden, UnknownRequest."""
        require(actor, "bulk.export")
        with self.store.reading() as connection:
            return _known(request_of(connection, request_id))

    def clinics(self, actor: Actor) -> Mapping[str, str]:
        """Names by id. Raises Forbidden."""
        require(actor, "bulk.export")
        with self.store.reading() as connection:
            return clinics(connection)

    def names(self, actors: Iterable[str]) -> Mapping[str, str]:
        """What people are called."""
        with self.store.reading() as connection:
            return staff_names(connection, set(actors))

    def numbers(self) -> tuple[Numbers, ...]:
        """What the public may know, the newest month first."""
        with self.store.reading() as connection:
            return numbers(connection)

    # ---- Two people -------------------------------------------------------------------------------------------------

    def ask(self, actor: Actor, kind: Kind, criteria: Criteria, reason_code: str, reason: str, now: datetime) -> str:
        """Ask for an export or search; its id. Raises Forbidden, NotEntered, StorageFull, StorageBusy."""
        _require_person(actor)
        criteria.check()
        said = checked_note(reason)
        if kind not in KINDS:
            raise NotEntered("kind", "Choose whether you want to look, or to save a file.")
        if reason_code not in REASONS:
            raise NotEntered("reason_code", "Choose the reason that fits best. It stands on the public page.")
        if not said:
            raise NotEntered("reason", "Say why: whoever agrees has to understand it.")
        request_id = self.random(ID_OCTETS).hex()
        with self.store.writing() as connection:
            add_request(connection, request_id, kind, criteria_json(criteria), reason_code, said, actor.id, now)
            detail: dict[str, str | int] = {"kind": kind, "by": criteria.named, "reason": reason_code}
            audit.append(connection, [_entry(actor, "export.ask", request_id, criteria, now, said, detail)])
        return request_id

    def agree(self, actor: Actor, request_id: str, now: datetime) -> None:
        """The second person agrees.

        Raises:
            Forbidden, UnknownRequest; NotNow: decided before, asked by the same person, or one of the two let the other
            in; StorageFull, StorageBusy.
        """
        self._decide(actor, request_id, "agreed", "", now)

    def decline(self, actor: Actor, request_id: str, reason: str, now: datetime) -> None:
        """The second person does not, or the first takes it back.

        Raises:
            Forbidden, UnknownRequest, NotEntered, NotNow, StorageFull, StorageBusy.
        """
        said = checked_note(reason)
        if not said:
            raise NotEntered("reason", "Say why: who asked wants to know.")
        self._decide(actor, request_id, "declined", said, now)

    def _decide(self, actor: Actor, request_id: str, state: str, reason: str, now: datetime) -> None:
        _require_person(actor)
        with self.store.writing() as connection:
            known = _known(request_of(connection, request_id, lock=True))
            if known.state != "asked":
                raise NotNow("This was decided before. Load the page again to see how.")
            if state == "agreed" and known.asked_by == actor.id:
                raise NotNow("You asked for it. A second person has to agree.")
            if state == "agreed" and not independent(connection, known.asked_by, actor.id):
                raise NotNow("One of you let the other in, so the two of you count as one. Ask somebody else.")
            change_request(connection, request_id, state, actor.id, reason, now)
            action = "export.agree" if state == "agreed" else "export.refuse"
            criteria = read_criteria(known.criteria)
            audit.append(connection, [_entry(actor, action, request_id, criteria, now, reason, {"kind": known.kind})])

    # ---- Running ----------------------------------------------------------------------------------------------------

    def run_export(self, actor: Actor, request_id: str, now: datetime) -> Iterator[str]:
        """Rows of CSV (RFC 4180), a thousand at a time; no cell is a formula. The run is spent and counted when this
        returns; the rows follow.

        Raises:
            Forbidden, UnknownRequest; NotNow: not agreed to, run before, too late, or somebody else's;
            StorageFull, StorageBusy. Nothing was given out.
        """
        criteria = self._begin(actor, request_id, "export", now)
        return self._csv(criteria, now)

    def run_search(self, actor: Actor, request_id: str, now: datetime, after: str = "") -> tuple[Row, ...]:
        """`PAGE_ROWS` records at most, the oldest first; `after` is the last record of the page before.

        Raises:
            Forbidden, UnknownRequest; NotNow: as `run_export`; further pages for an hour, in their order;
            StorageFull, StorageBusy.
        """
        if not after:
            criteria, until = self._begin(actor, request_id, "search", now), now
        else:
            criteria, until = self._leaf(actor, request_id, after, now)
        with self.store.writing() as connection:
            rows = rows_after(connection, criteria, until, after, PAGE_ROWS)
            if rows and not note_shown(connection, request_id, rows[-1].record_id, after, len(rows)):
                raise NotNow(_SHOWN_ONCE)
            detail: dict[str, str | int] = {"step": "page", "records": len(rows)}
            audit.append(connection, [_entry(actor, "export.run", request_id, criteria, now, "", detail)])
        return rows

    def _begin(self, actor: Actor, request_id: str, kind: Kind, now: datetime) -> Criteria:
        _require_person(actor)
        with self.store.writing() as connection:
            known = _known(request_of(connection, request_id, lock=True))
            _check_turn(known, actor, kind, now)
            criteria = read_criteria(known.criteria)
            found = count_rows(connection, criteria, now)
            begin_run(connection, request_id, now, found if kind == "export" else 0)
            detail: dict[str, str | int] = {"step": kind, "records": found}
            audit.append(connection, [_entry(actor, "export.run", request_id, criteria, now, known.reason, detail)])
        return criteria

    def _leaf(self, actor: Actor, request_id: str, after: str, now: datetime) -> tuple[Criteria, datetime]:
        _require_person(actor)
        with self.store.reading() as connection:
            known = _known(request_of(connection, request_id))
        if known.asked_by != actor.id or known.kind != "search" or known.run_at is None:
            raise NotNow("Only who asked for it, and ran it, leafs through it.")
        if now > known.run_at + LEAF_WITHIN or known.shown_to != after:
            raise NotNow(_SHOWN_ONCE)
        return read_criteria(known.criteria), known.run_at

    def _csv(self, criteria: Criteria, until: datetime) -> Iterator[str]:
        yield _line(COLUMNS)
        after = ""
        while True:
            with self.store.reading() as connection:
                rows = rows_after(connection, criteria, until, after, PAGE_ROWS)
            yield "".join(_line([neutralised(cell) for cell in cells_of(row)]) for row in rows)
            if len(rows) < PAGE_ROWS:
                return
            after = rows[-1].record_id


def _check_turn(known: Request, actor: Actor, kind: Kind, now: datetime) -> None:
    if known.asked_by != actor.id:
        raise NotNow("Only who asked for it runs it.")
    if known.state == "run":
        raise NotNow("It was run before, and may be run once. Ask for it again.")
    if known.state != "agreed" or known.kind != kind or known.decided_at is None:
        raise NotNow("A second person has to agree first.")
    if now > known.decided_at + WITHIN:
        raise NotNow("It was agreed to more than 24 hours ago. Ask for it again.")


def _known(found: Request | None) -> Request:
    if found is None:
        raise UnknownRequest("there is no such request")
    return found


def _require_person(actor: Actor) -> None:
    require(actor, "bulk.export")
    if not actor.id.startswith("staff:") or actor.role != "department":
        raise Forbidden("two people of the department do this")


def _entry(
    actor: Actor,
    action: str,
    request_id: str,
    criteria: Criteria,
    now: datetime,
    reason: str,
    detail: Mapping[str, str | int],
) -> Entry:
    return Entry(now, actor, action, "export", request_id, criteria.clinic_id, "", reason, detail)


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
