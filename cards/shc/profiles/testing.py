"""The laboratory result profiles, COVID-19 and generic (requirements H5, H6)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cards.shc.profiles.faults import Fault, fault
from cards.shc.profiles.reading import coding_list, is_moment, objects, text
from cards.shc.profiles.vaccination import check_identity_assurance, check_performers
from cards.terminology import LOINC, SNOMED, result_name, test_name

FINAL = frozenset({"final", "amended", "corrected"})
SHORT_RESULT = 20
"""Characters a result in free text should stay below (H6)."""
_LOINC_FORM = re.compile(r"[0-9]{1,7}-[0-9]")
_VALUES = ("valueCodeableConcept", "valueQuantity", "valueString")


def check_result(result: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """Status, code, time, value, performer of one Observation."""
    if result.get("status") not in FINAL:
        yield fault("status-not-final", f"{path}.status")
    yield from _check_code(coding_list(result.get("code")), f"{path}.code")
    yield from _check_time(result, path)
    yield from _check_value(result, path)
    yield from check_performers(objects(result.get("performer")), path)
    yield from _check_components(result, path)
    yield from check_identity_assurance(result, path)


def _check_code(codings: list[Mapping[str, Any]], path: str) -> Iterator[Fault]:
    if not codings:
        yield fault("test-code-missing", path)
    elif len(codings) > 1:
        yield fault("test-code-several", f"{path}.coding")
    for number, coding in enumerate(codings):
        place, code = f"{path}.coding[{number}]", text(coding.get("code"))
        if coding.get("system") != LOINC:
            yield fault("test-code-system", f"{place}.system")
        elif not _LOINC_FORM.fullmatch(code):
            yield fault("test-code-form", f"{place}.code")
        elif test_name(LOINC, code) is None:
            yield fault("test-unknown", f"{place}.code")


def _check_time(result: Mapping[str, Any], path: str) -> Iterator[Fault]:
    given = [name for name in result if name.startswith("effective")]
    if not given:
        yield fault("time-missing", path)
    elif given == ["effectiveDateTime"]:
        if not is_moment(text(result["effectiveDateTime"])):
            yield fault("time-form", f"{path}.effectiveDateTime")
    elif given == ["effectivePeriod"]:
        period = result["effectivePeriod"]
        ends = [period.get(name) for name in ("start", "end") if name in period] if isinstance(period, Mapping) else []
        if not ends or not all(is_moment(text(end)) for end in ends):
            yield fault("time-form", f"{path}.effectivePeriod")
    else:
        yield fault("time-form", f"{path}.effective")


def _check_value(result: Mapping[str, Any], path: str) -> Iterator[Fault]:
    given = [name for name in result if name.startswith("value")]
    if not given:
        yield fault("result-missing", path)
    elif len(given) > 1 or given[0] not in _VALUES:
        yield fault("result-form", f"{path}.value")
    elif given[0] == "valueCodeableConcept":
        yield from _check_coded_value(coding_list(result["valueCodeableConcept"]), f"{path}.valueCodeableConcept")
        if "referenceRange" in result:
            yield fault("reference-range-unneeded", f"{path}.referenceRange")
    elif given[0] == "valueQuantity":
        yield from _check_quantity(result, path)
    else:
        yield fault("result-text", f"{path}.valueString")


def _check_quantity(result: Mapping[str, Any], path: str) -> Iterator[Fault]:
    quantity = result["valueQuantity"]
    if not isinstance(quantity, Mapping) or "value" not in quantity:
        yield fault("result-missing", f"{path}.valueQuantity.value")
    elif "referenceRange" not in result:
        yield fault("reference-range-missing", path)


def _check_coded_value(codings: list[Mapping[str, Any]], path: str) -> Iterator[Fault]:
    if not codings:
        yield fault("result-missing", path)
    elif len(codings) > 1:
        yield fault("result-code-several", f"{path}.coding")
    for number, coding in enumerate(codings):
        place, code = f"{path}.coding[{number}]", text(coding.get("code"))
        if coding.get("system") != SNOMED or not code:
            yield fault("result-code-system", place)
        elif result_name(SNOMED, code) is None:
            yield fault("result-unknown", f"{place}.code")


def _check_components(result: Mapping[str, Any], path: str) -> Iterator[Fault]:
    from cards.terminology import snomed

    components = objects(result.get("component"))
    for number, component in enumerate(components):
        codes = [(c.get("system"), c.get("code")) for c in coding_list(component.get("code"))]
        values = [(c.get("system"), c.get("code")) for c in coding_list(component.get("valueCodeableConcept"))]
        supervised = codes == [(SNOMED, snomed.SUPERVISION)]
        known = len(values) == 1 and values[0][0] == SNOMED and values[0][1] in snomed.SUPERVISIONS
        if not supervised or not known or number:
            yield fault("component-form", f"{path}.component[{number}]")
