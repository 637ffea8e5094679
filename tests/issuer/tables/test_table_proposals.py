"""Headers recognised, dates read the way the file writes them, rows made into proposals or named."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.terminology import SNOMED, result_name
from issuer.intake.checking import check
from issuer.intake.findings import FINDINGS
from issuer.intake.proposal import PLACES, Address, Dose, Finding, Identifier, Name, Proposal, Result
from issuer.tables import COLUMNS, TABLE_FINDINGS, ColumnMapping, Row, column_of, look, proposal_of, read_rows, suggest
from issuer.tables.cells import clock_time, iso_day, iso_moment, last_day, phone_number, plain
from issuer.tables.columns import ALIASES
from issuer.tables.mapping import fingerprint, from_json, missing_in, to_json
from issuer.tables.proposals import proposer
from issuer.tables.result_words import RESULT_WORDS


def made(cells, **mapping):
    found = suggest(tuple(cells))
    columns = ColumnMapping(**{"columns": found.mapping.columns, **mapping})
    return proposal_of(Row(2, cells), columns)


def codes(cells, **mapping):
    found = made(cells, **mapping)
    assert isinstance(found, tuple), found
    return [(one.code, one.place) for one in found]


PERSON = {"family_name": "Quasimodo", "given_names": "Wilhelmina", "birth_date": "1987-06-05"}
DOSE = {**PERSON, "product": "208", "date": "2021-03-01"}
RESULT = {**PERSON, "test": "94500-6", "result_time": "2022-01-02T10:00-05:00"}


# ---- Headers ---------------------------------------------------------------------------------------------------------


def test_headers_of_other_programs():
    header = (
        "Last Name", "First Name", "MI", "DOB", "Gender", "MRN", "Cell Phone", "Zip", "Mother's Maiden Name",
        "Vaccine CVX", "Vaccine Name", "Date Administered", "Lot #", "Exp Date", "Mfr", "Administered By", "Dose",
        "Favourite colour",
    )  # fmt: skip
    found = suggest(header)
    assert dict(found.mapping.columns) == {
        "family_name": "Last Name", "given_names": "First Name", "middle_names": "MI", "birth_date": "DOB",
        "sex": "Gender", "identifier": "MRN", "phone": "Cell Phone", "postcode": "Zip",
        "mother_maiden_name": "Mother's Maiden Name",
        "product": "Vaccine CVX", "date": "Date Administered", "lot": "Lot #", "expiry": "Exp Date",
        "manufacturer": "Mfr", "vaccinator": "Administered By", "dose_number": "Dose",
    }  # fmt: skip
    assert found.unused == ("Vaccine Name", "Favourite colour")
    assert found.missing == ()
    assert found.asks == ("identifier-authority",)


def test_what_is_missing_is_said():
    assert suggest(("name", "lot")).missing == ("birth_date", "product", "date")
    assert suggest(("LOINC", "DOB")).missing == ("family_name", "given_names", "result_time")
    assert suggest(("Patient", "Appt Time"), use="roster").missing == ()
    assert (
        missing_in(ColumnMapping((("name", "n"), ("birth_date", "b"), ("date", "d")), fixed=(("product", "208"),)))
        == ()
    )


def test_each_alias_means_one_column():
    assert all(COLUMNS[column].place in PLACES for column, _ in ALIASES.values())
    for column in COLUMNS.values():
        assert ALIASES[column.name.replace("_", "")][0] == column.name


@pytest.mark.parametrize(
    ("dates", "order", "asks"),
    [
        (["2026-11-20", "20261120"], "", ()),
        (["03/04/2026", "25/04/2026"], "dmy", ()),
        (["03/04/2026", "04/25/2026 00:00"], "mdy", ()),
        (["03/04/2026"], "", ("date-order",)),
        (["13/04/2026", "04/13/2026"], "", ("date-order",)),
        (["04/04/2026", "3.4.2026", "13/13/2026", "soon"], "", ()),
    ],
)
def test_the_order_of_dates_is_seen_or_asked(dates, order, asks):
    rows = [Row(number, {"DOB": text}) for number, text in enumerate(dates, 2)]
    found = suggest(("DOB",), rows)
    assert (found.mapping.date_order, found.asks) == (order, asks)


def test_a_mapping_is_remembered_by_its_headers():
    mapping = ColumnMapping(
        (("birth_date", "DOB"), ("lot", "Lot #")), "mdy", "America/Chicago", (("product", "208"),), "US"
    )
    assert from_json(to_json(mapping)) == mapping
    assert fingerprint(("DOB", "Lot #")) == fingerprint(("lot", "Dob "))
    assert fingerprint(("DOB", "Lot")) != fingerprint(("DOB", "Name"))
    for text in (
        "[]",
        "{}",
        '{"columns": [["x", "y"]]}',
        '{"columns": [], "date_order": "ymd"}',
        '{"columns": [["lot"]]}',
    ):
        with pytest.raises(ValueError):
            from_json(text)
    with pytest.raises(ValueError, match="time zone"):
        proposer(ColumnMapping((), zone="Mars/Olympus"))


# ---- Cells -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("1987-06-05", "", "1987-06-05"),
        ("1987-6-5", "", "1987-06-05"),
        ("19870605", "", "1987-06-05"),
        ("1987-06-05 00:00:00", "", "1987-06-05"),
        ("1987-06-05T09:30-05:00", "", "1987-06-05"),
        ("6/5/1987", "mdy", "1987-06-05"),
        ("6/5/1987 12:00 AM", "mdy", "1987-06-05"),
        ("5/6/1987", "dmy", "1987-06-05"),
        ("05-06-1987", "dmy", "1987-06-05"),
        ("5.6.1987", "", "1987-06-05"),
        ("5.6.1987", "mdy", "1987-06-05"),
        ("5-Jun-1987", "", "1987-06-05"),
        ("June 5, 1987", "", "1987-06-05"),
        ("Sept 5 1987", "", "1987-09-05"),
        ("1987-06", "", "1987-06"),
        ("1987", "", "1987"),
        # As they were sent: the checker says what is wrong.
        ("6/5/1987", "", "6/5/1987"),
        ("6/5/87", "mdy", "6/5/87"),
        ("31/02/2026", "dmy", "31/02/2026"),
        ("2026-02-30", "", "2026-02-30"),
        ("44256", "mdy", "44256"),
        ("6/5-1987", "mdy", "6/5-1987"),
        ("5 Foo 1987", "", "5 Foo 1987"),
    ],
)
def test_dates(text, order, day):
    assert iso_day(text, order) == day


def test_expiry_dates_may_be_months():
    assert [last_day(text, "mdy") for text in ("2027-02", "02/2028", "2/3/2027", "13/2027")] == [
        "2027-02-28",
        "2028-02-29",
        "2027-02-03",
        "13/2027",
    ]


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2026-11-20T09:30-05:00", "", "2026-11-20T09:30:00-05:00"),
        ("2026-11-20 09:30:15 Z", "", "2026-11-20T09:30:15Z"),
        ("11/20/2026 1:05 PM", "America/Chicago", "2026-11-20T13:05:00-06:00"),
        ("7/1/2026 12:05 am", "America/Chicago", "2026-07-01T00:05:00-05:00"),
        ("2026-11-20T09:30", "", "2026-11-20T09:30"),
        ("2026-11-20 25:00", "America/Chicago", "2026-11-20 25:00"),
        ("2026-11-20 13:00 PM", "America/Chicago", "2026-11-20 13:00 PM"),
        ("11/20/2026", "", "2026-11-20"),
    ],
)
def test_moments(text, zone, moment):
    assert iso_moment(text, "mdy", zone) == moment


def test_telephone_numbers():
    numbers = ("(612) 555-0134", "1-612-555-0134", "+1 612 555 0134", "612.555.0134 x7", "+44 20 7946 0018", "none")
    assert [phone_number(text, "US") for text in numbers] == ["+16125550134"] * 4 + ["+442079460018", "none"]


def test_times_of_day():
    typed = ("9:30", "09:30:00", "9 am", "12:15 PM", "12 a.m.", "9", "25:00", "13 pm", "x")
    assert [clock_time(text) for text in typed] == ["09:30", "09:30", "09:00", "12:15", "00:00", "", "", "", ""]


def test_cells_are_unwrapped():
    assert [plain(text) for text in (' ="08" ', "'+1612", "''=x", "'n", "=1+1", "Mu\u0308ller\xa0")] == [
        "08", "+1612", "'=x", "'n", "=1+1", "Müller",
    ]  # fmt: skip


# ---- Rows ------------------------------------------------------------------------------------------------------------


def test_a_dose_with_everything(now):
    cells = {
        **PERSON, "middle_names": "J", "suffix": "III", "sex": "F", "identifier": "0012345",
        "identifier_authority": "HARBOUR",
        "phone": "612-555-0134", "email": "w@example.org", "address": "1 Main St", "city": "Springfield", "state": "MN",
        "postcode": "02134", "country": "US", "mother_maiden_name": "Esme", "birth_order": "2", "multiple_birth": "Y",
        "death_date": "", "protected": "no", "action": "U", "event_id": "00077", "product": "8",
        "date": "3/1/2021", "lot": "12E5", "expiry": "06/2022", "manufacturer": "Merck", "status": "partial",
        "historical": "Y", "evidence": "1",
        "dose_number": "2", "vaccinator": "RN 7",
    }  # fmt: skip
    found = made(cells, date_order="mdy")
    assert isinstance(found, Proposal)
    person, event = found.person, found.event
    assert person.name == Name("Quasimodo", ("Wilhelmina", "J"), "III")
    assert (person.birth_date, person.sex, person.identifiers) == (
        "1987-06-05",
        "female",
        (Identifier("HARBOUR", "0012345"),),
    )
    assert (person.phones, person.emails) == (("+16125550134",), ("w@example.org",))
    assert person.address == Address("1 Main St", "Springfield", "MN", "02134", "US")
    assert (person.mother_maiden, person.birth_order, person.multiple_birth) == ("Esme", 2, True)
    assert (person.died_on, person.protected) == (None, False)
    assert (found.action, found.event_id) == ("update", "00077")
    assert event == Dose(
        "08", "2021-03-01", lot="12E5", expires="2022-06-30", manufacturer="MSD", subpotent=True, administered=False,
        evidence="01", dose_number=2, vaccinator="RN 7",
    )  # fmt: skip
    assert [one.code for one in check(found, now) if one.severity == "error"] == []


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"status": "refused"}, {"status": "not-done", "not_done_reason": "refused"}),
        ({"status": "Not given"}, {"status": "not-done", "not_done_reason": "not-administered"}),
        ({"historical": "historical"}, {"administered": False, "evidence": ""}),
        ({"evidence": "00"}, {"administered": True, "evidence": ""}),
        ({"evidence": "School"}, {"administered": False, "evidence": "school"}),
        ({"historical": "N", "evidence": "01"}, {"administered": True, "evidence": ""}),
        ({"product": "58160-0842-11"}, {"code": "115", "manufacturer": "SKB"}),
        ({"product": "58160-842-11"}, {"code": "115"}),
        ({"product": "58160084211"}, {"code": "115"}),
        ({"product": "gardasil 9"}, {"code": "165", "manufacturer": "MSD"}),
        ({"product": "MMR"}, {"code": "03", "manufacturer": ""}),
        ({"product": ""}, {"code": ""}),
        ({"product": '="08"'}, {"code": "08"}),
        ({"lot": "1.2E+06"}, {"lot": "1.2E+06"}),
        ({"manufacturer": "Some maker"}, {"manufacturer": "Some maker"}),
    ],
)
def test_doses(cells, expected):
    found = made({**DOSE, **cells})
    assert {name: getattr(found.event, name) for name in expected} == expected


def test_what_was_fixed_for_the_file_stands_in_every_row():
    fixed = (("product", "Boostrix"), ("identifier_authority", "HARBOUR"), ("lot", "X1"))
    found = made({**PERSON, "date": "2026-11-20", "mrn": "7", "lot": "Y2"}, fixed=fixed)
    assert (found.event.code, found.event.lot, found.person.identifiers) == ("115", "Y2", (Identifier("HARBOUR", "7"),))


def test_names_in_one_column():
    rest = {"DOB": "1987-06-05", "product": "208", "date": "2021-03-01"}
    assert made({"Patient Name": "Quasimodo, Wilhelmina J", **rest}).person.name == Name("Quasimodo", ("Wilhelmina J",))
    assert made({"Patient Name": "Wilhelmina Quasimodo", **rest}).person.name == Name(text="Wilhelmina Quasimodo")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"result_code": "260415000"}, {"value_code": "260415000"}),
        ({"result_code": "Not Detected"}, {"value_code": "260415000"}),
        ({"result_code": "LA6577-6"}, {"value_code": "260385009"}),
        ({"result_code": "purple"}, {"value_code": "", "text": "purple"}),
        ({"result_value": "1.50", "unit": "[IU]/mL"}, {"quantity": "1.50", "unit": "[IU]/mL", "value_code": ""}),
        ({"result_value": "<0.5"}, {"quantity": "<0.5"}),
        ({"result_value": "NEG"}, {"value_code": "260385009", "quantity": ""}),
        ({"self_test": "Y", "lab": "Harbour Laboratory"}, {"self_test": True, "performer": "Harbour Laboratory"}),
        ({"status": "Corrected"}, {"status": "corrected"}),
    ],
)
def test_results(cells, expected):
    found = made({**RESULT, **cells})
    assert isinstance(found.event, Result)
    assert {name: getattr(found.event, name) for name in expected} == expected
    assert found.event.time == "2022-01-02T10:00:00-05:00"


def test_words_of_results_are_codes_that_we_know():
    assert all(result_name(SNOMED, code) for code in RESULT_WORDS.values())


def test_doses_and_results_in_one_file():
    header = {**PERSON, "kind": "", "product": "", "date": "", "test": "", "result_time": ""}
    dose = {**header, "product": "208", "date": "2021-03-01"}
    result = {**header, "test": "94500-6", "result_time": "2022-01-02T10:00Z"}
    assert isinstance(made(dose).event, Dose)
    assert isinstance(made(result).event, Result)
    assert isinstance(made({**dose, "kind": "Result"}).event, Result)
    assert codes({**dose, "kind": "thing"}) == [("kind-form", "event")]


def test_a_file_about_persons_only():
    found = made({**PERSON, "sex": '""', "death_date": "Y"})
    assert (found.event, found.person.sex, found.person.died_on) == (None, "", "yes")


def test_a_deletion_by_its_own_number(now):
    found = made({**DOSE, "product": "", "date": "", "action": "D", "event_id": "77"})
    assert (found.action, found.event_id) == ("delete", "77")
    assert [one for one in check(found, now) if one.severity == "error"] == []


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"action": "X"}, ("action-form", "action")),
        ({"birth_order": "first"}, ("birth-order-range", "person.birth_order")),
        ({"multiple_birth": "perhaps"}, ("yes-no-form", "person.birth_order")),
        ({"dose_number": "2nd"}, ("dose-number-range", "event.dose_number")),
        ({"status": "planned"}, ("status-unknown", "event.status")),
        ({"product": "Miracle"}, ("vaccine-unknown", "event.code")),
        ({"product": "Comvax 5"}, ("vaccine-unknown", "event.code")),
        ({"product": "12345678901"}, ("vaccine-unknown", "event.code")),
        ({"mrn": "6.12555E+09"}, ("number-rounded", "person.identifier")),
        ({"product": "5.81601E+10"}, ("number-rounded", "event.code")),
        ({"lot": "#REF!"}, ("cell-formula-error", "event.lot")),
    ],
)
def test_what_no_proposal_can_carry(cells, expected):
    assert codes({**DOSE, **cells}) == [expected]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"birth_date": "5/6/87"}, "birth-date-form"),
        ({"date": "yesterday"}, "date-form"),
        ({"expiry": "soon"}, "expiry-form"),
        ({"sex": "F?"}, "sex-form"),
        ({"evidence": "99"}, "evidence-unknown"),
        ({"product": "999"}, "no-vaccine"),
        ({"product": ""}, "vaccine-code-missing"),
        ({"family_name": "Quasi\0modo"}, "hidden-character"),
        ({"family_name": "Quasi\u202emodo"}, "hidden-character"),
    ],
)
def test_the_rest_goes_to_the_checker_as_it_was_sent(cells, code, now):
    assert code in [one.code for one in check(made({**DOSE, **cells}), now)]


def test_a_row_that_is_none_is_named():
    mapping = suggest(("family_name", "lot")).mapping
    assert [one.code for one in proposal_of(Row(7, {}, "row-ragged"), mapping)] == ["row-ragged"]
    (found,) = proposal_of(Row(7, {}, "text-too-long", "lot"), mapping)
    assert (found.code, found.place) == ("text-too-long", "event.lot")


def test_findings_lead_back_to_the_clinics_columns():
    mapping = suggest(("Last", "Last Name", "First Name", "Lot #", "MRN", "ID Type")).mapping
    row = Row(2, {"Last Name": "", "First Name": "W", "Lot #": "1", "MRN": "7", "ID Type": "x"})

    def column(place):
        return column_of(Finding("some-code", place, "error", "", ""), row, mapping)

    assert column("person.name") == "First Name"
    assert column("event.lot") == "Lot #"
    assert column("person.identifier") == "MRN, ID Type"
    assert column("event.day") == ""


def test_codes_of_this_door_are_its_own():
    assert not set(TABLE_FINDINGS) & set(FINDINGS)


def test_nothing_of_a_row_stands_in_messages_or_representations():
    found = made({**DOSE, "birth_order": "secret-value"})
    assert "secret" not in repr(found)
    assert "Quasimodo" not in repr(Row(1, DOSE))
    assert "Quasimodo" not in repr(made(DOSE))


text = st.text(max_size=15)


@settings(deadline=None, max_examples=200)
@given(cells=st.fixed_dictionaries(dict.fromkeys(COLUMNS, text)), order=st.sampled_from(["", "mdy", "dmy"]))
def test_no_row_does_anything_but_become_a_proposal_or_findings(cells, order):
    mapping = ColumnMapping(tuple((name, name) for name in COLUMNS), order, "America/Chicago")
    found = proposal_of(Row(2, cells), mapping)
    assert isinstance(found, Proposal) or all(one.place in PLACES for one in found)


@settings(deadline=None, max_examples=100)
@given(
    lot=st.from_regex(r"[0-9]{1,4}[A-Z]?[0-9E]{0,8}", fullmatch=True),
    number=st.from_regex(r"0{0,4}[0-9]{1,10}", fullmatch=True),
)
def test_lots_and_numbers_survive(lot, number):
    octets = (
        f"family_name,given_names,dob,mrn,mrn authority,cvx,date,lot\nA,B,2000-01-01,{number},X,208,2021-03-01,{lot}\n"
    )
    file = io.BytesIO(octets.encode())
    head = look(file)
    (row,) = read_rows(file, head)
    found = proposal_of(row, suggest(head.header).mapping)
    assert (found.event.lot, found.person.identifiers[0].value) == (lot, number)
