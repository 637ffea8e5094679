"""The verifier as a server process of its own would load it; what it judges by comes from the environment.

REGISTRY_FILE=… granian --interface wsgi --factory served:app
"""

import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

from trust_registry import TrustRegistry
from verifier.app import create_app
from verifier.settings import Settings

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def tell_of_writing(event: str, arguments: tuple[object, ...]) -> None:
    """Say so on stderr when a file is opened for writing: a spooled upload is gone again before anybody can look."""
    if event != "open" or not isinstance(arguments[2], int) or not arguments[2] & _WRITING:
        return
    # A number is a pipe to the process that looks at pictures: files are opened by name.
    if not isinstance(arguments[0], int) and arguments[0] != os.devnull:
        sys.stderr.write(f"wrote-to {arguments[0]}\n")


def app() -> Flask:
    """Log everything there is to log, to stderr."""
    logging.basicConfig(stream=sys.stderr, level=logging.DEBUG)
    registry = TrustRegistry.from_vci_snapshot(Path(os.environ["REGISTRY_FILE"]).read_bytes())
    application = create_app(Settings.from_environment(os.environ), lambda: registry, lambda: datetime.now(UTC))
    sys.addaudithook(tell_of_writing)
    return application
