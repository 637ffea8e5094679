"""The pure parts: passwords, codes, seals, scopes, names."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import MetaData, inspect

from issuer import db
from issuer.models.base import metadata
from issuer.models.core import clinic
from issuer.models.staff import TABLES
from issuer.rights import NAMES, TABLE
from issuer.staff import passwords, second_factor
from issuer.staff.passwords import Cost, PasswordRefused, WrongPassword, check_choice, hash_password, verify
from issuer.staff.people import MAX_NAME_CHARACTERS, NotAllowed, check_place, plain_login, plain_name
from issuer.staff.scopes import SUPPORTED, covers, intersection, read_scopes
from issuer.staff.systems import read_details
from issuer.staff.tokens import Unsealable, keyed_digest, new_id, new_token, seal, unseal

CHEAP = Cost(8, 1, 1)
ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


# ---- Passwords -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("tiny", "too-short"),
        ("eleven char", "too-short"),
        ("x" * 257, "too-long"),
        ("Password1234", "common"),
        ("aaaaaaaaaaaaaaa", "common"),
        ("ababababababab", "common"),
        ("nadia@clinic.example", "like-login"),
        ("NADIA@clinic.example", "like-login"),
    ],
)
def test_passwords_that_are_refused(password: str, code: str) -> None:
    with pytest.raises(PasswordRefused) as refused:
        check_choice(password, "nadia@clinic.example")
    assert refused.value.code == code
    assert password not in str(refused.value)


@pytest.mark.parametrize("password", ["four words in a row", "no digits here", "þórsmörk and ☃ too", "xk4pq82nvb1z"])
def test_nothing_is_asked_about_composition(password: str) -> None:
    check_choice(password, "nadia")


def test_a_password_and_its_hash() -> None:
    phc = hash_password("four words in a row", CHEAP, os.urandom)
    assert phc.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    verify("four words in a row", phc)
    for wrong in ("", "Four words in a row", "four words in a row ", "\udc80", "x" * 10_000_000):
        with pytest.raises(WrongPassword):
            verify(wrong, phc)


def test_two_keyboards_write_one_password() -> None:
    phc = hash_password("Zoe\u0308 and Ame\u0301lie", CHEAP, os.urandom)
    verify("Zo\u00eb and Am\u00e9lie", phc)


def test_the_cost_is_that_of_the_recommendation() -> None:
    assert Cost(64 * 1024, 3, 4) == passwords.STANDARD
    assert hash_password("four words in a row", passwords.STANDARD, os.urandom).startswith(
        "$argon2id$v=19$m=65536,t=3,p=4$"
    )


# ---- Codes, seals ----------------------------------------------------------------------------------------------------


def test_codes_of_rfc_6238() -> None:
    """Appendix B, the last six digits of SHA-1."""
    secret = b"12345678901234567890"
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        at = datetime.fromtimestamp(seconds, UTC)
        assert second_factor.step_of(secret, code, at, 0) == seconds // 30
        assert second_factor.step_of(secret, f" {code[:3]} {code[3:]} ", at, 0) == seconds // 30
        with pytest.raises(second_factor.WrongCode):
            second_factor.step_of(secret, code, at, seconds // 30)
        for off, fine in ((-30, True), (30, True), (-60, False), (60, False)):
            moved = datetime.fromtimestamp(seconds // 30 * 30 + off + 15, UTC)
            if fine:
                assert second_factor.step_of(secret, code, moved, 0) == seconds // 30
            else:
                with pytest.raises(second_factor.WrongCode):
                    second_factor.step_of(secret, code, moved, 0)


@pytest.mark.parametrize("code", ["", "28708", "2870820", "287o82", "２８７０８２", "-87082", "\x00" * 6])
def test_what_is_no_code(code: str) -> None:
    with pytest.raises(second_factor.WrongCode):
        second_factor.step_of(b"12345678901234567890", code, datetime.fromtimestamp(59, UTC), 0)


def test_the_address_for_the_phone() -> None:
    uri = second_factor.otpauth_uri(b"12345678901234567890", "nadia@clinic.example", "Harbour & Sons")
    assert uri.startswith("otpauth://totp/Harbour%20%26%20Sons:nadia%40clinic.example?")
    assert "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" in uri


@given(st.binary(max_size=64), st.text(max_size=40))
@settings(deadline=None, max_examples=30)
def test_a_seal_opens_for_its_owner_only(content: bytes, owner: str) -> None:
    sealed = seal(b"k" * 32, content, owner, os.urandom)
    assert unseal(b"k" * 32, sealed, owner) == content
    for secret, text, whose in ((b"K" * 32, sealed, owner), (b"k" * 32, sealed, owner + "x"), (b"k" * 32, b"", owner)):
        with pytest.raises(Unsealable):
            unseal(secret, text, whose)
    with pytest.raises(Unsealable):
        unseal(b"k" * 32, sealed[:-1] + bytes([sealed[-1] ^ 1]), owner)


def test_tokens_are_256_bits_and_ids_128() -> None:
    assert len(new_token(os.urandom)) == 43
    assert len(new_id(os.urandom)) == 32
    assert keyed_digest(b"a", "login", "x") != keyed_digest(b"b", "login", "x")
    assert keyed_digest(b"a", "login", "x") != keyed_digest(b"a", "address", "x")


# ---- Scopes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requested", "registered", "granted"),
    [
        ("system/Immunization.c", ["system/Immunization.cruds"], ("system/Immunization.c",)),
        ("system/Immunization.cruds", ["system/Immunization.cs"], ("system/Immunization.cs",)),
        ("system/Immunization.read", ["system/Immunization.cruds"], ("system/Immunization.rs",)),
        ("system/Immunization.write", ["system/Immunization.c"], ("system/Immunization.c",)),
        ("system/Immunization.*", ["system/Immunization.r"], ("system/Immunization.r",)),
        ("system/*.r", ["system/Patient.rs"], ("system/Patient.r",)),
        ("system/Patient.r system/Patient.s", ["system/Patient.rs"], ("system/Patient.rs",)),
        ("user/Immunization.c", ["system/Immunization.c"], ()),
        ("system/Immunization.sc", ["system/Immunization.cs"], ()),
        ("system/Immunization.", ["system/Immunization.c"], ()),
        ("system/immunization.c", ["system/Immunization.c"], ()),
        ("system/Observation.c", ["system/Immunization.c"], ()),
        ("", ["system/Immunization.c"], ()),
    ],
)
def test_what_is_granted(requested: str, registered: list[str], granted: tuple[str, ...]) -> None:
    assert intersection(requested, registered) == granted


@given(st.text(max_size=60), st.lists(st.sampled_from(SUPPORTED)))
@settings(deadline=None, max_examples=200)
def test_never_more_than_registered(requested: str, registered: list[str]) -> None:
    for scope in intersection(requested, registered):
        assert covers(registered, scope)
        assert covers([requested], scope)


def test_what_covers() -> None:
    assert covers(["system/Immunization.cruds"], "system/Immunization.c")
    assert not covers(["system/Immunization.r"], "system/Immunization.c")
    assert not covers([], "system/Immunization.c")
    assert all(read_scopes(scope) for scope in SUPPORTED)


# ---- Names and forms -------------------------------------------------------------------------------------------------


def test_logins_and_names() -> None:
    assert plain_login(" Nadia@Clinic.Example ") == "nadia@clinic.example"
    for login in ("", "ab", "a b", "ñandú", "x" * 121, "a\x00b", "<b>x</b>", "-ab"):
        with pytest.raises(NotAllowed):
            plain_login(login)
    assert plain_name("  Zoë   D’Árc\u202e ") == "Zoë D’Árc"
    for name in ("", " ", "\u202e\u200b", "x" * (MAX_NAME_CHARACTERS + 1), "\x00"):
        with pytest.raises(NotAllowed):
            plain_name(name)


def test_roles_and_their_place() -> None:
    for role, clinic_id in (
        ("vaccinator", ""),
        ("manager", ""),
        ("department", "c"),
        ("system", "c"),
        ("operator", ""),
    ):
        with pytest.raises(NotAllowed):
            check_place(role, clinic_id)  # type: ignore[arg-type]
    check_place("vaccinator", "c")
    check_place("auditor", "")


def test_the_form_of_a_system() -> None:
    typed = {"name": "EHR", "jwks": "", "jwks_uri": "", "certificate": " AB:" * 32, "facilities": "A\n\nB = other\n"}
    details = read_details(typed, ("system/Bundle.c", "system/Bundle.r", "openid"), "mine", lambda _: 1)
    assert details.facilities == {"A": "mine", "B": "other"}
    assert details.certificate == "ab" * 32
    assert details.scopes == ("system/Bundle.c",)
    many = "\n".join(str(number) for number in range(501))
    with pytest.raises(NotAllowed):
        read_details({**typed, "facilities": many}, (), "mine", lambda _: 1)
    assert json.loads(read_details({**typed, "jwks": '{"keys": []}'}, (), "m", lambda _: 1).jwks) == {"keys": []}


# ---- Migration and documents -----------------------------------------------------------------------------------------


def test_the_migration_builds_the_tables_of_the_models(empty_database: str) -> None:
    from importlib import import_module

    migration = import_module("issuer.migrations.versions.0003_staff_sessions_and_clients")
    engine, ours = db.open_engine(empty_database), MetaData(naming_convention=metadata.naming_convention)
    for table in (clinic, *TABLES):
        table.to_metadata(ours)
    with db.writing(engine) as connection:
        clinic.create(connection)
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            migration.upgrade()
            assert compare_metadata(context, ours) == []
            migration.downgrade()
            assert set(inspect(connection).get_table_names()) == {"clinic"}
    engine.dispose()


def test_the_table_of_roles_in_the_documents_is_the_one_that_decides() -> None:
    page = (ROOT / "docs" / "people.md").read_text("utf-8")
    roles = [role for role in TABLE if role in NAMES]
    wanted = ["| permission | " + " | ".join(NAMES[role] for role in roles) + " |", "|---" * (len(roles) + 1) + "|"]
    for permission in TABLE["operator"] | TABLE["department"]:
        wanted.append(f"| `{permission}` | " + " | ".join(TABLE[role].get(permission, "") for role in roles) + " |")
    assert "\n".join(wanted) in page
