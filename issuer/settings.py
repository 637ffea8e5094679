"""What an operator chooses about an issuer. Read once at the start; no module reads the environment later."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cards.encoding import b64url_encode
from cards.shc.card import is_issuer_url
from issuer.getting_in.messages import ENVIRONMENT as MESSAGES
from issuer.getting_in.messages import BadMessageSettings, MessageSettings, message_settings, sender_of
from issuer.staff.oidc import BadOidcSettings, OidcSettings, oidc_settings
from issuer.staff.people import is_time_zone
from keys.store import load_or_create_secret

DEFAULT_LINK_DAYS = 90
"""Long enough to come back for the next dose, short enough that a forgotten message opens nothing."""
MIN_TOKEN_CHARACTERS = 32
"""A token shorter than 32 characters can be guessed by somebody with patience."""
DATABASE_FILE = "issuer.db"
ENVIRONMENT: Mapping[str, str] = {
    "COUNTERSIGN_ISS": "`iss` of every card: https, no trailing slash; the public keys stand below it",
    "COUNTERSIGN_ISSUER_NAME": "who issues the cards, as residents read it; the host of `iss` where it is not set",
    "COUNTERSIGN_ISSUER_ADDRESS": "where residents reach this service; `iss` where it is not set",
    "COUNTERSIGN_DATABASE": f"SQLAlchemy URL of the database; SQLite in {DATABASE_FILE} where it is not set",
    "COUNTERSIGN_API_TOKEN": "bearer token of the API; a random one in secrets/api-token where it is not set",
    "COUNTERSIGN_LINK_DAYS": f"days after which a card page's link ends; {DEFAULT_LINK_DAYS} where it is not set",
    "COUNTERSIGN_IMPORTS": "folder of uploaded files, seen by every worker; `imports` in the data folder by default",
    "COUNTERSIGN_ISSUER_PROXIES": "how many proxies of yours stand in front and say where a request comes from; 0",
    "COUNTERSIGN_OIDC_ISSUER": "OpenID Connect provider that staff log in by; none where it is not set",
    "COUNTERSIGN_OIDC_CLIENT_ID": "what this service is called there",
    "COUNTERSIGN_OIDC_CLIENT_SECRET": "its secret there",
    "COUNTERSIGN_TIME_ZONE": "the department's time zone, such as America/New_York: offered for new clinics; UTC",
    "COUNTERSIGN_SAMPLE": "1 marks every page and print as made of invented data",
    **MESSAGES,
}


class BadSettings(ValueError):
    """A setting is missing or wrong. The message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One issuer's choices and secrets."""

    iss: str
    name: str
    address: str
    """Where residents reach the service: `iss` is a name and need not be reachable from a demo's laptop."""
    database_url: str = field(repr=False)
    """Repr hides it: the password of a PostgreSQL user stands in it."""
    api_token: str = field(repr=False)
    rid_secret: bytes = field(repr=False)
    """Behind the revocation ids of new cards. Ids already issued are stored with their cards: the secret may change."""
    audit_secret: bytes = field(repr=False)
    """Behind the chain of the audit log: whoever can write the database alone cannot write the chain anew."""
    seal_secret: bytes = field(repr=False)
    """Seals what the database keeps secret: second factors of staff, keys of webhooks."""
    imports: Path
    """Where uploaded files wait until they are read; every worker has to see it."""
    link_days: int = DEFAULT_LINK_DAYS
    sample: bool = False
    proxies: int = 0
    """How many proxies of ours stand in front and set X-Forwarded-For and -Proto."""
    oidc: OidcSettings | None = None
    """The provider that staff may log in by; passwords where there is none."""
    time_zone: str = "UTC"
    """The department's: offered when a clinic is entered, and a clinic's own where none was entered before."""
    messages: MessageSettings = field(default_factory=MessageSettings)
    """Mail server, gateway, who writes, how long a visit lasts."""

    def __post_init__(self) -> None:
        if not is_issuer_url(self.iss):
            raise BadSettings("COUNTERSIGN_ISS must be https, without trailing slash, query or fragment")
        if len(self.api_token) < MIN_TOKEN_CHARACTERS:
            raise BadSettings(f"COUNTERSIGN_API_TOKEN must have at least {MIN_TOKEN_CHARACTERS} characters")
        if self.link_days < 1:
            raise BadSettings("COUNTERSIGN_LINK_DAYS must be at least 1")
        if not is_time_zone(self.time_zone):
            raise BadSettings("COUNTERSIGN_TIME_ZONE must be a name of the tz database, such as America/New_York")
        try:
            sender_of(self.messages, self.name, self.address)
        except BadMessageSettings as error:
            raise BadSettings(str(error)) from None


def from_environ(environ: Mapping[str, str], folder: Path) -> Settings:
    """The settings of an environment. A first start writes a random API token and rid secret into `folder`, 0600.

    Raises:
        BadSettings: a setting is missing or wrong.
        keys.store.KeyStoreError: a secret's file is damaged, or others may read it.
    """
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    iss = environ.get("COUNTERSIGN_ISS", "")
    token = environ.get("COUNTERSIGN_API_TOKEN", "") or b64url_encode(load_or_create_secret(secrets / "api-token"))
    return Settings(
        iss=iss,
        name=environ.get("COUNTERSIGN_ISSUER_NAME", "") or urlsplit(iss).hostname or "",
        address=(environ.get("COUNTERSIGN_ISSUER_ADDRESS", "") or iss).rstrip("/"),
        database_url=environ.get("COUNTERSIGN_DATABASE", "") or f"sqlite:///{(folder / DATABASE_FILE).resolve()}",
        api_token=token,
        rid_secret=load_or_create_secret(secrets / "rid-secret"),
        audit_secret=load_or_create_secret(secrets / "audit-secret"),
        seal_secret=load_or_create_secret(secrets / "seal-secret"),
        imports=Path(environ.get("COUNTERSIGN_IMPORTS", "") or folder / "imports"),
        link_days=_days(environ.get("COUNTERSIGN_LINK_DAYS", "")),
        sample=environ.get("COUNTERSIGN_SAMPLE", "") == "1",
        proxies=_proxies(environ.get("COUNTERSIGN_ISSUER_PROXIES", "")),
        oidc=_provider(environ),
        messages=_messages(environ),
        time_zone=environ.get("COUNTERSIGN_TIME_ZONE", "") or "UTC",
    )


def _proxies(text: str) -> int:
    if text and not (text.isascii() and text.isdecimal()):
        raise BadSettings("COUNTERSIGN_ISSUER_PROXIES must be a whole number of proxies")
    return int(text or 0)


def _provider(environ: Mapping[str, str]) -> OidcSettings | None:
    try:
        return oidc_settings(environ)
    except BadOidcSettings as error:
        raise BadSettings(str(error)) from None


def _messages(environ: Mapping[str, str]) -> MessageSettings:
    try:
        return message_settings(environ)
    except BadMessageSettings as error:
        raise BadSettings(str(error)) from None


def _days(text: str) -> int:
    if not text:
        return DEFAULT_LINK_DAYS
    if not (text.isascii() and text.isdecimal()):
        raise BadSettings("COUNTERSIGN_LINK_DAYS must be a whole number of days")
    return int(text)
