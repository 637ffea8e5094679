"""Does this dose count in CDC's routine schedule, and if not, by which rule? Pure.

A dose counts for an antigen where one of its standard series takes it: of the series that the person could have begun,
those in which most of the earlier doses count. Antigens that CDC gives to people with an indication only (rabies,
yellow fever, ...) are judged by those series. Where no standard series takes a dose but one for an indication does,
the failure names it: whether the person has the indication is not known here.

Source: CDSi Logic Specification for ACIP Recommendations 4.x, chapters 4 (relevant series), 6 (evaluation), 8 (choice).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from issuer.plausibility import reading
from issuer.plausibility.ages import LAST_ORDINAL, Duration
from issuer.plausibility.series import COUNTING, Series, Shot, Target, Verdict, Why, evaluate

Reason = Why | Literal["product-age", "product-none"]
"""Beside the reasons of a series: no dose of any series takes the product at this age, or at all."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A dose does not count for an antigen, in the series and against the target dose where it came furthest.

    `taken_by`: a series for people with an indication that takes it.
    """

    antigen: str
    why: Reason
    kind: str
    series: str
    target: int
    rule: str
    taken_by: str = ""


def failures(given: Shot, earlier: Sequence[Shot], born: int, gender: str) -> list[Failure]:
    """Every antigen of the dose for which it does not count.

    Args:
        earlier: all doses before that day, in order.
        born: ordinal of the day of birth.
        gender: as CDSi writes it: Female, Male, Unknown.
    """
    if _is_first(given.code, earlier) and _first_dose_counts(given, born, gender):
        return []
    return _failures(given, earlier, born, gender)


def _failures(given: Shot, earlier: Sequence[Shot], born: int, gender: str) -> list[Failure]:
    found = []
    live = _live(earlier) if earlier else ()
    for antigen, ages in reading.antigens().get(given.code, ()):
        if _is_within(ages, born, given.on):
            failure = _failure(antigen, [*_of_antigen(antigen, earlier, born), given], born, gender, live)
            if failure:
                found.append(failure)
    return found


def _failure(antigen: str, shots: Sequence[Shot], born: int, gender: str, live: Sequence[Shot]) -> Failure | None:
    series = _judging(antigen, gender)
    verdicts = [(one, evaluate(one, shots, born, live)) for one in series]
    chosen = _furthest(_begun_in_time(verdicts, born, shots[-1].on))
    if any(verdict.why in COUNTING or series.kind == "evaluation" for series, verdict in chosen):
        return None
    best, verdict = max(chosen, key=lambda one: (one[1].target, one[0].default))
    why, rule = _why(verdict, antigen, shots[-1], born)
    asked = best.kind != "risk" and why != "inadvertent"
    taken_by = _taken_by(antigen, gender, shots, born, live) if asked else ""
    return Failure(antigen, why, best.kind, best.name, verdict.target, rule, taken_by)


def _why(verdict: Verdict, antigen: str, shot: Shot, born: int) -> tuple[Reason, str]:
    if verdict.why != "product":
        return verdict.why, verdict.rule
    ages = reading.allowed_ages().get((antigen, shot.code))
    if ages is None:
        return "product-none", "no dose of the schedule takes this product"
    if _is_within(ages, born, shot.on):
        return verdict.why, verdict.rule
    bounds = [f"{word} {bound.text}" for word, bound in zip(("from", "below"), ages, strict=True) if bound]
    return "product-age", f"the product is taken {' and '.join(bounds)} of age only"


def _begun_in_time(verdicts: list[tuple[Series, Verdict]], born: int, on: int) -> list[tuple[Series, Verdict]]:
    """Without the series for which the first dose that counts came too late (CDSi: maximum age to start)."""
    kept = [
        (series, verdict)
        for series, verdict in verdicts
        if not (series.starts[1] and series.starts[1].reached(born, verdict.began or on))
    ]
    return kept or verdicts


def _furthest(verdicts: list[tuple[Series, Verdict]]) -> list[tuple[Series, Verdict]]:
    ranks = [(verdict.good_before, series.kind != "evaluation") for series, verdict in verdicts]
    return [one for one, rank in zip(verdicts, ranks, strict=True) if rank == max(ranks)]


@lru_cache(maxsize=256)
def _judging(antigen: str, gender: str) -> tuple[Series, ...]:
    """The routine series for a person of this gender; where there are none, those for people with an indication."""
    series = _relevant(antigen, gender)
    return tuple(one for one in series if one.kind != "risk") or series


def _relevant(antigen: str, gender: str) -> tuple[Series, ...]:
    return tuple(one for one in reading.all_series().get(antigen, ()) if not one.genders or gender in one.genders)


def _taken_by(antigen: str, gender: str, shots: Sequence[Shot], born: int, live: Sequence[Shot]) -> str:
    for one in _relevant(antigen, gender):
        if one.kind == "risk" and evaluate(one, shots, born, live).why == "":
            return one.name
    return ""


def _of_antigen(antigen: str, earlier: Sequence[Shot], born: int) -> list[Shot]:
    """The earlier doses that held the antigen, one for each day."""
    table = reading.antigens()
    days: dict[int, Shot] = {}
    for shot in earlier:
        if any(name == antigen and _is_within(ages, born, shot.on) for name, ages in table.get(shot.code, ())):
            days.setdefault(shot.on, shot)
    return list(days.values())


def _live(earlier: Sequence[Shot]) -> tuple[Shot, ...]:
    from issuer.plausibility import schedule

    return tuple(shot for shot in earlier if shot.code in schedule.LIVE)


def _is_within(ages: reading.AgeRange, born: int, on: int) -> bool:
    begin, end = ages
    return (begin is None or begin.reached(born, on)) and (end is None or not end.reached(born, on))


def _is_first(code: str, earlier: Sequence[Shot]) -> bool:
    """Whether nothing given before bears on the dose: no dose of its antigens, no live vaccine before a live one."""
    return not any(_bears_on(shot.code, code) for shot in earlier)


@lru_cache(maxsize=8192)
def _bears_on(earlier: str, later: str) -> bool:
    from issuer.plausibility import schedule

    table = reading.antigens()
    shared = {name for name, _ in table.get(earlier, ())} & {name for name, _ in table.get(later, ())}
    return bool(shared) or (earlier in schedule.LIVE and later in schedule.LIVE)


def _first_dose_counts(given: Shot, born: int, gender: str) -> bool:
    """Whether a first dose counts, told from its age in days alone; False: look closely.

    Nothing given before, only ages decide; between two neighbouring ages of the schedule the answer does not change.
    """
    since, edges, answers = _answers_by_age(given.code, gender)
    place = bisect_right(edges, given.on - born)
    return given.on > since and answers[place]


@lru_cache(maxsize=1024)
def _answers_by_age(code: str, gender: str) -> tuple[int, tuple[int, ...], tuple[bool, ...]]:
    """The last day on which a rule changed; ages in days; and whether a first dose between two of them counts.

    Around each age of the schedule lie the few days in which the calendar decides: there the answer is False.
    """
    series = [one for name, _ in reading.antigens().get(code, ()) for one in _judging(name, gender)]
    since = max((day for one in series for target in one.targets for day in _changes(target)), default=0)
    edges, answers, sure_from = [], [], 0
    for low, high in sorted({(bound.low, bound.high) for bound in _age_bounds(code, series)}):
        answers.append(sure_from < low and _counts_at(sure_from, code, since + 1, gender))
        answers.append(False)
        edges += [max(low, sure_from), max(high, sure_from)]
        sure_from = edges[-1]
    return since, tuple(edges), (*answers, _counts_at(sure_from, code, since + 1, gender))


def _counts_at(age: int, code: str, on: int, gender: str) -> bool:
    if on <= age:
        on = age + 1  # no rule has a date: any day will do
    return not _failures(Shot(on, code), (), on - age, gender)


def _age_bounds(code: str, series: Iterable[Series]) -> Iterator[Duration]:
    """Every age that the evaluation of a first dose asks for."""
    found: list[Duration | None] = [bound for _, ages in reading.antigens().get(code, ()) for bound in ages]
    for one in series:
        found.append(one.starts[1])
        for target in one.targets:
            found += [bound for age in target.ages for bound in (age.absolute, age.minimum, age.maximum)]
            found += [bound for ages in target.products.get(code, ()) for bound in ages]
            found += [bound for _, sets in target.skips for _, cs in sets for c in cs for bound in c[3:5]]
    return (bound for bound in found if bound is not None)


def _changes(target: Target) -> Iterator[int]:
    for bounds in target.ages:
        yield bounds.effective
        if bounds.ceased != LAST_ORDINAL:
            yield bounds.ceased
