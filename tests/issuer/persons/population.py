"""A generated population and what its doors report; how often the matching links wrongly, misses, or asks.

    python -c "from tests.issuer.persons.population import run; print(run(100_000, 1))"

Households of one family name, telephone and address; children with their mother's maiden name; twins; names as common
as in the US. Each person is reported one to four times: by the clinic that keeps their chart, or by a drive without
chart numbers; with nicknames, typing errors, swapped dates, new family names, "Baby Boy", and chart numbers used again.

`days` is the number of birth dates that people are spread over. 100,000 people over 73 days stand as close together
as 40 million over 80 years: as many namesakes share a birth date as in a state's register.
"""

import itertools
import random
import string
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from time import perf_counter
from typing import Any

from issuer.intake.proposal import Address, Demographics, Identifier, Name
from issuer.persons import Candidate, decide, keys_of, updated
from issuer.persons.frequencies import FAMILY, FEMALE, MALE
from issuer.persons.weights import GROUPS, GROUPS_OF

CLINICS = 300
LIFETIME = 29_000


@dataclass
class Someone:
    """Who somebody really is."""

    number: int
    known: Demographics
    clinic: int
    chart: str
    baby: bool
    renamed: Name | None


def run(persons: int, seed: int, days: int = LIFETIME) -> dict[str, Any]:
    """Figures of one population; the same for the same arguments, but for the times."""
    dice = random.Random(seed)
    reports = [
        (someone, turn) for someone in drawn_people(persons, days, dice) for turn in range(dice.choice((1, 2, 2, 3, 4)))
    ]
    dice.shuffle(reports)
    reports.sort(key=lambda pair: pair[1])
    return _Register(dice).take(reports)


class _Register:
    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.people: dict[str, Demographics] = {}
        self.truth: dict[str, set[int]] = {}
        self.index: dict[str, dict[str, None]] = defaultdict(dict)
        self.of: dict[int, set[str]] = defaultdict(set)

    def take(self, reports: list[tuple[Someone, int]]) -> dict[str, Any]:
        counts: Counter[str] = Counter()
        seconds = 0.0
        for someone, turn in reports:
            sent = _report(someone, turn, self.dice)
            began = perf_counter()
            keys = keys_of(sent)
            candidates = [
                [
                    Candidate(i, self.people[i])
                    for i in dict.fromkeys(i for key in some for i in self.index.get(key, ()))
                ]
                for some in (keys.identifiers, keys.names)
            ]
            decision = decide(sent, *candidates)
            seconds += perf_counter() - began
            counts["candidates"] += sum(map(len, candidates))
            counts["keys"] += len(keys.identifiers) + len(keys.names)
            counts.update(self._count(someone.number, decision))
            self._file(decision.person_id or f"p{len(self.people):07}", someone.number, sent)
        n = len(reports)
        known = counts["linked"] + counts["missed"] + counts["asked"]
        return {
            "persons": len(self.of), "reports": n, "known_before": known, "linked": counts["linked"],
            "false_links": counts["false"], "missed": counts["missed"], "asked": counts["asked"],
            "asked_in_vain": counts["vain"], "false_link_rate": counts["false"] / max(1, counts["linked"]),
            "missed_rate": counts["missed"] / known, "asked_rate": (counts["asked"] + counts["vain"]) / n,
            "keys_per_person": counts["keys"] / n, "candidates_per_report": counts["candidates"] / n,
            "microseconds_per_report": 1e6 * seconds / n,
        }  # fmt: skip

    def _candidates(self, keys: tuple[str, ...]) -> list[Candidate]:
        found = dict.fromkeys(person_id for key in keys for person_id in self.index.get(key, ()))
        return [Candidate(person_id, self.people[person_id]) for person_id in found]

    def _count(self, number: int, decision: Any) -> list[str]:
        mine = self.of.get(number)
        if decision.kind == "match":
            if decision.person_id in (mine or ()):
                return ["linked"]
            return ["linked", "false"]
        if decision.kind == "review":
            return ["asked"] if mine and any(one.person_id in mine for one in decision.others) else ["vain"]
        return ["missed"] if mine else []

    def _file(self, person_id: str, number: int, sent: Demographics) -> None:
        old = self.people.get(person_id)
        now = sent if old is None else updated(old, sent)
        self.people[person_id] = now
        keys = keys_of(now)
        for key in keys.identifiers + keys.names:
            self.index[key][person_id] = None
        if old is None:
            self.of[number].add(person_id)


# ---- People ----------------------------------------------------------------------------------------------------------


def drawn_people(count: int, days: int, dice: random.Random) -> list[Someone]:
    names = _Names(dice)
    people: list[Someone] = []
    last = date(2026, 11, 1)
    while len(people) < count:
        family, home = names.family(), _home(dice)
        mother = names.family()
        parents = [last - timedelta(dice.randrange(days)) for _ in range(dice.choice((1, 2)))]
        for born in parents:
            people.append(_someone(len(people), family, born, home, None, names, dice))
        for _ in range(dice.choice((0, 0, 1, 1, 2, 3))):
            born = last - timedelta(dice.randrange(min(days, 18 * 365)))
            people.append(_someone(len(people), family, born, home, mother, names, dice))
            if dice.random() < 0.016:  # twins: US births in 2022, 31 in 1,000 children
                _make_twin(people, names, dice)
    return people[:count]


def _make_twin(people: list[Someone], names: "_Names", dice: random.Random) -> None:
    first = people[-1]
    told = dice.random() < 0.5
    sex = str(first.known.sex) if dice.random() < 0.65 else dice.choice(("male", "female"))
    given = names.given(sex, first.known.birth_date)
    if dice.random() < 0.1:  # a name like the other's
        given = first.known.name.given[0][:-1] + dice.choice("aeinry")
    while given == first.known.name.given[0]:
        given = names.given(sex, first.known.birth_date)
    known = replace(
        first.known,
        name=replace(first.known.name, given=(given, *first.known.name.given[1:])),
        sex=sex,
        multiple_birth=True if told else None,
        birth_order=2 if told else None,
    )
    if told:
        first.known = replace(first.known, multiple_birth=True, birth_order=1)
    people.append(replace(first, number=len(people), known=known, chart=_chart(dice)))


def _someone(
    number: int,
    family: str,
    born: date,
    home: tuple[str, Address],
    mother: str | None,
    names: "_Names",
    dice: random.Random,
) -> Someone:
    sex = dice.choice(("male", "female"))
    day = born.isoformat()
    given = [names.given(sex, day)] + ([names.given(sex, day)] if dice.random() < 0.75 else [])
    phone, address = home
    if mother is None and dice.random() < 0.7:
        phone = _phone(dice)
    name = Name(family, tuple(given))
    known = Demographics(name, day, sex, mother_maiden=mother, phones=(phone,), address=address)
    renamed = (
        replace(name, family=names.family()) if mother is None and sex == "female" and dice.random() < 0.06 else None
    )
    return Someone(
        number, known, dice.randrange(CLINICS), _chart(dice), mother is not None and dice.random() < 0.05, renamed
    )


class _Names:
    """Names as common as they are; those outside the tables made of syllables, with a tail after Zipf."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.families = _with_tail(FAMILY, 100_000, 20_000, dice, 3)
        self.givens = {
            "male": _with_tail(MALE, 100_000, 2_500, dice, 2),
            "female": _with_tail(FEMALE, 100_000, 4_000, dice, 2),
        }
        self.cohorts: dict[tuple[str, str], list[float]] = {}

    def family(self) -> str:
        names, cumulated = self.families
        one = self.dice.choices(names, cum_weights=cumulated)[0].capitalize()
        return f"{one}-{self.family()}" if self.dice.random() < 0.02 else one

    def given(self, sex: str, born: str) -> str:
        """A tenth of the names is in fashion in each decade, four times as common as at other times."""
        names, cumulated = self.givens[sex]
        while True:
            chosen = self.dice.choices(range(len(names)), cum_weights=cumulated)[0]
            if (chosen % 3 == int(born[2]) % 3) or self.dice.random() < 0.4:
                return names[chosen].capitalize()


def _with_tail(
    table: dict[str, int], whole: int, more: int, dice: random.Random, syllables: int
) -> tuple[list[str], list[float]]:
    """The table's names and `more` made ones, with the sums of their shares of `whole`."""
    tail = [_made(dice, syllables) for _ in range(more)]
    weights = [1 / (rank + 60) ** 0.9 for rank in range(more)]
    scale = (whole - sum(table.values())) / sum(weights)
    shares = [*table.values(), *(scale * one for one in weights)]
    return [*table, *tail], list(itertools.accumulate(shares))


def _made(dice: random.Random, syllables: int) -> str:
    sounds = (dice.choice("bcdfghjklmnprstvwz") + dice.choice("aeiou") for _ in range(syllables))
    return "".join(sounds) + dice.choice(("", "n", "s", "r", "ck"))


def _home(dice: random.Random) -> tuple[str, Address]:
    line = f"{dice.randrange(1, 9999)} {dice.choice(('Oak', 'Main', 'Elm', 'Lake', 'Hill', 'Park'))} Street"
    return _phone(dice), Address(line, "Davis", "CA", f"9{dice.randrange(1000):04}", "US")


def _phone(dice: random.Random) -> str:
    return f"+1530555{dice.randrange(10_000):04}" if dice.random() < 0.001 else f"+1530{dice.randrange(10_000_000):07}"


def _chart(dice: random.Random) -> str:
    return f"{dice.randrange(10**8):08}"


# ---- Reports ---------------------------------------------------------------------------------------------------------


def _report(someone: Someone, turn: int, dice: random.Random) -> Demographics:
    """What one door says of somebody, with what doors leave out and get wrong."""
    known = someone.known
    name, born = known.name, known.birth_date
    aliases: tuple[Name, ...] = ()
    if someone.renamed and turn > 1:
        aliases = (name,) if dice.random() < 0.5 else ()
        name = someone.renamed
    if someone.baby and turn == 0:
        name = replace(name, given=(dice.choice(("Baby Boy", "Infant")) if known.sex == "male" else "Baby Girl",))
    else:
        name = _spelt(name, dice)
    if dice.random() < 0.01:
        born = _misdated(born, dice)
    sent = Demographics(name, born, aliases=aliases)
    sent = replace(sent, birth_order=known.birth_order, multiple_birth=known.multiple_birth)
    if dice.random() < 0.95:
        sent = replace(sent, sex=known.sex)
    if known.mother_maiden and dice.random() < 0.4:
        sent = replace(sent, mother_maiden=known.mother_maiden)
    if dice.random() < 0.7:
        sent = replace(sent, phones=known.phones if dice.random() < 0.95 else (_phone(dice),))
    if dice.random() < 0.6:
        sent = replace(sent, address=known.address if dice.random() < 0.9 else _home(dice)[1])
    if dice.random() < 0.6:
        clinic = someone.clinic if dice.random() < 0.9 else someone.clinic + CLINICS
        chart = someone.chart if dice.random() > 0.0005 else f"{dice.randrange(300):08}"  # a number used again
        sent = replace(sent, identifiers=(Identifier(f"clinic-{clinic}", chart, "MR"),))
    return sent


def _spelt(name: Name, dice: random.Random) -> Name:
    given, family = list(name.given), name.family
    if len(given) > 1:
        shown = dice.random()
        given[1:] = given[1:] if shown < 0.35 else [given[1][0]] if shown < 0.6 else []
    if dice.random() < 0.03:
        given[0] = _nickname(given[0], dice)
    if dice.random() < 0.015:
        given[0] = _mistyped(given[0], dice)
    if dice.random() < 0.015:
        family = _mistyped(family, dice)
    if "-" in family and dice.random() < 0.3:
        family = dice.choice(family.split("-"))
    if dice.random() < 0.003:
        return Name(given[0], (family,))
    case = dice.choice((str, str, str.upper, str.lower))
    return Name(case(family), tuple(case(one) for one in given))


def _nickname(given: str, dice: random.Random) -> str:
    groups = GROUPS_OF.get(given.lower())
    return dice.choice(sorted(GROUPS[min(groups)])).capitalize() if groups else given


def _mistyped(text: str, dice: random.Random) -> str:
    if len(text) < 3:
        return text
    at = dice.randrange(1, len(text) - 1)
    kind = dice.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + dice.choice(string.ascii_lowercase) + text[at + (kind == 2) :]


def _misdated(born: str, dice: random.Random) -> str:
    year, month, day = born.split("-")
    if int(day) <= 12 and dice.random() < 0.5:
        return f"{year}-{day}-{month}"
    return f"{year}-{month}-{dice.randrange(1, 29):02}"
