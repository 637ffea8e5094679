"""PID and PD1 as Demographics: names, contacts, death, protection, and `""` against empty."""

import pytest

from issuer.intake.proposal import Address, Identifier, Name


@pytest.fixture
def person(shapes, ask, intake):
    def read(protection: str = "", **changes: str):
        lines = [shapes.pid(**changes)]
        if protection:
            lines.append(shapes.segment("PD1", {12: protection}))
        ask(shapes.vxu(*lines))
        return intake.proposals[-1].person

    return read


@pytest.mark.parametrize(
    ("field", "sent", "name", "expected"),
    [
        ("f8", "", "sex", None),
        ("f8", '""', "sex", ""),
        ("f8", "M", "sex", "male"),
        ("f8", "X", "sex", "other"),
        ("f8", "U", "sex", "unknown"),
        ("f8", "Q", "sex", "Q"),
        ("f6", "", "mother_maiden", None),
        ("f6", '""', "mother_maiden", ""),
        ("f6", "Old^A^^^^^L~Bell^A^^^^^M", "mother_maiden", "Bell"),
        ("f11", "", "address", None),
        ("f11", '""', "address", Address()),
        (
            "f11",
            "^^Nowhere^MA^^USA^BA~1 High St^^Warwick^MA^02452^^H",
            "address",
            Address("1 High St", "Warwick", "MA", "02452"),
        ),
        ("f24", "", "multiple_birth", None),
        ("f24", "N", "multiple_birth", False),
        ("f25", "", "birth_order", None),
        ("f25", "3", "birth_order", 3),
        ("f7", "", "birth_date", ""),
        ("f7", '""', "birth_date", ""),
        ("f7", "2019", "birth_date", "2019"),
        ("f7", "201906051310-0500", "birth_date", "2019-06-05"),
        ("f7", "06/05/2019", "birth_date", "06/05/2019"),
        ("f29", "20260102", "died_on", "2026-01-02"),
        ("f30", "Y", "died_on", "yes"),
        ("f30", "N", "died_on", None),
        ("f30", '""', "died_on", ""),
        ("f29", '""', "died_on", ""),
        ("f29", "", "died_on", None),
        ("f13", "(657)555-8563", "phones", ("+16575558563",)),
        ("f13", "^PRN^PH^^44^20^79460958", "phones", ("+442079460958",)),
        ("f13", "^PRN^PH^^^657^12", "phones", ("65712",)),
        ("f13", "^PRN^FX^^^657^5558563", "phones", ()),
        ("f13", "a@example.org^NET^Internet", "emails", ("a@example.org",)),
        ("f13", '""', "phones", ()),
        ("f5", '""', "name", Name()),
    ],
)
def test_what_a_pid_says(person, field, sent, name, expected):
    assert getattr(person(**{field: sent}), name) == expected


@pytest.mark.parametrize(("sent", "expected"), [("Y", True), ("N", False), ("", None), ('""', None)])
def test_protection_falls_by_a_word_only(person, sent, expected):
    assert person(protection=sent or " ").protected is expected


def test_without_a_pd1_nothing_is_said_about_protection(person):
    assert person().protected is None


def test_the_legal_name_is_the_name_wherever_it_stands(person):
    found = person(f5="Ada^^^^^^N~Bell^Wilhelmina^^^^^M~Quasimodo^Wilhelmina^^Jr^Dr^^L")
    assert found.name == Name("Quasimodo", ("Wilhelmina",), "Jr", prefix="Dr")
    assert [one.family for one in found.aliases] == ["Ada", "Bell"]


def test_identifiers_keep_their_authority(person):
    sent = '1^^^HARBOUR^MR~2^^^&2.16.840.1&ISO^PI~3^^^&https://id.example/mrn&URI^MR~4~5^^^""^SS~^^^STATE^SR'
    assert person(f3=sent).identifiers[:4] == (
        Identifier("HARBOUR", "1", "MR"),
        Identifier("urn:oid:2.16.840.1", "2", "PI"),
        Identifier("https://id.example/mrn", "3", "MR"),
        Identifier("", "4", ""),
    )


def test_an_unreadable_birth_order_is_left_out_and_said(shapes, ask):
    ack = ask(shapes.vxu(shapes.pid(f25="second")))
    assert (ack.code, ack.errors) == ("AE", [("PID^1^25", "102", "W", "birth-order-unreadable")])


def test_decomposed_letters_are_composed(person):
    assert person(f5="Mu\u0308ller^Zoe\u0308^^^^^L").name == Name("Müller", ("Zoë",))
