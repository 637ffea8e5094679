"""What becomes of each proposal, decided in memory against what the store holds. Pure: the store loads and writes.

One proposal or five hundred go the same way, so that every door and every size of batch decides alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from issuer.intake.columns import say_the_same, source_of, status_of, system_of
from issuer.intake.events import event_octets, moment_of, read_event
from issuer.intake.findings import finding
from issuer.intake.held import HeldRecord, Holdings, Writes
from issuer.intake.keys import event_key, record_key
from issuer.intake.people import Matcher, People
from issuer.intake.proposal import Did, Dose, Event, Finding, Outcome, Proposal
from issuer.intake.setting import Setting
from issuer.persons import Decision, Keys, updated
from issuer.plausibility import Given, judge
from issuer.plausibility.signing import why_not_signed
from issuer.putting_right.marks import standing_mark

DAY_CHARACTERS = 10
CODE_CHARACTERS = 24
LOT_CHARACTERS = 40


class RecordsNeeded(Exception):
    """The decision depends on the records of somebody whose records were not loaded. Load them, and decide again."""

    def __init__(self, person_id: str) -> None:
        super().__init__("the records of one more person are needed")
        self.person_id = person_id


class Batch:
    """Takes proposals one after the other; what it would write stands in `writes`."""

    def __init__(
        self, setting: Setting, held: Holdings, keys: Mapping[int, Keys], matcher: Matcher | None = None
    ) -> None:
        """`keys`: of each proposal's person, by its `id()`: they cost too much to be made twice."""
        self.writes = Writes()
        self._set = setting
        self._people = People(setting, held, keys, self.writes, matcher or Matcher())
        self._known_persons = held.persons
        self._records = {who: {one.id: one for one in records} for who, records in held.records.items()}
        self._by_event = dict(held.by_event)

    def take(self, proposal: Proposal, findings: Sequence[Finding]) -> Outcome:
        """Decide one proposal. `findings` are the checker's.

        Raises:
            RecordsNeeded: of somebody who resembled nobody before the batch began; the whole batch is decided again.
        """
        if any(one.severity == "error" for one in findings):
            return Outcome("refused", tuple(findings))
        if proposal.record_id and self._of_event(proposal) is None:
            return _refused(findings, "nothing-to-change", "event")
        if proposal.person_id and proposal.person_id not in self._people:
            return _refused(findings, "person-unknown", "person")
        known = self._of_event(proposal)
        if known is not None and not self._people.is_about(proposal, known.person_id):
            # The sender's own number means another dose now, or the number is another patient's: never both at once.
            if proposal.action != "add":
                return _refused(findings, "person-mismatch", "person")
            if known.status != "deleted":
                findings = [*findings, finding("event-id-of-another", "event.id")]
                proposal = replace(proposal, event_id="")
            known = None
        if proposal.action == "delete":
            return self._deleted(proposal, known, findings)
        who = self._whose(proposal, known)
        if who.kind == "match" and self._people.contradicts(proposal, who.person_id):
            return _refused(findings, "person-mismatch", "person.birth_date")
        if proposal.event is None:
            return self._noted(proposal, who, findings)
        return self._recorded(proposal, proposal.event, who, known, list(findings))

    def _whose(self, proposal: Proposal, known: HeldRecord | None) -> Decision:
        if known is not None and known.status != "deleted" and proposal.person_id in ("", known.person_id):
            return Decision("match", known.person_id, ())
        return self._sent_before(proposal, self._people.whose(proposal))

    def _noted(self, proposal: Proposal, who: Decision, findings: Sequence[Finding]) -> Outcome:
        person_id, more = self._people.person(proposal, who, self._stands_with(who.person_id))
        return Outcome("noted", (*findings, *more), person_id, "", who.kind == "review")

    def _stands_with(self, person_id: str) -> tuple[HeldRecord, ...]:
        """What this clinic has on record of somebody."""
        mine = self._of(person_id).values()
        return tuple(one for one in mine if one.clinic_id == self._set.clinic_id and one.status != "deleted")

    def _of(self, person_id: str) -> dict[str, HeldRecord]:
        """Somebody's records by id."""
        if person_id in self._known_persons and person_id not in self._records:
            raise RecordsNeeded(person_id)
        return self._records.setdefault(person_id, {})

    # ---- Records ----------------------------------------------------------------------------------------------------

    def _event_key(self, proposal: Proposal) -> str | None:
        return event_key(self._set.clinic_id, proposal.event_id) if proposal.event_id else None

    def _of_event(self, proposal: Proposal) -> HeldRecord | None:
        if proposal.record_id:
            named = self._of(proposal.person_id).get(proposal.record_id)
            return named if named and named.clinic_id == self._set.clinic_id else None
        key = self._event_key(proposal)
        return self._by_event.get(key) if key else None

    def _sent_before(self, proposal: Proposal, who: Decision) -> Decision:
        """Nobody can tell whose it is, but this clinic has said the very same of one of those it may be: it is that."""
        if who.kind != "review" or proposal.event is None:
            return who
        for other in who.others:
            same = self._people.demographics(other.person_id) == proposal.person
            if same and self._of_content(other.person_id, proposal, proposal.event):
                return Decision("match", other.person_id, ())
        return who

    def _of_content(self, person_id: str, proposal: Proposal, event: Event) -> HeldRecord | None:
        """The clinic's own record of this product and day: not where the sender's ids say that it is another dose."""
        keys = {self._key(person_id, event), self._key(person_id, event, proposal.event_id)}
        found = [one for one in self._of(person_id).values() if one.key in keys]
        own = self._event_key(proposal)
        return next((one for one in found if not self._is_another(one, own, event)), None)

    def _is_another(self, held: HeldRecord, own: str | None, event: Event) -> bool:
        """Two doses of one product on one day, or in one year: the sender tells them apart by id, and by lot."""
        if not own or not held.event_key or own == held.event_key:
            return False
        if len(moment_of(event)) < DAY_CHARACTERS:
            return True
        return isinstance(event, Dose) and bool(event.lot) and bool(held.lot) and event.lot != held.lot

    def _key(self, person_id: str, event: Event, apart: str = "") -> str:
        """`apart` tells doses of one product and day apart; a partial date has the number of the dose for that."""
        clinic_id, moment = self._set.clinic_id, moment_of(event)
        if apart:
            moment += f"#{apart}"
        elif isinstance(event, Dose) and len(moment) < DAY_CHARACTERS and event.dose_number is not None:
            moment += f"#{event.dose_number}"
        return record_key(person_id, clinic_id, event.kind, system_of(event), event.code, moment)

    def _free_key(self, person_id: str, proposal: Proposal, event: Event, known: HeldRecord | None) -> str:
        """The key of what is recorded: the plain one, unless another dose of that product and day has it."""
        key = self._key(person_id, event)
        holder = next((one for one in self._of(person_id).values() if one.key == key), None)
        taken = holder is not None and (known is None or holder.id != known.id)
        if taken and holder is not None and self._is_another(holder, self._event_key(proposal), event):
            return self._key(person_id, event, proposal.event_id)
        return key

    def _recorded(
        self, proposal: Proposal, event: Event, who: Decision, known: HeldRecord | None, findings: list[Finding]
    ) -> Outcome:
        known_person = who.person_id if who.kind == "match" else ""
        known = known or (self._of_content(known_person, proposal, event) if known_person else None)
        if proposal.action == "update" and known is None and self._others_record(known_person, event):
            return _refused(findings, "not-own-record", "event")
        if known is not None and self._set.replayed:
            return Outcome("unchanged", tuple(findings), known.person_id, known.id)
        key = self._free_key(known_person, proposal, event, known) if known_person else ""
        if known is not None and self._occupied(known_person, key, known.id):
            return _refused(findings, "another-record-stands", "event")
        judged = self._judged(proposal, event, known_person, known)
        findings += judged
        questions = [one.code for one in judged if one.severity == "question" and one.code not in proposal.confirmed]
        if questions and self._set.ask:
            return Outcome("asked", tuple(findings), known_person, known.id if known else "")
        unsigned = why_not_signed(event, self._set.policy)
        if unsigned is not None:
            findings.append(unsigned)
        person_id, more = self._people.person(proposal, who, self._stands_with(known_person))
        findings += more
        if who.kind == "review":
            findings.append(finding("person-ambiguous", "person"))
        key = key or self._key(person_id, event)
        after = self._after(proposal, event, person_id, known, unsigned.code if unsigned else "", judged, key)
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
            person = updated(self._people.demographics(person_id), person)
        lot = self._set.lots.get((event.code, event.lot)) if isinstance(event, Dose) and event.lot else None
        return list(judge(event, person, earlier, self._set.now, lot))

    def _standing(self, person_id: str) -> list[tuple[HeldRecord, str, str, int | None]]:
        found = []
        for one in self._of(person_id).values():
            if one.status == "completed":
                event = read_event(one.kind, one.resource).event
                number = event.dose_number if isinstance(event, Dose) else None
                found.append((one, system_of(event), moment_of(event), number))
        return found

    def _others_record(self, person_id: str, event: Event) -> bool:
        day = moment_of(event)[:DAY_CHARACTERS]
        standing = self._of(person_id).values()
        return any(one.code == event.code and one.day == day and one.status != "deleted" for one in standing)

    def _after(
        self,
        proposal: Proposal,
        event: Event,
        person_id: str,
        known: HeldRecord | None,
        unsigned: str,
        judged: Sequence[Finding],
        key: str,
    ) -> HeldRecord:
        now = self._set.now
        lot = event.lot[:LOT_CHARACTERS] if isinstance(event, Dose) else ""
        return HeldRecord(
            id=known.id if known else self._set.new_id(),
            person_id=person_id,
            clinic_id=self._set.clinic_id,
            key=key,
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
        did: Did = "reinstated" if known.status == "deleted" else "corrected"
        self._change(known, after, did)
        self.writes.questions += [(after.id, code) for code in questions]
        return Outcome(did, tuple(findings), after.person_id, after.id)

    def _occupied(self, person_id: str, key: str, record_id: str) -> bool:
        """Whether another record has this key."""
        return any(one.key == key and one.id != record_id for one in self._of(person_id).values())

    def _deleted(self, proposal: Proposal, known: HeldRecord | None, findings: Sequence[Finding]) -> Outcome:
        who = Decision("match", known.person_id, ()) if known else self._people.whose(proposal)
        if known is None and who.kind == "match" and proposal.event is not None:
            known = self._of_content(who.person_id, proposal, proposal.event)
        if known is None or known.status == "deleted" or self._set.replayed:
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
            self._of(moved_from).pop(record.id, None)
        self._of(record.person_id)[record.id] = record
        if record.event_key:
            self._by_event[record.event_key] = record


def _refused(findings: Sequence[Finding], code: str, place: str) -> Outcome:
    return Outcome("refused", (*findings, finding(code, place)))
