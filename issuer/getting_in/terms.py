"""How long and how often: every limit of coming in, with its unit and its reason. Pure."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outreach.rules import Cap

MAX_WRONG = 5
"""Wrong birth dates of one link, for life: slips of a thumb, and one guess in seven thousand of a stranger's."""
TOKEN_CHARACTERS = 43
"""256 bits in base64url."""
MAX_TOKEN = 128
"""Characters of a token that are looked at: what is longer was never ours."""
PATH = "/r/"
"""Where links lead. Those of the first card pages lead to `/c/`, and open the same page."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a deployment may change."""

    sent_days: int = 90
    """Of a link that was sent or handed over: until the next dose. It opens once, and only with the birth date."""
    asked_days: int = 1
    """Of a link somebody asked for: until the end of tomorrow, for those who ask in the evening."""
    idle: timedelta = timedelta(minutes=30)
    """A telephone that was put away in a queue; a computer at a library that somebody left."""
    absolute: timedelta = timedelta(hours=4)
    """A visit ends, however busy: a forgotten tab does not stay open overnight."""
    keep: timedelta = timedelta(days=180)
    """A link that is over can be told from one that never was, and renewed, for so long."""
    knocks_kept: timedelta = timedelta(hours=2)
    """A link that comes later than this surprises whoever asked: it is not sent."""
    wrong_dates_per_network: Cap = field(default_factory=lambda: Cap(40, 120))
    """From one network address, over all links: a library shares one; a machine that guesses needs more."""
    wrong_dates_per_person: Cap = field(default_factory=lambda: Cap(10, 15))
    """Over all links to one record, from all networks: whoever holds somebody's telephone can have links renewed."""
    knocks_per_network: Cap = field(default_factory=lambda: Cap(20, 60))
    """As `outreach.rules.Rules.per_requester`."""
    knocks_in_all: Cap = field(default_factory=lambda: Cap(30_000, 200_000))
    """What workers can look up in an hour beside all else; over it nothing more is kept, and that is counted."""
    codes_per_contact: Cap = field(default_factory=lambda: Cap(5, 10))
    """Codes typed for one contact: of a million codes two stand open."""

    def last_day(self, days: int, now: datetime, zone: ZoneInfo) -> date:
        """The last day on which a link works, where the department is."""
        return now.astimezone(zone).date() + timedelta(days=days)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """When a day is over: what a message says and what the database holds agree."""
    return datetime.combine(day + timedelta(days=1), time(), zone)
