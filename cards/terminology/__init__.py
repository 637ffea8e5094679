"""What codes on cards are called: vaccines and their groups, tests, results.

Pure look-ups in data modules; each module is loaded by the first question that needs it. A code we do not know gives
None, never a guess: whoever shows it shows the code and its system.

    vaccine("http://hl7.org/fhir/sid/cvx", "208").name      # "COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose"
    vaccine_groups("110")                                   # ("DTaP/Tdap/Td", "HepB", "Polio")
    group_title("HepB")                                     # "Hepatitis B"
    test_name("http://loinc.org", "94558-4")                # "COVID-19 rapid antigen test, respiratory specimen"
    result_name("http://snomed.info/sct", "260415000")      # "Not detected"
"""

from dataclasses import dataclass

__all__ = [
    "CVX",
    "ICD11",
    "LOINC",
    "SNOMED",
    "Vaccine",
    "group_title",
    "is_covid_test",
    "is_no_vaccine",
    "result_name",
    "test_name",
    "vaccine",
    "vaccine_groups",
]

CVX = "http://hl7.org/fhir/sid/cvx"
SNOMED = "http://snomed.info/sct"
ICD11 = "http://id.who.int/icd/release/11/mms"
LOINC = "http://loinc.org"

_GROUP_TITLES = {
    "DTaP/Tdap/Td": "Diphtheria, tetanus, pertussis",
    "HepA": "Hepatitis A",
    "HepB": "Hepatitis B",
    "Japanese Encephalitis": "Japanese encephalitis",
    "MMR": "Measles, mumps, rubella",
    "Orthopoxvirus": "Smallpox and mpox",
    "TBE": "Tick-borne encephalitis",
    "Yellow Fever": "Yellow fever",
}


@dataclass(frozen=True, slots=True)
class Vaccine:
    """What a vaccine code stands for. `groups` are CDC's vaccine groups; empty where CDC has none."""

    name: str
    groups: tuple[str, ...]
    unspecified: bool = False
    """The code names a kind of vaccine and leaves the product open."""


def vaccine(system: str, code: str) -> Vaccine | None:
    """The vaccine of a CVX, SNOMED CT or ICD-11 code; None where we do not know it."""
    if system == CVX:
        return _of_cvx(_two_digits(code))
    if system == SNOMED:
        from cards.terminology import snomed

        return Vaccine(snomed.VACCINES[code], (snomed.GROUP,)) if code in snomed.VACCINES else None
    if system == ICD11:
        from cards.terminology import icd11

        return Vaccine(icd11.VACCINES[code], (icd11.GROUP,)) if code in icd11.VACCINES else None
    return None


def vaccine_groups(code: str, age: int | None = None) -> tuple[str, ...]:
    """CDC's vaccine groups of a CVX code; empty where it has none.

    Args:
        age: years at the dose. One vaccine (zoster live) counts for varicella below 50 and for zoster from 50 on;
            without an age it is in both groups.
    """
    from cards.terminology import cvx

    code = _two_digits(code)
    if code not in cvx.VACCINES:
        return ()
    if age is not None and code in cvx.AGE_BOUND:
        return tuple(group for group, begin, end in cvx.AGE_BOUND[code] if begin <= age and (end is None or age < end))
    return cvx.VACCINES[code][2]


def group_title(group: str) -> str:
    """A vaccine group in plain words: "HepB" is "Hepatitis B". What needs no translation comes back unchanged."""
    return _GROUP_TITLES.get(group, group)


def is_no_vaccine(code: str) -> bool:
    """Whether a CVX code stands for no vaccine at all: skin tests, "no vaccine administered", "unknown"."""
    from cards.terminology import cvx_others

    return _two_digits(code) in cvx_others.NOT_GIVEN


def test_name(system: str, code: str) -> str | None:
    """The test of a LOINC code in plain words; None where we do not know it."""
    if system != LOINC:
        return None
    from cards.terminology import loinc

    return loinc.COVID_TESTS.get(code) or loinc.OTHER_TESTS.get(code)


test_name.__test__ = False  # type: ignore[attr-defined]  # its name looks like a test's to pytest


def is_covid_test(code: str) -> bool:
    """Whether a LOINC code is in the value set of the COVID-19 laboratory profiles (83 codes, requirement H6)."""
    from cards.terminology import loinc

    return code in loinc.COVID_TESTS


def result_name(system: str, code: str) -> str | None:
    """A result in plain words: "Not detected", "Positive", an organism; None where we do not know the code."""
    if system == SNOMED:
        from cards.terminology import snomed

        return snomed.RESULTS.get(code) or snomed.SUPERVISIONS.get(code)
    if system == LOINC:
        from cards.terminology import loinc

        return loinc.ANSWERS.get(code)
    return None


def _of_cvx(code: str) -> Vaccine | None:
    from cards.terminology import cvx, cvx_others

    if code in cvx.VACCINES:
        name, _, groups = cvx.VACCINES[code]
        return Vaccine(name, groups, _is_unspecified(name))
    name = cvx_others.VACCINES.get(code) or cvx_others.IMMUNE_GLOBULINS.get(code, "")
    return Vaccine(name, (), _is_unspecified(name)) if name else None


def _is_unspecified(name: str) -> bool:
    lower = name.lower()
    return "unspecified" in lower or "product unknown" in lower


def _two_digits(code: str) -> str:
    """CVX codes below 10 are written with a leading zero; records come with and without."""
    return code.zfill(2)
