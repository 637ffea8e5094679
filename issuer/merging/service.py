"""Use cases: look at two persons, put them together, keep them apart, take them apart; a system's own merge (A40)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from issuer.audit.entry import Entry
from issuer.card_making import CardMaker
from issuer.intake.findings import finding
from issuer.intake.held import HeldPerson
from issuer.intake.proposal import Demographics, Identifier, Outcome
from issuer.merging.comparison import SideBySide, compared, name_in_words, records_compared
from issuer.merging.joining import Joining
from issuer.merging.parting import Parting
from issuer.models import record
from issuer.persons import keys_of, read_demographics
from issuer.persons.comparing import compare, known
from issuer.rights import Actor, require
from issuer.store import Store, audit
from issuer.store.holdings import persons_of, records_where
from issuer.store.putting_right import clinics, staff_names
from issuer.store.reviews import (
    add_review,
    all_merges,
    decide_pair,
    person_rows,
    persons_with_key,
    review_row,
    reviews_in,
    states_of_pair,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

ID_OCTETS = 16
AT_ONCE = 100
"""Reviews and merges on a page."""
MAX_PERSONS = 5
"""More than so many with one identifier is a fault of the numbers, not of the persons."""
A40 = "sender-says-one-person"
"""The reason of a review that a system's merge opened."""


class UnknownReview(LookupError):
    """There is no review with this id."""


class AlreadyDecided(Exception):
    """Somebody decided meanwhile, or the two are one by now. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One review in the list."""

    id: str
    newer: str = field(repr=False)
    older: str = field(repr=False)
    """Names in words."""
    newer_born: str = field(repr=False)
    older_born: str = field(repr=False)
    score: int
    reasons: tuple[str, ...]
    opened_at: datetime
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class MergeLine:
    """One merge in the list."""

    id: str
    gone: str = field(repr=False)
    into: str = field(repr=False)
    gone_born: str = field(repr=False)
    into_born: str = field(repr=False)
    records: int
    merged_by: str
    merged_at: datetime
    undone_by: str | None
    undone_at: datetime | None
    undoable: bool


@dataclass(frozen=True, slots=True)
class Merging:
    """Two persons who may be one."""

    store: Store
    maker: CardMaker
    random: Callable[[int], bytes] = field(repr=False)

    # ---- Looking ----------------------------------------------------------------------------------------------------

    def open_reviews(self, actor: Actor) -> tuple[ReviewLine, ...]:
        """The likeliest first, at most `AT_ONCE`. Raises Forbidden."""
        return self._lines(actor, "open")

    def kept_apart(self, actor: Actor) -> tuple[ReviewLine, ...]:
        """Pairs that are two persons. Raises Forbidden."""
        return self._lines(actor, "distinct")

    def _lines(self, actor: Actor, state: str) -> tuple[ReviewLine, ...]:
        require(actor, "review.decide")
        with self.store.reading() as connection:
            rows = reviews_in(connection, state, AT_ONCE)
            people = persons_of(connection, {row[who] for row in rows for who in ("newer_now", "older_now")})
            return tuple(_review_line(row, people) for row in rows)

    def review(self, actor: Actor, review_id: str, now: datetime) -> SideBySide:
        """Both persons side by side. Looking is a line of the audit log of each.

        Raises:
            Forbidden, UnknownReview; AlreadyDecided: the two are one by now. StorageFull, StorageBusy.
        """
        require(actor, "review.decide")
        with self.store.writing() as connection:
            row = _found(review_row(connection, review_id))
            people = persons_of(connection, (row["newer_now"], row["older_now"]))
            if len(people) != 2:
                raise AlreadyDecided("the two are one by now")
            lines = [Entry(now, actor, "person.open", "person", who, "", who, "review") for who in sorted(people)]
            audit.append(connection, lines)
            return _side_by_side(connection, row, people)

    def merges(self, actor: Actor) -> tuple[MergeLine, ...]:
        """The newest `AT_ONCE`. Raises Forbidden."""
        require(actor, "review.decide")
        with self.store.reading() as connection:
            rows = all_merges(connection, AT_ONCE)
            people = person_rows(connection, {row[who] for row in rows for who in ("gone", "into")})
            return tuple(_merge_line(row, people) for row in rows)

    def names(self, actors: Iterable[str]) -> Mapping[str, str]:
        """What whoever decided is called."""
        with self.store.reading() as connection:
            return staff_names(connection, set(actors))

    # ---- Deciding ---------------------------------------------------------------------------------------------------

    def merge(self, actor: Actor, review_id: str, survivor: str, now: datetime) -> str:
        """They are one person: the other's records become the survivor's. The merge's id.

        Raises:
            Forbidden, UnknownReview, AlreadyDecided, StorageFull, StorageBusy: nothing was changed.
        """
        require(actor, "review.decide")
        with self.store.writing() as connection:
            row = self._undecided(connection, review_id)
            pair = {row["newer_now"], row["older_now"]}
            if survivor not in pair:
                raise UnknownReview("the review is not about this person")
            [gone] = pair - {survivor}
            audit.append(connection, [Entry(now, actor, "review.merge", "review", review_id, "", survivor)])
            return self._join(connection, actor, gone, survivor, now)

    def keep_apart(self, actor: Actor, review_id: str, now: datetime) -> None:
        """They are two persons, and nobody is asked about them again.

        Raises:
            Forbidden, UnknownReview, AlreadyDecided, StorageFull, StorageBusy: nothing was changed.
        """
        require(actor, "review.decide")
        with self.store.writing() as connection:
            row = self._undecided(connection, review_id)
            decide_pair(connection, row["newer_now"], row["older_now"], "open", "distinct", actor.id, now)
            audit.append(connection, [Entry(now, actor, "review.distinct", "review", review_id, "", row["newer_now"])])

    def ask_again(self, actor: Actor, review_id: str, now: datetime) -> None:
        """That they are two was wrong: the review is open again. Raises as `keep_apart`."""
        require(actor, "review.decide")
        with self.store.writing() as connection:
            row = _found(review_row(connection, review_id, lock=True))
            if row["state"] != "distinct":
                raise AlreadyDecided("it is not decided that they are two")
            decide_pair(connection, row["newer_now"], row["older_now"], "distinct", "open", None, None)
            audit.append(connection, [Entry(now, actor, "review.undo", "review", review_id, "", row["newer_now"])])

    def undo(self, actor: Actor, merge_id: str, now: datetime) -> None:
        """They are two persons after all; everything is as it was, and what was said since is kept.

        Raises:
            Forbidden, issuer.merging.parting.UnknownMerge, issuer.merging.parting.NotUndoable, StorageFull,
            StorageBusy: nothing was changed.
        """
        require(actor, "review.decide")
        with self.store.writing() as connection:
            Parting(self.maker, self.random, connection).undo(actor, merge_id, now)

    def _undecided(self, connection: "Connection", review_id: str) -> "RowMapping":
        row = _found(review_row(connection, review_id, lock=True))
        if row["state"] != "open" or row["newer_now"] == row["older_now"]:
            raise AlreadyDecided("it was decided meanwhile")
        return row

    def _join(self, connection: "Connection", actor: Actor, gone: str, survivor: str, now: datetime) -> str:
        merge_id = Joining(self.maker, self.random, connection).join(actor, gone, survivor, now)
        if merge_id is None:
            raise AlreadyDecided("one of them was put together with somebody meanwhile")
        return merge_id

    # ---- A system's own merge ---------------------------------------------------------------------------------------

    def merge_by_identifier(
        self, actor: Actor, clinic_id: str, gone: Identifier, into: Identifier, now: datetime
    ) -> Outcome:
        """A clinic's system says that two of its charts are one person (HL7 v2 ADT^A40).

        Only persons all of whose records are this clinic's own, and who do not contradict each other, are put together
        at once; else it opens a review.

        Raises:
            Forbidden, StorageFull, StorageBusy: nothing was changed.
        """
        require(actor, "record.correct", clinic_id)
        with self.store.writing() as connection:
            old, new = _people(connection, gone), _people(connection, into)
            if not old or not new or len(old | new) > MAX_PERSONS:
                return Outcome("refused", (finding("nothing-to-change", "person.identifier"),))
            if len(old) == len(new) == 1:
                return self._merge_two(connection, actor, clinic_id, old.pop(), new.pop(), now)
            return self._ask_about(connection, actor, clinic_id, old, new, now)

    def _merge_two(
        self, connection: "Connection", actor: Actor, clinic_id: str, gone: str, into: str, now: datetime
    ) -> Outcome:
        if gone == into:
            return Outcome("unchanged", (finding("record-unchanged", "person.identifier"),), into)
        if "distinct" in states_of_pair(connection, gone, into):
            return Outcome("refused", (finding("nothing-to-change", "person.identifier"),))
        if self._own(connection, clinic_id, gone, into):
            self._join(connection, actor, gone, into, now)
            return Outcome("noted", (), into)
        return self._ask_about(connection, actor, clinic_id, {gone}, {into}, now)

    def _own(self, connection: "Connection", clinic_id: str, *pair: str) -> bool:
        """Whether the clinic answers for both alone, and nothing says that they are two."""
        held = records_where(connection, record.c.person_id, pair)
        if {one.person_id for one in held} != set(pair) or any(one.clinic_id != clinic_id for one in held):
            return False
        people = persons_of(connection, pair)
        if len(people) != 2:
            return False
        one, other = (people[who].demographics for who in pair)
        found = compare(known(one), other)
        return found is not None and not found.order_differs and found.given != "differs"

    def _ask_about(
        self, connection: "Connection", actor: Actor, clinic_id: str, gone: set[str], into: set[str], now: datetime
    ) -> Outcome:
        for one in sorted(gone):
            for other in sorted(into - {one}):
                if not states_of_pair(connection, one, other) & {"open", "distinct"}:
                    review_id = self.random(ID_OCTETS).hex()
                    add_review(connection, review_id, one, other, A40, now)
                    entry = Entry(now, actor, "review.open", "review", review_id, clinic_id, one)
                    audit.append(connection, [entry])
        return Outcome("noted", (finding("person-ambiguous", "person.identifier"),), min(into), "", True)


def _people(connection: "Connection", one: Identifier) -> set[str]:
    keys = keys_of(Demographics(identifiers=(one,))).identifiers
    return set(persons_of(connection, persons_with_key(connection, keys)))


def _found(row: "RowMapping | None") -> "RowMapping":
    if row is None:
        raise UnknownReview("there is no review with this id")
    return row


def _side_by_side(connection: "Connection", row: "RowMapping", people: dict[str, HeldPerson]) -> SideBySide:
    newer, older = people[row["newer_now"]], people[row["older_now"]]
    held = [records_where(connection, record.c.person_id, [one.id]) for one in (newer, older)]
    return SideBySide(
        row["id"],
        row["state"],
        row["score"],
        tuple(row["reasons"].split()),
        newer,
        older,
        compared(newer.demographics, older.demographics),
        records_compared(held[0], held[1], clinics(connection)),
    )


def _review_line(row: "RowMapping", people: dict[str, HeldPerson]) -> ReviewLine:
    newer, older = (people[row[who]].demographics for who in ("newer_now", "older_now"))
    return ReviewLine(
        row["id"], name_in_words(newer.name), name_in_words(older.name), newer.birth_date, older.birth_date,
        row["score"], tuple(row["reasons"].split()), row["opened_at"], row["decided_by"], row["decided_at"],
    )  # fmt: skip


def _merge_line(row: "RowMapping", people: "dict[str, RowMapping]") -> MergeLine:
    gone, into = (read_demographics(people[row[who]]["demographics"]) for who in ("gone", "into"))
    still = people[row["gone"]]["merged_into"] == row["into"] and people[row["into"]]["merged_into"] is None
    undoable = row["undone_at"] is None and bool(row["before"]) and still
    return MergeLine(
        row["id"], name_in_words(gone.name), name_in_words(into.name), gone.birth_date, into.birth_date,
        len(row["records"].split()), row["merged_by"], row["merged_at"], row["undone_by"], row["undone_at"], undoable,
    )  # fmt: skip
