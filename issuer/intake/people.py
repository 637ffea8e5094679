"""Whose record it is, within one batch: the matcher asked, new persons begun, what is known of them brought up to date.
Pure: `issuer.intake.deciding` asks, the store writes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from issuer.intake.findings import finding
from issuer.intake.held import HeldPerson, HeldRecord, Holdings, Writes
from issuer.intake.proposal import Demographics, Finding, Proposal
from issuer.intake.setting import Setting
from issuer.persons import Candidate, Decision, Keys, decide, keys_of, updated

_NOBODY = Demographics()


class Matcher:
    """`decide`, which takes its time, asked once about the same person and the same candidates."""

    def __init__(self) -> None:
        self._said: dict[int, tuple[Demographics, list[Candidate], list[Candidate], Decision]] = {}

    def whose(self, person: Demographics, by_identifier: list[Candidate], by_name: list[Candidate]) -> Decision:
        """As `issuer.persons.decide`."""
        if not by_identifier and not by_name:
            return decide(person, (), ())
        kept = self._said.get(id(person))
        if kept is None or kept[1:3] != (by_identifier, by_name):
            kept = person, by_identifier, by_name, decide(person, by_identifier, by_name)
            self._said[id(person)] = kept
        return kept[3]

    def resembled(self, proposals: Iterable[Proposal], keys: Mapping[int, Keys], near: Holdings) -> set[str]:
        """Ids of those among `near` whose records will be asked for: most who share a key are somebody else."""
        found: set[str] = set()
        for proposal in proposals:
            if not proposal.person_id:
                own = keys[id(proposal.person)]
                by_identifier, by_name = (
                    candidates_of(near.persons, near.by_key, many) for many in (own.identifiers, own.names)
                )
                said = self.whose(proposal.person, by_identifier, by_name)
                found |= {said.person_id} if said.kind == "match" else set()
                found |= {other.person_id for other in said.others}
        return found


def candidates_of(
    persons: Mapping[str, HeldPerson], by_key: Mapping[str, Iterable[str]], keys: Iterable[str]
) -> list[Candidate]:
    """Those among `persons` who share one of the keys, each once."""
    ids = dict.fromkeys(who for key in keys for who in by_key.get(key, ()))
    return [Candidate(who, persons[who].demographics) for who in ids if who in persons]


class People:
    """The persons a batch is about."""

    def __init__(
        self, setting: Setting, held: Holdings, keys: Mapping[int, Keys], writes: Writes, matcher: Matcher
    ) -> None:
        """`keys`: of each proposal's person, by its `id()`: they cost too much to be made twice."""
        self._set, self._keys, self._writes, self._matcher = setting, keys, writes, matcher
        self._persons = dict(held.persons)
        self._by_key = {key: list(ids) for key, ids in held.by_key.items()}
        # A message is about one person, whatever the register says: its parts share one `Demographics`.
        self._same_message: dict[int, tuple[Demographics, str]] = {}

    def __contains__(self, person_id: str) -> bool:
        return person_id in self._persons

    def demographics(self, person_id: str) -> Demographics:
        """What is known of somebody; nothing where they are not known."""
        held = self._persons.get(person_id)
        return held.demographics if held else _NOBODY

    def whose(self, proposal: Proposal) -> Decision:
        """The matcher's answer; what a page or program named, or the same message said before, needs none."""
        if proposal.person_id:
            return Decision("match", proposal.person_id, ())
        _, before = self._same_message.get(id(proposal.person), (None, ""))
        if before:
            return Decision("match", before, ())
        keys = self._keys[id(proposal.person)]
        by_identifier, by_name = (
            candidates_of(self._persons, self._by_key, many) for many in (keys.identifiers, keys.names)
        )
        return self._matcher.whose(proposal.person, by_identifier, by_name)

    def is_about(self, proposal: Proposal, person_id: str) -> bool:
        """Whether a proposal that names a record may be about the person who has it.

        Whoever names nobody, or the person by id, speaks of the record alone. Else the person sent has to be that one
        by the matcher's own rules: a number used again for another patient must never change the first one's record.
        """
        if proposal.person_id or proposal.person == _NOBODY or person_id not in self._persons:
            return True
        _, before = self._same_message.get(id(proposal.person), (None, ""))
        if before:
            return before == person_id
        keys, held = self._keys[id(proposal.person)], self._persons[person_id].demographics
        theirs, one = keys_of(held), [Candidate(person_id, held)]
        shared = not set(keys.identifiers).isdisjoint(theirs.identifiers)
        found = decide(proposal.person, one if shared else [], one)
        return found.kind == "match" or (found.kind == "review" and held.birth_date == proposal.person.birth_date)

    def contradicts(self, proposal: Proposal, person_id: str) -> bool:
        """Whoever names the person must know the date of birth: nobody's record goes to somebody else."""
        if not proposal.person_id:
            return False
        held = self._persons[person_id].demographics.birth_date
        return bool(held) and bool(proposal.person.birth_date) and held != proposal.person.birth_date

    def person(self, proposal: Proposal, who: Decision, own: Sequence[HeldRecord]) -> tuple[str, list[Finding]]:
        """(the person's id, what is to be said of it); a new or changed person is put among what is to be written.

        Args:
            own: what this clinic has on record of the person.
        """
        if who.kind == "match":
            return who.person_id, self._update(who.person_id, proposal, own)
        person_id = self._set.new_id()
        self._same_message[id(proposal.person)] = (proposal.person, person_id)
        keys = self._keys[id(proposal.person)]
        protected, everything = bool(proposal.person.protected), frozenset((*keys.identifiers, *keys.names))
        held = HeldPerson(person_id, proposal.person, protected, everything, self._set.now if protected else None)
        self._persons[person_id] = self._writes.new_persons[person_id] = held
        self._add_keys(person_id, held.keys)
        if who.kind == "review":
            for other in who.others:
                reasons = " ".join(other.reasons)
                self._writes.reviews.append((self._set.new_id(), person_id, other.person_id, other.score, reasons))
        return person_id, []

    def _update(self, person_id: str, proposal: Proposal, own: Sequence[HeldRecord]) -> list[Finding]:
        held = self._persons[person_id]
        if self._set.replayed:
            return []
        said, findings = self._allowed(held, proposal.person, own)
        person = updated(held.demographics, said)
        if person == held.demographics:
            return findings
        keys, before = keys_of(person), keys_of(held.demographics)
        since = (held.protected_at or self._set.now) if person.protected else None
        everything = held.keys | {*keys.identifiers, *keys.names}
        changed = HeldPerson(person_id, person, bool(person.protected), everything, since)
        self._add_keys(person_id, everything - {*before.identifiers, *before.names})
        self._persons[person_id] = changed
        kept = self._writes.new_persons if person_id in self._writes.new_persons else self._writes.changed_persons
        kept[person_id] = changed
        return findings

    def _allowed(
        self, held: HeldPerson, said: Demographics, own: Sequence[HeldRecord]
    ) -> tuple[Demographics, list[Finding]]:
        """What a clinic may change of somebody. Whoever has nothing on record of them does not replace the date of
        birth and the name; a protection is lifted only by who recorded something before it began."""
        findings = []
        if held.protected and said.protected is False and not held.known_before(own):
            said = replace(said, protected=None)
            findings.append(finding("protected-person", "person"))
        known = held.demographics
        if not own and known.birth_date and said.birth_date and said.birth_date != known.birth_date:
            said = replace(said, birth_date=known.birth_date, name=known.name, died_on=None)
            findings.append(finding("person-details-kept", "person.birth_date"))
        return said, findings

    def _add_keys(self, person_id: str, keys: Iterable[str]) -> None:
        for key in sorted(keys):
            if person_id in self._by_key.get(key, ()):
                continue  # filed already: from somebody who was put together with this person
            self._by_key.setdefault(key, []).append(person_id)
            self._writes.new_keys.append((key, person_id))
