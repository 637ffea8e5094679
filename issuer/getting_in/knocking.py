"""Self-service: somebody types a name, a birth date and a telephone number or e-mail address, and asks for a link.

The page's part is the same whoever asks: what was typed is sealed to one length and kept. A worker looks, later,
whether there is exactly one person of that name and birth date with that very contact, confirmed and not protected.
Nothing that can be seen or timed at the page depends on what it finds.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from issuer.getting_in.addresses import MAX_TYPED, read_contact
from issuer.getting_in.dates import is_date
from issuer.getting_in.naming import likeness
from issuer.getting_in.results import Asked, resident
from issuer.getting_in.sending import Wanted, send_links
from issuer.getting_in.setting import Setting
from issuer.persons import read_demographics
from issuer.staff.tokens import Unsealable, seal, unseal
from issuer.store.contacts import ContactRow, confirmed_at_address
from issuer.store.residents import KnockRow, PersonRow, add_knock, has_knocks, persons_now, take_knocks
from outreach.queueing import is_over
from outreach.store import add_count

if TYPE_CHECKING:
    from sqlalchemy import Connection

MAX_NAME = 200
"""Characters of a typed name that are looked at."""
MAX_LANGUAGE = 16
SEALED_OCTETS = 4096
"""What was typed is filled up to this before it is sealed: its length says nothing. The longest fits, whatever its
script."""
AT_ONCE = 100
"""Knocks answered in one transaction."""
MAX_SAME_CONTACT = 64
"""Persons with one contact who are looked at: a family, not a shelter's office telephone."""


@dataclass(frozen=True, slots=True)
class Knocks:
    """Asking for a link."""

    setting: Setting

    def knock(self, asked: Asked, now: datetime, origin: str) -> None:
        """Keep it for a worker. What this network, or everybody, asked too often is not kept: nobody is told."""
        setting, terms = self.setting, self.setting.terms
        knock_id, network = setting.new_id(), setting.network(origin)
        sealed = seal(setting.secret, _filled(asked), knock_id, setting.random)
        with setting.store.writing() as connection:
            own = add_count(connection, f"requester/knock/{network}", 1, now)
            everybody = add_count(connection, "knocks", 1, now)
            if not is_over(terms.knocks_per_network, *own) and not is_over(terms.knocks_in_all, *everybody):
                add_knock(connection, {"id": knock_id, "asked": sealed, "network": network, "asked_at": now})

    def answer(self, now: datetime) -> int:
        """Look at those who wait; how many there were. A knock is gone with its answer, or with none."""
        with self.setting.store.reading() as connection:
            if not has_knocks(connection):
                return 0
        with self.setting.store.writing() as connection:
            rows = take_knocks(connection, AT_ONCE)
            wanted: dict[tuple[str, str], Wanted] = {}
            for row in rows:
                if (found := self._wanted(connection, row, now)) is not None:
                    wanted.setdefault((found.person_id, found.contacts[0].id), found)
            send_links(connection, self.setting, list(wanted.values()), now)
            return len(rows)

    def _wanted(self, connection: "Connection", row: KnockRow, now: datetime) -> Wanted | None:
        asked = self._opened(row)
        if asked is None or now - row.asked_at > self.setting.terms.knocks_kept:
            return None
        found = _who(connection, asked)
        if found is None:
            return None
        person, contact = found
        days, once = self.setting.terms.asked_days, f"knock/{row.id}"
        language = asked.language or self.setting.language
        return Wanted(
            person.id, (contact,), "link-requested", "asked", days, once, language, row.asked_at, actor=resident("")
        )

    def _opened(self, row: KnockRow) -> Asked | None:
        try:
            return Asked(**json.loads(unseal(self.setting.secret, row.asked, row.id)))
        except (Unsealable, ValueError, TypeError):  # of another secret: nobody can answer it
            return None


def _who(connection: "Connection", asked: Asked) -> tuple[PersonRow, ContactRow] | None:
    """The one person whose name, birth date and confirmed contact these are; None where there are none or several."""
    reached = read_contact(asked.contact)
    if reached is None or not is_date(asked.birth_date):
        return None
    contacts = confirmed_at_address(connection, reached.channel, reached.address)
    if len(contacts) > MAX_SAME_CONTACT:
        return None
    persons = persons_now(connection, contacts)
    born = [one for one in persons.values() if one.birth_date == asked.birth_date and not one.protected]
    one = _named(asked.name, born)
    return (one, contacts[one.id]) if one else None


def _named(typed: str, persons: Sequence[PersonRow]) -> PersonRow | None:
    """The only one of that name: of twins, the one whose name was typed and nothing else."""
    liked = {one.id: likeness(typed, read_demographics(one.demographics)) for one in persons}
    best = max(liked.values(), default=0)
    found = [one for one in persons if best and liked[one.id] == best]
    return found[0] if len(found) == 1 else None


def _filled(asked: Asked) -> bytes:
    short = Asked(
        asked.name[:MAX_NAME], asked.birth_date[:10], asked.contact[: MAX_TYPED + 1], asked.language[:MAX_LANGUAGE]
    )
    return json.dumps(asdict(short), ensure_ascii=False).encode("utf-8", "replace").ljust(SEALED_OCTETS)
