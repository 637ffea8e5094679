"""Clinics' systems in the store: what they prove themselves by, what they may speak for, their tokens."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from issuer.audit.entry import Entry
from issuer.db import UtcDateTime, reading, writing
from issuer.models.core import clinic
from issuer.models.staff import access_token, client, used_jti
from issuer.rights import Actor, require
from issuer.staff.assertions import JtiUsed
from issuer.staff.people import Client, ClientDetails
from issuer.staff.refusals import UnknownClient, UnknownClinic
from issuer.staff.tokens import digest
from issuer.store.audit import append as append_audit
from issuer.store.staff import Append

_SPEND = text(
    "INSERT INTO used_jti (client_id, jti_hash, ends_at) VALUES (:client_id, :jti_hash, :ends_at)"
    " ON CONFLICT (client_id, jti_hash) DO NOTHING"
).bindparams(bindparam("ends_at", type_=UtcDateTime))


class NameTaken(Exception):
    """Another system has this SOAP user name or certificate. Nothing was changed."""


ANSWERED = ("live", "held")
"""States of a clinic whose systems get in: a held clinic's are told so, with each message."""


class ClientStore:
    """Systems of clinics. Satisfies `issuer.staff.assertions.ClientsOf`."""

    def __init__(self, engine: Engine, append: Append = append_audit) -> None:
        self.engine = engine
        self._append = append

    # ---- Managing ---------------------------------------------------------------------------------------------------

    def clients(self, actor: Actor) -> tuple[Client, ...]:
        """Those the actor manages, by name. Raises Forbidden."""
        require(actor, "client.manage")
        mine = [client.c.clinic_id == actor.clinic_id] if actor.clinic_id else []
        with reading(self.engine) as connection:
            return tuple(
                _client(row) for row in connection.execute(select(client).where(*mine).order_by(client.c.name))
            )

    def managed(self, actor: Actor, client_id: str) -> Client:
        """One of them. Raises UnknownClient, Forbidden."""
        with reading(self.engine) as connection:
            found = _existing(connection, client_id)
        require(actor, "client.manage", found.clinic_id)
        return found

    def add(self, actor: Actor, client_id: str, clinic_id: str, details: ClientDetails, now: datetime) -> Client:
        """Register a system of a clinic.

        Raises:
            Forbidden: not this clinic's, or a facility of a clinic the actor does not manage.
            UnknownClinic: there is no clinic of an id that was named.
            NameTaken.
        """
        _require(actor, clinic_id, details)
        with writing(self.engine) as connection:
            _check_clinics(connection, clinic_id, details)
            values = {**_row(details), "soap_username": None, "soap_hash": None, "created_at": now}
            _unique(connection, insert(client).values(id=client_id, clinic_id=clinic_id, **values))
            self._note(connection, actor, "client.add", client_id, clinic_id, now)
            return _existing(connection, client_id)

    def change(self, actor: Actor, client_id: str, details: ClientDetails, now: datetime) -> Client:
        """Other keys, facilities or scopes; tokens it holds end. Raises Forbidden, UnknownClient, NameTaken."""
        with writing(self.engine) as connection:
            before = _existing(connection, client_id)
            _require(actor, before.clinic_id, details)
            _check_clinics(connection, before.clinic_id, details)
            _unique(connection, update(client).where(client.c.id == client_id).values(**_row(details)))
            connection.execute(delete(access_token).where(access_token.c.client_id == client_id))
            self._note(connection, actor, "client.change", client_id, before.clinic_id, now)
            return _existing(connection, client_id)

    def set_soap(self, actor: Actor, client_id: str, username: str, secret_hash: str, now: datetime) -> None:
        """The user name and secret it sends within SOAP messages. Raises Forbidden, UnknownClient, NameTaken."""
        with writing(self.engine) as connection:
            found = _existing(connection, client_id)
            require(actor, "client.manage", found.clinic_id)
            named = update(client).where(client.c.id == client_id)
            _unique(connection, named.values(soap_username=username, soap_hash=secret_hash))
            self._note(connection, actor, "client.secret", client_id, found.clinic_id, now)

    # ---- At work ----------------------------------------------------------------------------------------------------

    def client(self, client_id: str) -> Client | None:
        """An active system of a live clinic."""
        return self._live(client.c.id == client_id)

    def by_certificate(self, fingerprint: str) -> Client | None:
        """An active system of a live clinic by the SHA-256 of its certificate (DER, hexadecimal)."""
        return self._live(client.c.certificate == fingerprint.replace(":", "").lower())

    def by_soap_username(self, username: str) -> tuple[Client, str] | None:
        """An active system of a live clinic, and its secret's hash."""
        with reading(self.engine) as connection:
            phc = connection.scalar(select(client.c.soap_hash).where(client.c.soap_username == username))
        found = self._live(client.c.soap_username == username) if phc else None
        return None if found is None or phc is None else (found, phc)

    def actor_for(self, found: Client, facility: str, origin: str = "") -> Actor | None:
        """Who acts where a message names this facility (MSH-4); None where the system may not speak for it."""
        clinic_id = found.facilities.get(facility)
        if clinic_id is None:
            return None
        with reading(self.engine) as connection:
            state = connection.scalar(select(clinic.c.state).where(clinic.c.id == clinic_id))
        return Actor(f"client:{found.id}", "system", clinic_id, origin) if state in ANSWERED else None

    def spend_jti(self, client_id: str, jti: str, ends_at: datetime, now: datetime) -> None:
        """Raises JtiUsed. Those that ended are forgotten: an assertion that has ended is refused by its `exp`."""
        values = {"client_id": client_id, "jti_hash": digest(jti), "ends_at": ends_at}
        with writing(self.engine) as connection:
            connection.execute(delete(used_jti).where(used_jti.c.ends_at <= now))
            if connection.execute(_SPEND, values).rowcount != 1:
                raise JtiUsed

    def put_token(
        self, found: Client, token_hash: str, scopes: tuple[str, ...], ends_at: datetime, origin: str, now: datetime
    ) -> None:
        """An access token was made; those that ended are forgotten."""
        values = {"token_hash": token_hash, "client_id": found.id, "scopes": " ".join(scopes), "ends_at": ends_at}
        with writing(self.engine) as connection:
            connection.execute(delete(access_token).where(access_token.c.ends_at <= now))
            connection.execute(insert(access_token).values(**values))
            self._note(connection, found.actor(origin), "client.token", found.id, found.clinic_id, now)

    def by_token(self, token_hash: str, now: datetime) -> tuple[Client, tuple[str, ...]] | None:
        """Whose access token this is, for which scopes."""
        good = (access_token.c.token_hash == token_hash, access_token.c.ends_at > now)
        with reading(self.engine) as connection:
            row = connection.execute(select(access_token).where(*good)).one_or_none()
        found = self._live(client.c.id == row.client_id) if row is not None else None
        return None if row is None or found is None else (found, tuple(row.scopes.split()))

    def note(self, entry: Entry) -> None:
        """A line in the audit log by itself: a token refused."""
        with writing(self.engine) as connection:
            self._append(connection, [entry])

    def _live(self, where: Any) -> Client | None:
        good = select(client).join(clinic, clinic.c.id == client.c.clinic_id)
        with reading(self.engine) as connection:
            row = connection.execute(good.where(where, client.c.active, clinic.c.state == "live")).one_or_none()
        return None if row is None else _client(row)

    def _note(
        self, connection: Connection, actor: Actor, action: str, client_id: str, clinic_id: str, now: datetime
    ) -> None:
        self._append(connection, [Entry(now, actor, action, "client", client_id, clinic_id)])


def _require(actor: Actor, clinic_id: str, details: ClientDetails) -> None:
    """For the system's own clinic, and for each clinic it is to speak for. Raises Forbidden."""
    for each in {clinic_id, *details.facilities.values()}:
        require(actor, "client.manage", each)


def _check_clinics(connection: Connection, clinic_id: str, details: ClientDetails) -> None:
    """Raises UnknownClinic where one of them is nobody's id."""
    named = {clinic_id, *details.facilities.values()}
    if len(connection.execute(select(clinic.c.id).where(clinic.c.id.in_(named))).all()) != len(named):
        raise UnknownClinic


def _row(details: ClientDetails) -> dict[str, Any]:
    facilities = json.dumps(dict(details.facilities), sort_keys=True)
    texts = {name: asdict(details)[name] or None for name in ("jwks", "jwks_uri", "certificate")}
    return {
        "name": details.name,
        "scopes": " ".join(details.scopes),
        "facilities": facilities,
        "active": details.active,
        **texts,
    }


def _unique(connection: Connection, statement: Any) -> None:
    try:
        connection.execute(statement)
    except IntegrityError:
        raise NameTaken from None


def _existing(connection: Connection, client_id: str) -> Client:
    row = connection.execute(select(client).where(client.c.id == client_id)).one_or_none()
    if row is None:
        raise UnknownClient
    return _client(row)


def _client(row: Any) -> Client:
    return Client(
        id=row.id,
        name=row.name,
        clinic_id=row.clinic_id,
        jwks=row.jwks or "",
        jwks_uri=row.jwks_uri or "",
        scopes=tuple(row.scopes.split()),
        facilities=json.loads(row.facilities),
        soap_username=row.soap_username or "",
        certificate=row.certificate or "",
        active=row.active,
        created_at=row.created_at,
    )
