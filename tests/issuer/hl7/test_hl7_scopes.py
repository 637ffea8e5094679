"""A token reaches what its scopes say, message by message: a right to record is no right to read or to delete."""

from dataclasses import replace
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("system/Immunization.c", {"add"}),
        ("system/Immunization.cu", {"add", "update"}),
        ("system/Immunization.d", {"delete"}),
        ("system/Immunization.r", {"query"}),
        ("system/Observation.c", {"result"}),
        ("system/Patient.u", {"merge"}),
        ("system/Immunization.cruds", {"add", "update", "delete", "query"}),
    ],
)
def test_each_message_needs_its_own_scope(
    ask: Any, sender: Any, intake: Any, shapes: Any, scope: str, allowed: Any
) -> None:
    limited = replace(sender, scopes=(scope,))
    dose = (shapes.pid(), shapes.orc())
    merge = shapes.joined(shapes.msh("ADT^A40^ADT_A39", "A-1", ""), shapes.pid(), "MRG|9876^^^HARBOUR^MR")
    messages = {
        "add": shapes.vxu(),
        "update": shapes.vxu(*dose, shapes.rxa(f21="U")),
        "delete": shapes.vxu(*dose, shapes.rxa(f21="D")),
        "query": shapes.qbp(),
        "result": shapes.oru(),
        "merge": merge,
    }
    reached = {name for name, octets in messages.items() if "forbidden" not in ask(octets, limited).own_codes}
    assert reached == allowed
    assert len(intake.proposals) == len(allowed & {"add", "update", "delete", "result"})


def test_whoever_has_no_scopes_is_limited_by_nothing_else(ask: Any, sender: Any, shapes: Any) -> None:
    """A listener's senders are bound by their certificates; an empty token reaches nothing."""
    assert ask(shapes.vxu(), replace(sender, scopes=None)).code == "AA"
    assert ask(shapes.vxu(), replace(sender, scopes=())).own_codes == ["forbidden"]
