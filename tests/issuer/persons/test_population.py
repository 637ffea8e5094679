"""How often the matching is wrong, on a generated population: the figures of docs/matching.md in a small form."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def run():
    path = Path(__file__).with_name("population.py")
    spec = importlib.util.spec_from_file_location("population", path)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["population"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module.run
    del sys.modules["population"]


def test_ten_thousand_people_of_all_ages(run):
    found = run(10_000, 3)
    assert found["false_links"] <= 2
    assert found["missed_rate"] <= 0.012
    assert found["asked_rate"] <= 0.08
    assert found["keys_per_person"] <= 4


def test_two_thousand_people_as_close_together_as_in_a_state(run):
    """As many share each birth date as among 40 million."""
    found = run(2_000, 3, days=2)
    assert found["false_links"] <= 4
    assert found["missed_rate"] <= 0.03
    assert found["asked_rate"] <= 0.12
