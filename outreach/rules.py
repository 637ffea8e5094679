"""How many, when, how often, how long: every limit with its unit and its reason. Pure.

A deployment changes them in its settings; these are what it starts with.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

ASKED_MOMENT = timedelta(minutes=1)
"""For how long something counts as asked for this minute: it is sent at night and to whoever opted out."""
SEND_SECONDS = 20.0
"""The longest one attempt may last, whatever the other side does."""
MAX_TAKEN = 100
"""Attempts on one contact, with those that nobody came back from: a message that kills its worker is given up."""
CHUNK = 100
"""Messages taken at once: few enough to be sent within the lease by a server that takes its time."""


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many, by the clock's hour and the day in UTC."""

    hour: int
    day: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """When nobody is woken."""

    begins: time = time(21)
    ends: time = time(8)
    """Local. 47 CFR 64.1200(c)(1) allows telephone solicitations from 8 to 21; ours are none, and people sleep."""
    channels: frozenset[str] = frozenset({"sms", "email"})

    def next_allowed(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The same moment, or when the night that it lies in ends, in UTC."""
        local = moment.astimezone(zone)
        if not self._is_quiet(local.time()):
            return moment
        day = local.date() + timedelta(days=1 if local.time() >= self.ends else 0)
        return datetime.combine(day, self.ends, zone).astimezone(UTC)

    def _is_quiet(self, at: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends


@dataclass(frozen=True, slots=True)
class Rules:
    """What a deployment decides."""

    per_contact_asked: Cap = Cap(4, 8)
    """One who asks for links to somebody else's telephone is a nuisance four times."""
    per_contact: Cap = Cap(12, 24)
    """All messages to one contact: a family of eight on one telephone, on the day of a drive."""
    per_requester: Cap = Cap(20, 60)
    """Messages asked for from one network address: a library's computers share one."""
    asked: Cap = Cap(3_000, 20_000)
    """All messages asked for: the bill of one day of message pumping. What is over is not sent."""
    sent: Cap = Cap(50_000, 400_000)
    """All others: what a new sending address may send without being taken for a spammer. What is over waits."""

    quiet: Quiet = Quiet()
    zone: str = "America/New_York"
    """Where a contact is whose zone nobody knows."""
    number_prefixes: tuple[str, ...] = ("+1",)
    """Countries that SMS go to: dear foreign numbers are what message pumping lives on."""

    lease: timedelta = timedelta(minutes=5)
    """How long a worker keeps what it took. One that died gives it back by this."""
    first_retry: timedelta = timedelta(seconds=60)
    """Greylisting servers take a message after one to five minutes."""
    longest_retry: timedelta = timedelta(hours=1)
    give_up_after: timedelta = timedelta(hours=24)
    """Of failed attempts on one contact; then the person's next one."""
    give_up_asked_after: timedelta = timedelta(minutes=30)
    """Somebody waits for it."""

    keep_text: timedelta = timedelta(days=5)
    """Of a message that was sent and has a next contact: servers try for up to five days (RFC 5321 4.5.4.1)."""
    keep_contacts: timedelta = timedelta(days=5)
    """The same, for addresses."""
    keep_rows: timedelta = timedelta(days=90)
    """What is left then says when and how something was sent, for complaints of a quarter."""
    keep_unused_contact: timedelta = timedelta(days=400)
    """The keyed hash of a contact that nothing is held against; until then its stop link works."""

    def last_begin(self, leased_until: datetime) -> datetime:
        """After this nothing is begun: an attempt and its note may take twice `SEND_SECONDS`."""
        return leased_until - min(timedelta(seconds=2 * SEND_SECONDS), self.lease / 2)

    def zone_of(self, name: str) -> ZoneInfo:
        """A time zone; the deployment's own where the name is none."""
        try:
            return ZoneInfo(name or self.zone)
        except (KeyError, ValueError, OSError):
            return ZoneInfo(self.zone)

    def earliest(self, channel: str, zone: str, asked: bool, now: datetime) -> datetime:
        """When a message may be sent to a contact, as far as the night goes."""
        if asked or channel not in self.quiet.channels:
            return now
        return self.quiet.next_allowed(now, self.zone_of(zone))

    def retry_in(self, attempts: int, chance: float) -> timedelta:
        """How long after a failed attempt the next one is made: doubled each time, half of it by chance.

        Args:
            attempts: failed ones before this.
            chance: 0 to 1, so that a thousand messages that failed together do not come back together.
        """
        whole = min(self.first_retry * (1 << min(max(attempts, 0), 20)), self.longest_retry)
        return whole / 2 + whole / 2 * chance

    def gives_up(self, since: datetime, next_try: datetime, asked: bool) -> bool:
        """Whether the next attempt would come too late."""
        return next_try - since > (self.give_up_asked_after if asked else self.give_up_after)


def is_asked(asked_at: datetime | None, now: datetime) -> bool:
    """Whether somebody asked for it this minute."""
    return asked_at is not None and timedelta() <= now - asked_at <= ASKED_MOMENT
