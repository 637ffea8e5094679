"""A whole record in the fewest codes, for a school or a new clinic. Pure.

The second choice beside the cards by group (`issuer.grouping`): nothing stands twice, a code may hold several groups.
Whether a part fits is asked of `make`, which signs it: the size of a card is known when it is compressed, not before.
The same record gives the same parts, in whatever order it comes. docs/adr/0018-the-whole-record.md has the bound.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from cards import CardTooLarge
from cards.encoding import write_json
from issuer.fhir import Resource, Submission
from issuer.grouping import Draft, title_of_result, titles_of_dose

Made = TypeVar("Made")
Part = tuple[int, ...]
"""Places in the record, in the order of the dates."""


def packed(submission: Submission, make: Callable[[Draft], Made]) -> list[Made]:
    """The fewest codes that hold every dose and every result; doses first.

    Doses and results never share a code: the profiles forbid it (`cards.shc.profiles`, mixed-card).

    Args:
        make: signs a draft; raises CardTooLarge. It is asked for parts that are not used in the end.
    Raises:
        CardTooLarge: one dose or result alone does not fit.
    """
    born, patient = submission.birth_date, submission.patient
    doses = _Packing(patient, submission.doses, lambda one: titles_of_dose(one, born), make)
    results = _Packing(patient, submission.results, lambda one: [title_of_result(one)], make)
    return doses.fewest() + results.fewest()


class _Packing(Generic[Made]):
    """One search; what was made once is not made again."""

    def __init__(
        self,
        patient: Resource,
        resources: Sequence[Resource],
        titles: Callable[[Resource], list[str]],
        make: Callable[[Draft], Made],
    ) -> None:
        self._patient, self._make = patient, make
        self._resources = sorted(resources, key=lambda one: (_day(one), write_json(one)))
        self._texts = [write_json(one) for one in self._resources]
        self._titles = [titles(one) for one in self._resources]
        self._made: dict[Part, Made | None] = {}

    def fewest(self) -> list[Made]:
        everything = tuple(range(len(self._resources)))
        if not everything:
            return []
        if self._fits(everything):
            return self._done([everything])
        filled: list[Part] | None = None
        for count in itertools.count(2):
            parts = self._evenly(count)
            if parts is None:
                filled = filled or min((self._filled(order) for order in self._orders()), key=len)
                parts = filled if len(filled) <= count else None
            if parts is not None:
                return self._done(parts)
        raise AssertionError("each by itself fits, or `_filled` has said so")  # pragma: no cover

    def _done(self, parts: Sequence[Part]) -> list[Made]:
        return [made for part in sorted(parts) if (made := self._part(part)) is not None]

    def _orders(self) -> Iterator[list[int]]:
        """Orders in which codes are filled: groups together, like with like, and by date."""
        places = range(len(self._resources))
        yield sorted(places, key=lambda place: (min(self._titles[place]), place))
        yield sorted(places, key=lambda place: (_likeness(self._resources[place]), place))
        yield list(places)

    def _evenly(self, count: int) -> list[Part] | None:
        """So many parts of about one size: whole groups, else cut from each order; None where one does not fit."""
        for parts in (self._by_groups(count), *(self._cut(order, count) for order in self._orders())):
            if len(parts) == count and all(self._fits(part) for part in parts):
                return parts
        return None

    def _cut(self, order: Sequence[int], count: int) -> list[Part]:
        """An order cut where the next share of the text begins."""
        total, so_far = sum(map(self._size, order)), 0
        parts: dict[int, list[int]] = {}
        for place in order:
            parts.setdefault(so_far * count // total, []).append(place)
            so_far += self._size(place)
        return [tuple(sorted(part)) for part in parts.values()]

    def _filled(self, order: Sequence[int]) -> list[Part]:
        """Each code takes as much of what is left as fits it.

        Raises:
            CardTooLarge: one alone does not fit.
        """
        parts, start = [], 0
        while start < len(order):
            taken = self._most(order[start:])
            if not taken:
                raise CardTooLarge("a single dose or result does not fit one QR code")
            parts.append(tuple(sorted(order[start : start + taken])))
            start += taken
        return parts

    def _most(self, order: Sequence[int]) -> int:
        """How many of the first fit one code: doubled until too many, then halved in between."""
        few, many = 0, 1
        while many <= len(order) and self._fits(order[:many]):
            few, many = many, many * 2
        many = min(many, len(order) + 1)
        while many - few > 1:
            middle = (few + many) // 2
            few, many = (middle, many) if self._fits(order[:middle]) else (few, middle)
        return few

    def _size(self, place: int) -> int:
        """Of its JSON: only says which is tried first."""
        return len(self._texts[place])

    def _by_groups(self, count: int) -> list[Part]:
        """No group torn apart: the largest first, each into the emptiest; fewer parts where there are fewer."""
        groups: dict[str, list[int]] = {}
        for place, titles in enumerate(self._titles):
            groups.setdefault(min(titles), []).append(place)
        parts: list[list[int]] = [[] for _ in range(count)]
        for _, places in sorted(groups.items(), key=lambda item: (-sum(map(self._size, item[1])), item[0])):
            min(parts, key=lambda part: sum(map(self._size, part))).extend(places)
        return [tuple(sorted(part)) for part in parts if part]

    def _fits(self, places: Sequence[int]) -> bool:
        return self._part(tuple(sorted(places))) is not None

    def _part(self, part: Part) -> Made | None:
        if part not in self._made:
            try:
                self._made[part] = self._make(self._draft(part))
            except CardTooLarge:
                self._made[part] = None
        return self._made[part]

    def _draft(self, part: Part) -> Draft:
        counted = Counter(title for place in part for title in self._titles[place])
        said = sorted(counted.items(), key=lambda item: item[0])
        title = "; ".join(f"{name} ({times})" for name, times in said)
        return Draft(title, self._patient, tuple(self._resources[place] for place in part))


def _day(resource: Resource) -> str:
    period: Any = resource.get("effectivePeriod") or {}
    said = resource.get("occurrenceDateTime") or resource.get("effectiveDateTime")
    return str(said or period.get("start") or period.get("end") or "")


def _likeness(resource: Resource) -> bytes:
    """Equal clinics, codes and lots beside each other: what repeats compresses."""
    return write_json({"by": resource.get("performer"), "of": resource.get("vaccineCode") or resource.get("code")})
