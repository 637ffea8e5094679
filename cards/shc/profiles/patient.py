"""The Patient profiles (requirement H2)."""

from collections.abc import Iterator, Mapping
from typing import Any

from cards.shc.profiles.faults import Fault, fault
from cards.shc.profiles.reading import is_date, objects, text


def check_patient(patient: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """Names, date of birth, and the modifiers of a Patient."""
    names = objects(patient.get("name"))
    if not names:
        yield fault("name-missing", path)
    if len(names) > 1:
        yield fault("name-several", f"{path}.name")
    for number, name in enumerate(names):
        if _is_divided(name) == bool(text(name.get("text"))):
            yield fault("name-form", f"{path}.name[{number}]")
    if len(names) == 1 and "use" in names[0]:
        yield fault("name-use", f"{path}.name[0].use")
    yield from _check_birth_date(patient, path)
    yield from _check_modifiers(patient, path)


def _is_divided(name: Mapping[str, Any]) -> bool:
    return bool(text(name.get("family")) and name.get("given"))


def _check_birth_date(patient: Mapping[str, Any], path: str) -> Iterator[Fault]:
    if "birthDate" not in patient:
        yield fault("birth-date-missing", path)
    elif not is_date(text(patient["birthDate"])):
        yield fault("birth-date-form", f"{path}.birthDate")


def _check_modifiers(patient: Mapping[str, Any], path: str) -> Iterator[Fault]:
    if patient.get("active", True) is not True:
        yield fault("patient-inactive", f"{path}.active")
    if patient.get("deceasedBoolean", False) is not False:
        yield fault("patient-deceased", f"{path}.deceasedBoolean")
    if "deceasedDateTime" in patient:
        yield fault("patient-deceased", f"{path}.deceasedDateTime")
    if any(link.get("type") == "replaced-by" for link in objects(patient.get("link"))):
        yield fault("patient-replaced", f"{path}.link")
