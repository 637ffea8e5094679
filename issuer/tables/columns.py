# ruff: noqa: E501  (what other programs call a column stands in one line)
"""Our own columns: what they are called, what other programs call them, and where a fault in one belongs.

`place` is the neutral name that the checker uses (`issuer.intake.proposal.PLACES`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Use = Literal["dose", "result", "roster"]
"""Which of our templates a column stands in."""

_BOTH: tuple[Use, ...] = ("dose", "result")
_ALL: tuple[Use, ...] = ("dose", "result", "roster")
_DOSE: tuple[Use, ...] = ("dose",)
_RESULT: tuple[Use, ...] = ("result",)


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `aliases` are separated by commas and compared without case, spaces and punctuation."""

    name: str
    place: str
    uses: tuple[Use, ...]
    hint: str
    example: str = ""
    aliases: str = ""
    choices: tuple[str, ...] = ()
    """For the drop-down of the template."""
    required: bool = False
    """In the templates; a file may say the same in another column (`name` for family and given names)."""


_PERSON = (
    Column(
        "family_name",
        "person.name",
        _ALL,
        "As on the person's ID",
        "Quasimodo",
        "last name, surname, family, lname, name last, patient last name, legal last name",
        required=True,
    ),
    Column(
        "given_names",
        "person.name",
        _ALL,
        "First name",
        "Wilhelmina",
        "first name, given name, given, forename, fname, name first, legal first name",
        required=True,
    ),
    Column(
        "middle_names",
        "person.name",
        _ALL,
        "Further given names",
        "",
        "middle name, middle, middle initial, mi, mname, second name",
    ),
    Column("suffix", "person.name", _BOTH, "Jr, III", "", "name suffix, sfx"),
    Column(
        "name",
        "person.name",
        (),
        "The whole name where it is not divided: “Family, Given” or as written",
        "",
        "full name, patient, patient name, client name, recipient name, recipient, person",
    ),
    Column(
        "birth_date",
        "person.birth_date",
        _ALL,
        "YYYY-MM-DD",
        "1987-06-05",
        "dob, date of birth, birthdate, birthday, born, born on, birth day, d.o.b.",
        required=True,
    ),
    Column(
        "sex",
        "person.sex",
        _BOTH,
        "F, M, X or U",
        "F",
        "gender, administrative sex, sex at birth, birth sex",
        ("F", "M", "X", "U"),
    ),
    Column(
        "identifier",
        "person.identifier",
        _BOTH,
        "Your own number of the person, zeros kept",
        "0012345",
        "mrn, medical record number, patient id, id, person id, client id, chart number, chart, chart id, record number,"
        " account number, patient number, medicaid id, student id, employee id",
    ),
    Column(
        "identifier_authority",
        "person.identifier",
        _BOTH,
        "Who assigned that number",
        "",
        "assigning authority, id type, issuer of id, mrn authority, identifier system, id issuer",
    ),
    Column(
        "phone",
        "person.phone",
        _ALL,
        "With area code",
        "612-555-0134",
        "phone number, telephone, mobile, cell, cell phone, mobile phone, home phone, contact number, tel",
    ),
    Column("email", "person.email", _BOTH, "", "", "e-mail, email address, e-mail address, mail"),
    Column(
        "address",
        "person.address",
        _BOTH,
        "Street and number",
        "",
        "street, street address, address 1, address line 1, address line, addr, home address, mailing address",
    ),
    Column("city", "person.address", _BOTH, "", "", "town, address city, municipality"),
    Column("state", "person.address", _BOTH, "", "", "address state, province, st"),
    Column("postcode", "person.address", _BOTH, "Leading zeros kept", "02134", "zip, zip code, postal code, zipcode"),
    Column("country", "person.address", _BOTH, "", "", "address country, nation"),
    Column(
        "mother_maiden_name",
        "person.mother_maiden",
        _BOTH,
        "Her family name at birth",
        "",
        "mothers maiden name, mother's maiden name, mmn, maiden name of mother, mothers maiden",
    ),
    Column(
        "birth_order",
        "person.birth_order",
        _BOTH,
        "1 for the first of twins, 2 for the second",
        "",
        "order of birth, birth number",
    ),
    Column(
        "multiple_birth",
        "person.birth_order",
        _BOTH,
        "Y for a twin or triplet",
        "",
        "twin, multiple birth indicator, is twin, multiple",
        ("Y", "N"),
    ),
    Column("death_date", "person.died_on", (), "YYYY-MM-DD", "", "date of death, dod, died on, deceased date"),
    Column(
        "protected",
        "person",
        (),
        "Y: nothing about this person goes to others",
        "",
        "protection indicator, privacy flag, confidential",
        ("Y", "N"),
    ),
)
_EVENT = (
    Column(
        "action",
        "action",
        _BOTH,
        "A add (or empty), U update, D delete",
        "A",
        "action code, operation, transaction type, record action",
        ("A", "U", "D"),
    ),
    Column(
        "event_id",
        "event.id",
        _BOTH,
        "Your own number of the dose or result",
        "",
        "dose id, vaccination id, immunization id, record id, order number, filler order number, accession number,"
        " accession, specimen id, event number",
    ),
    Column("kind", "event", (), "dose or result, where one file holds both", "", "record kind", ("dose", "result")),
    Column(
        "product",
        "event.code",
        _DOSE,
        "CVX code, NDC or name",
        "208",
        "cvx, cvx code, vaccine cvx, vaccine cvx code, vaccine code, vaccine, ndc, ndc code, ndc11, vaccine ndc,"
        " product code, vaccine product, vaccine name, vaccine type, immunization, product name, trade name",
        required=True,
    ),
    Column(
        "date",
        "event.day",
        _DOSE,
        "Day it was given, YYYY-MM-DD",
        "2026-11-20",
        "date given, administered date, date administered, vaccination date, vaccine date, dose date, service date,"
        " date of service, dos, admin date, administration date, date of vaccination, immunization date, shot date,"
        " vax date",
        required=True,
    ),
    Column(
        "lot",
        "event.lot",
        _DOSE,
        "As printed on the vial",
        "12E5",
        "lot number, lot no, lot #, lotnumber, batch, batch number, vaccine lot, vaccine lot number",
    ),
    Column(
        "expiry",
        "event.expires",
        _DOSE,
        "Last day of use, or month YYYY-MM",
        "2027-06-30",
        "expiration date, expiration, exp, exp date, expires, expiry date, lot expiration date, lot expiration, use by",
    ),
    Column(
        "manufacturer",
        "event.manufacturer",
        _DOSE,
        "MVX code",
        "PFR",
        "mvx, mvx code, manufacturer code, manufacturer name, vaccine manufacturer, maker, mfr, mfg",
    ),
    Column(
        "status",
        "event.status",
        _BOTH,
        "given, partial, refused, not given; of a result final, amended, corrected",
        "given",
        "completion status, dose status, result status, admin status",
        ("given", "partial", "refused", "not given"),
    ),
    Column(
        "historical",
        "event.evidence",
        _DOSE,
        "Y where somebody else gave it",
        "N",
        "is historical, history, historical dose, record source, source type",
        ("Y", "N"),
    ),
    Column(
        "evidence",
        "event.evidence",
        _DOSE,
        "Of a historical dose: CDC's NIP001 00 to 08, or provider, record, recall, school, jurisdiction",
        "",
        "information source, vaccine information source, source of information, nip001,"
        " report origin, administration notes code",
    ),
    Column(
        "dose_number",
        "event.dose_number",
        _DOSE,
        "Which dose of its series",
        "",
        "dose, dose no, dose #, series dose, dose in series, dose sequence",
    ),
    Column(
        "vaccinator",
        "event.performer",
        _DOSE,
        "Your own name or number of who gave it",
        "",
        "administered by, given by, administering provider, provider, nurse, administrator, vaccinated by",
    ),
    Column(
        "test",
        "event.code",
        _RESULT,
        "LOINC code",
        "94500-6",
        "loinc, loinc code, test code, test loinc, test ordered code, test performed code, test name",
        required=True,
    ),
    Column(
        "result_time",
        "event.day",
        _RESULT,
        "When the specimen was taken, with its zone",
        "2026-11-20T09:30-05:00",
        "collection time, collected, collection date, specimen collection date, specimen date, collected at, test date,"
        " result date, date collected, collection date time, specimen collected",
        required=True,
    ),
    Column(
        "result_code",
        "event.value",
        _RESULT,
        "SNOMED CT code, or positive, negative, detected …",
        "not detected",
        "result, test result, outcome, snomed, snomed code, result snomed, qualitative result",
    ),
    Column(
        "result_value",
        "event.value",
        _RESULT,
        "A number",
        "",
        "value, quantity, titer, titre, numeric result, result quantity, observation value",
    ),
    Column("unit", "event.unit", _RESULT, "UCUM, for example [IU]/mL", "", "units, result unit, result units, uom"),
    Column(
        "self_test",
        "event.status",
        _RESULT,
        "Y for a test somebody took at home alone",
        "",
        "home test, self administered test, at home test",
        ("Y", "N"),
    ),
    Column(
        "performer",
        "event.performer",
        _RESULT,
        "Laboratory as it stands on the card",
        "",
        "laboratory, lab, lab name, laboratory name, performing lab, performing laboratory, performing facility",
    ),
    Column(
        "time",
        "event.day",
        ("roster",),
        "Time of the appointment",
        "09:30",
        "appointment time, appt time, appointment, slot, start time, arrival time, appt",
    ),
)

COLUMNS: Mapping[str, Column] = MappingProxyType({column.name: column for column in (*_PERSON, *_EVENT)})
"""Every column by its name, in the order of the templates."""

_NOTHING = re.compile(r"[\W_]+")
PREFIXES = ("patient", "pt", "person", "client", "recipient", "vaccine", "vaccination", "immunization", "vax", "imm")
"""Words that programs put before a header without changing what it means."""


def folded_header(header: str) -> str:
    """A header as it is compared: no case, spaces, punctuation; "Lot #" is "lot"."""
    return _NOTHING.sub("", header.casefold())


def _by_alias() -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for column in COLUMNS.values():
        for rank, alias in enumerate([column.name, *column.aliases.split(",")]):
            folded = folded_header(alias)
            if folded:
                found.setdefault(folded, (column.name, rank))
    return found


ALIASES: Mapping[str, tuple[str, int]] = MappingProxyType(_by_alias())
"""Folded alias to (column, how far down its list of aliases): the first that a file has is taken."""
