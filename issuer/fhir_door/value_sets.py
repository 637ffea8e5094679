"""The value sets that `credentialValueSet` may name, and whether a code is in one. Pure.

Sources: SMART Health Cards: Vaccination & Testing 1.0.0 (canonical http://hl7.org/fhir/uv/shc-vaccination); VCI's
terminology for health cards (canonical https://terminology.smarthealth.cards); and one of our own for each of CDC's
vaccine groups, below the address of the FHIR server.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

from cards.terminology import CVX, ICD11, SNOMED, is_covid_test, vaccine, vaccine_groups

GUIDE = "http://hl7.org/fhir/uv/shc-vaccination/ValueSet/"
VCI = "https://terminology.smarthealth.cards/ValueSet/"
GROUP_PREFIX = "vaccine-group-"
"""`{base}/ValueSet/vaccine-group-hepb`."""
_GROUP_OF_DISEASE = {"covid": "COVID-19", "orthopoxvirus": "Orthopoxvirus"}
_SYSTEMS = {"cvx": CVX, "snomed": SNOMED, "icd11": ICD11}
LOINC = "http://loinc.org"

Holds = Callable[[str, str], bool]
"""(system, code) -> whether it is in the set."""


def value_set(canonical: str, base: str) -> Holds | None:
    """The set of a canonical address, with or without its version; None for one we do not know."""
    url = canonical.split("|", 1)[0]
    if url.startswith(f"{base}/ValueSet/{GROUP_PREFIX}"):
        return _group(url.removeprefix(f"{base}/ValueSet/{GROUP_PREFIX}"))
    for prefix in (GUIDE, VCI):
        if url.startswith(prefix):
            return _published(url.removeprefix(prefix))
    return None


def known_value_sets(base: str) -> Iterator[str]:
    """Every canonical address we know, for the documentation."""
    for prefix in (GUIDE, VCI):
        yield f"{prefix}immunization-all-cvx"
        yield f"{prefix}lab-qualitative-test-covid"
    yield f"{GUIDE}SnomedVaccineCodes"
    yield f"{GUIDE}ICD11Codes"
    for disease in _GROUP_OF_DISEASE:
        yield from (f"{VCI}immunization-{disease}-{system}" for system in ("all", *_SYSTEMS))
    yield from (f"{base}/ValueSet/{GROUP_PREFIX}{slug}" for slug in sorted(_slugs()))


def _published(name: str) -> Holds | None:
    fixed: dict[str, Holds] = {
        "immunization-all-cvx": lambda system, code: system == CVX and vaccine(CVX, code) is not None,
        "lab-qualitative-test-covid": lambda system, code: system == LOINC and is_covid_test(code),
        "SnomedVaccineCodes": lambda system, code: system == SNOMED and vaccine(SNOMED, code) is not None,
        "ICD11Codes": lambda system, code: system == ICD11 and bool(code),
    }
    return fixed.get(name) or _of_disease(name)


def _of_disease(name: str) -> Holds | None:
    found = re.fullmatch(r"immunization-([a-z]+)-(all|cvx|snomed|icd11)", name)
    group = _GROUP_OF_DISEASE.get(found[1]) if found else None
    if found is None or group is None:
        return None
    wanted = _SYSTEMS.get(found[2])
    return lambda system, code: wanted in (None, system) and group in groups_of(system, code)


def _group(slug: str) -> Holds | None:
    group = _slugs().get(slug)
    return None if group is None else lambda system, code: group in groups_of(system, code)


def groups_of(system: str, code: str) -> tuple[str, ...]:
    """CDC's vaccine groups of a vaccine code of any of the three systems."""
    if system == CVX:
        return vaccine_groups(code)
    known = vaccine(system, code)
    return known.groups if known else ()


@cache
def _slugs() -> dict[str, str]:
    from cards.terminology import cvx

    groups = {group for _, _, many in cvx.VACCINES.values() for group in many}
    return {re.sub(r"[^a-z0-9]+", "-", group.lower()): group for group in groups}
