"""The schedule's data as values to reckon with, made once at the first question. Pure."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from issuer.plausibility.ages import LAST_ORDINAL, Duration, duration, ordinal
from issuer.plausibility.series import Bounds, Series, Target

_ORDER = {"standard": 0, "evaluation": 1, "risk": 2}


class AgeRange(NamedTuple):
    """From an age, and below an age; None: no bound."""

    begin: Duration | None
    end: Duration | None


@lru_cache(maxsize=1)
def all_series() -> Mapping[str, tuple[Series, ...]]:
    """The series of each antigen, the standard ones first."""
    from issuer.plausibility import schedule

    found: dict[str, list[Series]] = {}
    for row in sorted(schedule.SERIES, key=lambda row: _ORDER[row[2]]):
        found.setdefault(row[0], []).append(_series(row))
    return {antigen: tuple(series) for antigen, series in found.items()}


@lru_cache(maxsize=1)
def antigens() -> Mapping[str, tuple[tuple[str, AgeRange], ...]]:
    """The antigens of each CVX code, with the ages at which it counts for them."""
    from issuer.plausibility import schedule

    return {
        code: tuple((name, AgeRange(duration(begin), duration(end))) for name, begin, end in rows)
        for code, rows in schedule.ANTIGENS.items()
    }


@lru_cache(maxsize=1)
def allowed_ages() -> Mapping[tuple[str, str], AgeRange]:
    """(antigen, CVX): the ages at which some dose of some series takes the product."""
    from issuer.plausibility import schedule

    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for antigen, *_, doses in schedule.SERIES:
        for dose in doses:
            for code, begin, end, _preferred in schedule.PRODUCTS[dose[3]]:
                found.setdefault((antigen, code), []).append((begin, end))
    return {key: _hull(ages) for key, ages in found.items()}


@lru_cache(maxsize=1)
def intended_ages() -> Mapping[str, AgeRange]:
    """CVX: the ages at which CDC prefers the product for some dose; a code it prefers nowhere is not in it."""
    from issuer.plausibility import schedule

    found: dict[str, list[tuple[str, str]]] = {}
    for products in schedule.PRODUCTS:
        for code, begin, end, preferred in products:
            if preferred:
                found.setdefault(code, []).append((begin, end))
    return {code: _hull(ages) for code, ages in found.items()}


def _hull(ages: Iterable[tuple[str, str]]) -> AgeRange:
    begins, ends = zip(*((duration(begin), duration(end)) for begin, end in ages), strict=True)
    begin = None if None in begins else min((one for one in begins if one), key=lambda one: one.low)
    end = None if None in ends else max((one for one in ends if one), key=lambda one: one.high)
    return AgeRange(begin, end)


def _series(row: Any) -> Series:
    antigen, name, kind, genders, default, _product_path, begin, end, doses = row
    starts = (duration(begin), duration(end))
    return Series(antigen, name, kind, frozenset(genders), default, starts, tuple(_target(dose) for dose in doses))


def _target(dose: Any) -> Target:
    from issuer.plausibility import schedule

    ages, intervals, allowable, products, inadvertent, skips, recurring = dose
    taken: dict[str, tuple[AgeRange, ...]] = {}
    for code, begin, end, _preferred in schedule.PRODUCTS[products]:
        taken[code] = (*taken.get(code, ()), AgeRange(duration(begin), duration(end)))
    return Target(
        tuple(Bounds(duration(a), duration(m), duration(x), *_in_force(e, c)) for a, m, x, e, c in ages),
        tuple(
            Bounds(duration(a), duration(m), None, *_in_force(e, c), previous, target, frozenset(recent))
            for previous, target, recent, a, m, e, c in intervals
        ),
        tuple(
            Bounds(duration(a), None, None, *_in_force(e, c), previous, target)
            for previous, target, a, e, c in allowable
        ),
        taken,
        frozenset(inadvertent),
        tuple((logic, tuple((inner, tuple(map(_condition, cs))) for inner, cs in sets)) for logic, sets in skips),
        recurring,
    )


def _condition(condition: Any) -> tuple[Any, ...]:
    kind, start, end, begin_age, end_age, interval, count, which, how, codes = condition
    ages = (duration(begin_age), duration(end_age), duration(interval))
    return (kind, ordinal(start) or 0, ordinal(end) or LAST_ORDINAL, *ages, count, which, how, frozenset(codes))


def _in_force(effective: str, ceased: str) -> tuple[int, int]:
    return ordinal(effective) or 0, ordinal(ceased) or LAST_ORDINAL
