"""The FHIR use cases: octets and who asks in, what became of it out. No web.

door = FhirDoor(service, "https://issuer.example/fhir")
done = door.write(read_single(octets, "Immunization"), sender, now)      # Done, or FhirRefused
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from issuer.audit.entry import Entry as AuditEntry
from issuer.card_making import DoseTooLarge
from issuer.fhir_door.answers import Done, bundle_of_responses, status_of, status_of_deed
from issuer.fhir_door.bundles import Entry, read_bundle_entries
from issuer.fhir_door.issues import FhirRefused, Issue, issue, of_finding, refused
from issuer.fhir_door.planning import Asking, Known, Plan, Step, person_step, plan, wanted
from issuer.fhir_door.reading import EVENTS, ID
from issuer.fhir_door.records import KIND_OF, record_resource
from issuer.intake.from_fhir import element_of
from issuer.intake.held import HeldRecord
from issuer.intake.proposal import Demographics, Dose, Identifier, Outcome
from issuer.intake.service import ClinicNotLive, NotWhole
from issuer.models import record
from issuer.persons import keys_of
from issuer.rights import Actor, require
from issuer.service import HOUSE, IssuerService
from issuer.store import audit
from issuer.store.cards import public_names
from issuer.store.holdings import near, persons_of, records_where
from issuer.store.own_records import own_record, persons_made_at, record_exists, standing_persons

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asks, for which clinic, with which scopes (None: without limits)."""

    actor: Actor
    scopes: tuple[str, ...] | None

    @property
    def clinic_id(self) -> str:
        """The clinic it speaks for; the deployment's own token speaks for the house."""
        return self.actor.clinic_id or HOUSE


@dataclass(frozen=True, slots=True)
class FhirDoor:
    """One issuer's FHIR server."""

    service: IssuerService = field(repr=False)
    base: str
    """Its address, without a trailing slash."""

    def bundle(self, octets: bytes, sender: Sender, now: datetime) -> dict[str, Any]:
        """A transaction (all or nothing), batch or collection (each by itself), and its response.

        Raises:
            FhirRefused: it is no bundle we read, or a part of a transaction was refused; nothing was recorded.
            Forbidden, StorageFull, StorageBusy: nothing was recorded.
        """
        sent = read_bundle_entries(octets)
        digest = hashlib.sha256(octets).hexdigest()
        whole = sent.kind == "transaction"
        done = self._do(sent.entries, sent.content, sender, now, whole, sent.message_id, digest)
        return bundle_of_responses(sent.kind, done, self.base)

    def write(self, entry: Entry, sender: Sender, now: datetime) -> Done:
        """One resource, created, corrected or deleted.

        Raises:
            FhirRefused: nothing was recorded. Forbidden, StorageFull, StorageBusy: likewise.
        """
        return self._do([entry], {}, sender, now, whole=True)[0]

    def read(self, kind: str, record_id: str, sender: Sender, now: datetime) -> tuple[dict[str, Any], HeldRecord]:
        """A record of the sender's own clinic. Looking is a line in the audit log.

        Raises:
            FhirRefused: 403 another clinic's, 404 unknown, 410 deleted. Forbidden.
        """
        require(sender.actor, "record.search", sender.clinic_id)
        if not ID.fullmatch(record_id):
            raise refused(404, "record-unknown")
        with self.service.store.writing() as connection:
            held = own_record(connection, record_id, sender.clinic_id)
            if held is None or KIND_OF[held.kind] != kind:
                others = held is None and record_exists(connection, record_id)
                raise refused(403, "not-own-record") if others else refused(404, "record-unknown")
            looked = AuditEntry(now, sender.actor, "record.search", "record", held.id, sender.clinic_id, held.person_id)
            audit.append(connection, [looked])
            name = public_names(connection).get(held.clinic_id) or self.service.name
        if held.status == "deleted":
            raise refused(410, "record-deleted")
        return record_resource(held, name), held

    # ---- One request ------------------------------------------------------------------------------------------------

    def _do(
        self,
        entries: Sequence[Entry],
        content: Mapping[str, Any],
        sender: Sender,
        now: datetime,
        whole: bool,
        message_id: str = "",
        digest: str = "",
    ) -> list[Done]:
        asking = Asking(self.base, sender.clinic_id, sender.scopes, now)
        planned = plan(entries, content, self._known(entries, sender), asking)
        if whole and any(planned.is_refused(number) for number in planned.issues):
            raise _refusal([one for found in planned.issues.values() for one in found])
        if whole:
            outcomes, notes = self._submitted(planned.steps, sender, now, True, message_id, digest)
        else:
            free = [step for step in planned.steps if not step.version]
            bound = [step for step in planned.steps if step.version]
            outcomes, notes = self._together(free, planned, sender, now, message_id, digest)
            outcomes |= self._one_by_one(bound, planned, sender, now)
            again = _patients_left(planned, outcomes)
            outcomes |= self._one_by_one(again, planned, sender, now)
            planned.steps += again
        return self._told(entries, planned, outcomes, notes, now)

    def _submitted(
        self,
        steps: Sequence[Step],
        sender: Sender,
        now: datetime,
        whole: bool,
        message_id: str = "",
        digest: str = "",
    ) -> tuple[dict[int, Outcome], tuple[Issue, ...]]:
        """What became of each step, by the number of its entry; and what is to be said of the message itself."""
        if not steps:
            return {}, ()
        proposals = [step.proposal for step in steps]
        try:
            done = self.service.intake.submit(
                sender.actor, sender.clinic_id, proposals, now,
                door="fhir", message_id=message_id, digest=digest, whole=whole,
                within=lambda connection, outcomes: _check_versions(connection, steps, outcomes),
            )  # fmt: skip
        except NotWhole as error:
            raise _refusal(_issues_of_all(steps, error.outcomes)) from None
        except ClinicNotLive as error:
            raise refused(403, error.code) from None
        except DoseTooLarge:
            raise _TooLarge(422, [issue("card-too-large", steps[0].path if len(steps) == 1 else "Bundle")]) from None
        notes = tuple(of_finding(note, "Bundle.identifier") for note in done.notes)
        return {step.number: outcome for step, outcome in zip(steps, done.outcomes, strict=True)}, notes

    def _together(
        self, steps: Sequence[Step], planned: Plan, sender: Sender, now: datetime, message_id: str, digest: str
    ) -> tuple[dict[int, Outcome], tuple[Issue, ...]]:
        """In one transaction, the good ones in and the bad ones reported."""
        try:
            return self._submitted(steps, sender, now, False, message_id, digest)
        except _TooLarge:  # what is added to somebody's cards fits none: the others are not to suffer from it
            return self._one_by_one(steps, planned, sender, now), ()

    def _one_by_one(self, steps: Sequence[Step], planned: Plan, sender: Sender, now: datetime) -> dict[int, Outcome]:
        """Each in a transaction of its own, all of it or nothing."""
        outcomes: dict[int, Outcome] = {}
        for step in steps:
            try:
                outcomes |= self._submitted([step], sender, now, True)[0]
            except FhirRefused as error:
                planned.issues[step.number] += error.issues
                outcomes[step.number] = Outcome("refused")
        return outcomes

    def _known(self, entries: Sequence[Entry], sender: Sender) -> Known:
        asked = wanted(entries, self.base)
        if not (asked.person_ids or asked.identifiers or asked.record_ids):
            return Known()
        keys = {one: keys_of(Demographics(identifiers=(one,))).identifiers for one in asked.identifiers}
        with self.service.store.reading() as connection:
            found = {one: own_record(connection, one, sender.clinic_id) for one in asked.record_ids}
            of_others = {one for one, held in found.items() if held is None and record_exists(connection, one)}
            records = {one: held for one, held in found.items() if held is not None}
            named = {*asked.person_ids, *(held.person_id for held in records.values())}
            standing = standing_persons(connection, named)
            filed = near(connection, {key for many in keys.values() for key in many})
            persons = dict(persons_of(connection, standing.values())) | dict(filed.persons)
        by_identifier: dict[Identifier, tuple[str, ...]] = {
            one: tuple({who for key in many for who in filed.by_key.get(key, ()) if who in persons})
            for one, many in keys.items()
        }
        by_asked = {old: persons[new] for old, new in standing.items() if new in persons}
        return Known(persons | by_asked, by_identifier, records, frozenset(of_others))

    # ---- What is told -----------------------------------------------------------------------------------------------

    def _told(
        self,
        entries: Sequence[Entry],
        planned: Plan,
        outcomes: Mapping[int, Outcome],
        notes: tuple[Issue, ...],
        now: datetime,
    ) -> list[Done]:
        steps = {step.number: step for step in planned.steps}
        with self.service.store.reading() as connection:
            ids = {one.record_id for one in outcomes.values() if one.record_id}
            records = {one.id: one for one in records_where(connection, record.c.id, ids)}
            new = persons_made_at(connection, {one.person_id for one in outcomes.values() if one.person_id}, now)
        done = []
        for number, entry in enumerate(entries):
            said = tuple(planned.issues[number]) + (notes if number == 0 else ())
            if entry.kind in EVENTS and number in steps:
                done.append(_event_done(entry, steps[number], outcomes[number], records, said))
            elif entry.kind == "Patient" and not planned.is_refused(number):
                done.append(_patient_done(number, planned, outcomes, new, said))
            else:
                done.append(Done(200 if entry.left_out else status_of(said), issues=said))
        return done


def _check_versions(connection: "Connection", steps: Sequence[Step], outcomes: Sequence[Outcome]) -> None:
    """Asked again within the transaction: of two who send the same If-Match at once, one gets through."""
    for step, outcome in zip(steps, outcomes, strict=True):
        if step.version and outcome.accepted:
            held = next(iter(records_where(connection, record.c.id, [outcome.record_id])), None)
            if held is None or held.version != step.version + (outcome.did != "unchanged"):
                raise refused(412, "version-conflict", step.path)


class _TooLarge(FhirRefused):
    """A dose or result fits no QR code beside what somebody's cards hold already."""


def _event_done(
    entry: Entry, step: Step, outcome: Outcome, records: Mapping[str, HeldRecord], said: tuple[Issue, ...]
) -> Done:
    issues = (*said, *_issues_of(step, outcome))
    if not outcome.accepted:
        return Done(status_of(issues), issues=issues)
    held = records.get(outcome.record_id)
    if held is None or outcome.did == "deleted":
        return Done(200, issues=issues)
    status = 200 if entry.method == "PUT" else status_of_deed(outcome.did)
    return Done(status, entry.kind, held.id, held.version, held.changed_at, issues)


def _patient_done(
    number: int, planned: Plan, outcomes: Mapping[int, Outcome], new: frozenset[str], said: tuple[Issue, ...]
) -> Done:
    about = [step for step in planned.steps if step.patient == number]
    accepted = [outcomes[step.number] for step in about if outcomes[step.number].accepted]
    if not accepted:
        issues = (*said, *(one for step in about for one in _issues_of(step, outcomes[step.number])))
        return Done(status_of(issues), issues=issues)
    first = accepted[0]
    issues = said
    if first.did == "noted":
        step = next(step for step in about if outcomes[step.number] is first)
        ambiguous = (issue("person-ambiguous", step.path),) if first.review else ()
        issues = (*said, *_issues_of(step, first), *ambiguous)
    return Done(201 if first.person_id in new else 200, "Patient", first.person_id, issues=issues)


def _patients_left(planned: Plan, outcomes: Mapping[int, Outcome]) -> list[Step]:
    """Patients of a batch all of whose doses and results were refused: they are recorded by themselves."""
    fine = {step.patient for step in planned.steps if outcomes[step.number].accepted}
    tried = {step.patient for step in planned.steps if step.patient is not None and step.number != step.patient}
    return [step for number in sorted(tried - fine) if (step := person_step(number, planned))]


def _issues_of(step: Step, outcome: Outcome) -> list[Issue]:
    event = step.proposal.event
    return [
        of_finding(one, element_of(one.place, step.path, step.patient_path, event is None or isinstance(event, Dose)))
        for one in outcome.findings
    ]


def _issues_of_all(steps: Sequence[Step], outcomes: Sequence[Outcome]) -> list[Issue]:
    return [one for step, outcome in zip(steps, outcomes, strict=True) for one in _issues_of(step, outcome)]


def _refusal(issues: Sequence[Issue]) -> FhirRefused:
    errors = [one for one in issues if one.is_error]
    others = [one for one in issues if not one.is_error]
    return FhirRefused(status_of(errors), [*errors, *others])
