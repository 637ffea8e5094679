"""What a landed version wrote is read by this one. `landed/0001.json` holds the rows that issue 2's issuer wrote."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from issuer import db
from issuer.service import IssuerService
from keys import read_jwks

LANDED = json.loads((Path(__file__).parent / "landed" / "0001.json").read_text("utf-8"))
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture
def landed(empty_database: str, service_on: Callable[..., IssuerService]) -> IssuerService:
    db.upgrade(empty_database, "0001")
    engine = db.open_engine(empty_database)
    with db.writing(engine) as connection:
        for table, row in LANDED["rows"]:
            values = {name: bytes.fromhex(value) if name == "bundle" else value for name, value in row.items()}
            columns, places = ", ".join(values), ", ".join(f":{name}" for name in values)
            connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({places})"), values)
    engine.dispose()
    db.upgrade(empty_database)
    return service_on(empty_database)


def _rows(table: str) -> list[dict[str, Any]]:
    return [row for name, row in LANDED["rows"] if name == table]


def test_every_card_stands_as_it_stood(landed: IssuerService) -> None:
    for before in _rows("card"):
        card = landed.card(before["id"])
        assert (card.jws, card.rid, card.title, card.replaces) == (
            before["jws"],
            before["rid"],
            before["title"],
            before["replaces"],
        )
        assert (card.revoked_at is None) == (before["revoked_at"] is None)
        assert card.holds


def test_nothing_is_signed_anew_where_nothing_was_added(landed: IssuerService) -> None:
    person = next(row["person_id"] for row in _rows("card") if row["revoked_reason"] == "requested")
    cards = landed.cards_of_person(person, NOW)
    assert [card.id for card in cards] == [row["id"] for row in _rows("card") if row["person_id"] == person]


def test_a_person_of_two_records_has_one_card_for_each_group(landed: IssuerService) -> None:
    """The landed version made a card for each record; the doses of both now stand on one."""
    person = _rows("person")[0]["id"]
    before = {row["id"] for row in _rows("card") if row["person_id"] == person}
    cards = landed.cards_of_person(person, NOW)
    standing = [card for card in cards if card.revoked_at is None]
    assert len(standing) == 3
    assert sum(card.id not in before for card in standing) == 1
    assert landed.cards_of_person(person, NOW) == cards


def test_links_still_open_and_records_sent_again_change_nothing(landed: IssuerService, made: Any) -> None:
    person = _rows("person")[0]["id"]
    assert landed.cards_by_link("t" * 43, NOW) == landed.cards_of_person(person, NOW)
    again = landed.record_and_issue(made.octets(made.bundle(made.dose("03", "1990-03-03"))), NOW, person)
    assert not again.is_new


def test_revocation_lists_go_on(landed: IssuerService) -> None:
    listed = {(row["kid"], row["rid"]) for row in _rows("revoked_rid")}
    for row in _rows("revocation_list"):
        ctr, rids = landed.store.revoked_rids(row["kid"])
        assert ctr == row["ctr"]
        assert {(row["kid"], rid) for rid in rids} == listed


def test_the_published_key_of_the_landed_cards_is_kept_with_them() -> None:
    assert len(read_jwks(json.dumps(LANDED["keys"]).encode())) == 1
