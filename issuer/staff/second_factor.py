"""The second factor behind a password: time-based codes (RFC 6238) and recovery codes."""

import base64
import hmac
import re
from datetime import UTC, datetime

import pyotp

from issuer.staff.tokens import Random

STEP_SECONDS = 30
DIGITS = 6
WINDOW_STEPS = 1
"""One step either side: a phone's clock may be half a minute off (RFC 6238 section 5.2)."""
SECRET_OCTETS = 20
"""160 bits (RFC 4226 section 4, R6)."""
RECOVERY_CODES = 8
RECOVERY_OCTETS = 10
"""80 random bits: not to be guessed at ten attempts a quarter of an hour."""

_CODE = re.compile(r"[0-9]{6}")


class WrongCode(Exception):
    """Not the code of now, or one that was used before."""


def new_secret(random: Random) -> bytes:
    """The secret that the phone and we share."""
    return random(SECRET_OCTETS)


def otpauth_uri(secret: bytes, login: str, service: str) -> str:
    """What the QR code of the setup page says to the authenticator app."""
    return _totp(secret).provisioning_uri(name=login, issuer_name=service)


def secret_to_type(secret: bytes) -> str:
    """The same in base32, in groups of four, for whoever cannot scan."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def step_of(secret: bytes, code: str, now: datetime, last_step: int) -> int:
    """The time step this code belongs to, later than the last one used.

    Raises:
        WrongCode.
    """
    typed = code.replace(" ", "")
    if not _CODE.fullmatch(typed):
        raise WrongCode
    current = int(now.astimezone(UTC).timestamp()) // STEP_SECONDS
    totp, found = _totp(secret), None
    for step in range(max(0, current - WINDOW_STEPS), current + WINDOW_STEPS + 1):
        if hmac.compare_digest(totp.at(step * STEP_SECONDS), typed) and step > last_step:
            found = step
    if found is None:
        raise WrongCode
    return found


def recovery_codes(random: Random) -> tuple[str, ...]:
    """Codes to print and keep: each opens once where the phone is lost. Shown once, stored as hashes."""
    return tuple(_grouped(base64.b32encode(random(RECOVERY_OCTETS)).decode().lower()) for _ in range(RECOVERY_CODES))


def plain_recovery_code(typed: str) -> str:
    """A recovery code as it is hashed, however it was typed; digits that look like letters are read as letters."""
    letters = "".join(character for character in typed.lower() if character.isalnum())
    return _grouped(letters.replace("0", "o").replace("1", "l").replace("8", "b"))


def _grouped(text: str) -> str:
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _totp(secret: bytes) -> pyotp.TOTP:
    return pyotp.TOTP(base64.b32encode(secret).decode(), digits=DIGITS, interval=STEP_SECONDS)
