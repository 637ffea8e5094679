"""SMART Health Links of residents: made, shown again, stopped; and what their addresses answer.

    holding = Holding(service, settings.address, settings.seal_secret)
    share_id = holding.make(person_id, Wish(titles, "School", passcode="481516", days=30, follows=True), now, actor)
    shown = holding.one(person_id, share_id, now, actor)       # .text is shlink:/…, .held.openings who opened it
    holding.stop(person_id, share_id, now, actor)
    answer = Answering(service, address, secret, count).manifest(token, body, network, now)

A link carries signed cards as they stand when it is opened. It refuses to open after it was stopped, after its end,
after ten wrong passcodes in its life, and while its person is protected from somebody who may have it from before. It
believes nobody about who they are: what a viewer says of itself is kept as its words.

Source: SMART Health Cards and Links 1.0.0, "SMART Health Links"; requirements (g). The protocol is `cards.shlink`.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from issuer.sharing.answering import Answering
from issuer.sharing.holding import Held, Holding, NoSuchLink, NotShared, Shown, Wish
from issuer.store import shares

if TYPE_CHECKING:
    from issuer.store import Store

OPENINGS_KEPT = timedelta(days=180)
"""Long enough to look back on a half-year; then who opened a link is nobody's business any more."""
ENDED_KEPT = timedelta(days=30)
"""A link that ended stands among its holder's that long, so that they see when and why."""


def forget(store: "Store", now: datetime) -> None:
    """Delete old openings, and links that ended some time ago; a chore of every day.

    Raises:
        StorageFull, StorageBusy: the rest is forgotten next time.
    """
    for forgotten, kept in ((shares.forget_openings, OPENINGS_KEPT), (shares.forget_ended, ENDED_KEPT)):
        while True:
            with store.writing() as connection:
                if not forgotten(connection, now - kept):
                    break


__all__ = [
    "ENDED_KEPT",
    "OPENINGS_KEPT",
    "Answering",
    "Held",
    "Holding",
    "NoSuchLink",
    "NotShared",
    "Shown",
    "Wish",
    "forget",
]
