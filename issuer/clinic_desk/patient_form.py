"""The nurse's form: what was typed, as it was typed. Pure.

One page holds the patient and any number of rows, each a dose or a laboratory result. A row's fields are called
`r{number}-{name}`; `rows` says which there are ("1d 2d 3r"). Nothing is read into values here: what cannot be read has
to come back to the page as it stood.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

Kind = Literal["dose", "result"]

MAX_ROWS: Final = 12
"""Doses and results of one visit; more are a file's work."""
MAX_TYPED: Final = 300
"""Characters of one field that are looked at; the checker refuses what is too long."""
MAX_SCANNED: Final = 400
"""Characters of a GS1 code: the largest DataMatrix on a vial holds fewer."""
PERSON_FIELDS: Final = (
    "family", "given", "born_day", "born_month", "born_year", "sex", "phone", "chart", "mother_maiden", "birth_order",
)  # fmt: skip
_ROW = re.compile(r"([0-9]{1,3})([dr])")
_KINDS: Final[Mapping[str, Kind]] = {"d": "dose", "r": "result"}


@dataclass(frozen=True, slots=True)
class Who:
    """The patient as typed."""

    family: str = field(default="", repr=False)
    given: str = field(default="", repr=False)
    born_day: str = field(default="", repr=False)
    born_month: str = field(default="", repr=False)
    born_year: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    chart: str = field(default="", repr=False)
    mother_maiden: str = field(default="", repr=False)
    birth_order: str = field(default="", repr=False)
    one_name: bool = False
    """The person has one name that cannot be divided."""

    @property
    def is_blank(self) -> bool:
        """Whether nobody was named yet."""
        return not (self.family or self.given or self.born_year)

    @property
    def seal(self) -> str:
        """What the person's id was found for: once the name or birth date is another, the id counts no more."""
        said = "\x1f".join((self.family, self.given, self.born_day, self.born_month, self.born_year))
        return hashlib.sha256(said.casefold().encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Row:
    """One dose or result as typed."""

    number: int
    kind: Kind = "dose"
    product: str = field(default="", repr=False)
    """The product's or test's name as typed."""
    code: str = ""
    """CVX or LOINC of the one that was chosen."""
    known: str = field(default="", repr=False)
    """The text for which `code` was chosen; with another text the code counts no more."""
    choice: str = ""
    """Chosen among several that were found: `Choice.key`."""
    manufacturer: str = ""
    """MVX, from the product or the vial."""
    lot: str = field(default="", repr=False)
    expires: str = field(default="", repr=False)
    day: str = field(default="", repr=False)
    dose_number: str = field(default="", repr=False)
    source: str = ""
    """"" for a dose given here now; else what a dose given elsewhere is copied from (CDC NIP001)."""
    outcome: str = field(default="", repr=False)
    """A SNOMED CT code, or "number"."""
    quantity: str = field(default="", repr=False)
    unit: str = field(default="", repr=False)
    clock: str = field(default="", repr=False)
    """Time of day of a test."""
    origin: str = ""
    """Who filled it in: drive (remembered from the patient before), vial (scanned), "" (typed)."""

    @property
    def chosen(self) -> str:
        """The code that counts; "" where the product is still to be found."""
        return self.code if self.code and self.product == self.known else ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing was entered; a day alone is what the page put there."""
        return not (self.product or self.choice or self.lot or self.expires or self.quantity or self.outcome)

    def name(self, part: str) -> str:
        """A field's name on the page."""
        return f"r{self.number}-{part}"


@dataclass(frozen=True, slots=True)
class PatientForm:
    """The whole page as it was sent."""

    who: Who = field(default=Who(), repr=False)
    rows: tuple[Row, ...] = (Row(1),)
    vaccinator: str = field(default="", repr=False)
    scan: str = field(default="", repr=False)
    person_id: str = ""
    roster_id: str = ""
    reason: str = ""
    reason_text: str = field(default="", repr=False)
    answers: Mapping[str, str] = field(default_factory=dict)
    """`{row}-{code}` to yes or no."""

    def with_row(self, kind: Kind, day: str) -> "PatientForm":
        """Another blank row; the same form where there are enough."""
        if len(self.rows) >= MAX_ROWS:
            return self
        number = max((row.number for row in self.rows), default=0) + 1
        return replace(self, rows=(*self.rows, Row(number, kind, day=day)))

    def without_row(self, number: int, day: str) -> "PatientForm":
        """Without one row; there is always one left."""
        left = tuple(row for row in self.rows if row.number != number)
        return replace(self, rows=left or (Row(number, day=day),))

    def put(self, row: Row) -> "PatientForm":
        """A row in the place of the one with its number."""
        return replace(self, rows=tuple(row if one.number == row.number else one for one in self.rows))

    def confirmed(self, number: int) -> frozenset[str]:
        """Codes of a row's questions that were answered with yes."""
        prefix = f"{number}-"
        return frozenset(
            key.removeprefix(prefix) for key, said in self.answers.items() if key.startswith(prefix) and said == "yes"
        )

    def denied(self, number: int) -> frozenset[str]:
        """Codes of a row's questions that were answered with no."""
        return frozenset(
            key.removeprefix(f"{number}-")
            for key, said in self.answers.items()
            if key.startswith(f"{number}-") and said == "no"
        )


def read_form(sent: Mapping[str, str]) -> PatientForm:
    """The form of a request. Nothing is refused: a missing field is an empty one."""
    who = Who(**{name: _text(sent, name) for name in PERSON_FIELDS}, one_name=bool(sent.get("one_name")))
    same_person = sent.get("seal", "") == who.seal
    return PatientForm(
        who,
        _rows(sent),
        _text(sent, "vaccinator"),
        sent.get("scan", "")[:MAX_SCANNED],
        sent.get("person_id", "")[:32] if same_person else "",
        sent.get("roster_id", "")[:64],
        _text(sent, "reason"),
        _text(sent, "reason_text"),
        {key[2:]: said for key, said in sent.items() if key.startswith("q-")},
    )


def _rows(sent: Mapping[str, str]) -> tuple[Row, ...]:
    found: dict[int, Row] = {}
    for word in sent.get("rows", "").split()[:MAX_ROWS]:
        if match := _ROW.fullmatch(word):
            found[int(match[1])] = _row(sent, int(match[1]), _KINDS[match[2]])
    return tuple(found.values()) or (Row(1),)


def _row(sent: Mapping[str, str], number: int, kind: Kind) -> Row:
    def part(name: str) -> str:
        return _text(sent, f"r{number}-{name}")

    return Row(
        number, kind, part("product"), part("code"), part("known"), part("choice"), part("manufacturer"), part("lot"),
        part("expires"), part("day"), part("dose_number"), part("source"), part("outcome"), part("quantity"),
        part("unit"), part("clock"), part("origin"),
    )  # fmt: skip


def _text(sent: Mapping[str, str], name: str) -> str:
    """As typed, without the blanks around it and between words."""
    return " ".join(sent.get(name, "")[:MAX_TYPED].split(" ")).strip()
