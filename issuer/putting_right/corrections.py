"""One record, put right by the clinic that recorded it.

    shown = corrections.show(actor, record_id, now)              # as it stands, and what it was
    corrections.correct(actor, record_id, shown.record.version, event, now)
    corrections.delete(actor, record_id, shown.record.version, "not-given", now)

Both go through the intake: one transaction for the new version, the cards that carry the dose taken back and made anew,
the notice to the resident and the line of the audit log. What a record was is kept for a time, then forgotten.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from issuer.audit.entry import Entry
from issuer.intake.events import read_event
from issuer.intake.held import HeldRecord
from issuer.intake.proposal import Demographics, Event, Outcome, Proposal
from issuer.intake.service import Intake
from issuer.persons import read_demographics
from issuer.rights import TABLE, Actor, Permission, require
from issuer.store import Store, audit
from issuer.store.holdings import persons_of
from issuer.store.putting_right import (
    FORGOTTEN_AT_ONCE,
    cards_by_person,
    clinics,
    explain_version,
    forget_merges,
    forget_versions,
    record_of,
    records_of_clinic,
    staff_names,
    versions_of,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

AT_ONCE = 50
"""Records on a page."""
REASONS: Mapping[str, str] = {
    "not-given": "It was not given or done",
    "wrong-person": "It belongs to somebody else",
    "duplicate": "It is recorded twice",
    "entered-in-error": "It was entered in error for another reason",
}
"""Why a record is deleted."""


class UnknownRecord(LookupError):
    """There is no such record, or it is another clinic's, which nobody can tell apart."""


class UnknownReason(ValueError):
    """The reason is not in the table. Nothing was changed."""


class ChangedMeanwhile(Exception):
    """Somebody changed the record since the page was opened. Nothing was changed; look again."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a record was before a change."""

    version: int
    status: str
    event: Event = field(repr=False)
    reason: str
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One record in the list."""

    record: HeldRecord
    event: Event = field(repr=False)
    person: Demographics = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """One record as it stands, and what it was."""

    record: HeldRecord
    event: Event = field(repr=False)
    person: Demographics = field(repr=False)
    clinic_name: str
    cards: int
    """Cards that stand and hold it as it is."""
    versions: tuple[Version, ...] = field(repr=False)
    """The newest first."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """Use cases of the clinic's page."""

    store: Store
    intake: Intake

    def listing(
        self, actor: Actor, since: datetime, until: datetime, now: datetime, first: int = 0
    ) -> tuple[Line, ...]:
        """What the clinic recorded between two moments, the newest first, at most `AT_ONCE`. A line of the audit log.

        Raises:
            Forbidden, StorageFull, StorageBusy.
        """
        require(actor, "record.search")
        with self.store.writing() as connection:
            own = _own(actor, "record.search")
            found = records_of_clinic(connection, own, since, until, AT_ONCE, first)
            detail: dict[str, str | int] = {"found": len(found)}
            audit.append(
                connection, [Entry(now, actor, "record.search", "record", "", actor.clinic_id, "", "", detail)]
            )
        return tuple(Line(one, read_event(one.kind, one.resource).event, read_demographics(who)) for one, who in found)

    def show(self, actor: Actor, record_id: str, now: datetime) -> Shown:
        """One record of the actor's own clinic. A line of the audit log.

        Raises:
            Forbidden, UnknownRecord, StorageFull, StorageBusy.
        """
        require(actor, "record.search")
        with self.store.writing() as connection:
            known = record_of(connection, record_id, _own(actor, "record.search"))
            if known is None:
                raise UnknownRecord("there is no such record")
            entry = Entry(now, actor, "record.search", "record", known.id, known.clinic_id, known.person_id)
            audit.append(connection, [entry])
            return _shown(connection, known)

    def correct(
        self,
        actor: Actor,
        record_id: str,
        version: int,
        event: Event,
        now: datetime,
        confirmed: frozenset[str] = frozenset(),
    ) -> Outcome:
        """Say what is so. `did` is "asked" where the rules ask something that `confirmed` does not answer.

        Args:
            version: the one that was shown.
        Raises:
            Forbidden, UnknownRecord, ChangedMeanwhile, issuer.intake.service.ClinicNotLive, StorageFull, StorageBusy:
                nothing was changed.
        """
        return self._submit(actor, record_id, version, event, "corrected", now, confirmed)

    def delete(self, actor: Actor, record_id: str, version: int, reason: str, now: datetime) -> Outcome:
        """Take it away: it stands on no card any more. Raises UnknownReason, and as `correct`."""
        if reason not in REASONS:
            raise UnknownReason("the reason must be one of: " + ", ".join(REASONS))
        return self._submit(actor, record_id, version, None, reason, now)

    def _submit(
        self,
        actor: Actor,
        record_id: str,
        version: int,
        event: Event | None,
        reason: str,
        now: datetime,
        confirmed: frozenset[str] = frozenset(),
    ) -> Outcome:
        require(actor, "record.correct", actor.clinic_id)
        with self.store.reading() as connection:
            known = record_of(connection, record_id, _own(actor, "record.correct"))
            if known is None:
                raise UnknownRecord("there is no such record")
            person = persons_of(connection, [known.person_id])[known.person_id].demographics
        if known.version != version:
            raise ChangedMeanwhile("it was changed since the page was opened")

        def explain(connection: "Connection", outcomes: tuple[Outcome, ...]) -> None:
            if outcomes[0].did not in ("corrected", "deleted", "reinstated"):
                return
            if not explain_version(connection, record_id, version, reason):
                raise ChangedMeanwhile("it was changed since the page was opened")

        named = Demographics(name=person.name, birth_date=person.birth_date)
        proposal = Proposal(
            named,
            event or read_event(known.kind, known.resource).event,
            "update" if event else "delete",
            person_id=known.person_id,
            record_id=record_id,
            confirmed=confirmed,
        )
        done = self.intake.submit(actor, known.clinic_id, [proposal], now, door="form", ask=True, within=explain)
        return done.outcomes[0]

    def names(self, actors: Iterable[str]) -> Mapping[str, str]:
        """What whoever changed something is called."""
        with self.store.reading() as connection:
            return staff_names(connection, set(actors))

    def clinics(self) -> Mapping[str, str]:
        """What clinics are called, by id."""
        with self.store.reading() as connection:
            return clinics(connection)

    def forget(self, now: datetime) -> int:
        """Delete what records and persons were before changes, where its time is over; how many. Run it daily.

        Raises:
            StorageFull, StorageBusy: what is left is forgotten next time.
        """
        forgotten = 0
        while True:
            with self.store.writing() as connection:
                count = forget_versions(connection, now)
                forgotten += count
                if count < FORGOTTEN_AT_ONCE:
                    return forgotten + forget_merges(connection, now)


def _own(actor: Actor, permission: Permission) -> str | None:
    """The clinic whose records the actor reaches; None: every clinic's."""
    return None if TABLE[actor.role].get(permission) == "any" else actor.clinic_id


def _shown(connection: "Connection", known: HeldRecord) -> Shown:
    person = persons_of(connection, [known.person_id])[known.person_id].demographics
    cards = cards_by_person(connection, [known.person_id]).get(known.person_id, ())
    versions = tuple(
        Version(
            row["version"],
            row["status"],
            read_event(known.kind, row["resource"]).event,
            row["reason"],
            row["changed_by"],
            row["changed_at"],
        )
        for row in versions_of(connection, known.id)
    )
    return Shown(
        known,
        read_event(known.kind, known.resource).event,
        person,
        clinics(connection).get(known.clinic_id, ""),
        sum(known.ref in card.refs and card.revoked_at is None for card in cards),
        versions,
    )
