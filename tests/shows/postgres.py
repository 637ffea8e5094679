"""A PostgreSQL server of one's own, durable as an operator's would be, that a show may kill and start again."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

OPTIONS = {
    "listen_addresses": "''",
    "shared_buffers": "320MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "wal_compression": "lz4",
    "max_connections": "40",
}
"""What docs/operations.md recommends for a load of millions. Every commit is synced: fsync stays on."""


class Postgres:
    """`with Postgres() as server: server.create("name")` gives the URL of an empty database."""

    def __init__(self) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
        if not found:
            raise SystemExit("PostgreSQL is not installed: apt-get install postgresql")
        self._binaries = found[-1].parent
        self.folder = Path(tempfile.mkdtemp(prefix="cs-pg-", dir="/var/tmp"))
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Postgres":
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        command = [
            str(self._binaries / "initdb"),
            "-D",
            str(self.folder / "data"),
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
        ]
        subprocess.run(self._as_postgres(command), check=True, capture_output=True, timeout=120, cwd=self.folder)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value.strip(chr(39))}")]
        command = [str(self._binaries / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), *options]
        log = (self.folder / "log").open("ab")
        self._server = subprocess.Popen(self._as_postgres(command), stdout=log, stderr=log, cwd=self.folder)
        log.close()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with self.connect("postgres"):
                    return
            except psycopg.OperationalError:
                time.sleep(0.1)
        raise SystemExit("PostgreSQL did not start")

    def kill(self) -> None:
        """kill -9 of the server itself; its backends notice and end."""
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        if self._server is not None:
            self._server.wait()
        while self.pids():
            time.sleep(0.05)

    def pids(self) -> list[int]:
        """The server and its backends, by the folder they work in."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(path / "cwd") == str(self.folder / "data"):
                    found.append(int(path.name))
            except OSError:
                continue
        return sorted(found)

    def create(self, name: str) -> str:
        """An empty database; its URL."""
        with self.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def connect(self, name: str) -> "psycopg.Connection[Any]":
        """For looking."""
        return psycopg.connect(host=str(self.folder), user="postgres", dbname=name, autocommit=True, connect_timeout=2)

    def _as_postgres(self, command: list[str]) -> list[str]:
        """The server refuses to be root: as root it runs as Debian's user."""
        return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command
