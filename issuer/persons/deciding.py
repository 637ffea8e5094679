"""Whose record is it? Known, new, or for people to say. Pure.

    decision = decide(person, candidates_by_identifier, candidates_by_name)
    decision.kind         # "match" | "new" | "review"

The rules, in the order in which they are asked of each candidate:

1. The same identifier of the same authority: it is the person, unless birth date and given name both contradict (a
   chart number used again), the birth order does, or the number is of a kind that parents lend their children and
   one of both contradicts: then people look.
2. Without one: another birth date, another birth order or another given name is another person. Twins are never
   linked.
3. Name and birth date alike, nothing against it, and enough agreement: it is the person. A rare name with its birth
   date is enough; a common one needs another fact; a name that is only similar always does.
4. What is left and likelier than 1 to 8 is shown to people. A placeholder ("Baby Boy") never gets further than this.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from issuer.intake.proposal import Demographics
from issuer.persons.comparing import FAMILYS_KINDS, Comparison, Known, compare, known
from issuer.persons.weights import CLEAR_BITS, FACT_BITS, MATCH_BITS, REVIEW_BITS, score

MAX_OTHERS = 5
"""How many resembling persons are named: more than that nobody compares side by side."""
Verdict = Literal["match", "review", "no"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who is known."""

    person_id: str
    person: Demographics = field(repr=False)


@dataclass(frozen=True, slots=True)
class Resemblance:
    """Somebody it may be. `score` 0 to 100 (50: even odds); `reasons` are codes of what agrees and what differs."""

    person_id: str
    score: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """`match`: it is `person_id`, and `others` may be the same person twice in the register. `new`: nobody known.
    `review`: it may be one of `others`, best first; `person_id` is "" for both."""

    kind: Literal["match", "new", "review"]
    person_id: str = ""
    others: tuple[Resemblance, ...] = ()


@dataclass(slots=True)
class _Judged:
    person_id: str
    found: Comparison
    verdict: Verdict

    def resemblance(self) -> Resemblance:
        return Resemblance(self.person_id, score(self.found.bits), tuple(self.found.reasons))


def decide(person: Demographics, by_identifier: Sequence[Candidate], by_name: Sequence[Candidate]) -> Decision:
    """Whose record it is. Candidates are whoever shares a key (`keys_of`), in any order.

    Args:
        by_identifier: those who share an `i…` key. by_name: those who share another; the same person in both is
            looked at once.
    """
    if not by_identifier and not by_name:
        return _NOBODY
    judged = sorted(_judged(known(person), chain(by_identifier, by_name)), key=_best_first)
    linked = [one for one in judged if one.verdict == "match"]
    others = [one for one in judged if one.verdict == "review"]
    if linked and _is_clear(linked):
        return Decision("match", linked[0].person_id, _named(linked[1:] + others))
    if linked or others:
        return Decision("review", "", _named(linked + others))
    return _NOBODY


_NOBODY = Decision("new")


def _judged(new: Known, candidates: Iterable[Candidate]) -> list[_Judged]:
    seen: set[str] = set()
    judged = []
    for candidate in candidates:
        if candidate.person_id in seen:
            continue
        seen.add(candidate.person_id)
        found = compare(new, candidate.person)
        if found is not None:
            judged.append(_Judged(candidate.person_id, found, _verdict(found)))
    return judged


def _best_first(one: _Judged) -> tuple[bool, bool, float, str]:
    return (one.verdict != "match", not one.found.shared, -one.found.bits, one.person_id)


def _is_clear(linked: list[_Judged]) -> bool:
    """One candidate, or one far ahead, or several that each agree in more than the name: those are one person twice."""
    first, *rest = linked
    if not rest or first.found.shared or first.found.bits - rest[0].found.bits >= CLEAR_BITS:
        return True
    return all(one.found.facts for one in linked)


def _named(judged: list[_Judged]) -> tuple[Resemblance, ...]:
    return tuple(one.resemblance() for one in judged[:MAX_OTHERS])


def _verdict(found: Comparison) -> Verdict:
    if found.shared:
        return _by_identifier(found)
    if found.order_differs or found.given == "differs":
        return "no"
    if found.family in ("differs", "unknown") and not found.facts:
        return "no"
    if _is_the_person(found):
        return "match"
    return "review" if found.bits >= REVIEW_BITS else "no"


def _by_identifier(found: Comparison) -> Verdict:
    born_otherwise, called_otherwise = found.birth == "differs", found.given == "differs"
    if (born_otherwise and called_otherwise) or (found.order_differs and found.given != "same"):
        return "review"
    if found.shared <= FAMILYS_KINDS and (born_otherwise or called_otherwise):
        return "review"
    return "match"


def _is_the_person(found: Comparison) -> bool:
    """Rule 3."""
    if found.birth != "same" or found.contradicted or found.family not in ("same", "similar"):
        return False
    if found.bits < (FACT_BITS if found.facts else MATCH_BITS):
        return False
    if found.given == "similar":  # twins are called Jaden and Jayden, John and James
        return "given-nickname" in found.reasons and found.facts > 0 and "sex-same" in found.reasons
    return found.given == "same" and (found.family == "same" or found.facts > 0)
