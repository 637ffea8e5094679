"""Webhook messages and their signatures, after Standard Webhooks 1.0. Pure.

Signed is `webhook-id.webhook-timestamp.body` with HMAC-SHA-256; the header is `v1,` and base64. A secret is handed out
as `whsec_` and base64 of its octets.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from issuer.audit.entry import Event

SECRET_OCTETS = 32
"""The specification wants 24 to 64."""
SECRET_PREFIX = "whsec_"  # noqa: S105 - how each secret begins, not one


def body_of(event: Event) -> bytes:
    """What is sent: what happened, when, and to which id. Nothing about a person."""
    said = {"object": event.object_kind, "id": event.object_id}
    if event.clinic_id:
        said["clinic_id"] = event.clinic_id
    moment = event.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return orjson.dumps({"type": event.kind, "timestamp": moment, "data": said})


def headers_for(message_id: str, now: datetime, body: bytes, secret: bytes) -> Mapping[str, str]:
    """The headers of one attempt. The moment is that of the attempt, so that a receiver can refuse old ones."""
    timestamp = str(int(now.timestamp()))
    return {
        "Content-Type": "application/json",
        "User-Agent": "countersign",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(message_id, timestamp, body, secret),
    }


def signature(message_id: str, timestamp: str, body: bytes, secret: bytes) -> str:
    """`v1,` and the base64 of the HMAC."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def secret_text(secret: bytes) -> str:
    """A secret as its receiver enters it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()
