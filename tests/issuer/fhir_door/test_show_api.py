"""The small form of `make show-api`: what the description promises of the doors for systems is so."""

from tests.issuer.fhir_door.world import OPERATORS_TOKEN
from tests.shows.api import examine


def test_answers_are_as_described(world):
    figures, shown = examine(world.app, OPERATORS_TOKEN, 2, seed="1", phases="examples,fuzzing")
    assert shown, figures
    assert figures["operations"] >= 16
