"""What workers do in rounds, and that one bad round ends nothing."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from issuer.chores import Chores
from issuer.db import StorageBusy
from issuer.getting_in.chores import FORGETS_EVERY, NOTICES_KEPT, run_messages
from issuer.getting_in.messages import MessageSettings
from issuer.getting_in.setting import make_setting
from issuer.models import notice
from issuer.models.residents import outreach
from tests.issuer.getting_in.world import PHONE, World


def test_one_round_answers_tells_and_forgets(local: World, clock: Any) -> None:
    who = local.somebody(PHONE)
    with local.engine.begin() as connection:
        told = local.now - NOTICES_KEPT - timedelta(days=1)
        row = {"id": "o" * 32, "person_id": who, "purpose": "card-revoked", "caused_at": told, "told_at": told}
        connection.execute(insert(notice).values(row))
    local.knock("Wilhelmina Quasimodo", PHONE)
    clock.now = local.turn(minutes=2)
    Chores(local.service, local.engine, clock, (local.chores,)).round()
    local.deliver()
    assert len(local.sms.sent) == 2
    assert local.count(notice) == 0
    local.turn(seconds=FORGETS_EVERY.total_seconds())
    local.chores(local.now)


def test_messages_go_on_after_a_bad_round(local: World) -> None:
    local.somebody(PHONE)
    local.turn(minutes=2)
    local.chores(local.now)
    waited: list[float] = []
    failures: list[Exception] = []
    clocks = iter([StorageBusy("busy"), None])

    def clock() -> Any:
        if isinstance(error := next(clocks, None), Exception):
            raise error
        return local.now

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return len(waited) == 3

    channels: Any = {"email": local.email, "sms": local.sms}
    run_messages(local.setting, channels, clock, lambda: 0.5, wait, failures.append)
    assert len(failures) == 1
    assert len(local.sms.sent) == 1
    assert waited == [1.0, 0, 1.0]  # after work it looks again at once


def test_numbers_of_countries_that_are_not_paid_for_get_nothing(local: World) -> None:
    local.somebody("+447700900123")
    local.settled()
    assert local.sent == 0


def test_without_a_mail_server_and_gateway_nothing_is_kept_to_be_sent(local: World, settings: Any) -> None:
    silent = make_setting(settings, local.engine, local.setting.random, MessageSettings())
    assert not silent.channels
    who = local.somebody(PHONE)
    with local.engine.begin() as connection:
        row = {"id": "n" * 32, "person_id": who, "purpose": "card-replaced", "caused_at": local.now}
        connection.execute(insert(notice).values(row))
    chores = type(local.chores)(silent)
    local.turn(minutes=2)
    chores(local.now)
    assert local.count(outreach.message) == 0
    with local.engine.begin() as connection:
        assert connection.execute(notice.select()).one().told_at is not None
