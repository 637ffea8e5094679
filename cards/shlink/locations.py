"""Short-lived addresses of files: a ticket that the server made, remembers nothing of, and takes back within an hour.

Source: SMART Health Cards and Links 1.0.0, ".files.location links"; requirement G8. A ticket names link, file and end,
and carries an HMAC over them: whoever changes one gets nothing. It opens nothing once its link was stopped, for the
server looks the link up again.
"""

import hashlib
import hmac

from cards.encoding import b64url_decode, b64url_encode
from cards.errors import MalformedCard
from cards.shlink.errors import LocationGone

MAX_SECONDS = 3600
"""What the specification allows."""
LIFETIME_SECONDS = 300
"""What we take: a viewer fetches at once, and can ask for the manifest again."""
SECRET_OCTETS = 32
_END_OCTETS, _TAG_OCTETS = 8, 32
_PURPOSE = b"shlink location 1"


def ticket(secret: bytes, link: str, file: str, now: int, seconds: int = LIFETIME_SECONDS) -> str:
    """The last part of a file's address: 54 characters that name nobody.

    Args:
        now: epoch seconds.
        link, file: what the server calls them; neither can be read out of the ticket.
    Raises:
        ValueError: it would live longer than an hour, or the secret is too short.
    """
    if not 0 < seconds <= MAX_SECONDS or len(secret) < SECRET_OCTETS:
        raise ValueError("a location lives at most an hour, under a secret of 32 octets")
    end = (now + seconds).to_bytes(_END_OCTETS, "big")
    return b64url_encode(end + _tag(secret, link, file, end))


def check_ticket(text: str, secret: bytes, link: str, file: str, now: int) -> None:
    """Return if this ticket opens that file now.

    Raises:
        LocationGone: it does not; the same for one that ended and one that never was.
    """
    try:
        octets = b64url_decode(text)
    except MalformedCard:
        octets = b""
    end, tag = octets[:_END_OCTETS], octets[_END_OCTETS:]
    genuine = hmac.compare_digest(_tag(secret, link, file, end), tag)
    if not genuine or int.from_bytes(end, "big") < now:
        raise LocationGone("location: ended, or never was")


def _tag(secret: bytes, link: str, file: str, end: bytes) -> bytes:
    """Every part with its length before it: no two lists of parts are the same octets."""
    parts = (_PURPOSE, link.encode(), file.encode(), end)
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.digest(secret, message, hashlib.sha256)
