"""The nurse's form as proposals for the intake, or faults at their fields. Pure.

Faults here are of the form alone: what cannot be read, or was left out. Whether what was read can be is the one
checker's question, and it is asked next.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo
from typing import Final

from issuer.clinic_desk.catalogue import MAX_CHOICES, NUMBER, Catalogue, Choice, settled
from issuer.clinic_desk.dates import Unreadable, born_of, day_of, day_or_part, last_day_of, moment_of
from issuer.clinic_desk.patient_form import Kind, PatientForm, Row, Who
from issuer.clinic_desk.phones import plain_phone
from issuer.intake.proposal import Demographics, Dose, Event, Identifier, Name, Proposal, Result

SOURCES: Final[Sequence[tuple[str, str]]] = (
    ("", "Given here"),
    ("03", "Elsewhere: the patient’s written record"),
    ("02", "Elsewhere: another clinic’s record"),
    ("05", "Elsewhere: another registry"),
    ("07", "Elsewhere: school record"),
    ("04", "Elsewhere: as the patient remembers"),
)
"""Where a dose was given, and what says so: CDC's table NIP001, as `Dose.evidence` takes it."""
CHART_KIND: Final = "MR"
_DATE = "Write it like 2026-11-20 or 20 Nov 2026."

Fault = tuple[str, str]
"""A field's name, and words."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the form is filled in."""

    products: Catalogue
    tests: Catalogue
    today: date
    """The clinic's own day."""
    zone: tzinfo
    chart_authority: str
    """Who assigns the clinic's chart numbers."""
    remembered_lot: str = ""
    """What the first row began with: it goes when the product becomes another."""

    def catalogue(self, kind: Kind) -> Catalogue:
        """Where a row's product or test is looked up."""
        return self.products if kind == "dose" else self.tests


@dataclass(frozen=True, slots=True)
class Reading:
    """What the form says."""

    form: PatientForm = field(repr=False)
    """With the products that were found put in."""
    proposals: tuple[Proposal, ...] = field(default=(), repr=False)
    """Empty where there are faults."""
    rows: tuple[int, ...] = ()
    """The row of each proposal."""
    faults: tuple[Fault, ...] = ()
    choices: Mapping[int, tuple[Choice, ...]] = field(default_factory=dict)
    """By row: what the typed text may mean."""


def proposals_of(form: PatientForm, desk: Desk) -> Reading:
    """Read the whole form."""
    faults: list[Fault] = []
    form, choices = found_products(form, desk)
    person = person_of(form.who, desk, faults)
    filled = [row for row in form.rows if not row.is_blank]
    if not filled:
        faults.append((form.rows[0].name("product"), "Type the product, scan the vial, or type the test."))
    events = [(row, event_of(row, form, desk, choices, faults)) for row in filled]
    if faults:
        return Reading(form, (), (), tuple(faults), choices)
    proposals = tuple(
        Proposal(person, event, person_id=form.person_id, confirmed=form.confirmed(row.number))
        for row, event in events
        if event is not None
    )
    return Reading(form, proposals, tuple(row.number for row in filled), (), choices)


def found_products(form: PatientForm, desk: Desk) -> tuple[PatientForm, dict[int, tuple[Choice, ...]]]:
    """The form with every product that its text settles, and by row the choices where it does not."""
    choices: dict[int, tuple[Choice, ...]] = {}
    for row in form.rows:
        if row.choice and (choice := desk.catalogue(row.kind).keyed(row.choice)):
            form = form.put(chosen(row, choice, desk.remembered_lot))
        elif row.product and not row.chosen:
            catalogue = desk.catalogue(row.kind)
            if one := settled(catalogue, row.product):
                form = form.put(chosen(row, one, desk.remembered_lot))
            else:
                choices[row.number] = tuple(catalogue.find(row.product))[:MAX_CHOICES]
    return form, choices


def chosen(row: Row, choice: Choice, remembered_lot: str = "") -> Row:
    """A row with its product settled. Another product than the one remembered has another lot and expiry date."""
    same = row.code == choice.code
    if row.origin == "drive" and not same and row.lot == remembered_lot:
        row = replace(row, lot="", expires="")
    maker = choice.manufacturer or (row.manufacturer if same else "")
    origin = row.origin if same else ""
    return replace(
        row, product=choice.name, known=choice.name, code=choice.code, choice="", manufacturer=maker, origin=origin
    )


def person_of(who: Who, desk: Desk, faults: list[Fault]) -> Demographics:
    """The patient, as far as the form says; faults are added to the list."""
    return Demographics(
        name=_name(who, faults),
        birth_date=_born(who, faults),
        sex=who.sex or None,
        identifiers=(Identifier(desk.chart_authority, who.chart, CHART_KIND),) if who.chart else (),
        birth_order=_number(who.birth_order, "birth_order", faults),
        multiple_birth=True if who.birth_order else None,
        mother_maiden=who.mother_maiden or None,
        phones=(plain_phone(who.phone),) if who.phone else (),
    )


def _name(who: Who, faults: list[Fault]) -> Name:
    if who.one_name:
        text = " ".join(part for part in (who.given, who.family) if part)
        if not text:
            faults.append(("family", "Type the patient’s name."))
        return Name(text=text)
    if not who.family:
        faults.append(("family", "Type the family name, or tick that the patient has one name only."))
    if not who.given:
        faults.append(("given", "Type the given name, or tick that the patient has one name only."))
    return Name(who.family, tuple(who.given.split()))


def _born(who: Who, faults: list[Fault]) -> str:
    if not (who.born_day or who.born_month or who.born_year):
        faults.append(("born_day", "Type the date of birth; the year alone will do where nothing else is known."))
        return ""
    try:
        return born_of(who.born_day, who.born_month, who.born_year)
    except Unreadable:
        faults.append(("born_day", "There is no such date of birth. Type day, month and a year of four digits."))
        return ""


def event_of(
    row: Row, form: PatientForm, desk: Desk, choices: Mapping[int, tuple[Choice, ...]], faults: list[Fault]
) -> Event | None:
    """A row as a dose or result; None where a fault was added."""
    before = len(faults)
    _check_product(row, choices, faults)
    event = _dose(row, form, desk, faults) if row.kind == "dose" else _result(row, desk, faults)
    for code in form.denied(row.number):
        faults.append((f"q-{row.number}-{code}", "You said that this is not right: correct it, or remove it."))
        break
    return event if len(faults) == before else None


def _check_product(row: Row, choices: Mapping[int, tuple[Choice, ...]], faults: list[Fault]) -> None:
    if row.chosen:
        return
    what = "product" if row.kind == "dose" else "test"
    if not row.product:
        faults.append((row.name("product"), f"Type the {what}."))
    elif choices.get(row.number):
        faults.append((row.name("choice"), f"Choose which {what} it is."))
    else:
        words = f"We know no {what} like this. Type another part of its name, the maker, or its code."
        faults.append((row.name("product"), words))


def _dose(row: Row, form: PatientForm, desk: Desk, faults: list[Fault]) -> Dose:
    read = day_or_part if row.source else day_of
    return Dose(
        row.chosen,
        _read(read, row.day, row.name("day"), desk.today, faults),
        lot=row.lot,
        expires=_expires(row, faults),
        manufacturer=row.manufacturer,
        administered=not row.source,
        evidence=row.source,
        dose_number=_number(row.dose_number, row.name("dose_number"), faults),
        vaccinator="" if row.source else form.vaccinator,
    )


def _result(row: Row, desk: Desk, faults: list[Fault]) -> Result:
    day = _read(day_of, row.day, row.name("day"), desk.today, faults)
    if not row.outcome:
        faults.append((row.name("outcome"), "Choose what was found."))
    if row.outcome == NUMBER and not row.quantity:
        faults.append((row.name("quantity"), "Type the number."))
    is_number = row.outcome == NUMBER
    return Result(
        row.chosen,
        _moment(day, row, desk, faults),
        value_code="" if is_number else row.outcome,
        quantity=row.quantity.replace(",", ".") if is_number else "",
        unit=row.unit if is_number else "",
    )


def _read(read: Callable[[str, date], str], typed: str, name: str, today: date, faults: list[Fault]) -> str:
    if not typed:
        faults.append((name, f"Type the date. {_DATE}"))
        return ""
    try:
        return read(typed, today)
    except Unreadable:
        faults.append((name, f"This date can mean several days, or none. {_DATE}"))
        return ""


def _expires(row: Row, faults: list[Fault]) -> str:
    if not row.expires:
        return ""
    try:
        return last_day_of(row.expires)
    except Unreadable:
        words = "This expiry date can mean several days, or none. Write it like 2027-03, 03/2027 or 2027-03-31."
        faults.append((row.name("expires"), words))
        return ""


def _moment(day: str, row: Row, desk: Desk, faults: list[Fault]) -> str:
    if not row.clock:
        faults.append((row.name("clock"), "Type the time the specimen was taken, like 14:05."))
        return ""
    try:
        return moment_of(day, row.clock, desk.zone) if day else ""
    except Unreadable:
        faults.append((row.name("clock"), "There is no such time of day. Write it like 14:05."))
        return ""


def _number(typed: str, name: str, faults: list[Fault]) -> int | None:
    if not typed:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", typed):
        faults.append((name, "Type a whole number, or leave it empty."))
        return None
    return int(typed)
