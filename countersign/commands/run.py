"""`countersign run`: the whole product on one machine, with sample residents. Behind `make run`."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from countersign import samples
from countersign.clock import utc_now
from countersign.commands.registry import publish_registry
from countersign.deployment import DATA_VARIABLE, Deployment, open_deployment
from trust_registry import Entry
from trust_registry.store import load, save

if TYPE_CHECKING:
    from issuer.rights import Role
    from issuer.service import IssuerService

START_SECONDS = 60.0
STOP_SECONDS = 5.0
LOOK_SECONDS = 2.0
"""How soon a revocation in the demo reaches the demo's verifier."""
LIFETIME = timedelta(days=7)
DEMO_STAFF: "tuple[tuple[str, Role, str], ...]" = (
    ("nurse", "vaccinator", "own"),
    ("manager", "manager", "own"),
    ("dora", "department", ""),
    ("daniel", "department", ""),
    ("auditor", "auditor", ""),
)
"""(login, role, whether of the demo's clinic)."""


@click.command()
@click.option("--data", help="The deployment's folder; by default COUNTERSIGN_DATA, else ./var.")
@click.option("--issuer-port", type=int, default=8000, show_default=True)
@click.option("--verifier-port", type=int, default=8001, show_default=True)
def command(data: str | None, issuer_port: int, verifier_port: int) -> None:
    """Set up keys, database and a demo registry, and serve issuer and verifier on localhost."""
    deployment = open_deployment(data)
    if not deployment.is_demo:
        raise click.ClickException(
            "COUNTERSIGN_ISS is set: `run` is the demo. Use `countersign serve` for a real issuer."
        )
    for port in (issuer_port, verifier_port):
        _require_free(port)
    os.environ[DATA_VARIABLE] = str(deployment.folder)
    os.environ.setdefault("COUNTERSIGN_ISSUER_ADDRESS", f"http://localhost:{issuer_port}")
    os.environ.setdefault("COUNTERSIGN_ISSUER_NAME", "Sample County Health Department")
    service = set_up(deployment)
    links = seed(service)
    staff = staff_links(deployment)
    publish_own_keys(deployment)
    servers = [_start("serve", "issuer", "--port", str(issuer_port))]
    servers += [_start("serve", "verifier", "--port", str(verifier_port)), _start("worker", "--processes", "1")]
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        for port, server in zip((issuer_port, verifier_port), servers, strict=False):
            _wait_for(port, server)
        _welcome(links, staff, issuer_port, verifier_port, deployment.folder)
        _watch(deployment, service, servers)
    except KeyboardInterrupt:
        click.echo("Stopped. Everything is kept; start again with the same command.")
    finally:
        _stop(servers)


def set_up(deployment: Deployment) -> "IssuerService":
    """Keys, secrets and database: made on a first start, left alone later."""
    from issuer import db
    from issuer.app import make_service
    from issuer.settings import from_environ

    now = utc_now()
    for store in (deployment.card_keys(), deployment.registry_key_store()):
        if not store.records():
            store.generate(now)
    settings = from_environ({"COUNTERSIGN_ISS": deployment.iss} | dict(os.environ), deployment.folder)
    db.upgrade(settings.database_url)
    return make_service(settings, deployment.card_keys())


def seed(service: "IssuerService") -> list[tuple[str, str]]:
    """(name of the sample, token of a new link) of each sample resident; recorded once however often this runs."""
    now = utc_now()
    issued = [(name, service.record_and_issue(bundle, now)) for name, bundle in samples.bundles().items()]
    return [(name, service.make_link(one.person_id, now)) for name, one in issued]


def publish_own_keys(deployment: Deployment) -> None:
    """Publish the registry; it takes this issuer's keys and revocation lists as they stand in the folder."""
    copy = load(deployment.working_copy)
    if all(entry.iss != deployment.iss for entry in copy.entries):
        own = Entry(deployment.iss, "Sample County Health Department", source="keys", sample=True)
        save(deployment.working_copy, replace(copy, entries=(own, *copy.entries)))
    publish_registry(deployment, None, LIFETIME)


def _watch(deployment: Deployment, service: "IssuerService", servers: list["subprocess.Popen[bytes]"]) -> None:
    published = json.dumps(service.jwks())
    while all(server.poll() is None for server in servers):
        time.sleep(LOOK_SECONDS)
        current = json.dumps(service.jwks())
        if current != published:
            publish_own_keys(deployment)
            published = current
    raise click.ClickException("One of the services ended. Its last words stand above.")


def staff_links(deployment: Deployment) -> list[tuple[str, str]]:
    """(role in words, token of a one-time link) of the demo's people, made on a first start; each opens once."""
    from countersign.commands.staff import Desk
    from issuer.rights import NAMES
    from issuer.service import HOUSE
    from issuer.staff.people import NewMember

    desk, now = Desk(deployment), utc_now()
    links = []
    with desk.accounts() as accounts:
        known = {member.login: member for member in accounts.staff.members(desk.operator)}
        for login, role, clinic_id in DEMO_STAFF:
            token, link = accounts.setup_link(now)
            member = known.get(login)
            if member is None:
                new = NewMember(accounts.new_id(), login, login.title(), role, clinic_id and HOUSE)
                accounts.staff.add(desk.operator, new, link, now)
            elif member.has_totp or member.passkeys:
                continue  # has been here before, and logs in as people do
            else:
                accounts.staff.reset(desk.operator, member.id, link, now)
            links.append((NAMES[role], token))
    return links


def _start(*command: str) -> "subprocess.Popen[bytes]":
    # A group of its own, so that its workers can be ended with it.
    return subprocess.Popen([sys.executable, "-m", "countersign", *command], start_new_session=True)


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise click.ClickException(f"The service on port {port} did not start. Its last words stand above.")


def _stop(servers: list["subprocess.Popen[bytes]"]) -> None:
    """granian's parent can outlive SIGTERM, and its workers outlive it, holding the port: wait, then kill all."""
    for server in servers:
        server.terminate()
    for server in servers:
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise click.ClickException(f"Port {port} is in use. Choose others: make run PORT_ISSUER=… PORT_VERIFIER=…")


def _welcome(
    links: list[tuple[str, str]], staff: list[tuple[str, str]], issuer_port: int, verifier_port: int, folder: Path
) -> None:
    click.echo()
    click.secho(f"  Issuer    http://localhost:{issuer_port}/", bold=True)
    click.secho(f"  Verifier  http://localhost:{verifier_port}/", bold=True)
    click.echo("\n  Sample residents; open a card on your phone or in another window and show it to the verifier:")
    for name, token in links:
        click.echo(
            f"    {name.replace('-', ' ').title():16} born {_born(name)}  http://localhost:{issuer_port}/r/{token}"
        )
    if staff:
        click.echo("\n  People who work here; each link opens once, sets a password and a second factor, and logs in:")
    for role, token in staff:
        click.echo(f"    {role:34} http://localhost:{issuer_port}/setup/{token}")
    click.echo(f"\n  Keys, database and registry: {folder}")
    click.echo(f"  The API answers to the token in {folder / 'secrets' / 'api-token'}")
    click.echo("  Stop with Ctrl-C.\n")


def _born(name: str) -> str:
    """What the page of a sample resident's link asks for."""
    sample = json.loads(files("countersign").joinpath("samples", f"{name}.json").read_bytes())
    entries = (entry["resource"] for entry in sample["entry"])
    return str(next(one["birthDate"] for one in entries if one["resourceType"] == "Patient"))


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt
