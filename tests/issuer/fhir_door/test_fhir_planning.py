"""Whatever is sent: a plan or a precise refusal, never anything else, and no value of it in the words."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuer.fhir_door.bundles import read_bundle_entries
from issuer.fhir_door.issues import FhirRefused
from issuer.fhir_door.parameters import read_request
from issuer.fhir_door.planning import Asking, Known, plan, wanted
from issuer.fhir_door.reading import ours
from tests.issuer.fhir_door.world import BASE, NOW, bundle_of, dose, patient, result

ASKING = Asking(BASE, "c" * 32, None, NOW)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(
        ["", "Patient", "#p", "POST", "entered-in-error", "2021-01-01", "Patient/a", 10**400, {}, [], [{}]]
    ),
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside."""
    found = [path]
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in members:
        found += places(inner, (*path, name))
    return found


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with something else at a place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(value[path[0]], path[1:], new)
    return copy


def read_or_refused(read: Any, sent: Any) -> Any:
    """What was read; None where it was refused with reasons."""
    try:
        return read(json.dumps(sent).encode("utf-8", "surrogatepass"))
    except FhirRefused as refused:
        if refused.status not in (400, 422) or not refused.issues:
            raise
        return None


WHOLE = bundle_of("batch", patient(identifier=[{"system": "urn:x", "value": "1"}]), dose(), result())


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_bundle_with_anything_anywhere(data):
    sent = put(WHOLE, data.draw(st.sampled_from(places(WHOLE))), data.draw(JSON))
    read = read_or_refused(read_bundle_entries, sent)
    if read is None:
        return
    wanted(read.entries, BASE)
    planned = plan(read.entries, read.content, Known(), ASKING)
    for number in range(len(read.entries)):
        steps = [step for step in planned.steps if step.number == number]
        assert not (steps and planned.is_refused(number))
    assert all(one.expression for found in planned.issues.values() for one in found)


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_parameters_with_anything_anywhere(data):
    whole = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "credentialType", "valueUri": "Immunization"},
            {"name": "_since", "valueDateTime": "2021-03"},
        ],
    }
    sent = put(whole, data.draw(st.sampled_from(places(whole))), data.draw(JSON))
    read_or_refused(read_request, sent)


def test_which_references_are_ours():
    assert ours("Patient/a-1.b", BASE) == "a-1.b"
    assert ours(f"{BASE}/Patient/a", BASE) == "a"
    for other in ("", "Patient/", "Patient/a/b", "Patient/a\x00", "https://x/Patient/a", "Patient", "xPatient/a"):
        assert ours(other, BASE) == ""
