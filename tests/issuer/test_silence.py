"""Nothing about a person is logged, raised or printed: not when cards are issued, nor when it goes wrong."""

import logging
import secrets as secrets_module
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from issuer import db
from issuer.faults import InvalidBundle
from issuer.signing import UnreadableCard, check_reads_back


class Everything(logging.Handler):
    """Every line that anybody logs, formatted with its exception."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.lines.append(self.format(record) + repr(vars(record)))


@pytest.fixture
def logged() -> Iterator[Everything]:
    root, handler = logging.getLogger(), Everything()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.NOTSET)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def secrets(made: Any) -> Callable[..., list[str]]:
    """What must stand nowhere."""

    def gather(*more: str) -> list[str]:
        return [made.family, made.given, made.born, "A1B2", made.token, *more]

    return gather


def found_in(texts: list[str], secrets: list[str]) -> list[str]:
    return [secret for secret in secrets for text in texts if secret in text]


def test_issuing_reading_and_revoking_are_silent(
    api: Any, app: Any, made: Any, logged: Everything, secrets: Any, capfd: Any
) -> None:
    content = api.send(made.bundle(made.dose(), made.result())).json
    token = content["link"].rpartition("/")[2]
    jws = [api.get(card["url"]).json["jws"] for card in content["cards"]]
    client = app.test_client()
    page = client.get(f"/r/{token}").text
    year, month, day = made.born.split("-")
    typed = {"born_year": year, "born_month": month, "born_day": day}
    typed["csrf_token"] = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert client.post(f"/r/{token}", data={**typed, "born_year": "1950"}).status_code == 422
    assert client.post(f"/r/{token}", data=typed).status_code == 303
    for form in ("", f"/cards/{content['cards'][0]['id']}", f"/cards/{content['cards'][0]['id']}.smart-health-card"):
        assert client.get(f"/my{form}").status_code == 200
    api.send(made.bundle(made.dose(), made.result()))
    api.post(f"/api/v1/persons/{content['person_id']}/revoke", reason="requested")
    client.get(f"/c/{token}")
    client.get("/my")
    client.get("/.well-known/jwks.json")
    assert any("recorded" in line for line in logged.lines)
    printed = capfd.readouterr()
    everything = [*logged.lines, printed.out, printed.err, client.get("/metrics").text]
    assert found_in(everything, secrets(token, *jws, *(part for text in jws for part in text.split(".")[1:]))) == []


def test_refusals_are_silent(api: Any, made: Any, logged: Everything, secrets: Any) -> None:
    for bad in (
        made.bundle(made.dose(status=made.family)),
        made.bundle(made.dose(occurrenceDateTime=f"{made.born}T{made.given}")),
        made.bundle(made.dose(lotNumber={"text": made.family})),
        made.bundle(made.dose(**{made.family: made.given})),
        made.bundle(made.dose(), made.dose()),
        made.bundle(made.dose(contained=[{"resourceType": made.family}])),
        made.bundle(made.dose(), person=made.patient(gender=5)),
        made.bundle(made.dose(performer=[{"actor": {"display": secrets_module.token_hex(1500)}}])),
    ):
        answer = api.send(bad)
        assert answer.status_code == 422
        assert found_in([*logged.lines, answer.text], secrets()) == []


def test_exceptions_are_silent(
    local_service: Any, service_on: Any, sqlite_database: str, made: Any, secrets: Any
) -> None:
    body = made.octets(made.bundle(made.dose()))
    issued = local_service.record_and_issue(body, made.now)

    def invalid() -> None:
        local_service.record_and_issue(made.octets(made.bundle(made.dose(status="not-done"))), made.now)

    def full() -> None:
        service_on(sqlite_database, "max_page_count=1").record_and_issue(
            made.octets(
                made.bundle(
                    *(made.dose(day=f"2021-03-{1 + n % 28:02}", code=code) for n in range(28) for code in ("10", "03"))
                )
            ),
            made.now,
        )

    def unreadable() -> None:
        from issuer import IssuedCard, Record

        card = issued.cards[0]
        other = Record(card.id, {"name": made.family})
        key = local_service.keys.active().public
        check_reads_back(IssuedCard(card.jws, card.kid, card.rid, card.id), other, made.iss, key)

    def duplicate() -> None:
        """The driver's own message would quote the row."""
        from issuer.store.cards import CardChanges, write_cards

        with local_service.store.writing() as connection:
            write_cards(connection, CardChanges(new=issued.cards), made.now)

    jws = issued.cards[0].jws
    for act, kind in (
        (invalid, InvalidBundle),
        (full, db.StorageFull),
        (unreadable, UnreadableCard),
        (duplicate, Exception),
    ):
        with pytest.raises(kind) as raised:
            act()
        shown = "".join(traceback.format_exception(raised.value))
        own = [line for line in shown.splitlines() if "made." not in line]
        assert found_in([str(raised.value), repr(raised.value), *own], secrets(jws)) == [], act.__name__


def test_values_do_not_show_themselves(local_service: Any, made: Any, secrets: Any) -> None:
    from issuer.fhir import read_bundle
    from issuer.grouping import drafts_of
    from issuer.presentation import view_of

    body = made.octets(made.bundle(made.dose(), made.result()))
    issued = local_service.record_and_issue(body, made.now)
    submission = read_bundle(body, made.now)
    views = [view_of(card, local_service.keys.published()) for card in issued.cards]
    texts = [repr(issued), repr(submission), repr(drafts_of(submission)), repr(views), repr(local_service)]
    assert found_in(texts, secrets(*(card.jws for card in issued.cards), "COVID")) == []
