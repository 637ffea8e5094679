"""`POST /oauth/token`: access tokens for clinics' systems by SMART Backend Services.

Source: HL7 SMART App Launch 2.2, "Backend Services"; RFC 6749 sections 4.4, 5.1 and 5.2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, jsonify, request

from issuer.audit.entry import Entry
from issuer.rights import Actor
from issuer.staff.assertions import MAX_LIFE, Asked, Fetch, TokenRefused, Verify, grant
from issuer.staff.attempts import PER_ADDRESS, Limit, TooManyAttempts
from issuer.staff.tokens import Random, digest, keyed_digest, new_token
from issuer.store.staff_clients import ClientStore
from issuer.store.staff_sessions import SessionStore
from issuer.web.rules import public

PATH = "/oauth/token"


@dataclass(frozen=True, slots=True)
class TokenParts:
    """What the endpoint works with."""

    clients: ClientStore
    sessions: SessionStore
    verify: Verify
    fetch: Fetch
    audience: str
    """The address of this endpoint as clients know it: `aud` of their assertions."""
    secret: bytes
    random: Random
    clock: Callable[[], datetime]


def token_blueprint(parts: TokenParts) -> Blueprint:
    """The token endpoint."""
    blueprint = Blueprint("token", __name__)

    @blueprint.post(PATH)
    @public("a system proves who it is by the assertion it sends", machine=True)
    def token() -> Response:
        now, origin = parts.clock(), request.remote_addr or ""
        address = keyed_digest(parts.secret, "token", origin)
        try:
            parts.sessions.count([Limit(address, PER_ADDRESS)], now)
            granted = grant(_asked(), parts.clients, parts.verify, parts.fetch, parts.audience, now)
        except TooManyAttempts as error:
            return _too_many(error, now)
        except TokenRefused as error:
            nobody = Actor("nobody", "system", "", origin)
            parts.clients.note(Entry(now, nobody, "client.refused", "client", "", reason=error.error))
            return _refused(error)
        parts.sessions.forgive([], [address])
        made = new_token(parts.random)
        parts.clients.put_token(granted.client, digest(made), granted.scopes, now + MAX_LIFE, origin, now)
        return _uncached(
            jsonify(
                access_token=made,
                token_type="bearer",  # noqa: S106 the type's name (RFC 6749 section 7.1), no secret
                expires_in=int(MAX_LIFE.total_seconds()),
                scope=" ".join(granted.scopes),
            )
        )

    return blueprint


def _asked() -> Asked:
    """The form; a field sent twice is refused (RFC 6749 section 3.2)."""
    names = ("grant_type", "scope", "client_assertion_type", "client_assertion")
    if any(len(request.form.getlist(name)) > 1 for name in names):
        raise TokenRefused("invalid_request", "Send each parameter once.")
    grant_type, scope, kind, assertion = (request.form.get(name, "") for name in names)
    if not grant_type or not assertion:
        raise TokenRefused("invalid_request", "Send grant_type, scope, client_assertion_type and client_assertion.")
    return Asked(grant_type, scope, kind, assertion)


def _refused(error: TokenRefused) -> Response:
    answer = jsonify(error=error.error, error_description=error.words)
    answer.status_code = 401 if error.error == "invalid_client" else 400
    return _uncached(answer)


def _too_many(error: TooManyAttempts, now: datetime) -> Response:
    answer = jsonify(error="invalid_request", error_description="Too many attempts from your network. Wait, then ask.")
    answer.status_code = 429
    answer.headers["Retry-After"] = str(max(1, int((error.until - now).total_seconds())))
    return _uncached(answer)


def _uncached(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Pragma"] = "no-cache"
    return answer
