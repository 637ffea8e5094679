"""Two hundred cases that every door can be fed: who, what, in which order, from which clinic. Data, no door.

    CASES[0].messages[0].steps[0]       one dose or result to add, correct or delete

Made from a fixed seed (names, days of birth, lots) and by hand (what is wrong with them). Nobody in it is a person.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final, Literal

from issuer.intake.proposal import Action, Address, Demographics, Dose, Event, Identifier, Name, Result

Where = Literal["own", "other"]
TODAY: Final = "2026-11-20"
OWN_CLINIC: Final = "a" * 32
OTHER_CLINIC: Final = "b" * 32
CHARTS: Final = {"own": f"urn:countersign:clinic:{OWN_CLINIC}", "other": f"urn:countersign:clinic:{OTHER_CLINIC}"}
"""Who assigns the chart numbers that nurses type."""
_HIDDEN: Final = "\u202e"
_BELL: Final = "\x07"


@dataclass(frozen=True, slots=True)
class Step:
    """One dose or result, or the person alone."""

    person: Demographics = field(repr=False)
    event: Event | None = field(repr=False)
    action: Action = "add"
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent together, about one person."""

    steps: tuple[Step, ...]
    clinic: Where = "own"


@dataclass(frozen=True, slots=True)
class Case:
    """Messages one after the other."""

    name: str
    messages: tuple[Message, ...]


class _People:
    """Invented people, no two alike."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._used: set[str] = set()

    def word(self, syllables: int) -> str:
        while True:
            parts = (self._random.choice("bdfgjklmnprstvz") + self._random.choice("aeiou") for _ in range(syllables))
            if (word := "".join(parts).title()) not in self._used:
                self._used.add(word)
                return word

    def born(self, first: int, last: int) -> str:
        year = self._random.randint(first, last)
        return f"{year}-{self._random.randint(1, 12):02}-{self._random.randint(1, 28):02}"

    def lot(self) -> str:
        return self._random.choice("ABCEFHKLMXY") + f"{self._random.randint(0, 99999):05}"

    def adult(self, born: str = "") -> Demographics:
        return Demographics(Name(self.word(4), (self.word(3),)), born or self.born(1950, 1999), "female")

    def child(self, born: str = "2024-03-05") -> Demographics:
        return Demographics(Name(self.word(4), (self.word(3),)), born, "male")


_SOME = _People(20261120)

_PRODUCTS: Final = (
    # code, born (""  for an adult), day
    ("208", "", "2021-03-01"), ("207", "", "2021-03-15"), ("212", "", "2021-04-02"), ("217", "", "2022-05-10"),
    ("218", "2016-04-09", "2022-01-12"), ("219", "2020-02-03", "2022-07-01"), ("221", "", "2022-09-20"),
    ("229", "", "2022-10-04"), ("300", "", "2022-10-11"), ("309", "", "2025-10-02"),
    ("310", "2017-05-06", "2025-10-03"), ("312", "", "2025-09-29"), ("115", "", "2026-11-19"),
    ("113", "", "2019-06-12"),
    ("140", "", "2026-10-01"), ("135", "1950-02-03", "2026-10-05"),
    ("168", "1949-08-07", "2026-10-06"), ("155", "", "2026-10-07"), ("111", "2015-01-02", "2026-10-08"),
    ("150", "", "2020-10-08"), ("33", "1952-01-01", "2018-02-03"), ("133", "1948-01-01", "2016-02-03"),
    ("216", "1955-01-01", "2025-02-03"), ("187", "1960-01-01", "2024-05-06"), ("121", "1950-01-01", "2014-05-06"),
    ("165", "2011-01-01", "2023-05-06"), ("62", "1998-01-01", "2012-05-06"),
    ("136", "2009-02-01", "2021-06-06"), ("43", "", "2015-06-06"), ("52", "", "2016-06-06"), ("104", "", "2016-07-06"),
    ("08", "2026-11-01", "2026-11-02"), ("119", "2026-08-20", "2026-10-25"), ("116", "2026-08-21", "2026-10-26"),
    ("110", "2026-08-22", "2026-10-27"), ("120", "2026-08-23", "2026-10-28"), ("146", "2026-08-24", "2026-10-29"),
    ("10", "2026-08-25", "2026-10-30"), ("48", "2026-08-26", "2026-10-31"), ("49", "2026-08-27", "2026-11-01"),
    ("20", "2026-08-28", "2026-11-02"), ("215", "2026-08-29", "2026-11-03"), ("03", "2025-09-01", "2026-10-03"),
    ("21", "2025-09-02", "2026-10-04"), ("94", "2025-09-03", "2026-10-05"), ("83", "2025-09-04", "2026-10-06"),
    ("106", "2022-09-05", "2026-10-07"), ("130", "2022-06-05", "2026-10-08"), ("305", "1950-03-04", "2025-10-09"),
    ("306", "2026-09-05", "2026-10-09"), ("175", "", "2024-02-03"), ("45", "", "2001-02-03"), ("88", "", "2010-11-03"),
    ("213", "", "2021-05-03"),
)  # fmt: skip


def dose(code: str = "208", day: str = "2021-03-01", lot: str | None = None, **more: object) -> Dose:
    """A dose given by the sender."""
    return Dose(code, day, lot=_SOME.lot() if lot is None else lot, **more)  # type: ignore[arg-type]


def historical(code: str, day: str, evidence: str) -> Dose:
    """A dose given elsewhere."""
    return Dose(code, day, administered=False, evidence=evidence)


def result(code: str = "94500-6", time: str = "2022-01-02T10:00:00-05:00", **more: object) -> Result:
    """A result; `value_code`, `quantity` or `text` by name."""
    return Result(code, time, **more)  # type: ignore[arg-type]


def one(name: str, person: Demographics, *events: Event | None, clinic: Where = "own") -> Case:
    """Each event in a message of its own."""
    return Case(name, tuple(Message((Step(person, event),), clinic) for event in events))


def steps(name: str, *each: Step | tuple[Where, Step]) -> Case:
    """Each step in a message of its own; the other clinic's are named."""
    made = [("own", step) if isinstance(step, Step) else step for step in each]
    return Case(name, tuple(Message((step,), where) for where, step in made))  # type: ignore[arg-type]


def together(name: str, *messages: Sequence[Step]) -> Case:
    """Messages of several steps."""
    return Case(name, tuple(Message(tuple(each)) for each in messages))


def _plain() -> Iterator[Case]:
    for code, born, day in _PRODUCTS:
        yield one(f"product {code}", _SOME.child(born) if born else _SOME.adult(), dose(code, day))


def _sources() -> Iterator[Case]:
    for evidence in ("01", "02", "03", "04", "05", "06", "07", "08", ""):
        yield one(
            f"historical {evidence or 'without evidence'}", _SOME.adult(), historical("03", "1992-05-04", evidence)
        )
    yield one("historical evidence unknown", _SOME.adult(), historical("03", "1992-05-04", "77"))
    yield one("historical month", _SOME.adult(), historical("03", "1999-05", "03"))
    yield one("historical year", _SOME.adult(), historical("03", "1999", "05"))
    yield one("administered month", _SOME.adult(), dose("115", "2026-10"))


def _given_or_not() -> Iterator[Case]:
    not_done = {"status": "not-done", "lot": ""}
    yield one("refused", _SOME.adult(), dose("140", "2026-10-01", not_done_reason="refused", **not_done))
    yield one("not given", _SOME.adult(), dose("140", "2026-10-01", not_done_reason="not-administered", **not_done))
    yield one("partial", _SOME.adult(), dose("43", "2026-10-01", subpotent=True))
    who = _SOME.adult()
    yield one(
        "refused, then given the same day", who,
        dose("140", "2026-10-02", not_done_reason="refused", **not_done), dose("140", "2026-10-02", "K1"),
    )  # fmt: skip


def _results() -> Iterator[Case]:
    yield one("result coded", _SOME.adult(), result(value_code="260415000"))
    yield one("result detected", _SOME.adult(), result("96119-3", "2022-02-02T08:30:00-05:00", value_code="260373001"))
    yield one("result influenza", _SOME.adult(), result("5862-8", "2025-12-02T08:30:00-05:00", value_code="10828004"))
    yield one("result quantity", _SOME.adult(), result("94507-1", quantity="1.50", unit="[IU]/mL"))
    yield one("result quantity without unit", _SOME.adult(), result("94507-1", quantity="15"))
    yield one("result bound", _SOME.adult(), result("94507-1", quantity="<0.5", unit="[IU]/mL"))
    yield one("result text", _SOME.adult(), result(text="trace"))
    yield one("result titre", _SOME.adult(), result("94507-1", text="1:128"))
    yield one("self-test", _SOME.adult(), result("96119-3", value_code="260373001", self_test=True))
    yield one("test not signed", _SOME.adult(), result("75622-1", value_code="260385009"))
    yield one("result preliminary", _SOME.adult(), result(value_code="260415000", status="preliminary"))
    yield one("result corrected", _SOME.adult(), result(value_code="260415000", status="corrected"))
    yield one("result in future", _SOME.adult(), result(time="2026-11-22T10:00:00-05:00", value_code="260415000"))
    yield one(
        "result before birth",
        _SOME.adult("1990-01-01"),
        result(time="1989-01-02T10:00:00-05:00", value_code="260415000"),
    )
    yield one("result without a time of day", _SOME.adult(), result(time="2022-01-02", value_code="260415000"))
    yield one("test code mistyped", _SOME.adult(), result("94500-7", value_code="260415000"))
    yield one("result missing", _SOME.adult(), result())
    who = _SOME.adult()
    yield one("result again", who, *[result(value_code="260415000")] * 2)
    yield one(
        "result corrected by itself", _SOME.adult(), result(value_code="260415000"), result(value_code="260373001")
    )


def _dates() -> Iterator[Case]:
    yield one("today", _SOME.adult(), dose("115", TODAY))
    yield one("tomorrow somewhere", _SOME.adult(), dose("115", "2026-11-21"))
    yield one("in future", _SOME.adult(), dose("115", "2026-12-24"))
    yield one("before birth", _SOME.adult("1990-05-05"), dose("115", "1989-05-05"))
    yield one("on the day of birth", _SOME.child("2026-11-10"), dose("08", "2026-11-10"))
    yield one("no such day", _SOME.adult(), dose("115", "2026-02-30"))
    yield one("no date in words", _SOME.adult(), dose("115", "soon"))
    yield one("no date", _SOME.adult(), dose("115", ""))
    yield one("birth year only", _SOME.adult("1970"), dose("115", "2026-10-01"))
    yield one("birth month only", _SOME.adult("1970-05"), dose("115", "2026-10-01"))
    yield one("no such birth date", _SOME.adult("1970-13-01"), dose("115", "2026-10-01"))
    yield one("no birth date", replace(_SOME.adult(), birth_date=""), dose("115", "2026-10-01"))
    yield one("born in future", _SOME.adult("2027-01-01"), dose("115", "2026-10-01"))
    yield one("older than anybody", _SOME.adult("1880-01-01"), dose("115", "2026-10-01"))


def _codes() -> Iterator[Case]:
    yield one("code unknown", _SOME.adult(), dose("999"))
    yield one("code unknown, long", _SOME.adult(), dose("987"))
    yield one("code 998", _SOME.adult(), dose("998"))
    yield one("code missing", _SOME.adult(), dose(""))
    yield one("person alone", _SOME.adult(), None)
    yield one("leading zero", _SOME.child("2026-10-01"), dose("08", "2026-10-02", "00123"))


def _names() -> Iterator[Case]:
    who = _SOME.adult()
    yield one("hidden character in the name", _named(who, f"Sa{_HIDDEN}bu"), dose())
    yield one(
        "hidden character in the given name", replace(_SOME.adult(), name=Name("Fuvako", (f"Li{_HIDDEN}la",))), dose()
    )
    yield one("control character in the name", _named(_SOME.adult(), f"Sa{_BELL}bu"), dose())
    yield one("hidden character in the lot", _SOME.adult(), dose(lot=f"A{_HIDDEN}1"))
    yield one("single word", replace(_SOME.adult(), name=Name(text="Suharto")), dose())
    yield one("single word again", replace(_SOME.adult(), name=Name(text="Tenzin")), *[dose(lot="Z1")] * 2)
    yield one("very long family name", _named(_SOME.adult(), "Wolfeschlegelsteinhausen" * 4), dose())
    yield one("longer than any name", _named(_SOME.adult(), "Wolfeschlegelstein" * 15), dose())
    yield one("no name", replace(_SOME.adult(), name=Name()), dose())
    yield one("no given name", replace(_SOME.adult(), name=Name(_SOME.word(4))), dose())
    yield one("no family name", replace(_SOME.adult(), name=Name("", (_SOME.word(3),))), dose())
    yield one(
        "Baby Boy",
        replace(_SOME.child("2026-11-18"), name=Name(_SOME.word(4), ("Baby", "Boy"))),
        dose("08", "2026-11-19"),
    )
    yield one("test patient", replace(_SOME.adult(), name=Name("Test", ("Patient",))), dose())
    yield one("accents", replace(_SOME.adult(), name=Name("Núñez-Østergård", ("Zoë", "Anaïs"))), dose())
    yield one("apostrophe", replace(_SOME.adult(), name=Name("O'Brien & Söhne", ("D’Arcy",))), dose())
    yield one("other script", replace(_SOME.adult(), name=Name("Νικολάου", ("Ελένη",))), dose())
    yield one("two given names", replace(_SOME.adult(), name=Name(_SOME.word(4), ("Ana", "Maria"))), dose())
    yield one("sex not said", replace(_SOME.adult(), sex=None), dose())
    yield one("sex other", replace(_SOME.adult(), sex="other"), dose())


def _named(person: Demographics, family: str) -> Demographics:
    return replace(person, name=replace(person.name, family=family))


def _lots() -> Iterator[Case]:
    for name, lot in (
        ("12E5", "12E5"), ("of 25 characters", "A" + "1234567890" * 2 + "BCDE"), ("of 20 characters", "ABCDE" * 4),
        ("of zeros in front", "000123"), ("with the word", "Lot AB12"), ("rounded", "1.2E+06"), ("placeholder", "N/A"),
        ("longer than any", "ABCDEFGHIJ" * 5), ("missing", ""),
    ):  # fmt: skip
        yield one(f"lot {name}", _SOME.adult(), dose(lot=lot))
    yield one("expired lot", _SOME.adult(), dose("115", "2026-11-01", expires="2026-10-31"))
    yield one("lot on its last day", _SOME.adult(), dose("115", "2026-11-01", expires="2026-11-01"))
    yield one("expiry no date", _SOME.adult(), dose("115", "2026-11-01", expires="whenever"))
    yield one("maker", _SOME.adult(), dose("115", "2026-11-02", manufacturer="SKB"))
    yield one("vaccinator", _SOME.adult(), dose("115", "2026-11-02", vaccinator="N17"))


def _schedule() -> Iterator[Case]:
    yield one("too young", _SOME.child("2026-03-01"), dose("03", "2026-10-01"))
    yield one("too early after the first", _SOME.child(), dose("03", "2025-04-01"), dose("03", "2025-04-15"))
    yield one("live viruses too close", _SOME.child(), dose("03", "2025-04-01"), dose("21", "2025-04-10"))
    yield one("live viruses the same day", _SOME.child(), dose("03", "2025-04-01"), dose("21", "2025-04-01"))
    yield one(
        "third dose in time",
        _SOME.adult("1980-01-01"),
        *[dose("43", day) for day in ("2025-01-05", "2025-02-10", "2025-08-01")],
    )
    yield one("out of order", _SOME.adult("1980-01-01"), dose("43", "2025-02-10"), dose("43", "2025-01-05"))
    yield one("adult's product to an infant", _SOME.child("2026-03-01"), dose("187", "2026-10-01"))
    yield one("infants' product to an adult", _SOME.adult("1970-01-01"), dose("20", "2026-10-01"))
    yield one("first dose", _SOME.adult(), dose("43", "2025-01-05", dose_number=1))
    yield one("second dose as first", _SOME.adult(), dose("43", "2025-01-05"), dose("43", "2025-03-05", dose_number=1))
    yield one(
        "number does not follow", _SOME.adult(), dose("43", "2025-01-05"), dose("43", "2025-03-05", dose_number=5)
    )
    yield one("number out of range", _SOME.adult(), dose("43", "2025-01-05", dose_number=31))


def _again() -> Iterator[Case]:
    given = dose("115", "2026-11-10")
    yield one("the same again", _SOME.adult(), given, given)
    yield one("the same three times", _SOME.adult(), given, given, given)
    yield one(
        "the same with another lot", _SOME.adult(), dose("115", "2026-11-10", "A1"), dose("115", "2026-11-10", "A2")
    )
    yield one("two days later", _SOME.adult(), dose("115", "2026-11-10"), dose("115", "2026-11-12"))
    yield one(
        "another product of the group, the next day",
        _SOME.adult(),
        dose("140", "2026-10-10"),
        dose("141", "2026-10-11"),
    )
    who = _SOME.adult()
    yield steps("another clinic's", ("other", Step(who, given)), Step(who, given))
    yield steps(
        "another clinic's, another day",
        ("other", Step(who := _SOME.adult(), given)),
        Step(who, dose("115", "2026-11-11")),
    )
    yield steps(
        "one here, one there",
        Step(who := _SOME.adult(), dose("140", "2026-10-01")),
        ("other", Step(who, dose("43", "2026-10-02"))),
    )
    yield together(
        "two in one message",
        [Step(who := _SOME.adult(), dose("140", "2026-10-01")), Step(who, dose("115", "2026-10-01"))],
    )
    yield together("the same twice in one message", [Step(who := _SOME.adult(), given), Step(who, given)])
    yield together(
        "a dose and a bad one",
        [Step(who := _SOME.adult(), dose("140", "2026-10-01")), Step(who, dose("115", "2027-10-01"))],
    )
    yield together(
        "three, the middle one bad",
        [
            Step(who := _SOME.adult(), dose("140", "2026-10-01")),
            Step(who, dose("999", "2026-10-01")),
            Step(who, dose("43", "2026-10-01")),
        ],
    )


def _changes() -> Iterator[Case]:
    who, other = _SOME.adult(), _SOME.adult()
    first, better = dose("115", "2026-11-10", "A1"), dose("115", "2026-11-10", "A2")
    yield steps("update of the lot", Step(who, first), Step(who, better, "update"))
    yield steps("update with nothing new", Step(who := _SOME.adult(), first), Step(who, first, "update"))
    yield steps(
        "update of the day",
        Step(who := _SOME.adult(), first, "add", "E1"),
        Step(who, replace(first, day="2026-11-09"), "update", "E1"),
    )
    yield steps(
        "update of the product",
        Step(who := _SOME.adult(), first, "add", "E2"),
        Step(who, replace(first, code="113"), "update", "E2"),
    )
    yield steps(
        "update into the future",
        Step(who := _SOME.adult(), first, "add", "E3"),
        Step(who, replace(first, day="2026-12-30"), "update", "E3"),
    )
    yield steps(
        "update onto another dose",
        Step(who := _SOME.adult(), first, "add", "E4"),
        Step(who, dose("115", "2024-11-10"), "add", "E5"),
        Step(who, replace(first, day="2024-11-10"), "update", "E4"),
    )
    yield steps(
        "same number, other content", Step(who := _SOME.adult(), first, "add", "E6"), Step(who, better, "add", "E6")
    )
    yield steps("update of another's", ("other", Step(other, first)), Step(other, better, "update"))
    yield steps("update of what was never sent", Step(_SOME.adult(), first, "update"))
    yield steps("delete", Step(who := _SOME.adult(), first), Step(who, first, "delete"))
    yield steps("delete by number", Step(who := _SOME.adult(), first, "add", "E7"), Step(who, first, "delete", "E7"))
    yield steps(
        "delete twice", Step(who := _SOME.adult(), first), Step(who, first, "delete"), Step(who, first, "delete")
    )
    yield steps("delete another's", ("other", Step(who := _SOME.adult(), first)), Step(who, first, "delete"))
    yield steps("delete what was never sent", Step(_SOME.adult(), first, "delete"))
    yield steps("add, delete, add", Step(who := _SOME.adult(), first), Step(who, first, "delete"), Step(who, first))
    yield steps(
        "add, delete, add another lot", Step(who := _SOME.adult(), first), Step(who, first, "delete"), Step(who, better)
    )
    yield together(
        "delete and add are one correction",
        [Step(who := _SOME.adult(), first)],
        [Step(who, first, "delete"), Step(who, better)],
    )
    yield together(
        "delete and add the same", [Step(who := _SOME.adult(), first)], [Step(who, first, "delete"), Step(who, first)]
    )
    yield steps(
        "delete a result",
        Step(who := _SOME.adult(), found := result(value_code="260415000")),
        Step(who, found, "delete"),
    )
    yield steps(
        "historical becomes administered",
        Step(who := _SOME.adult(), historical("115", "2026-11-10", "03")),
        Step(who, first),
    )


def _persons() -> Iterator[Case]:
    twin = replace(_SOME.child("2026-08-20"), birth_order=1, multiple_birth=True)
    second = replace(_renamed(twin), birth_order=2)
    yield pairs("twins", (twin, dose("110", "2026-10-25")), (second, dose("110", "2026-10-25")))
    same = _SOME.adult()
    misspelt = _named(same, same.name.family[:-1] + "x")
    yield pairs("a letter differs", (same, given := dose("115", "2026-10-25", "K7")), (misspelt, given))
    same = _SOME.adult()
    yield pairs("another given name", (same, given), (_renamed(same), given))
    yield one("chart number with zeros", _identified(_SOME.adult(), CHARTS["own"], "0012345"), given)
    chart = _identified(_SOME.adult(), CHARTS["own"], "0077")
    married = _named(chart, _SOME.word(4))
    yield pairs("changed name, same chart number", (chart, given), (married, dose("140", "2026-10-25")))
    yield one("identifier of an authority", _identified(_SOME.adult(), "urn:oid:1.2.36.146", "A77"), given)
    yield one("identifier without authority", _identified(_SOME.adult(), "", "A78"), given)
    yield one("protected", replace(_SOME.adult(), protected=True), given)
    yield one("died after", replace(_SOME.adult(), died_on="2026-11-01"), given)
    yield one("died before", replace(_SOME.adult(), died_on="2026-10-01"), given)
    yield one("death in future", replace(_SOME.adult(), died_on="2026-12-24"), given)
    yield one("phone and mother", replace(_SOME.adult(), phones=("+16125550134",), mother_maiden=_SOME.word(4)), given)
    home = Address("1 Quay", "Boston", "MA", "02134", "US")
    yield one("address", replace(_SOME.adult(), address=home, emails=("a@example.org",)), given)


def pairs(name: str, *each: tuple[Demographics, Event]) -> Case:
    """Different people, each with a dose or result, in messages of their own."""
    return Case(name, tuple(Message((Step(person, event),)) for person, event in each))


def _renamed(person: Demographics) -> Demographics:
    return replace(person, name=replace(person.name, given=(_SOME.word(3),)))


def _identified(person: Demographics, authority: str, value: str) -> Demographics:
    return replace(person, identifiers=(Identifier(authority, value, "MR"),))


CASES: Final = tuple(
    case
    for group in (
        _plain, _sources, _given_or_not, _results, _dates, _codes, _names, _lots, _schedule, _again, _changes, _persons,
    )
    for case in group()
)  # fmt: skip
