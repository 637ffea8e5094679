"""What is chosen by typing its name: tests by LOINC's names; products come from `issuer.products`. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cards.terminology import SNOMED, result_name
from issuer.plausibility.signed_tests import SIGNED_TESTS
from issuer.plausibility.signing import SigningPolicy

MAX_CHOICES: Final = 12
"""More than fit a phone's screen are a reason to type another word."""
NUMBER: Final = "number"
_QUALITATIVE: Final = ("260415000", "260373001", "82334004", "10828004", "260385009", "455371000124106")
OUTCOMES: Final[Sequence[tuple[str, str]]] = (
    *((code, result_name(SNOMED, code) or code) for code in _QUALITATIVE),
    (NUMBER, "A number"),
)
"""Qualitative results of the guide (requirement H6), the commonest first."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One product or test to choose."""

    code: str
    name: str
    detail: str = ""
    """What tells it from others of the name: maker, presentation, code."""
    manufacturer: str = ""
    """MVX, where the choice settles it."""

    @property
    def key(self) -> str:
        """What its radio button says: one code has several products."""
        return "|".join((self.code, self.manufacturer, self.name))


class Catalogue(Protocol):
    """Where products or tests are looked up."""

    def find(self, typed: str) -> Sequence[Choice]:
        """What a typed text may mean, likeliest first; at most MAX_CHOICES."""

    def keyed(self, key: str) -> Choice | None:
        """The one of a radio button; None where there is none."""


@dataclass(frozen=True, slots=True)
class Tests:
    """Laboratory tests by their names: those whose results are signed."""

    names: Mapping[str, str]
    """LOINC code to plain words."""

    __test__ = False  # its name looks like a test's to pytest

    def find(self, typed: str) -> Sequence[Choice]:
        """Tests whose name or code has every typed word, those that begin so first."""
        words = typed.casefold().split()
        if not words:
            return ()
        keys = ((f"{name} {code}".casefold(), code) for code, name in self.names.items())
        found = [one for one in keys if all(map(one[0].__contains__, words))]
        found.sort(key=lambda one: (not one[0].startswith(words[0]), len(one[0]), one))
        return [_test(code, self.names[code]) for _, code in found[:MAX_CHOICES]]

    def keyed(self, key: str) -> Choice | None:
        """The test of a LOINC code."""
        code = key.partition("|")[0]
        return _test(code, self.names[code]) if code in self.names else None


def _test(code: str, name: str) -> Choice:
    return Choice(code, name, f"LOINC {code}")


def signed_tests(policy: SigningPolicy) -> Tests:
    """The tests that a policy signs and that have a name."""
    return Tests({code: name for code, (name, _) in SIGNED_TESTS.items() if code in policy.tests})


def settled(catalogue: Catalogue, typed: str) -> Choice | None:
    """The one thing a typed text can only mean; None where it may be several, or none."""
    found = catalogue.find(typed)
    if len(found) == 1:
        return found[0]
    exact = [one for one in found if typed.casefold() in (one.name.casefold(), one.code.casefold())]
    return exact[0] if len(exact) == 1 else None
