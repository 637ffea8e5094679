"""A person's name as one line. Pure."""

from issuer.intake.proposal import Demographics, Name


def shown_name(person: Demographics) -> str:
    """ "Wilhelmina Quasimodo"; the undivided text where there is no more."""
    return name_in_one(person.name)


def name_in_one(name: Name) -> str:
    """Given names, family name, suffix."""
    parts = (*name.given, name.family, name.suffix)
    return " ".join(part for part in parts if part) or name.text
