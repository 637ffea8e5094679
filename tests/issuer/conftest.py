"""What the issuer's tests share: invented records, both databases, a service at work."""

import json
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event

from issuer.app import create_app
from issuer.db import open_engine, upgrade
from issuer.keyring import Keyring
from issuer.service import IssuerService
from issuer.settings import Settings
from issuer.store import Store
from keys.store import KeyStore

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ISS = "https://clinic.example/issuer"
TOKEN = "t" * 40
CVX = "http://hl7.org/fhir/sid/cvx"
KEK = b"k" * 32
FAMILY, GIVEN, BORN = "Quasimodo", "Wilhelmina", "1987-06-05"
"""Words that stand nowhere else: the tests of silence look for them."""


# ---- Records ---------------------------------------------------------------------------------------------------------


def patient(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "name": [{"family": FAMILY, "given": [GIVEN]}],
        "birthDate": BORN,
        **changes,
    }


def dose(code: str = "208", day: str = "2021-03-01", **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": CVX, "code": code}]},
        "patient": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
        "occurrenceDateTime": day,
        "performer": [{"actor": {"display": "Harbour Clinic"}}],
        "lotNumber": "A1B2",
        **changes,
    }


def result(code: str = "94500-6", outcome: str = "260415000", **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
        "effectiveDateTime": "2022-01-02T10:00:00-05:00",
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": outcome}]},
        "performer": [{"display": "Harbour Laboratory"}],
        **changes,
    }


def bundle_of(*resources: dict[str, Any], person: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A bundle as a clinic's system sends it: the Patient first, referred to by urn:uuid."""
    everybody = [patient() if person is None else person, *resources]
    entries = [
        {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{number:012}", "resource": resource}
        for number, resource in enumerate(everybody, start=1)
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries, **changes}


def octets(bundle: dict[str, Any]) -> bytes:
    return json.dumps(bundle).encode()


@dataclass(frozen=True)
class Made:
    """The makers above, for test modules (which cannot import a conftest)."""

    patient: Callable[..., dict[str, Any]] = patient
    dose: Callable[..., dict[str, Any]] = dose
    result: Callable[..., dict[str, Any]] = result
    bundle: Callable[..., dict[str, Any]] = bundle_of
    octets: Callable[[dict[str, Any]], bytes] = octets
    now: datetime = NOW
    iss: str = ISS
    token: str = TOKEN
    family: str = FAMILY
    given: str = GIVEN
    born: str = BORN


@pytest.fixture(scope="session")
def made() -> Made:
    return Made()


# ---- Databases -------------------------------------------------------------------------------------------------------


def _binaries() -> Path | None:
    """Debian's newest PostgreSQL, else whatever is on the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _as_postgres(*command: str | Path, cwd: Path) -> None:
    """initdb and postgres refuse root: as root they run as Debian's user."""
    whole = [str(part) for part in command]
    if os.geteuid() == 0:
        whole = ["runuser", "-u", "postgres", "--", *whole]
    subprocess.run(whole, check=True, capture_output=True, timeout=60, cwd=cwd)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The socket folder of a private PostgreSQL, one for each test process; nothing of it is left behind."""
    binaries = _binaries()
    if binaries is None:
        if os.environ.get("CI") == "true":
            pytest.fail("with CI=true PostgreSQL must be there: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="cs-pg-", dir="/var/tmp"))  # a socket's path has at most 107 characters
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    try:
        _as_postgres(
            binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", cwd=folder
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=40"
        _as_postgres(
            binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-t", "50", "-o", options, "start", cwd=folder
        )
        try:
            yield str(folder)
        finally:
            _as_postgres(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop", cwd=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """A database with the newest tables, to be copied."""
    with _server(postgres) as connection:
        connection.execute("CREATE DATABASE newest")
    upgrade(_postgres_url(postgres, "newest"))
    return "newest"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the newest tables, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "newest.db"
    upgrade(f"sqlite:///{path}")
    return path


def _server(socket: str) -> "psycopg.Connection[Any]":
    return psycopg.connect(host=socket, user="postgres", dbname="postgres", autocommit=True)


def _postgres_url(socket: str, name: str) -> str:
    return f"postgresql://postgres@/{name}?host={socket}"


@contextmanager
def _fresh_database(socket: str, template: str = "template1") -> Iterator[str]:
    name = f"t{uuid.uuid4().hex}"
    with _server(socket) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield _postgres_url(socket, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'issuer.db'}"
    else:
        with _fresh_database(request.getfixturevalue("postgres")) as url:
            yield url


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database with the newest tables, on each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_database")
    else:
        template = request.getfixturevalue("postgres_template")
        with _fresh_database(request.getfixturevalue("postgres"), template) as url:
            yield url


@pytest.fixture
def sqlite_database(tmp_path: Path, sqlite_template: Path) -> str:
    """The URL of an SQLite database with the newest tables."""
    shutil.copyfile(sqlite_template, tmp_path / "issuer.db")
    return f"sqlite:///{tmp_path / 'issuer.db'}"


# ---- The service -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two keys: one signs, one stands in line."""
    folder = tmp_path_factory.mktemp("keys")
    store = KeyStore(folder, KEK)
    store.generate(NOW)
    store.generate(NOW)
    return folder


@pytest.fixture
def keystore(key_folder: Path, tmp_path: Path) -> KeyStore:
    """A copy that the test may rotate."""
    return KeyStore(Path(shutil.copytree(key_folder, tmp_path / "keys")), KEK)


@pytest.fixture
def service_on(keystore: KeyStore) -> Iterator[Callable[..., IssuerService]]:
    """Makes a service on a database; closes it afterwards."""
    engines = []

    def make(url: str, pragma: str = "") -> IssuerService:
        engine = open_engine(url)
        engines.append(engine)
        if pragma:
            event.listen(engine, "connect", lambda connection, _: connection.execute(f"PRAGMA {pragma}"))
        return IssuerService(ISS, Keyring(keystore), b"r" * 32, Store(engine), 90, os.urandom)

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture
def service(service_on: Callable[..., IssuerService], database: str) -> IssuerService:
    """A service on each kind of database."""
    return service_on(database)


@pytest.fixture
def local_service(service_on: Callable[..., IssuerService], sqlite_database: str) -> IssuerService:
    """A service on SQLite, where the database does not matter."""
    return service_on(sqlite_database)


class Clock:
    """The time it is told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(sqlite_database: str, tmp_path: Path) -> Settings:
    """What an operator chose."""
    address, imports = "http://127.0.0.1:8000", tmp_path / "imports"
    secrets = (TOKEN, b"r" * 32, b"a" * 32, b"s" * 32)
    return Settings(ISS, "Harbour Health", address, sqlite_database, *secrets, imports)


@pytest.fixture
def app(settings: Settings, keystore: KeyStore, clock: Clock) -> Flask:
    """The service's web application."""
    return create_app(settings, keystore, clock)


@dataclass(frozen=True)
class Api:
    """A clinic's program."""

    client: Any

    def send(self, bundle: dict[str, Any] | bytes, path: str = "/api/v1/records", **headers: str) -> Any:
        body = bundle if isinstance(bundle, bytes) else octets(bundle)
        kind = headers.pop("content_type", "application/fhir+json")
        return self.client.post(path, data=body, content_type=kind, headers={**self.headers, **headers})

    def post(self, path: str, **content: Any) -> Any:
        return self.client.post(path, json=content, headers=self.headers)

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def api(app: Flask) -> Api:
    return Api(app.test_client())
