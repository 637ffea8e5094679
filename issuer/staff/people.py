"""Values: people, sessions, clinics, clients. Names and tokens are kept out of every repr."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from issuer.rights import Actor, Role

STAFF_ROLES: tuple[Role, ...] = ("vaccinator", "manager", "department", "helpdesk", "auditor")
CLINIC_ROLES: tuple[Role, ...] = ("vaccinator", "manager")
"""Roles that belong to a clinic; all others belong to none."""
MAX_LOGIN_CHARACTERS = 120
MAX_NAME_CHARACTERS = 120

IDLE_LIMIT = timedelta(minutes=30)
"""A session that nobody used so long ends: a nurse called away leaves no open door."""
ABSOLUTE_LIMIT = timedelta(hours=12)
"""No session outlives a shift (NIST SP 800-63B-4 section 2.2.3 asks for 24 hours at most)."""
HALF_OPEN_LIMIT = timedelta(minutes=10)
"""Between the password and the second factor."""
SETUP_LINK_LIMIT = timedelta(hours=72)
"""A weekend between being added and logging in first."""
SEEN_EVERY = timedelta(minutes=1)
"""How exactly the last use is kept: not every page view writes."""

Stage = Literal["code", "setup", "full"]
ClinicState = Literal["applied", "live", "held", "suspended"]

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._+@-]{2,}")


class NotAllowed(ValueError):
    """What was entered cannot be kept. `field_name` and `words` say where and how to mend it."""

    def __init__(self, field_name: str, words: str) -> None:
        super().__init__(field_name)
        self.field_name = field_name
        self.words = words


@dataclass(frozen=True, slots=True)
class Member:
    """One of the staff."""

    id: str
    login: str = field(repr=False)
    name: str = field(repr=False)
    role: Role
    clinic_id: str
    """"" for the department, the help desk and auditors."""
    active: bool
    has_password: bool
    has_totp: bool
    passkeys: int
    created_at: datetime

    def actor(self, origin: str = "") -> Actor:
        """Who acts, from where."""
        return Actor(f"staff:{self.id}", self.role, self.clinic_id, origin)


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is logged in, or on its way there."""

    id: str
    stage: Stage
    origin: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whose session a request belongs to."""

    member: Member
    session: Session

    @property
    def stage(self) -> Stage:
        """How far the login has come."""
        return self.session.stage


@dataclass(frozen=True, slots=True)
class Opened:
    """A session just opened: its token goes into the cookie and is stored nowhere."""

    token: str = field(repr=False)
    stage: Stage
    staff_id: str


@dataclass(frozen=True, slots=True)
class NewMember:
    """Somebody to be added."""

    id: str
    login: str = field(repr=False)
    name: str = field(repr=False)
    role: Role
    clinic_id: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link as it is stored: its hash and its end."""

    token_hash: str = field(repr=False)
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be opened."""

    token_hash: str = field(repr=False)
    id: str
    stage: Stage
    origin: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """Who of the department approved a clinic."""

    staff_id: str
    name: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic as the administration sees it."""

    id: str
    name: str
    public_name: str
    state: ClinicState
    details: str
    """JSON, as it was entered."""
    created_at: datetime
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """A clinic's program: how it proves who it is, and what it may speak for."""

    id: str
    name: str
    clinic_id: str
    jwks: str = field(repr=False)
    jwks_uri: str
    scopes: tuple[str, ...]
    facilities: Mapping[str, str]
    """MSH-4 as it is sent -> id of the clinic it stands for."""
    soap_username: str
    certificate: str
    """SHA-256 of its certificate (DER), hexadecimal; "" where it has none."""
    active: bool
    created_at: datetime

    def actor(self, origin: str = "") -> Actor:
        """Who acts, for the client's own clinic."""
        return Actor(f"client:{self.id}", "system", self.clinic_id, origin)


@dataclass(frozen=True, slots=True)
class ClientDetails:
    """What can be chosen of a system."""

    name: str
    jwks: str = field(default="", repr=False)
    jwks_uri: str = ""
    scopes: tuple[str, ...] = ()
    facilities: Mapping[str, str] = field(default_factory=dict)
    certificate: str = ""
    active: bool = True


def plain_login(typed: str) -> str:
    """One spelling of a login.

    Raises:
        NotAllowed: not at least three of a-z, 0-9 and . _ + @ -
    """
    login = unicodedata.normalize("NFKC", typed).strip().casefold()
    if len(login) > MAX_LOGIN_CHARACTERS or not _LOGIN.fullmatch(login):
        raise NotAllowed("login", "Use three or more of the letters a to z, digits and . _ + @ - for the login.")
    return login


def plain_name(typed: str, field_name: str = "name") -> str:
    """A name without control and direction characters.

    Raises:
        NotAllowed: nothing is left of it, or it is too long.
    """
    name = " ".join("".join(c for c in typed if unicodedata.category(c) not in ("Cc", "Cf", "Cs")).split())
    if not name or len(name) > MAX_NAME_CHARACTERS:
        raise NotAllowed(field_name, f"Enter a name of 1 to {MAX_NAME_CHARACTERS} characters.")
    return name


def check_place(role: Role, clinic_id: str) -> None:
    """Raises NotAllowed where a role lacks its clinic, or has one it may not have."""
    if role not in STAFF_ROLES:
        raise NotAllowed("role", "Choose one of the roles.")
    if role in CLINIC_ROLES and not clinic_id:
        raise NotAllowed("clinic_id", "Choose the clinic this person works for.")
    if role not in CLINIC_ROLES and clinic_id:
        raise NotAllowed("clinic_id", "This role works for every clinic: choose none.")


def is_time_zone(name: str) -> bool:
    """Whether the tz database has a zone of this name."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return False
    return bool(name)
