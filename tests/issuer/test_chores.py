"""What is done behind the pages: one round does what is due, and forgets what is kept too long."""

from datetime import timedelta
from typing import Any

from issuer.chores import Chores, run
from issuer.db import open_engine


def test_a_round_forgets_once_a_day(local_service: Any, sqlite_database: str, clock: Any) -> None:
    engine, looked = open_engine(sqlite_database), []
    chores = Chores(local_service, engine, clock, (looked.append,))
    chores.round()
    first = chores._forgot_at
    clock.now += timedelta(hours=23)
    chores.round()
    assert chores._forgot_at == first
    clock.now += timedelta(hours=1)
    chores.round()
    assert chores._forgot_at == clock.now
    assert looked == [first, first + timedelta(hours=23), clock.now]
    engine.dispose()


def test_one_bad_round_does_not_end_the_others(local_service: Any, sqlite_database: str, clock: Any) -> None:
    engine, failures, rounds = open_engine(sqlite_database), [], []

    def bad(_: Any) -> None:
        rounds.append(1)
        raise RuntimeError

    chores = Chores(local_service, engine, clock, (bad,))
    run(chores, lambda seconds: len(rounds) >= 3, failures.append)
    assert len(failures) == len(rounds) == 3
    engine.dispose()
