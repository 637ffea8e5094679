"""What becomes of each proposal, decided in memory against what the store holds. Pure: the store loads and writes.

One proposal or five hundred go the same way, so that every door and every size of batch decides alike.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from issuer.intake.columns import say_the_same, source_of, status_of, system_of
from issuer.intake.events import event_octets, moment_of, read_event
from issuer.intake.findings import finding
from issuer.intake.held import HeldPerson, HeldRecord, Holdings, Writes
from issuer.intake.keys import event_key, record_key
from issuer.intake.proposal import Demographics, Did, Dose, Event, Finding, Outcome, Proposal
from issuer.persons import Candidate, Decision, Keys, decide, keys_of, updated
from issuer.plausibility import Given, LotFacts, judge
from issuer.plausibility.signing import SigningPolicy, why_not_signed
from issuer.putting_right.marks import standing_mark

DAY_CHARACTERS = 10
CODE_CHARACTERS = 24
LOT_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Setting:
    """Whose batch it is, and under which rules."""

    clinic_id: str
    submission_id: str
    now: datetime
    new_id: Callable[[], str]
    policy: SigningPolicy
    ask: bool = False
    """Whether somebody waits for the questions: then nothing is recorded until they are answered."""
    lots: Mapping[tuple[str, str], LotFacts] = field(default_factory=dict, repr=False)
    """What the clinic's ledger says of a product's lots."""


class Batch:
    """Takes proposals one after the other; what it would write stands in `writes`."""

    def __init__(self, setting: Setting, held: Holdings, keys: Mapping[int, Keys]) -> None:
        """`keys`: of each proposal's person, by its `id()`: they cost too much to be made twice."""
        self.writes = Writes()
        self._keys = keys
        self._set = setting
        self._held = held
        self._persons = dict(held.persons)
        self._by_key = {key: list(ids) for key, ids in held.by_key.items()}
        self._records = {who: {one.id: one for one in records} for who, records in held.records.items()}
        self._by_event = dict(held.by_event)
        # A message is about one person, whatever the register says: its parts share one `Demographics`.
        self._same_message: dict[int, tuple[Demographics, str]] = {}

    def take(self, proposal: Proposal, findings: Sequence[Finding]) -> Outcome:
        """Decide one proposal. `findings` are the checker's."""
        if any(one.severity == "error" for one in findings):
            return Outcome("refused", tuple(findings))
        if proposal.record_id and self._of_event(proposal) is None:
            return _refused(findings, "nothing-to-change", "event")
        if proposal.action == "delete":
            return self._deleted(proposal, findings)
        known = self._of_event(proposal)
        if known is not None:
            who = Decision("match", known.person_id, ())
            if known.status == "deleted" or proposal.person_id not in ("", known.person_id):
                who = self._whose(proposal)
        else:
            who = self._whose(proposal)
        if proposal.person_id and proposal.person_id not in self._persons:
            return _refused(findings, "person-unknown", "person")
        if who.kind == "match" and self._contradicts(proposal, who.person_id):
            return _refused(findings, "person-mismatch", "person.birth_date")
        if proposal.event is None:
            return self._noted(proposal, who, findings)
        return self._recorded(proposal, proposal.event, who, known, list(findings))

    # ---- Persons ----------------------------------------------------------------------------------------------------

    def _whose(self, proposal: Proposal) -> Decision:
        if proposal.person_id:
            return Decision("match", proposal.person_id, ())
        _, before = self._same_message.get(id(proposal.person), (None, ""))
        if before:
            return Decision("match", before, ())
        keys = self._keys[id(proposal.person)]
        who = decide(proposal.person, self._candidates(keys.identifiers), self._candidates(keys.names))
        return self._sent_before(proposal, who)

    def _candidates(self, keys: Iterable[str]) -> list[Candidate]:
        ids = dict.fromkeys(who for key in keys for who in self._by_key.get(key, ()))
        return [Candidate(who, self._persons[who].demographics) for who in ids if who in self._persons]

    def _contradicts(self, proposal: Proposal, person_id: str) -> bool:
        """Whoever names the person must know the date of birth: nobody's record goes to somebody else."""
        if not proposal.person_id:
            return False
        held = self._persons[person_id].demographics.birth_date
        return bool(held) and bool(proposal.person.birth_date) and held != proposal.person.birth_date

    def _person(self, proposal: Proposal, who: Decision) -> str:
        """The person's id; a new or changed person is put among what is to be written."""
        if who.kind == "match":
            self._update(who.person_id, proposal)
            return who.person_id
        person_id = self._set.new_id()
        self._same_message[id(proposal.person)] = (proposal.person, person_id)
        keys = self._keys[id(proposal.person)]
        held = HeldPerson(
            person_id,
            proposal.person,
            bool(proposal.person.protected),
            frozenset((*keys.identifiers, *keys.names)),
        )
        self._persons[person_id] = self.writes.new_persons[person_id] = held
        self._add_keys(person_id, held.keys)
        if who.kind == "review":
            for other in who.others:
                reasons = " ".join(other.reasons)
                self.writes.reviews.append((self._set.new_id(), person_id, other.person_id, other.score, reasons))
        return person_id

    def _update(self, person_id: str, proposal: Proposal) -> None:
        held = self._persons[person_id]
        person = updated(held.demographics, proposal.person)
        if person == held.demographics:
            return
        keys = keys_of(person)
        changed = HeldPerson(person_id, person, bool(person.protected), held.keys | {*keys.identifiers, *keys.names})
        before = keys_of(held.demographics)
        self._add_keys(person_id, changed.keys - {*before.identifiers, *before.names})
        self._persons[person_id] = changed
        kept = self.writes.new_persons if person_id in self.writes.new_persons else self.writes.changed_persons
        kept[person_id] = changed

    def _add_keys(self, person_id: str, keys: Iterable[str]) -> None:
        for key in sorted(keys):
            if person_id in self._by_key.get(key, ()):
                continue  # filed already: from somebody who was put together with this person
            self._by_key.setdefault(key, []).append(person_id)
            self.writes.new_keys.append((key, person_id))

    def _noted(self, proposal: Proposal, who: Decision, findings: Sequence[Finding]) -> Outcome:
        person_id = self._person(proposal, who)
        return Outcome("noted", tuple(findings), person_id, "", who.kind == "review")

    # ---- Records ----------------------------------------------------------------------------------------------------

    def _event_key(self, proposal: Proposal) -> str | None:
        return event_key(self._set.clinic_id, proposal.event_id) if proposal.event_id else None

    def _of_event(self, proposal: Proposal) -> HeldRecord | None:
        if proposal.record_id:
            named = self._records.get(proposal.person_id, {}).get(proposal.record_id)
            return named if named and named.clinic_id == self._set.clinic_id else None
        key = self._event_key(proposal)
        return self._by_event.get(key) if key else None

    def _sent_before(self, proposal: Proposal, who: Decision) -> Decision:
        """Nobody can tell whose it is, but this clinic has said the very same of one of those it may be: it is that."""
        if who.kind != "review" or proposal.event is None:
            return who
        for other in who.others:
            held = self._persons.get(other.person_id)
            if held and held.demographics == proposal.person and self._of_content(other.person_id, proposal.event):
                return Decision("match", other.person_id, ())
        return who

    def _of_content(self, person_id: str, event: Event) -> HeldRecord | None:
        """The clinic's own record of this product and day."""
        key = self._key(person_id, event)
        return next((one for one in self._records.get(person_id, {}).values() if one.key == key), None)

    def _key(self, person_id: str, event: Event) -> str:
        clinic_id = self._set.clinic_id
        return record_key(person_id, clinic_id, event.kind, system_of(event), event.code, moment_of(event))

    def _recorded(
        self, proposal: Proposal, event: Event, who: Decision, known: HeldRecord | None, findings: list[Finding]
    ) -> Outcome:
        known_person = who.person_id if who.kind == "match" else ""
        known = known or (self._of_content(known_person, event) if known_person else None)
        if proposal.action == "update" and known is None and self._others_record(known_person, event):
            return _refused(findings, "not-own-record", "event")
        judged = self._judged(proposal, event, known_person, known)
        findings += judged
        questions = [one.code for one in judged if one.severity == "question" and one.code not in proposal.confirmed]
        if questions and self._set.ask:
            return Outcome("asked", tuple(findings), known_person, known.id if known else "")
        unsigned = why_not_signed(event, self._set.policy)
        if unsigned is not None:
            findings.append(unsigned)
        person_id = self._person(proposal, who)
        if who.kind == "review":
            findings.append(finding("person-ambiguous", "person"))
        after = self._after(proposal, event, person_id, known, unsigned.code if unsigned else "", judged)
        if known is None:
            return self._new(after, findings, questions, who.kind == "review")
        return self._changed(known, after, findings, questions)

    def _judged(self, proposal: Proposal, event: Event, person_id: str, known: HeldRecord | None) -> list[Finding]:
        earlier = [
            Given(one.id, one.kind, system, one.code, moment, one.clinic_id, number, one.lot)
            for one, system, moment, number in self._standing(person_id)
            if known is None or one.id != known.id
        ]
        person = proposal.person
        if person_id:
            person = updated(self._persons[person_id].demographics, person)
        lot = self._set.lots.get((event.code, event.lot)) if isinstance(event, Dose) and event.lot else None
        return list(judge(event, person, earlier, self._set.now, lot))

    def _standing(self, person_id: str) -> list[tuple[HeldRecord, str, str, int | None]]:
        found = []
        for one in self._records.get(person_id, {}).values():
            if one.status == "completed":
                event = read_event(one.kind, one.resource).event
                number = event.dose_number if isinstance(event, Dose) else None
                found.append((one, system_of(event), moment_of(event), number))
        return found

    def _others_record(self, person_id: str, event: Event) -> bool:
        day = moment_of(event)[:DAY_CHARACTERS]
        standing = self._records.get(person_id, {}).values()
        return any(one.code == event.code and one.day == day and one.status != "deleted" for one in standing)

    def _after(
        self,
        proposal: Proposal,
        event: Event,
        person_id: str,
        known: HeldRecord | None,
        unsigned: str,
        judged: Sequence[Finding],
    ) -> HeldRecord:
        now = self._set.now
        lot = event.lot[:LOT_CHARACTERS] if isinstance(event, Dose) else ""
        return HeldRecord(
            id=known.id if known else self._set.new_id(),
            person_id=person_id,
            clinic_id=self._set.clinic_id,
            key=self._key(person_id, event),
            event_key=self._event_key(proposal) or (known.event_key if known else None),
            kind=event.kind,
            code=event.code[:CODE_CHARACTERS],
            day=moment_of(event)[:DAY_CHARACTERS],
            lot=lot,
            status=status_of(event),
            source=source_of(event),
            unsigned_because=standing_mark(known, lot, unsigned),
            vaccinator=event.vaccinator if isinstance(event, Dose) else "",
            resource=event_octets(event, proposal.resource),
            marks=" ".join(sorted({one.code for one in judged if one.severity == "warning"})),
            version=known.version + 1 if known else 1,
            submission_id=known.submission_id if known else self._set.submission_id,
            recorded_at=known.recorded_at if known else now,
            changed_at=now,
        )

    def _new(self, after: HeldRecord, findings: list[Finding], questions: list[str], review: bool) -> Outcome:
        self.writes.new_records[after.id] = after
        self._keep(after)
        self.writes.questions += [(after.id, code) for code in questions]
        return Outcome("recorded", tuple(findings), after.person_id, after.id, review)

    def _changed(self, known: HeldRecord, after: HeldRecord, findings: list[Finding], questions: list[str]) -> Outcome:
        if say_the_same(known, after):
            return Outcome("unchanged", tuple(findings), known.person_id, known.id)
        occupant = next((one for one in self._records.get(after.person_id, {}).values() if one.key == after.key), None)
        if occupant is not None and occupant.id != known.id:
            return _refused(findings, "another-record-stands", "event")
        did: Did = "reinstated" if known.status == "deleted" else "corrected"
        self._change(known, after, did)
        self.writes.questions += [(after.id, code) for code in questions]
        return Outcome(did, tuple(findings), after.person_id, after.id)

    def _deleted(self, proposal: Proposal, findings: Sequence[Finding]) -> Outcome:
        known = self._of_event(proposal)
        who = Decision("match", known.person_id, ()) if known else self._whose(proposal)
        if known is None and who.kind == "match" and proposal.event is not None:
            known = self._of_content(who.person_id, proposal.event)
        if known is None or known.status == "deleted":
            others = who.kind == "match" and proposal.event and self._others_record(who.person_id, proposal.event)
            if known is not None:
                return Outcome("unchanged", tuple(findings), known.person_id, known.id)
            return _refused(findings, "not-own-record" if others else "nothing-to-change", "event")
        after = replace(known, status="deleted", version=known.version + 1, changed_at=self._set.now)
        self._change(known, after, "deleted")
        return Outcome("deleted", tuple(findings), known.person_id, known.id)

    def _change(self, known: HeldRecord, after: HeldRecord, reason: str) -> None:
        """One new version, however often one batch changes the record: a delete and an add are one correction."""
        if known.id in self.writes.new_records:
            self.writes.new_records[known.id] = replace(after, version=1)
            self._keep(self.writes.new_records[known.id])
            return
        first = self.writes.changed_records.get(known.id)
        before = first[0] if first else known
        if first:
            after, reason = replace(after, version=before.version + 1), "corrected"
        if first and say_the_same(before, after):
            del self.writes.changed_records[known.id]
            self._keep(before)
            return
        self.writes.changed_records[known.id] = (before, after, reason)
        self._keep(after, known.person_id)

    def _keep(self, record: HeldRecord, moved_from: str = "") -> None:
        if moved_from and moved_from != record.person_id:
            self._records.get(moved_from, {}).pop(record.id, None)
        self._records.setdefault(record.person_id, {})[record.id] = record
        if record.event_key:
            self._by_event[record.event_key] = record


def _refused(findings: Sequence[Finding], code: str, place: str) -> Outcome:
    return Outcome("refused", (*findings, finding(code, place)))
