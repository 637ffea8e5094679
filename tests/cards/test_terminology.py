"""Names of codes: the generated module is what the importer makes, and unknown codes are never guessed."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from cards import terminology
from cards.terminology import CVX, ICD11, LOINC, SNOMED, cvx, cvx_others, icd11, loinc, snomed

ROOT = Path(__file__).resolve().parents[2]
RELEASE = "cdsi-4.64"


@pytest.fixture(scope="module")
def importer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("importer", ROOT / "requirements" / "import_terminology.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_module_is_what_the_importer_makes(shared: Path, importer: ModuleType) -> None:
    source = importer.generate(shared / "data" / RELEASE)
    assert source == (ROOT / "cards" / "terminology" / "cvx.py").read_text("utf-8")
    assert importer.generate(shared / "data" / RELEASE) == source


def test_the_importer_wants_a_version(tmp_path: Path, importer: ModuleType) -> None:
    with pytest.raises(ValueError, match="version"):
        importer.generate(tmp_path / "cdsi")


def test_the_release_is_recorded_and_whole() -> None:
    assert cvx.VERSION == "CDSi 4.64"
    assert len(cvx.VACCINES) == 218
    assert all(name and antigens and groups for name, antigens, groups in cvx.VACCINES.values())
    assert len({group for *_, groups in cvx.VACCINES.values() for group in groups}) == 26


def test_vaccines_by_their_codes() -> None:
    comirnaty = terminology.vaccine(CVX, "208")
    assert comirnaty == terminology.Vaccine("COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose", ("COVID-19",))
    assert terminology.vaccine(CVX, "110") == terminology.Vaccine("DTaP-Hep B-IPV", ("DTaP/Tdap/Td", "HepB", "Polio"))
    assert terminology.vaccine(CVX, "8") == terminology.vaccine(CVX, "08")
    assert terminology.vaccine(CVX, "19") == terminology.Vaccine("BCG", ())
    assert terminology.vaccine(ICD11, "XM3DT5") == terminology.Vaccine("COVID-19 Vaccine Moderna", ("COVID-19",))
    assert terminology.vaccine(SNOMED, "1119349007") == terminology.Vaccine("SARS-CoV-2 mRNA vaccine", ("COVID-19",))


@pytest.mark.parametrize(
    ("code", "unspecified"), [("213", True), ("500", True), ("88", True), ("208", False), ("319", True)]
)
def test_codes_that_leave_the_product_open(code: str, unspecified: bool) -> None:
    known = terminology.vaccine(CVX, code)
    assert known is not None
    assert known.unspecified is unspecified


def test_unknown_codes_are_none() -> None:
    assert terminology.vaccine(CVX, "7777") is None
    assert terminology.vaccine(CVX, "") is None
    assert terminology.vaccine("http://www.whocc.no/atc", "J07BX03") is None
    assert terminology.vaccine(SNOMED, "208") is None
    assert terminology.vaccine(ICD11, "208") is None
    assert terminology.vaccine_groups("7777") == ()
    assert terminology.test_name(LOINC, "1-8") is None
    assert terminology.test_name(SNOMED, "94500-6") is None
    assert terminology.result_name(SNOMED, "1") is None
    assert terminology.result_name(LOINC, "LA1-1") is None
    assert terminology.result_name("http://example.org", "260415000") is None


def test_one_vaccine_counts_for_different_groups_at_different_ages() -> None:
    assert terminology.vaccine_groups("121") == ("Varicella", "Zoster")
    assert terminology.vaccine_groups("121", 49) == ("Varicella",)
    assert terminology.vaccine_groups("121", 50) == ("Zoster",)
    assert terminology.vaccine_groups("208", 50) == ("COVID-19",)


def test_codes_that_are_no_vaccine() -> None:
    assert all(map(terminology.is_no_vaccine, ("95", "98", "99", "998", "999")))
    assert not any(map(terminology.is_no_vaccine, ("208", "19", "08", "8")))
    assert terminology.vaccine(CVX, "998") is None


def test_the_tables_do_not_overlap() -> None:
    assert not set(cvx.VACCINES) & set(cvx_others.VACCINES)
    assert not set(cvx_others.VACCINES) & set(cvx_others.IMMUNE_GLOBULINS)
    assert not set(cvx_others.NOT_GIVEN) & {*cvx.VACCINES, *cvx_others.VACCINES, *cvx_others.IMMUNE_GLOBULINS}
    assert not set(loinc.COVID_TESTS) & set(loinc.OTHER_TESTS)


def test_tests_and_results_in_plain_words() -> None:
    assert terminology.test_name(LOINC, "94558-4") == "COVID-19 rapid antigen test, respiratory specimen"
    assert terminology.test_name(LOINC, "16935-9") == "Hepatitis B surface antibody level, blood"
    assert terminology.result_name(SNOMED, "260415000") == "Not detected"
    assert terminology.result_name(SNOMED, "1208523001") == "Specimen taken by a health professional"
    assert terminology.result_name(LOINC, "LA6577-6") == "Negative"
    assert terminology.is_covid_test("94500-6")
    assert not terminology.is_covid_test("16935-9")
    assert len(loinc.COVID_TESTS) == 83
    # The qualitative results that requirement H6 names.
    named = "10828004 260373001 260385009 260415000 11214006 131194007 419984006 42425007 82334004 125154007"
    assert {*named.split(), "455371000124106", "720735008", "415684004"} <= set(snomed.RESULTS)


def _check_digit_holds(code: str) -> bool:
    """LOINC's check digit: Luhn's algorithm, modulo 10."""
    digits, check = code.split("-")
    doubled = sum(sum(divmod(2 * int(d), 10)) for d in digits[::-1][::2])
    return (doubled + sum(int(d) for d in digits[::-1][1::2]) + int(check)) % 10 == 0


@pytest.mark.parametrize("code", [*loinc.COVID_TESTS, *loinc.OTHER_TESTS])
def test_loinc_codes_are_not_misspelt(code: str) -> None:
    assert re.fullmatch(r"[0-9]{3,5}-[0-9]", code)
    assert _check_digit_holds(code)


_DIHEDRAL = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
]
_PERMUTED = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
for _ in range(6):
    _PERMUTED.append([_PERMUTED[1][place] for place in _PERMUTED[-1]])


@pytest.mark.parametrize("code", [*snomed.RESULTS, *snomed.SUPERVISIONS, *snomed.VACCINES, snomed.SUPERVISION])
def test_snomed_codes_are_not_misspelt(code: str) -> None:
    """SNOMED CT's check digit is Verhoeff's."""
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = _DIHEDRAL[check][_PERMUTED[place % 8][int(digit)]]
    assert check == 0


def test_titles_of_groups_are_words() -> None:
    assert terminology.group_title("HepB") == "Hepatitis B"
    assert terminology.group_title("COVID-19") == "COVID-19"
    groups = {group for *_, groups in cvx.VACCINES.values() for group in groups}
    assert set(terminology._GROUP_TITLES) <= groups
    assert not [title for title in map(terminology.group_title, groups) if "/" in title]


def test_importing_costs_nothing() -> None:
    """The command line loads the package at every start; the tables wait for the first question."""
    code = "import sys, cards.terminology; print([m for m in sys.modules if m.startswith('cards.terminology.')])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "[]"


def test_icd11_codes_have_their_form() -> None:
    assert all(re.fullmatch(r"XM[0-9A-Z]{4}", code) for code in icd11.VACCINES)
    assert (icd11.SYSTEM, snomed.SYSTEM, loinc.SYSTEM) == (ICD11, SNOMED, LOINC)
