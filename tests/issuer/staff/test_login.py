"""Logging in: each way in, each refusal, limits, sessions; over both databases."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from issuer.db import StorageBusy
from issuer.rights import Actor
from issuer.staff import attempts
from issuer.staff.attempts import TooManyAttempts
from issuer.staff.passwords import PasswordRefused
from issuer.staff.people import ABSOLUTE_LIMIT, HALF_OPEN_LIMIT, IDLE_LIMIT, SETUP_LINK_LIMIT
from issuer.staff.refusals import LinkEnded, LoginRefused, NoSession
from issuer.staff.second_factor import STEP_SECONDS

PASSWORD = "four words in a row"
HERE, THERE = "10.0.0.1", "10.0.0.2"
OPERATOR = Actor("operator", "operator")


def test_the_first_day(town: Any) -> None:
    """A link, a password, a second factor; then the password and a code."""
    member, accounts = town.person("nadia", "department"), town.parts.accounts
    opened = accounts.by_link(town.links["nadia"], PASSWORD, HERE, town.now)
    assert opened.stage == "setup"
    with pytest.raises(LinkEnded):
        accounts.by_link(town.links["nadia"], PASSWORD, HERE, town.now)
    with pytest.raises(NoSession):
        accounts.finish_setup(opened.token, HERE, town.now)  # there is no second factor yet
    secret, form = accounts.new_totp()
    assert accounts.shown_totp(form) == secret
    town.totp["nadia"] = secret
    codes = accounts.set_totp(member, secret, town.code("nadia"), HERE, town.now)
    full = accounts.finish_setup(opened.token, HERE, town.now)
    assert accounts.session(full.token, town.now).stage == "full"
    assert full.token != opened.token
    with pytest.raises(NoSession):
        accounts.session(opened.token, town.now)
    assert len(set(codes)) == 8
    assert town.audited() == ["staff.add", "staff.password", "staff.totp", "session.open"]


def test_a_password_alone_opens_nothing(town: Any) -> None:
    town.ready("nadia", "department")
    half = town.parts.accounts.by_password("Nadia", PASSWORD, HERE, town.now)
    assert half.stage == "code"
    with pytest.raises(NoSession):
        town.parts.accounts.finish_setup(half.token, HERE, town.now)
    town.later(minutes=HALF_OPEN_LIMIT.total_seconds() / 60)
    with pytest.raises(NoSession):
        town.parts.accounts.by_code(half.token, town.code("nadia"), HERE, town.now)


def test_a_code_is_used_once(town: Any) -> None:
    town.ready("nadia", "department")
    accounts = town.parts.accounts
    code = town.code("nadia")
    accounts.by_code(accounts.by_password("nadia", PASSWORD, HERE, town.now).token, code, HERE, town.now)
    half = accounts.by_password("nadia", PASSWORD, HERE, town.now)
    with pytest.raises(LoginRefused):
        accounts.by_code(half.token, code, HERE, town.now)
    town.later(seconds=STEP_SECONDS)
    assert accounts.by_code(half.token, town.code("nadia"), HERE, town.now).stage == "full"


def test_one_code_at_two_doors_at_once_opens_one(town: Any) -> None:
    town.ready("nadia", "department")
    accounts, code, now = town.parts.accounts, town.code("nadia"), town.now
    halves = [accounts.by_password("nadia", PASSWORD, HERE, now) for _ in range(4)]
    start, outcomes = threading.Barrier(4), []

    def enter(token: str) -> None:
        start.wait()
        try:
            outcomes.append(accounts.by_code(token, code, HERE, now).stage)
        except LoginRefused:
            outcomes.append("refused")
        except StorageBusy:  # a machine under load: whoever gets this answer tries again
            outcomes.append("busy")

    runs = [threading.Thread(target=enter, args=(half.token,)) for half in halves]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(outcomes) == 4
    assert outcomes.count("full") == 1 or "busy" in outcomes
    assert outcomes.count("full") <= 1


def test_a_recovery_code_opens_once(town: Any) -> None:
    member, accounts = town.ready("nadia", "department"), town.parts.accounts
    secret, _ = accounts.new_totp()
    town.totp["nadia"] = secret
    code = accounts.set_totp(member, secret, town.code("nadia"), HERE, town.now)[0]
    half = accounts.by_password("nadia", PASSWORD, HERE, town.now)
    assert accounts.by_code(half.token, code.upper().replace("-", " "), HERE, town.now).stage == "full"
    half = accounts.by_password("nadia", PASSWORD, HERE, town.now)
    with pytest.raises(LoginRefused):
        accounts.by_code(half.token, code, HERE, town.now)
    assert accounts.factors.recovery_codes_left(member.id) == 7


@pytest.mark.parametrize("login", ["nadia", "nobody", "new", "gone", "", "\x00", "ñ" * 500])
def test_all_refusals_are_one(town: Any, login: str) -> None:
    """A wrong password, an unknown login, no password yet, a closed account: one answer."""
    town.ready("nadia", "department")
    town.person("new", "department")
    town.parts.accounts.staff.deactivate(OPERATOR, town.ready("gone", "department").id, town.now)
    password = PASSWORD if login in ("gone", "new") else "another four words"
    with pytest.raises(LoginRefused) as refused:
        town.parts.accounts.by_password(login, password, HERE, town.now)
    assert refused.value.args == ()
    assert town.audited()[-1] == "session.refused"


def test_attempts_are_limited_and_the_lock_ends(town: Any) -> None:
    town.ready("nadia", "department")
    accounts = town.parts.accounts
    for _ in range(attempts.PER_LOGIN):
        with pytest.raises(LoginRefused):
            accounts.by_password("nadia", "another four words", THERE, town.now)
    with pytest.raises(TooManyAttempts) as locked:
        accounts.by_password("nadia", PASSWORD, HERE, town.now)
    assert locked.value.until == town.now + attempts.WINDOW
    for login in ("nobody",):
        for _ in range(attempts.PER_LOGIN):
            with pytest.raises(LoginRefused):
                accounts.by_password(login, PASSWORD, THERE, town.now)
        with pytest.raises(TooManyAttempts):  # an unknown login is locked like a known one
            accounts.by_password(login, PASSWORD, THERE, town.now)
    town.clock.now += attempts.WINDOW
    assert accounts.by_password("nadia", PASSWORD, HERE, town.now).stage == "code"


def test_an_address_is_limited_whatever_the_login(town: Any) -> None:
    accounts = town.parts.accounts
    for number in range(attempts.PER_ADDRESS):
        with pytest.raises(LoginRefused):
            accounts.by_password(f"guess{number}", PASSWORD, THERE, town.now)
    with pytest.raises(TooManyAttempts):
        accounts.by_password("another", PASSWORD, THERE, town.now)
    with pytest.raises(LoginRefused):
        accounts.by_password("another", PASSWORD, HERE, town.now)


def test_a_clinic_behind_one_address_is_not_locked_out_by_working(town: Any) -> None:
    town.ready("nadia", "department")
    for _ in range(attempts.PER_ADDRESS + 1):
        town.parts.accounts.by_password("nadia", PASSWORD, HERE, town.now)


def test_codes_are_limited_however_often_the_password_is_right(town: Any) -> None:
    town.ready("nadia", "department")
    accounts = town.parts.accounts
    for _ in range(attempts.PER_CODE):
        half = accounts.by_password("nadia", PASSWORD, HERE, town.now)
        with pytest.raises(LoginRefused):
            accounts.by_code(half.token, "000000" if town.code("nadia") != "000000" else "000001", HERE, town.now)
    half = accounts.by_password("nadia", PASSWORD, HERE, town.now)
    with pytest.raises(TooManyAttempts):
        accounts.by_code(half.token, town.code("nadia"), HERE, town.now)


def test_guesses_at_once_are_all_counted(town: Any) -> None:
    town.ready("nadia", "department")
    accounts, now = town.parts.accounts, town.now
    start, outcomes = threading.Barrier(16), []

    def guess() -> None:
        start.wait()
        try:
            accounts.by_password("nadia", "another four words", HERE, now)
        except (LoginRefused, TooManyAttempts, StorageBusy) as error:
            outcomes.append(type(error).__name__)

    runs = [threading.Thread(target=guess) for _ in range(16)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert outcomes.count("LoginRefused") == attempts.PER_LOGIN or "StorageBusy" in outcomes
    assert outcomes.count("LoginRefused") <= attempts.PER_LOGIN
    assert len(outcomes) == 16


def test_sessions_end_when_nobody_uses_them_and_after_a_shift(town: Any) -> None:
    town.ready("nadia", "department")
    accounts, token = town.parts.accounts, town.log_in("nadia").token
    began = town.now
    while town.now < began + ABSOLUTE_LIMIT - IDLE_LIMIT:
        town.clock.now += IDLE_LIMIT - timedelta(minutes=2)
        assert accounts.session(token, town.now).stage == "full"
    town.clock.now += IDLE_LIMIT - timedelta(minutes=2)
    town.clock.now = max(town.now, began + ABSOLUTE_LIMIT)
    with pytest.raises(NoSession):
        accounts.session(token, town.now)
    idle = town.log_in("nadia").token
    town.clock.now += IDLE_LIMIT
    with pytest.raises(NoSession):
        accounts.session(idle, town.now)


def test_a_session_ends_with_the_account_and_with_the_role(town: Any) -> None:
    accounts = town.parts.accounts
    clinic_id = town.clinic("Harbour Clinic")
    for login, end in (
        ("anna", lambda m: accounts.staff.deactivate(OPERATOR, m.id, town.now)),
        ("berta", lambda m: accounts.staff.change(OPERATOR, m.id, "Berta", "vaccinator", clinic_id, town.now)),
        ("carla", lambda m: accounts.staff.reset(OPERATOR, m.id, accounts.setup_link(town.now)[1], town.now)),
        ("dina", lambda m: accounts.sessions.end_all(m, HERE, town.now)),
    ):
        member = town.ready(login, "manager", clinic_id)
        token = town.log_in(login).token
        assert accounts.session(token, town.now).member.role == "manager"
        end(member)
        with pytest.raises(NoSession):
            accounts.session(token, town.now)


def test_another_name_ends_no_session(town: Any) -> None:
    member, token = town.ready("nadia", "auditor"), town.log_in("nadia").token
    town.parts.accounts.staff.change(OPERATOR, member.id, "Nadia B.", "auditor", "", town.now)
    assert town.parts.accounts.session(token, town.now).member.name == "Nadia B."


def test_another_password_ends_the_other_sessions(town: Any) -> None:
    town.ready("nadia", "auditor")
    accounts, here, there = town.parts.accounts, town.log_in("nadia").token, town.log_in("nadia").token
    me = accounts.session(here, town.now)
    with pytest.raises(LoginRefused):
        accounts.change_password(me, "another four words", "quite another four words", HERE, town.now)
    with pytest.raises(PasswordRefused):
        accounts.change_password(me, PASSWORD, "short", HERE, town.now)
    accounts.change_password(me, PASSWORD, "quite another four words", HERE, town.now)
    assert accounts.session(here, town.now).stage == "full"
    with pytest.raises(NoSession):
        accounts.session(there, town.now)
    with pytest.raises(LoginRefused):
        accounts.by_password("nadia", PASSWORD, HERE, town.now)


def test_a_link_ends_is_replaced_and_dies_with_the_account(town: Any) -> None:
    accounts = town.parts.accounts
    member = town.person("nadia", "auditor")
    token, link = accounts.setup_link(town.now)
    accounts.staff.reset(OPERATOR, member.id, link, town.now)
    with pytest.raises(LinkEnded):
        accounts.by_link(town.links["nadia"], PASSWORD, HERE, town.now)
    accounts.staff.deactivate(OPERATOR, member.id, town.now)
    with pytest.raises(LinkEnded):
        accounts.by_link(token, PASSWORD, HERE, town.now)
    token, link = accounts.setup_link(town.now)
    accounts.staff.reset(OPERATOR, member.id, link, town.now)
    town.clock.now += SETUP_LINK_LIMIT
    with pytest.raises(LinkEnded):
        accounts.by_link(token, PASSWORD, HERE, town.now)


def test_a_reset_takes_every_factor(town: Any) -> None:
    member, accounts = town.ready("nadia", "auditor"), town.parts.accounts
    token, link = accounts.setup_link(town.now)
    accounts.staff.reset(OPERATOR, member.id, link, town.now)
    with pytest.raises(LoginRefused):
        accounts.by_password("nadia", PASSWORD, HERE, town.now)
    assert accounts.factors.totp(member.id) is None
    assert accounts.factors.recovery_codes_left(member.id) == 0
    assert accounts.by_link(token, PASSWORD, HERE, town.now).stage == "setup"


def test_nothing_that_opens_is_stored_as_it_is(town: Any) -> None:
    """Whoever reads the whole database cannot log in with what stands there."""
    from sqlalchemy import text

    from issuer.models.staff import TABLES

    member = town.ready("nadia", "auditor")
    token, form = town.log_in("nadia").token, town.parts.accounts.new_totp()[1]
    challenge = town.parts.accounts.challenge(town.now)
    with town.engine.connect() as connection:
        rows = [row for table in TABLES for row in connection.execute(text(f"SELECT * FROM {table.name}"))]
    stored = repr(rows) + repr(
        [bytes(part).hex() for row in rows for part in row if isinstance(part, bytes | memoryview)]
    )
    for secret in (PASSWORD, token, town.links["nadia"], challenge, form, town.totp["nadia"].hex()):
        assert secret not in stored
    assert member.id in stored


def test_many_log_in_at_once_and_none_waits_for_another_for_ever(town: Any) -> None:
    """Each login counts and forgives the same two rows: taken in one order, or two of them would lock each other."""
    town.ready("nadia", "department")
    accounts, now, failed = town.parts.accounts, town.now, []
    start = threading.Barrier(4)

    def enter() -> None:
        start.wait()
        for _ in range(6):
            try:
                accounts.by_password("nadia", PASSWORD, HERE, now)
            except Exception as error:
                failed.append(type(error).__name__)

    runs = [threading.Thread(target=enter) for _ in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert set(failed) <= ({"StorageBusy"} if town.engine.dialect.name == "sqlite" else set())
