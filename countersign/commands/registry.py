"""`countersign registry`: decide whose signatures count, and publish that."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import click

from countersign.clock import utc_now
from countersign.deployment import Deployment, open_deployment
from countersign.own_issuer import brought_up_to_date
from keys import NotAKeySet, examine_jwks
from keys.certificates import BadChain, read_anchors
from trust_registry import Entry, Finding, NotADirectory
from trust_registry import directory as vci
from trust_registry.fetch import Network
from trust_registry.refresh import directory_read, issuer_read, keys_answered
from trust_registry.snapshot import DEFAULT_LIFETIME, publish
from trust_registry.store import StoreError, WorkingCopy, findings_replaced, load, save, write_whole

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
@click.option("--data", help="The deployment's folder; by default COUNTERSIGN_DATA, else ./var.")
@click.pass_context
def command(ctx: click.Context, data: str | None) -> None:
    """The trust registry: a working copy here, a signed one for verifiers."""
    ctx.obj = open_deployment(data)


@command.command("import-vci")
@click.argument("snapshot", type=_FILE)
@click.option("--signature", type=_FILE, help="vci_snapshot.sig; by default beside the snapshot.")
@click.option("--certificate", type=_FILE, help="vci_snapshot.crt, which you pinned; by default beside the snapshot.")
@click.option("--issuers", type=_FILE, help="vci-issuers.json; by default beside the snapshot.")
@click.option("--metadata", type=_FILE, help="vci-issuers-metadata.json; by default beside the snapshot.")
@click.option("--older", is_flag=True, help="Take a snapshot that is older than the one imported last.")
@click.pass_obj
def import_vci(
    deployment: Deployment,
    snapshot: Path,
    signature: Path | None,
    certificate: Path | None,
    issuers: Path | None,
    metadata: Path | None,
    older: bool,
) -> None:
    """Read the VCI directory: its snapshot, held against its signature and its issuer list."""
    files = [
        _beside(snapshot, given, name)
        for given, name in (
            (signature, "vci_snapshot.sig"),
            (certificate, "vci_snapshot.crt"),
            (issuers, "vci-issuers.json"),
            (metadata, "vci-issuers-metadata.json"),
        )
    ]
    octets = snapshot.read_bytes()
    try:
        vci.check_signature(octets, files[0].read_bytes(), files[1].read_bytes(), utc_now())
        taken_at = vci.time_of(octets)
        entries, left_out = vci.read_snapshot(octets)
        listed, delisted = vci.held_against_list(entries, files[2].read_bytes())
        labelled = vci.labelled(listed, files[3].read_bytes())
    except NotADirectory as error:
        raise click.ClickException(f"Nothing was imported: {error}.") from None
    copy = _load(deployment)
    # A signature proves who wrote the snapshot, not that it is the newest: going back revives withdrawn keys.
    if copy.directory_time and taken_at < copy.directory_time and not older:
        raise click.ClickException(
            f"Nothing was imported: this snapshot is of {taken_at:%d %B %Y, %H:%M}, one of "
            f"{copy.directory_time:%d %B %Y, %H:%M} was imported before. If you mean it: --older."
        )
    merged = directory_read(copy.entries, labelled)
    findings = findings_replaced(copy.findings, left_out + delisted, {e.iss for e in entries} | {""})
    save(deployment.working_copy, replace(copy, entries=tuple(merged), findings=findings, directory_time=taken_at))
    gone = {finding.iss for finding in delisted if not finding.counts}
    _print_counts(labelled, [f for f in left_out + delisted if f.iss not in gone or f.reason == "not-on-the-list"])


@command.command()
@click.argument("iss")
@click.option("--name", required=True, help="The name people know.")
@click.option("--website", default="")
@click.option("--jwks", type=_FILE, help="Its JWK Set, brought by hand; else it is fetched from the issuer.")
@click.option("--anchor", type=_FILE, help="PEM: each key needs a certificate chain (x5c) that leads to one of these.")
@click.option("--no-anchor", is_flag=True, help="From now on your own word suffices for its new keys.")
@click.option("--sample/--no-sample", default=None, help="A demo or test issuer: its cards never look green.")
@click.pass_obj
def add(
    deployment: Deployment,
    iss: str,
    name: str,
    website: str,
    jwks: Path | None,
    anchor: Path | None,
    no_anchor: bool,
    sample: bool | None,
) -> None:
    """Trust an issuer of your own, or change one; what you do not name stays as it is."""
    from cards.shc.card import is_issuer_url

    if not is_issuer_url(iss):
        raise click.UsageError("ISS must be an https URL without trailing slash, query or fragment.")
    copy = _load(deployment)
    held = next((entry for entry in copy.entries if entry.iss == iss), None)
    before = held or Entry(iss, name)
    entry = replace(
        before,
        name=name,
        website=website or before.website,
        source="own",
        sample=before.sample if sample is None else sample,
        anchors="" if no_anchor else _anchors(anchor) or before.anchors,
    )
    entry, findings = _with_keys(entry, jwks)
    if not entry.keys:
        raise click.ClickException("No usable key:\n" + "\n".join(f"  {f.subject}: {f.remedy}" for f in findings))
    others = tuple(other for other in copy.entries if other.iss != iss)
    save(
        deployment.working_copy,
        replace(copy, entries=(entry, *others), findings=findings_replaced(copy.findings, findings, {iss})),
    )
    click.echo(f"{name}: {len(entry.keys)} keys count.")


@command.command()
@click.argument("iss")
@click.pass_obj
def remove(deployment: Deployment, iss: str) -> None:
    """Stop trusting an issuer, from the next publication on."""
    copy = _load(deployment)
    kept = tuple(entry for entry in copy.entries if entry.iss != iss)
    if len(kept) == len(copy.entries):
        raise click.ClickException("No such issuer.")
    save(deployment.working_copy, replace(copy, entries=kept))
    click.echo("Removed. Publish the registry to make it so everywhere.")


@command.command()
@click.pass_obj
def refresh(deployment: Deployment) -> None:
    """Ask every issuer that was added by hand for its keys and revocation lists."""
    copy, network, now = _load(deployment), Network(), utc_now()
    entries, findings = [], list[Finding]()
    for entry in copy.entries:
        if entry.source == "own":
            entry, found = issuer_read(entry, network, now)
            findings += found
            click.echo(f"{entry.name}: " + ("; ".join(f.remedy for f in found) or f"{len(entry.keys)} keys"))
        entries.append(entry)
    asked = {entry.iss for entry in copy.entries if entry.source == "own"}
    replaced = findings_replaced(copy.findings, findings, asked)
    save(deployment.working_copy, replace(copy, entries=tuple(entries), findings=replaced))


@command.command("list")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def list_(deployment: Deployment, as_json: bool) -> None:
    """Show whose signatures count."""
    entries = _load(deployment).entries
    if as_json:
        rows = [
            {"iss": e.iss, "name": e.name, "source": e.source, "keys": len(e.keys), "sample": e.sample} for e in entries
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for entry in entries:
        click.echo(
            f"{entry.name}  ({len(entry.keys)} keys, {entry.source}{', sample' if entry.sample else ''})  {entry.iss}"
        )
    click.echo(f"{len(entries)} issuers, {sum(len(e.keys) for e in entries)} keys", err=True)


@command.command()
@click.argument("iss")
@click.pass_obj
def explain(deployment: Deployment, iss: str) -> None:
    """Say what counts of an issuer, what does not, and why."""
    entry, findings = _load(deployment).explain(iss)
    if entry is None and not findings:
        raise click.ClickException("No such issuer here. The address must match letter by letter.")
    if entry is None:
        click.echo("Not trusted.")
    else:
        age = f", last confirmed {entry.confirmed_at:%d %B %Y}" if entry.confirmed_at else ""
        click.echo(f"{entry.name}: trusted, {len(entry.keys)} keys count{age}.")
        for key in entry.keys:
            crl = next((c for c in entry.crls if c.kid == key.kid), None)
            click.echo(f"  in   {key.kid}" + (f"  revokes {len(crl)} cards" if crl else ""))
        for kid in sorted(entry.withdrawn):
            click.echo(f"  out  {kid}  withdrawn by its issuer: its cards are refused")
    for finding in findings:
        click.echo(f"  {'note' if finding.counts else 'out '} {finding.subject}  {finding.reason}: {finding.remedy}")


@command.command("publish")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="By default DATA/registry/registry.jws.")
@click.option("--days", type=click.IntRange(1, 90), default=DEFAULT_LIFETIME.days, show_default=True)
@click.pass_obj
def publish_(deployment: Deployment, out: Path | None, days: int) -> None:
    """Sign the working copy: numbered, dated, valid for --days."""
    number = publish_registry(deployment, out, timedelta(days=days))
    click.echo(f"Published registry number {number}, valid for {days} days.")
    click.echo(f"Verifiers need, once and by a trusted way: {deployment.registry_keys}", err=True)


def publish_registry(deployment: Deployment, out: Path | None, lifetime: timedelta) -> int:
    """Sign the working copy and answer its number; what is written first can never be numbered again."""
    now = utc_now()
    registry_keys = deployment.registry_key_store()
    if not registry_keys.records():
        raise click.ClickException("No key signs the registry yet: run `countersign keys --purpose registry generate`")
    signer = registry_keys.active()
    copy = brought_up_to_date(deployment, _load(deployment), now)
    number = copy.number + 1
    text = publish(copy.entries, signer, number=number, now=now, lifetime=lifetime)
    save(deployment.working_copy, replace(copy, number=number))
    write_whole(out or deployment.published_registry, text.encode())
    deployment.write_registry_keys()
    return number


def _with_keys(entry: Entry, jwks: Path | None) -> tuple[Entry, list[Finding]]:
    if jwks is None:
        return issuer_read(entry, Network(), utc_now())
    try:
        key_set = examine_jwks(jwks.read_bytes(), entry.iss)
    except NotAKeySet as error:
        raise click.ClickException(f"Not a JWK Set: {error}.") from None
    return keys_answered(entry, key_set, utc_now())


def _anchors(path: Path | None) -> str:
    if path is None:
        return ""
    pem = path.read_text("ascii", "replace")
    try:
        read_anchors(pem)
    except BadChain:
        raise click.UsageError("--anchor takes a PEM file with one or more certificates.") from None
    return pem


def _print_counts(entries: list[Entry], findings: list[Finding]) -> None:
    out = Counter(finding.reason for finding in findings if not finding.counts)
    click.echo(f"{len(entries)} issuers, {sum(len(e.keys) for e in entries)} keys in.")
    for reason, count in out.most_common():
        click.echo(f"  {count:4}  left out: {reason}")
    for reason, count in Counter(f.reason for f in findings if f.counts).most_common():
        click.echo(f"  {count:4}  kept, with a remark: {reason}")
    click.echo("countersign registry explain ISS says why for one issuer.", err=True)


def _beside(snapshot: Path, given: Path | None, name: str) -> Path:
    path = given or snapshot.with_name(name)
    if not path.exists():
        raise click.UsageError(f"{name} is needed, too: put it beside the snapshot, or name it.")
    return path


def _load(deployment: Deployment) -> WorkingCopy:
    try:
        return load(deployment.working_copy)
    except StoreError as error:
        raise click.ClickException(str(error)) from None
