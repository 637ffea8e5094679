"""Service 1: takes health records in, gives signed SMART Health Cards out, and takes them back.

It signs only what it has checked against FHIR and the profiles, and delivers only what it has stored and read back.
It refuses to judge other people's cards, and shows a card to nobody without its link or a token.

    issuer = Issuer("https://clinic.example/issuer", key, rid_secret)
    issuer.issue(Record(card_id, bundle), now).jws              # pure: no database, no web
    app = create_app(settings, keystore)                        # the service

`create_app` loads Flask and the database only when it is asked for (PEP 562): the command line signs without them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from issuer.issuance import Issuer
from issuer.records import IssuedCard, Record

if TYPE_CHECKING:
    from issuer.app import create_app

__all__ = ["IssuedCard", "Issuer", "Record", "create_app"]


def __getattr__(name: str) -> Any:
    if name != "create_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("issuer.app").create_app
