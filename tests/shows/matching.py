"""`make show-matching`: false and missed links on a generated population of PERSONS (100,000).

Twice: born over 80 years, and born within 73 days, so that as many share a birth date as among 40 million people.
"""

import os
from typing import Any

from tests.issuer.persons.population import run

AS_IN_A_STATE = 73 / 100_000
"""Days of birth a person: as dense as 40 million people over 80 years."""
FALSE_LINKS = 0.0002
"""Of all links, in the dense population: what docs/matching.md states, rounded up."""


def show() -> tuple[dict[str, Any], bool]:
    persons = int(os.environ.get("PERSONS", "100000"))
    usual = run(persons, 1)
    dense = run(persons, 1, days=max(1, round(persons * AS_IN_A_STATE)))
    for name, figures in (("born over 80 years", usual), ("as dense as in a state", dense)):
        print(f"{name}: {figures}")
    rate = dense["false_links"] / max(1, dense["linked"])
    return {"persons": persons, "usual": usual, "dense": dense}, usual["false_links"] == 0 and rate <= FALSE_LINKS
