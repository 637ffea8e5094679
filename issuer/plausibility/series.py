"""Walk through one of CDC's series dose by dose, and say whether the last one counts. Pure.

This is the evaluation half of CDSi ("evaluate vaccine dose administered"): conditional skip, inadvertent vaccine, age,
interval, live-virus conflict, product. Forecasting, contraindications, indications and the choice of one best series
belong to the schedule. Source: CDSi Logic Specification for ACIP Recommendations 4.x, chapter 6; data of
`issuer.plausibility.schedule`. Days are ordinals; `born` is the day of birth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from issuer.plausibility.ages import Duration, duration

Why = Literal["", "age", "interval", "live", "inadvertent", "product", "beyond"]
"""Why a dose does not count; "" where it does. `beyond`: the series was complete, or the person too old for it."""
COUNTING: frozenset[Why] = frozenset({"", "beyond"})


class Shot(NamedTuple):
    """One dose given."""

    on: int
    code: str
    """CVX."""


class Verdict(NamedTuple):
    """What became of a dose in one series, against its target dose number `target`, by which rule."""

    why: Why
    target: int = 0
    rule: str = ""
    good_before: int = 0
    """How many of the earlier doses count in this series."""
    began: int = 0
    """The day of the first of them; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """An age or interval: absolute minimum, minimum (that is without grace), maximum, and when the rule is in force."""

    absolute: Duration | None
    minimum: Duration | None
    maximum: Duration | None
    effective: int
    ceased: int
    from_previous: bool = False
    from_target: int = 0
    most_recent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Target:
    """One target dose of a series."""

    ages: tuple[Bounds, ...]
    intervals: tuple[Bounds, ...]
    allowable: tuple[Bounds, ...]
    products: Mapping[str, tuple[tuple[Duration | None, Duration | None], ...]]
    inadvertent: frozenset[str]
    skips: tuple[Any, ...]
    recurring: bool


@dataclass(frozen=True, slots=True)
class Series:
    """One series of one antigen."""

    antigen: str
    name: str
    kind: Literal["standard", "evaluation", "risk"]
    genders: frozenset[str]
    default: bool
    starts: tuple[Duration | None, Duration | None]
    targets: tuple[Target, ...]


class _Walk:
    """Where a person stands in a series."""

    __slots__ = ("failed", "good", "previous", "satisfied", "target")

    def __init__(self) -> None:
        self.target = 0
        self.satisfied: dict[int, int] = {}
        self.good: list[Shot] = []
        self.previous: Shot | None = None
        self.failed = False
        """Whether the previous dose did not count for its age or interval: then no grace is given."""


def evaluate(series: Series, shots: Sequence[Shot], born: int, live: Sequence[Shot] = ()) -> Verdict:
    """Whether the last of `shots` counts in the series.

    Args:
        shots: the doses of the antigen in the order of their days, at most one a day, the one in question last.
        live: all live virus vaccines the person got, of whatever antigen.
    """
    walk = _Walk()
    verdict = Verdict("")
    for number, shot in enumerate(shots):
        verdict = _evaluate_one(series, walk, shots[:number], shot, born, live)
        if verdict.why == "":
            walk.satisfied[verdict.target] = shot.on
            walk.good.append(shot)
            if not series.targets[walk.target].recurring:
                walk.target += 1
        if verdict.why != "inadvertent":
            walk.previous = shot
            walk.failed = verdict.why in ("age", "interval")
    good = [shot for shot in walk.good if shot is not shots[-1]]
    return verdict._replace(good_before=len(good), began=good[0].on if good else 0)


def _evaluate_one(
    series: Series, walk: _Walk, before: Sequence[Shot], shot: Shot, born: int, live: Sequence[Shot]
) -> Verdict:
    targets = series.targets
    while walk.target < len(targets) and _is_skipped(targets[walk.target], walk, before, shot, born):
        walk.target += 1
    number = walk.target + 1
    if number > len(targets):
        return Verdict("beyond", number)
    target = targets[walk.target]
    if shot.code in target.inadvertent:
        return Verdict("inadvertent", number, "this product is not meant for this dose")
    for bounds in target.ages:
        if bounds.effective <= shot.on <= bounds.ceased:
            if bounds.maximum and bounds.maximum.reached(born, shot.on):
                return Verdict("beyond", number)
            if rule := _too_early(bounds, born, shot.on, walk):
                return Verdict("age", number, f"{rule[0]} age {rule[1]}")
    if rule := _interval_fault(target, walk, before, shot):
        return Verdict("interval", number, f"{rule[0]} interval {rule[1]}")
    if live and (text := _live_conflict(shot, live, walk.good, before)):
        return Verdict("live", number, text)
    if target.products and not _is_for(target, shot, born):
        return Verdict("product", number, "the product is not for this dose at this age")
    return Verdict("", number)


def _too_early(bounds: Bounds, start: int, on: int, walk: _Walk) -> tuple[str, str] | None:
    """The bound not reached. The grace between absolute minimum and minimum is not given twice in a row."""
    if bounds.absolute and not bounds.absolute.reached(start, on):
        return "absolute minimum", _in_words(bounds.absolute)
    if walk.failed and walk.target and bounds.minimum and not bounds.minimum.reached(start, on):
        return "minimum", f"{_in_words(bounds.minimum)} (no grace after a dose that did not count)"
    return None


def _interval_fault(target: Target, walk: _Walk, before: Sequence[Shot], shot: Shot) -> tuple[str, str] | None:
    fault = None
    for bounds in target.intervals:
        start = _reference(bounds, walk, before) if bounds.effective <= shot.on <= bounds.ceased else None
        if start is not None and (fault := _too_early(bounds, start, shot.on, walk)):
            break
    if fault and target.allowable:
        starts = [(bounds, _reference(bounds, walk, before)) for bounds in target.allowable]
        if all(b.absolute is None or (s is not None and b.absolute.reached(s, shot.on)) for b, s in starts):
            return None
    return fault


def _reference(bounds: Bounds, walk: _Walk, before: Sequence[Shot]) -> int | None:
    if bounds.from_previous:
        return walk.previous.on if walk.previous else None
    if bounds.from_target:
        return walk.satisfied.get(bounds.from_target)
    return max((shot.on for shot in before if shot.code in bounds.most_recent), default=None)


def _is_for(target: Target, shot: Shot, born: int) -> bool:
    return any(
        (begin is None or begin.reached(born, shot.on)) and (end is None or not end.reached(born, shot.on))
        for begin, end in target.products.get(shot.code, ())
    )


def _live_conflict(shot: Shot, live: Sequence[Shot], good: Sequence[Shot], before: Sequence[Shot]) -> str:
    """An earlier dose of the same antigen that did not count keeps others away longer (CDSi: conflict end interval)."""
    from issuer.plausibility import schedule

    if shot.code not in schedule.LIVE:
        return ""
    for earlier in live:
        if earlier.on >= shot.on:
            continue
        rule = schedule.LIVE_EXCEPTIONS.get((earlier.code, shot.code), schedule.LIVE_RULE)
        begin, end = duration(rule[0]), duration(rule[2 if earlier in before and earlier not in good else 1])
        if begin and end and begin.reached(earlier.on, shot.on) and not end.reached(earlier.on, shot.on):
            return f"live virus vaccines at least {end.text} apart, or on one day"
    return ""


def _is_skipped(target: Target, walk: _Walk, before: Sequence[Shot], shot: Shot, born: int) -> bool:
    return any(
        _combined(logic, (_combined(inner, (_holds(c, walk, before, shot, born) for c in cs)) for inner, cs in sets))
        for logic, sets in target.skips
    )


def _combined(logic: str, answers: Any) -> bool:
    return any(answers) if logic == "or" else all(answers)


def _holds(condition: Any, walk: _Walk, before: Sequence[Shot], shot: Shot, born: int) -> bool:
    kind, start, end, begin_age, end_age, interval, count, which, how, codes = condition
    if kind == "age":
        return _is_within(begin_age, end_age, born, shot.on)
    if kind == "interval":
        return walk.previous is not None and interval is not None and interval.reached(walk.previous.on, shot.on)
    if kind != "count":  # "series": which series was completed, only the schedule knows
        return False
    counted = sum(
        (not codes or one.code in codes) and start <= one.on < end and _is_within(begin_age, end_age, born, one.on)
        for one in (walk.good if which == "valid" else before)
    )
    if how == "equal to":
        return bool(counted == count)
    return bool(counted > count if how == "greater than" else counted < count)


def _is_within(begin: Duration | None, end: Duration | None, born: int, on: int) -> bool:
    return (begin is None or begin.reached(born, on)) and (end is None or not end.reached(born, on))


def _in_words(bound: Duration) -> str:
    return bound.text.replace(" - ", " minus ").replace(" + ", " plus ")
