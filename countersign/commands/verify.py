"""`countersign verify`: pictures, PDFs, files and texts against a registry, without a server or a network.

A SMART Health Link is the exception: what is to be judged lies behind it, with its sharer's server. One that was typed
as an input is opened; one that stood in a picture or a file only where `--recipient` says who is asking.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from countersign.answers import Answer, NoCard
from countersign.clock import utc_now
from keys import NotAKeySet, PublicKey, read_jwks
from trust_registry import NotADirectory, TrustRegistry
from trust_registry.reading import read_registry
from trust_registry.snapshot import BadRegistry
from verifier.chunks import pool
from verifier.intake import Fault, read_octets
from verifier.presentation import Shown, as_dict, dict_without_card, present
from verifier.recognise import recognise
from verifier.verdict import Outcome, Verdict
from verifier.verification import check_all
from verifier.words import NO_CARD, NOTHING

if TYPE_CHECKING:
    from verifier.links import Behind

MAX_INPUT_OCTETS = 25 * 1024 * 1024
"""What the web page takes, too."""
EXIT_REJECTED, EXIT_UNDECIDED = 1, 3
_MARKS = {"accepted": "✔", "rejected": "✘", "undecided": "?", "sample": "≋"}
_CHECK_MARKS = {"held": "✔", "failed": "✘", "unsure": "?", "not-reached": "·"}


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT…")
@click.option("--registry", "registry_file", required=True, type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--registry-keys",
    type=click.Path(exists=True, dir_okay=False),
    help="JWK Set of the registry's publisher; by default registry-keys.jwks beside the registry.",
)
@click.option("--at", "at", help="Judge as of this time (ISO 8601); by default now.")
@click.option(
    "--recipient", help="Who you are, as the sharer of a SMART Health Link is told; opens links in files, too."
)
@click.option("--passcode", help="Of a link; better left out, then it is asked for.")
@click.option("--json", "as_json", is_flag=True, help="One array, in the order of the input.")
@click.pass_obj
def command(
    world: Any,
    inputs: tuple[str, ...],
    registry_file: str,
    registry_keys: str | None,
    at: str | None,
    recipient: str | None,
    passcode: str | None,
    as_json: bool,
) -> None:
    """Judge cards.

    INPUT is a picture, a PDF, a .smart-health-card file, a text (shc:/…, a JWS, or shlink:/…), or - for standard input.

    Exit status: 0 all accepted, 1 any rejected, else 3 any undecided, 2 wrong usage.
    """
    now = _time(at)
    registry = _registry(Path(registry_file), registry_keys, now)
    answers = _judge(list(_read(inputs, _opener(recipient, passcode, now, world))), registry, now)
    if as_json:
        documents = [{"input": one.name} | _document(one) for one in answers]
        click.echo(json.dumps(documents, ensure_ascii=False, indent=1))
    else:
        for one in answers:
            _print(one.name if len(answers) > 1 else "", one, registry, now)
    sys.exit(_exit_status(one.answer.outcome for one in answers))


Opener = Callable[[str, bool], "NoCard | Behind"]
"""From a link, and whether it was typed as an input, to what lies behind it."""
Read = tuple[str, "Sequence[str] | NoCard | Behind"]


def _opener(recipient: str | None, passcode: str | None, now: datetime, world: Any) -> Opener:
    """What opens links. The network and sealed files are loaded at the first one."""

    def opened(text: str, typed: bool) -> "NoCard | Behind":
        from countersign.link_opener import LinkOpener

        return LinkOpener(recipient, passcode, now, world).open(text, typed=typed)

    return opened


def _judge(found: Sequence[Read], registry: TrustRegistry, now: datetime) -> list[Answer]:
    """The answers in the order of the inputs; a card whose chunks are spread over several stands at the first."""
    pooled = pool([texts if isinstance(texts, Sequence) else () for _, texts in found])
    answers: list[Answer] = []
    for (name, content), mine in zip(found, pooled, strict=True):
        if isinstance(content, NoCard):
            answers.append(Answer(name, content))
        elif not isinstance(content, Sequence):
            answers += _of_link(name, content, registry, now)
        elif mine:
            verdicts = check_all(mine, registry, now)
            answers += [Answer(name, one) for one in verdicts] or [Answer(name, NoCard(NO_CARD, NOTHING.sentence))]
    return answers


def _of_link(name: str, behind: "Behind", registry: TrustRegistry, now: datetime) -> list[Answer]:
    from countersign.link_opener import answers_of

    return answers_of(name, behind, registry, now)


def _document(one: Answer) -> dict[str, Any]:
    answer = one.answer
    if isinstance(answer, NoCard):
        document = dict_without_card(answer.code, answer.reason) | {"outcome": answer.outcome}
    else:
        document = as_dict(answer)
    if one.behind is not None:
        from verifier.link_words import link_dict

        document["link"] = link_dict(one.behind)
    return document


def _print(heading: str, one: Answer, registry: TrustRegistry, now: datetime) -> None:
    if isinstance(one.answer, NoCard):
        click.secho(heading or f"{_MARKS[one.answer.outcome]} {one.answer.outcome.capitalize()}", bold=True)
        click.echo(f"  {one.answer.reason}")
    else:
        if heading:
            click.secho(heading, bold=True)
        print_shown("", present(one.answer, registry, now))
    if one.behind is not None:
        from verifier.link_words import link_line

        click.echo(f"  {link_line(one.behind)}")
    if heading and isinstance(one.answer, Verdict):
        click.echo()


def _read(inputs: Iterable[str], opener: Opener) -> Iterator[Read]:
    """The texts of each input, what lies behind its links, or why there is neither."""
    for number, name in enumerate(inputs, start=1):
        if name == "-":
            yield from _opened("-", _texts(sys.stdin.buffer.read(MAX_INPUT_OCTETS + 1)), opener)
        elif (":" in name or name.startswith("ey")) and not Path(name[:255]).exists():
            yield from _opened(f"argument {number}", [name], opener, typed=True)
        else:
            yield from _opened(name, _texts(_file(name)), opener)


def _opened(name: str, found: Sequence[str] | NoCard, opener: Opener, *, typed: bool = False) -> Iterator[Read]:
    """An input's cards together, so that chunks find each other; then each of its links."""
    if isinstance(found, NoCard):
        yield name, found
        return
    links = [text for text in found if recognise(text) == "smart-health-link"]
    if len(links) < len(found) or not found:
        yield name, [text for text in found if text not in links]
    for link in links:
        yield name, opener(link, typed)


def _file(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return file.read(MAX_INPUT_OCTETS + 1)
    except OSError as error:
        raise click.UsageError(f"Cannot read this input: {error.strerror}. Name a file, a text, or -.") from None


def _texts(content: bytes) -> list[str] | NoCard:
    if len(content) > MAX_INPUT_OCTETS:
        return NoCard(
            "input-too-large", f"The input is larger than {MAX_INPUT_OCTETS:,} octets. Send a smaller picture."
        )
    # A text is judged whatever it is, and a pile of scanned codes may be longer than a request to the door.
    found = read_octets(content, any_text=True, max_text_octets=MAX_INPUT_OCTETS)
    return NoCard(found.code, str(found)) if isinstance(found, Fault) else found


def _registry(path: Path, keys_file: str | None, now: datetime) -> TrustRegistry:
    try:
        return read_registry(path.read_bytes(), _publishers(path, keys_file), now)
    except (BadRegistry, NotADirectory) as error:
        raise click.UsageError(f"The registry cannot be used: {error}") from None


def _publishers(registry: Path, keys_file: str | None) -> tuple[PublicKey, ...]:
    path = Path(keys_file) if keys_file else registry.with_name("registry-keys.jwks")
    try:
        return read_jwks(path.read_bytes())
    except FileNotFoundError:
        return ()
    except NotAKeySet as error:
        raise click.UsageError(f"The registry's keys cannot be read: {error}") from None


def _time(text: str | None) -> datetime:
    if text is None:
        return utc_now()
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError("--at takes a time such as 2026-11-20T12:00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def print_shown(heading: str, shown: Shown) -> None:
    """One verdict for a terminal, in the order of the page: the answer, the person, what to do, why."""
    colour = {"accepted": "green", "rejected": "red", "undecided": "yellow", "sample": "blue"}[shown.face]
    if heading:
        click.secho(heading, bold=True)
    click.secho(f"{_MARKS[shown.face]} {shown.word}", fg=colour, bold=True)
    for person in shown.persons:
        click.echo(f"  {person.name}, born {person.birth_date or 'on a day the card does not tell'}")
    for warning in shown.warnings:
        click.secho(f"  ! {warning}", fg="yellow", bold=True)
    click.echo(f"  {shown.sentence} {shown.todo}")
    for line in (*shown.doses, *shown.results):
        click.echo("  - " + ", ".join(part for part in (line.date, line.title, *line.details, line.warning) if part))
    for check in shown.checks:
        click.echo(f"  {_CHECK_MARKS[check.state]} {check.name}: {check.words}")
    if heading:
        click.echo()


def _exit_status(outcomes: Iterable[Outcome]) -> int:
    seen = set(outcomes)
    if "rejected" in seen:
        return EXIT_REJECTED
    return EXIT_UNDECIDED if "undecided" in seen or not seen else 0
