"""Persons: what they are found by, whose record something is, and how a message changes what is known. Pure.

    keys = keys_of(person)                                    # file it, and find candidates, under these
    decision = decide(person, by_identifier, by_name)         # match, new, or for people to say
    person = updated(old, person)                             # what is known now

It never merges two persons and never keeps anything: the store files the keys, people decide on `review`.
The rules, the weights and what they cost stand in docs/matching.md.
"""

from issuer.persons.codec import demographics_json, read_demographics
from issuer.persons.deciding import Candidate, Decision, Resemblance, decide
from issuer.persons.keys import Keys, keys_of
from issuer.persons.updating import updated

__all__ = [
    "Candidate",
    "Decision",
    "Keys",
    "Resemblance",
    "decide",
    "demographics_json",
    "keys_of",
    "read_demographics",
    "updated",
]
