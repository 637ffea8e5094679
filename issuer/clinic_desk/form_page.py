"""What the nurse's form shows at one moment. Pure: the form, its faults, choices, questions, what was opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from issuer.clinic_desk.catalogue import Choice
from issuer.clinic_desk.names import name_in_one
from issuer.clinic_desk.outcomes import Mark, Question, marks_of
from issuer.clinic_desk.patient_form import PatientForm
from issuer.clinic_desk.proposals import Fault
from issuer.clinic_desk.words import detail_of, what_of
from issuer.intake.looking import Found

REASONS: Final[Sequence[tuple[str, str]]] = (
    ("", "Choose a reason"),
    ("vaccination", "The patient is here for a vaccination"),
    ("test", "The patient is here for a test"),
    ("card", "The patient asks for a card, or about one"),
    ("correction", "The patient says that something is wrong"),
    ("other", "Another reason: say which"),
)
_REASON_CODES: Final = frozenset(code for code, _ in REASONS if code)


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One dose or result of an opened history, in words."""

    what: str = field(repr=False)
    day: str = field(repr=False)
    detail: str = field(repr=False)
    clinic: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """An opened history, or why there is none."""

    kind: str
    """one, several, none"""
    name: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    rows: tuple[HistoryRow, ...] = field(default=(), repr=False)
    candidates: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Name and birth date of those who resemble."""


@dataclass(frozen=True, slots=True)
class FormPage:
    """The page."""

    form: PatientForm = field(repr=False)
    faults: tuple[Fault, ...] = ()
    choices: Mapping[int, tuple[Choice, ...]] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    history: History | None = field(default=None, repr=False)
    said: str = ""
    """What the last press did, for the live region."""
    focus: str = ""
    """The field that comes next."""

    def fault(self, name: str) -> str:
        """The words at a field; "" where it is well."""
        return next((words for fault, words in self.faults if fault == name), "")


def reason_of(form: PatientForm) -> str:
    """The stated reason as it is logged; "" where none is stated."""
    if form.reason not in _REASON_CODES or (form.reason == "other" and not form.reason_text):
        return ""
    return f"{form.reason}: {form.reason_text}" if form.reason_text else form.reason


def history_of(found: Found) -> History:
    """What was found, in words. A protected record is nobody's for whoever may not open it."""
    if found.kind == "several":
        near = tuple((name_in_one(one.name), one.birth_date) for one in found.candidates)
        return History("several", candidates=near)
    if found.kind != "one" or found.person is None:
        return History("none")
    rows = tuple(
        HistoryRow(what_of(one.event), day, detail_of(one.event), one.clinic_name, marks_of(one.marks))
        for one in sorted(found.records, key=lambda line: _day(line.event), reverse=True)
        for day in (_day(one.event),)
    )
    return History("one", name_in_one(found.person.name), found.person.birth_date, rows)


def _day(event: object) -> str:
    day: str = getattr(event, "day", "") or getattr(event, "time", "")
    return day
