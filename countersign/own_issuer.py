"""This deployment's own issuer in its own registry: keys and revocation lists as they stand in the folder.

Asked at each publication, so that a key taken back with `keys compromise` stops counting with the next registry.
"""

import os
from dataclasses import replace
from datetime import datetime
from typing import Any

from cards import read_crl
from cards.shc.crl import crl_document
from countersign.deployment import Deployment
from keys import examine_jwks
from trust_registry import Entry
from trust_registry.refresh import keys_answered
from trust_registry.store import WorkingCopy


def brought_up_to_date(deployment: Deployment, copy: WorkingCopy, now: datetime) -> WorkingCopy:
    """The working copy with our own issuer's entry read anew; unchanged where we hold no keys, or it lists us not."""
    if not deployment.card_keys().records():
        return copy
    entries = tuple(
        own_entry(deployment, entry, now) if entry.iss == deployment.iss else entry for entry in copy.entries
    )
    return replace(copy, entries=entries)


def own_entry(deployment: Deployment, entry: Entry, now: datetime) -> Entry:
    """Keys missing from the folder's set are withdrawn; lists come from the database, where there is one."""
    jwks, lists = _published(deployment, entry)
    read, _ = keys_answered(entry, examine_jwks(jwks, entry.iss), now)
    return replace(read, crls=tuple(read_crl(document) for document in lists))


def _published(deployment: Deployment, entry: Entry) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if not deployment.has_database():
        versions = {key.kid: key.crl_version for key in entry.keys if key.crl_version is not None}
        held = [crl_document(crl.kid, crl.ctr, crl.entries()) for crl in entry.crls]
        return deployment.card_keys().jwks(versions), held
    from issuer.app import make_service
    from issuer.settings import from_environ

    settings = from_environ({"COUNTERSIGN_ISS": deployment.iss} | dict(os.environ), deployment.folder)
    service = make_service(settings, deployment.card_keys())
    jwks = service.jwks()
    return jwks, [service.revocation_list(key["kid"]) for key in jwks["keys"]]
