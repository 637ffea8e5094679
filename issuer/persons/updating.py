"""How a message changes what is known of a person. Pure.

None and () say nothing, "" takes away (HL7 v2 tells an empty field from `""`). What people are found by is never lost:
identifiers are added, and a name that was replaced stays as an alias.
"""

from dataclasses import replace

from issuer.intake.proposal import Address, Demographics, Identifier, Name
from issuer.persons.names import fold

MAX_PHONES = 8
MAX_EMAILS = 8
MAX_ALIASES_KEPT = 16
MAX_IDENTIFIERS = 64
"""A person's row stays small whatever is sent; the oldest contacts go first, identifiers and aliases stop growing."""


def updated(old: Demographics, new: Demographics) -> Demographics:
    """What is known after `new` was said of the person known as `old`."""
    name = _name(old.name, new.name)
    return Demographics(
        name=name,
        birth_date=_birth_date(old.birth_date, new.birth_date),
        sex=_said(old.sex, new.sex),
        identifiers=_identifiers(old.identifiers, new.identifiers),
        aliases=_aliases(name, old, new),
        birth_order=old.birth_order if new.birth_order is None else new.birth_order,
        multiple_birth=old.multiple_birth if new.multiple_birth is None else new.multiple_birth,
        mother_maiden=_said(old.mother_maiden, new.mother_maiden),
        phones=_contacts(old.phones, new.phones, MAX_PHONES),
        emails=_contacts(old.emails, new.emails, MAX_EMAILS),
        address=_address(old.address, new.address),
        died_on=_said(old.died_on, new.died_on),
        protected=old.protected if new.protected is None else new.protected,
    )


def _said(old: str | None, new: str | None) -> str | None:
    """None keeps, "" takes away and leaves nothing known."""
    return old if new is None else (new or None)


def _birth_date(old: str, new: str) -> str:
    """A partial date does not take the place of a whole one that it agrees with."""
    return old if not new or old.startswith(new) else new


def _name(old: Name, new: Name) -> Name:
    """The newest name, but not a placeholder ("Baby Boy") in the place of a name."""
    if new == Name():
        return old
    return old if fold(new).placeholder and fold(old).first else new


def _aliases(name: Name, old: Demographics, new: Demographics) -> tuple[Name, ...]:
    """Every other name that was ever said, except placeholders: a child's first days are no former name."""
    said = [*old.aliases, old.name, *new.aliases, new.name]
    kept = [one for one in dict.fromkeys(said) if one not in (name, Name()) and not fold(one).placeholder]
    return tuple(kept[:MAX_ALIASES_KEPT])


def _identifiers(old: tuple[Identifier, ...], new: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
    """One of each authority and value; a kind that is said at last is kept."""
    known = {(one.authority, one.value): one for one in old}
    for one in new:
        if not one.value:
            continue
        earlier = known.get((one.authority, one.value))
        known[one.authority, one.value] = one if earlier is None or one.kind else earlier
    return tuple(known.values())[:MAX_IDENTIFIERS]


def _contacts(old: tuple[str, ...], new: tuple[str, ...], most: int) -> tuple[str, ...]:
    """The newest first; ("",) takes all away."""
    if "" in new:
        old = ()
    return tuple(one for one in dict.fromkeys((*new, *old)) if one)[:most]


def _address(old: Address | None, new: Address | None) -> Address | None:
    if new is None:
        return old
    return None if new == Address() else replace(new)
