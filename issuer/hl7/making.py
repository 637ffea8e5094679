"""Puts the door together with the intake of this issuer. The rest of the package knows neither store nor database."""

from collections.abc import Callable, Iterable
from typing import Protocol

from issuer.db import StorageBusy, StorageFull, is_current, open_engine, reading
from issuer.hl7.door import Door, Intake
from issuer.hl7.message import USUAL, Reading
from issuer.hl7.sender import Peer, Sender
from issuer.hl7.senders import Senders
from issuer.intake.looking import IdentityIncomplete
from issuer.intake.service import ClinicHeld, ClinicNotLive
from issuer.rights import Actor, Forbidden
from issuer.staff.people import Client
from issuer.store.holdings import clinic_row
from issuer.store.staff_clients import ClientStore

REFUSALS: dict[type[Exception], str] = {
    Forbidden: "forbidden",
    ClinicHeld: "clinic-held",
    ClinicNotLive: "clinic-not-live",
    IdentityIncomplete: "query-name-missing",
    StorageBusy: "try-again",
    StorageFull: "try-again",
}


def make_door(intake: Intake, reading: Reading = USUAL) -> Door:
    """The HL7 door before this issuer's intake."""
    return Door(intake, reading, REFUSALS)


class Systems(Protocol):
    """What this door asks of `issuer.store.staff_clients.ClientStore`."""

    def by_certificate(self, fingerprint: str) -> Client | None: ...


def find_sender(senders: Senders, systems: Systems) -> Callable[[Peer], Sender | None]:
    """Who a peer is: by the operator's file; where that does not name it, a system registered with its certificate."""

    def sender_of(peer: Peer) -> Sender | None:
        found = senders.of(peer)
        if found is not None or not peer.fingerprint:
            return found
        system = systems.by_certificate(peer.fingerprint)
        if system is None:
            return None
        return Sender(Actor(f"client:{system.id}", "system", system.clinic_id), system.facilities, system.scopes)

    return sender_of


def registered(database_url: str) -> Systems:
    """The systems that clinics registered."""
    return ClientStore(open_engine(database_url))


def clinic_states(database_url: str, clinic_ids: Iterable[str]) -> dict[str, str]:
    """The state of each clinic, "unknown" of one that is not there; nothing while the database cannot be asked."""
    engine = open_engine(database_url)
    try:
        if not is_current(engine):
            return {}
        with reading(engine) as connection:
            rows = {one: clinic_row(connection, one) for one in clinic_ids}
            return {one: row["state"] if row else "unknown" for one, row in rows.items()}
    except (StorageBusy, StorageFull):
        return {}
    finally:
        engine.dispose()
