"""What every use case of coming in needs, as one value: the store, who writes, the secret, chance, the terms."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from issuer.getting_in.messages import MessageSettings, office_of
from issuer.getting_in.terms import PATH, Terms
from issuer.staff.tokens import derived, keyed_digest, new_id, new_token
from issuer.store.residents import ResidentStore
from outreach.addresses import requester_network
from outreach.office import Office

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from issuer.settings import Settings


@dataclass(frozen=True, slots=True)
class Setting:
    """One deployment's."""

    store: ResidentStore
    office: Office = field(repr=False)
    channels: frozenset[str]
    """What messages can go over here: email, sms. Empty: nothing is sent, people are served in person."""
    secret: bytes = field(repr=False)
    random: Callable[[int], bytes] = field(repr=False)
    address: str
    """How links begin."""
    terms: Terms = field(default_factory=Terms)
    language: str = "en"
    """Of what nobody asked for: no record says which language somebody reads."""

    @property
    def zone(self) -> ZoneInfo:
        """The department's own."""
        return self.office.rules.zone_of("")

    def link(self, token: str) -> str:
        """Where a token opens."""
        return f"{self.address}{PATH}{token}"

    def new_token(self) -> str:
        """256 random bits."""
        return new_token(self.random)

    def new_id(self) -> str:
        """128 random bits, in hexadecimal."""
        return new_id(self.random)

    def network(self, origin: str) -> str:
        """A name for whose requests are counted together; it is no address any more."""
        return self.office.vault.fingerprint(f"network:{requester_network(origin)}")

    def code(self, contact_id: str, window: int) -> str:
        """Six digits that prove who reads a contact's messages, for one window of time."""
        number = int(keyed_digest(self.secret, "contact code", contact_id, str(window)), 16)
        return f"{number % 1_000_000:06d}"


def make_setting(
    settings: "Settings",
    engine: "Engine",
    random: Callable[[int], bytes],
    messages: MessageSettings,
    terms: Terms | None = None,
) -> Setting:
    """Of an operator's choices. Raises BadMessageSettings: messages are to be sent by somebody who cannot be named."""
    secret = settings.seal_secret
    office = office_of(messages, settings.name, settings.address, settings.time_zone, derived(secret, "messages"))
    chosen = terms or Terms(sent_days=settings.link_days, idle=messages.visit_idle, absolute=messages.visit_longest)
    return Setting(
        ResidentStore(engine), office, messages.channels, derived(secret, "residents"), random, settings.address, chosen
    )
