"""Words and LOINC answers by which laboratories' tables give a result, and their SNOMED CT codes."""

from collections.abc import Mapping
from types import MappingProxyType

_WORDS = {
    "10828004": "positive, pos, +, la6576-8",
    "260385009": "negative, neg, -, la6577-6",
    "260373001": "detected, la11882-0",
    "260415000": "not detected, undetected, none detected, la11883-8",
    "11214006": "reactive",
    "131194007": "non-reactive, nonreactive, non reactive",
    "419984006": "inconclusive",
    "82334004": "indeterminate",
    "42425007": "equivocal",
    "455371000124106": "invalid, invalid result",
    "720735008": "presumptive positive",
    "125154007": "specimen unsatisfactory",
}

RESULT_WORDS: Mapping[str, str] = MappingProxyType(
    {word.strip(): code for code, words in _WORDS.items() for word in words.split(",")}
)
"""Lower case to code. The codes are those of `cards.terminology.snomed.RESULTS`."""
