"""`countersign`: one command a line of work. Results on stdout, messages on stderr.

Commands are imported when they are called: a cold `countersign verify` must not wait for a web framework.
"""

from importlib import import_module
from typing import Any

import click

COMMANDS = {
    "demo": ("countersign.commands.demo", "Issue, draw, scan and judge a card, each step shown."),
    "issue": ("countersign.commands.issue", "Sign FHIR bundles: JWS, file and QR pictures."),
    "verify": ("countersign.commands.verify", "Judge pictures, PDFs, files and texts against a registry."),
    "keys": ("countersign.commands.keys", "Make, list, rotate, retire and withdraw signing keys."),
    "registry": ("countersign.commands.registry", "Decide whose signatures count, and publish that."),
    "db": ("countersign.commands.db", "Bring the issuer's database to this version."),
    "serve": ("countersign.commands.serve", "Run one service."),
    "worker": ("countersign.commands.worker", "Behind the pages: imports, the audit log's seals, webhooks."),
    "hl7": ("countersign.commands.hl7", "Listen for HL7 v2 messages over MLLP."),
    "import": ("countersign.commands.import_table", "Files of many rows: bring in, follow, stop, go on."),
    "audit": ("countersign.commands.audit", "Who did what to which record: verify, note the head, export."),
    "staff": ("countersign.commands.staff", "The people who work here."),
    "clinic": ("countersign.commands.clinic", "Clinics: enter, approve, list."),
    "run": ("countersign.commands.run", "Issuer and verifier on this machine, with sample residents."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and answer its `command`."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """What an operator can mend is told in a sentence, not in a traceback."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if isinstance(error, _mistakes()):
                raise click.ClickException(str(error)) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table itself: `--help` imports nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _mistakes() -> tuple[type[Exception], ...]:
    """Errors of settings, files and keys; imported only once something went wrong."""
    from issuer.db import StorageBusy, StorageFull
    from issuer.settings import BadSettings
    from keys.store import KeyStoreError
    from trust_registry.store import StoreError
    from verifier.settings import BadSetting

    return (
        BadSettings,
        BadSetting,
        StorageBusy,
        StorageFull,
        KeyStoreError,
        StoreError,
        PermissionError,
        FileNotFoundError,
    )


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from importlib import metadata  # 40 ms that only this option needs

        click.echo(f"countersign {metadata.version('countersign')}")
        ctx.exit()


@click.group(cls=LazyGroup)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Say which.")
def main() -> None:
    """Issue and verify SMART Health Cards."""
