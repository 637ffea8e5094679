"""When a clinic is held for a second look: rules as data, and the one question asked of all of them. Pure.

    reasons = look(recent, past, lots, zone)              # () where nothing is unusual

A rule has a name, limits, and what the department reads. An operator who knows better passes other rules.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

import orjson

from issuer.fraud.past import Past, counted


@dataclass(frozen=True, slots=True)
class Recorded:
    """One dose that a clinic recorded as given by itself."""

    at: datetime
    code: str
    lot: str = field(repr=False)
    day: str = field(repr=False)
    """When it was given, YYYY-MM-DD."""
    region: str = field(default="", repr=False)
    """Where the person lives: `issuer.fraud.past.region_of`; "" unknown, or not looked at."""


@dataclass(frozen=True, slots=True)
class LotCount:
    """A lot of the clinic's ledger of which it recorded doses lately."""

    lot_id: str
    received: int
    used: int
    accepted: int = 0
    """Up to how many doses the department let pass when it looked before."""


@dataclass(frozen=True, slots=True)
class HoldRule:
    """One rule. `words` reads as a sentence, with {found} and {limit} in it."""

    name: str
    title: str
    words: str
    why: str
    limits: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a clinic is held: a rule and two counts. `about`: a lot of the ledger, where it is about one."""

    rule: str
    found: int
    limit: int
    about: str = ""


RULES: tuple[HoldRule, ...] = (
    HoldRule(
        "more-than-received",
        "More doses of a lot than it received",
        "{found} doses of one lot are on record as given. Up to {limit} would pass.",
        "Only lots in the clinic’s own ledger are counted. Vials often give one dose more than they are labelled for.",
        {"over_share": 0.2, "over_least": 5},
    ),
    HoldRule(
        "unusual-hours",
        "Hours unlike its own past",
        "{found} doses were recorded at hours at which the clinic does not work. Fewer than {limit} would pass.",
        "An hour is usual where the clinic recorded doses on this weekday within two hours of it, in half a year.",
        {"doses": 20, "around_hours": 2, "seen_least": 3},
    ),
    HoldRule(
        "unusual-rate",
        "More in a day than its own past",
        "{found} doses were recorded in one day. Up to {limit} would pass.",
        "Against the median of the same weekday in eight weeks. A busy week of influenza stays below four times that.",
        {"times": 4, "least": 30},
    ),
    HoldRule(
        "unusual-places",
        "People from regions unlike its past",
        "{found} people live in regions from which nobody came before. Fewer than {limit} would pass.",
        "Regions are the first three characters of the postcode; seen are the last 2,000 doses. Holidays bring a few.",
        {"people": 15, "share": 0.35},
    ),
)
TITLES: Mapping[str, str] = {one.name: one.title for one in RULES}


def look(
    recent: Sequence[Recorded],
    past: Past,
    lots: Iterable[LotCount],
    zone: tzinfo,
    rules: Sequence[HoldRule] = RULES,
) -> tuple[Reason, ...]:
    """What is unlike the clinic, in the order of the rules.

    Args:
        recent: doses recorded since yesterday began there or since the department last decided, without those of
            announced drives.
    """
    seen = _Seen(recent, past, tuple(lots), zone)
    return tuple(reason for one in rules for reason in _JUDGES[one.name](seen, one.limits))


def in_words(reason: Reason, rules: Sequence[HoldRule] = RULES) -> tuple[str, str, str]:
    """(title, what was found, why it is looked at); the bare name where the rule is of another version."""
    rule = next((one for one in rules if one.name == reason.rule), None)
    if rule is None:
        return reason.rule, f"{reason.found} found; {reason.limit} would pass.", ""
    return rule.title, rule.words.format(found=reason.found, limit=reason.limit), rule.why


def reasons_json(reasons: Sequence[Reason]) -> str:
    """As they are kept."""
    return orjson.dumps([[one.rule, one.found, one.limit, one.about] for one in reasons]).decode()


def read_reasons(text: str) -> tuple[Reason, ...]:
    """Back from the store."""
    read: list[list[Any]] = orjson.loads(text)
    return tuple(Reason(*one[:4]) for one in read)


@dataclass(frozen=True, slots=True)
class _Seen:
    recent: Sequence[Recorded]
    past: Past
    lots: tuple[LotCount, ...]
    zone: tzinfo


def _more_than_received(seen: _Seen, limits: Mapping[str, float]) -> Iterable[Reason]:
    for one in seen.lots:
        known = max(one.received, one.accepted)
        limit = known + max(int(limits["over_least"]), int(known * limits["over_share"]))
        if one.received and one.used > limit:
            yield Reason("more-than-received", one.used, limit, one.lot_id)


def _unusual_hours(seen: _Seen, limits: Mapping[str, float]) -> Iterable[Reason]:
    if not seen.past.enough:
        return
    at = Counter((local.weekday(), local.hour) for local in (one.at.astimezone(seen.zone) for one in seen.recent))
    reach, least = int(limits["around_hours"]), int(limits["seen_least"])
    unusual = sum(count for (day, hour), count in at.items() if seen.past.seen_around(day, hour, reach) < least)
    if unusual >= limits["doses"]:
        yield Reason("unusual-hours", unusual, int(limits["doses"]))


def _unusual_rate(seen: _Seen, limits: Mapping[str, float]) -> Iterable[Reason]:
    if not seen.past.enough:
        return
    by_day = Counter(one.at.astimezone(seen.zone).date() for one in seen.recent)
    over = []
    for day, count in by_day.items():
        limit = max(int(limits["least"]), int(limits["times"] * seen.past.usual_on(day.weekday())))
        if count > limit:
            over.append(Reason("unusual-rate", count, limit))
    yield from sorted(over, key=lambda one: one.limit - one.found)[:1]


def _unusual_places(seen: _Seen, limits: Mapping[str, float]) -> Iterable[Reason]:
    if not seen.past.enough or not seen.past.regions:
        return
    regions = counted(one.region for one in seen.recent)
    far = sum(count for region, count in regions.items() if region not in seen.past.regions)
    if far >= limits["people"] and far >= limits["share"] * sum(regions.values()):
        yield Reason("unusual-places", far, int(limits["people"]))


_JUDGES: Mapping[str, Callable[[_Seen, Mapping[str, float]], Iterable[Reason]]] = {
    "more-than-received": _more_than_received,
    "unusual-hours": _unusual_hours,
    "unusual-rate": _unusual_rate,
    "unusual-places": _unusual_places,
}
