"""Which cards a link carries: of groups, with combined vaccines and parts; of a moment, after corrections and doses."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from issuer.sharing.choice import Choice, carried, chosen, offered, read_choice, record_ids, titles_of
from issuer.store import StoredCard

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def card(title: str, holds: str, **changes: object) -> StoredCard:
    number = int(str(changes.pop("number", 0)))
    made = {"issued_at": NOW + timedelta(seconds=number), **changes}
    return StoredCard(f"{title}{holds}", "p", f"pabc b123 {holds}", title, "kid", "rid", f"{title}|{holds}", **made)  # type: ignore[arg-type]


def titles(choice: Choice, records: list[str] | None, *cards: StoredCard) -> list[str]:
    return [one.jws for one in carried(choice, records, cards)]


def test_a_card_counts_for_the_group_that_all_of_its_doses_are_of() -> None:
    combined = card("DTaP; Hib; Polio", "a.1")
    assert titles(Choice(("DTaP",)), None, combined) == ["DTaP; Hib; Polio|a.1"]
    assert titles(Choice(("Polio",)), None, combined) == []
    assert chosen(["DTaP; Hib; Polio"]).titles == ("DTaP", "Hib", "Polio")
    later = [card("DTaP; Hib", "a.1 b.1"), card("Polio", "a.1 c.1")]
    assert len(carried(chosen(["DTaP; Hib; Polio"]), None, later)) == 2


def test_parts_of_a_card_are_offered_as_one_and_go_together() -> None:
    parts = [card("COVID-19 (1 of 2)", "part a.1"), card("COVID-19 (2 of 2)", "part b.1")]
    assert offered(parts) == ("COVID-19",)
    assert len(carried(chosen(offered(parts)), None, parts)) == 2
    assert titles_of(card("Hep A (child)", "a.1")) == ("Hep A (child)",)
    assert titles_of(card("SARS (x of y)", "a.1")) == ("SARS (x of y)",)


def test_a_link_that_does_not_follow_has_what_it_had() -> None:
    old = card("COVID-19", "a.1", superseded_at=NOW)
    grown = card("COVID-19", "a.1 b.1", number=1)
    assert titles(Choice(), ["a"], old, grown) == ["COVID-19|a.1"]
    assert titles(Choice(), None, old, grown) == ["COVID-19|a.1 b.1"]
    corrected = card("COVID-19", "a.2", number=2)
    taken_back = card("COVID-19", "a.1", revoked_at=NOW)
    assert titles(Choice(), ["a"], taken_back, corrected) == ["COVID-19|a.2"]
    renamed = card("COVID-19", "a.1", number=3)
    assert [one.issued_at for one in carried(Choice(), ["a"], [old, renamed])] == [renamed.issued_at]
    assert titles(Choice(), ["a"], card("COVID-19", "a.2 b.1")) == []
    assert titles(Choice(), [], old) == []


def test_choices_are_kept_as_text() -> None:
    assert read_choice(Choice().text()) == Choice()
    assert read_choice(Choice(("a", "“é”")).text()) == Choice(("a", "“é”"))


_TITLES = st.lists(st.sampled_from(["A", "B", "C"]), min_size=1, max_size=3, unique=True).map("; ".join)
_RECORDS = st.sets(st.sampled_from("abcdef"), min_size=1).map(lambda ids: " ".join(f"{one}.1" for one in sorted(ids)))
_CARDS = st.lists(
    st.builds(
        lambda title, holds, number, revoked, superseded: card(
            title, holds, number=number, revoked_at=NOW if revoked else None, superseded_at=NOW if superseded else None
        ),
        _TITLES, _RECORDS, st.integers(0, 9), st.booleans(), st.booleans(),
    ),
    max_size=8,
)  # fmt: skip


@given(_CARDS, st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("ABC")))
def test_never_more_than_was_chosen(cards: list[StoredCard], records: set[str], groups: set[str]) -> None:
    for one in carried(Choice(tuple(groups)), sorted(records), cards):
        assert one.revoked_at is None
        assert record_ids(one) <= records
        assert not groups or titles_of(one)[0] in groups
    for one in carried(Choice(tuple(groups)), None, cards):
        assert one.revoked_at is None
        assert one.superseded_at is None


@given(_CARDS, st.sets(st.sampled_from("abcdef")))
def test_no_record_is_lost_that_could_be_there(cards: list[StoredCard], records: set[str]) -> None:
    could = [one for one in cards if one.revoked_at is None and record_ids(one) <= records]
    here = carried(Choice(), sorted(records), cards)
    assert set().union(*map(record_ids, here)) == set().union(*map(record_ids, could))
