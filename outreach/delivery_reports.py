"""Reports that come back: a bounce as a mail (RFC 3464), a gateway's callback (HMAC). Pure.

Both name the message by its key, which holds 128 random bits and is known to nobody but the recipient's server and the
gateway. A mail that names none, and a callback whose signature does not hold, say nothing.
"""

import base64
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any, Final

from outreach.results import KEY, Report, flags_address

MAX_REPORT_OCTETS = 1024 * 1024
"""Of a bounce; many quote the whole mail, ours have some kilobytes."""
MAX_CALLBACK_OCTETS = 16 * 1024
MAX_PARTS = 50
"""Of a bounce: a real one has three."""
TOLERANCE = timedelta(minutes=5)
"""How far a callback's clock may be off (Standard Webhooks 1.0): a recorded one is worth nothing after that."""
_STATUS: Final = {"delivered", "failed"}
_STATUS_CODE: Final = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")


class NotAReport(ValueError):
    """Nothing that may be believed. Says which rule."""


def read_bounce(mail: bytes, envelope_to: str = "") -> Report:
    """What a delivery status notification says about one message.

    Args:
        envelope_to: the address it was sent to (`bounces+KEY@…`), where the mail server tells it.

    Raises:
        NotAReport: an absence note, a mail without a report or without a key of ours, too large.
    """
    if len(mail) > MAX_REPORT_OCTETS:
        raise NotAReport("too large")
    whole = message_from_bytes(mail)
    status = _failed_status(whole)
    found = KEY.search(envelope_to) or KEY.search(str(whole.get("To", ""))) or _key_of_original(whole)
    if found is None:
        raise NotAReport("names no message of ours")
    return Report(found[0], bool(status), flags_address(status), f"dsn {status}".strip())


def read_callback(headers: Mapping[str, str], body: bytes, secret: bytes, now: datetime) -> Report:
    """What a gateway reports, if it is the gateway.

    Signed as Standard Webhooks 1.0 has it: `webhook-signature: v1,BASE64` over `webhook-id.webhook-timestamp.body`.

    Raises:
        NotAReport: too large, unsigned, too old, or of another shape.
    """
    if len(body) > MAX_CALLBACK_OCTETS:
        raise NotAReport("too large")
    given = {name.lower(): value for name, value in headers.items()}
    _check_signature(given, body, secret)
    stamp = given["webhook-timestamp"]
    if not (stamp.isascii() and stamp.isdigit()) or abs(now.timestamp() - int(stamp[:12])) > TOLERANCE.total_seconds():
        raise NotAReport("too old, or from the future")
    return _callback(body)


def signature(message_id: str, timestamp: str, body: bytes, secret: bytes) -> str:
    """`v1,` and the base64 of the HMAC; what a gateway sends."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()


def _check_signature(given: Mapping[str, str], body: bytes, secret: bytes) -> None:
    parts = ("webhook-id", "webhook-timestamp", "webhook-signature")
    if not secret or any(not given.get(name) for name in parts):
        raise NotAReport("not signed")
    expected = signature(given["webhook-id"], given["webhook-timestamp"], body, secret).encode()
    # Several may stand there while a secret is replaced.
    held = [hmac.compare_digest(expected, one.encode()) for one in given["webhook-signature"].split()]
    if not any(held):
        raise NotAReport("the signature does not hold")


def _callback(body: bytes) -> Report:
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise NotAReport("not JSON") from None
    if not isinstance(said, dict) or said.get("status") not in _STATUS or not isinstance(said.get("id"), str):
        raise NotAReport("id and status are needed")
    if not KEY.fullmatch(said["id"]):
        raise NotAReport("names no message of ours")
    failed = said["status"] == "failed"
    bad_number = failed and said.get("error") == "bad-number"
    return Report(said["id"], failed, bad_number, "report bad-number" if bad_number else f"report {said['status']}")


def _parts(whole: Message) -> Iterator[Message]:
    for number, part in enumerate(whole.walk()):
        if number >= MAX_PARTS:
            raise NotAReport("too many parts")
        yield part


def _failed_status(whole: Message) -> str:
    """The status of the recipient that failed; "" where the report says that it arrived or is under way."""
    blocks = [
        block
        for part in _parts(whole)
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status")
        for block in (part.get_payload() if isinstance(part.get_payload(), list) else [])
        if isinstance(block, Message) and block.get("Action")
    ]
    if not blocks:
        raise NotAReport("no delivery status")
    for block in blocks:
        if str(block["Action"]).strip().lower() == "failed":
            status = str(block.get("Status", "")).split("(")[0].strip()
            return status if _STATUS_CODE.fullmatch(status) else "5.9.9"  # failed, and nobody can say why
    return ""


def _key_of_original(whole: Message) -> Any:
    """By the Message-ID of the mail that is quoted, whole or its head."""
    for part in _parts(whole):
        if part.get_content_type() in ("text/rfc822-headers", "message/rfc822-headers"):
            payload = part.get_payload(decode=True)
            quoted = message_from_bytes(payload if isinstance(payload, bytes) else b"")
        else:
            quoted = part
        if part is not whole and (found := KEY.search(str(quoted.get("Message-ID", "")))):
            return found
    return None
