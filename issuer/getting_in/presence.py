"""Who of the staff may let somebody in: whoever may hand out cards, for people who are there."""

from typing import TYPE_CHECKING

from issuer.getting_in.results import UnknownPerson
from issuer.rights import Actor, Forbidden, Permission, require
from issuer.store.own_records import has_given
from issuer.store.residents import PersonRow, person_now

if TYPE_CHECKING:
    from sqlalchemy import Connection

LETS_IN: Permission = "card.issue"
"""Sign, show and print a card: a link that opens them is no more than that."""


def person_for(connection: "Connection", actor: Actor, person_id: str) -> PersonRow:
    """The person, for somebody who may let them in: a clinic, people it gave a dose to or tested.

    Raises:
        Forbidden: this role lets nobody in.
        UnknownPerson: there is none, or it is nobody of theirs; that looks the same.
    """
    require(actor, LETS_IN, actor.clinic_id)
    person = person_now(connection, person_id)
    if person is None or (actor.clinic_id and not has_given(connection, actor.clinic_id, person.id)):
        raise UnknownPerson("there is no person with this id")
    return person


def require_staff(actor: Actor) -> None:
    """A program sees nobody: confirming who reads a contact's messages takes a person. Raises Forbidden."""
    if not actor.id.startswith("staff:"):
        raise Forbidden("this takes somebody who saw the person")
