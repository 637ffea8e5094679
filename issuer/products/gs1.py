"""The vial's barcode: GS1 DataMatrix or GS1-128, typed by a scanner or read by a camera, into product, lot and expiry.

Scanners differ: the separator FNC1 comes as the character 29, as a picture of it or not at all; a symbology identifier
(]d2, ]C1) stands in front or not; what is printed beside the code has parentheses. Serial numbers are passed over.
Source: GS1 General Specifications, sections 3 (application identifiers 01, 10, 17, 21, 7003), 7.8 (element strings),
7.9 (check digits), 7.12 (two-digit years); GS1 US, "Barcoding of NDCs": 03, then the ten digits of the NDC.
"""

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from biip import ParseConfig, ParseError
from biip.gs1_element_strings import GS1ElementString

from issuer.intake.findings import finding
from issuer.intake.proposal import Finding, Severity
from issuer.products.catalog import Catalog, builtin_catalog

MAX_CHARACTERS: Final = 400
"""A GS1 DataMatrix on a vial has about 45; the largest symbol could not be printed there."""
SCAN_FINDINGS: Mapping[str, tuple[Severity, str, str]] = MappingProxyType(
    {
        "scan-unreadable": (
            "error",
            "This is not the GS1 code of a vial, or only a part of it was read.",
            "Scan the square code on the vial or its box again; else type product, lot and expiry date.",
        ),
        "gtin-check-digit": (
            "error",
            "The check digit of the product number does not fit: it was misread or mistyped.",
            "Scan it again; else choose the product by its name.",
        ),
        "gtin-missing": (
            "warning",
            "The code has no product number.",
            "Choose the product by its name. Lot and expiry date are filled in where the code has them.",
        ),
        "gtin-unknown": (
            "warning",
            "We do not know the product with this number.",
            "Choose the product by its name. Lot and expiry date are filled in.",
        ),
        "gtin-not-us": (
            "warning",
            "The product number is not of a drug of the United States, so it does not lead to a vaccine.",
            "Choose the product by its name. Lot and expiry date are filled in.",
        ),
    }
)
"""code: (severity, what happened, what to do). An expiry date that is none has the checker's code, `expiry-form`."""

_SYMBOLOGY = re.compile(r"\](?:[dCQJe][0-9])")
_SEPARATORS = re.compile(r"\u241d|<GS>|\{GS\}|\^\]|\[FNC1\]|<FNC1>|\\x1d|\\u001d", re.IGNORECASE)
_PRINTED = re.compile(r"\((\d{2,4})\)([^()]*)")
_BARE_GTIN = re.compile(r"\d{12,14}")
_CONFIG = ParseConfig(gs1_element_strings_verify_date=False)  # a date that is none is said, and the lot still taken
_US_DRUG: Final = "03"
_OF_A_VIAL: Final = ("01", "10", "17", "7003")
"""Product, lot, last day of use, its last day with a time."""


@dataclass(frozen=True, slots=True)
class Vial:
    """What a code says. What it does not say is ""."""

    gtin: str = ""
    """14 digits, its check digit right."""
    ndc: str = ""
    """5-4-2; "" where the product is unknown: the digits alone do not say where the segments end."""
    code: str = ""
    """CVX."""
    name: str = ""
    """The trade name."""
    manufacturer: str = ""
    """MVX."""
    lot: str = field(default="", repr=False)
    expires: str = ""
    """Last day of use, YYYY-MM-DD."""
    findings: tuple[Finding, ...] = ()


def scan(text: str, today: date, catalog: Catalog | None = None) -> Vial:
    """What a scanned code says. Never raises: what cannot be read is a finding, and the rest is filled in.

    Args:
        text: as the scanner or the camera gave it.
        today: for the century of two-digit years.
    """
    elements: dict[str, str] = {}
    findings: list[Finding] = []
    try:
        for identifier, value in _elements(text):
            elements.setdefault(identifier, value)
    except ParseError:
        findings.append(_finding("scan-unreadable", "event"))
    if elements.keys().isdisjoint(_OF_A_VIAL):
        return Vial(findings=(_finding("scan-unreadable", "event"),))
    gtin, ndc, code, name, mvx = _product(elements.get("01", ""), catalog or builtin_catalog(), findings)
    expires = _last_day(elements.get("17", "") or elements.get("7003", "")[:6], today, findings)
    return Vial(gtin, ndc, code, name, mvx, elements.get("10", ""), expires, tuple(findings))


def check_digit(digits: str) -> str:
    """The check digit of the digits before it (GS1 General Specifications, 7.9.1)."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)


def _elements(text: str) -> Iterator[tuple[str, str]]:
    """Application identifiers and values. ParseError: what is left is none; the ones before were good."""
    text = text.strip(" \t\r\n\0\x02\x03\ufeff")
    text = _SYMBOLOGY.sub("", text, count=1) if text.startswith("]") else text
    text = _SEPARATORS.sub("\x1d", text).lstrip("\x1d")
    if len(text) > MAX_CHARACTERS or not text:
        raise ParseError
    if text.startswith("("):
        yield from _printed(text)
    elif _BARE_GTIN.fullmatch(text):
        yield "01", text.zfill(14)
    else:
        while text:
            element = GS1ElementString.extract(text, config=_CONFIG)
            yield element.ai.ai, element.value
            text = text[len(element) :].lstrip("\x1d")


def _printed(text: str) -> Iterator[tuple[str, str]]:
    """What is printed beside a code: (01)…(17)…(10)…"""
    end = 0
    for found in _PRINTED.finditer(text):
        if found.start() != end:
            break
        yield found[1], found[2].strip(" \x1d")
        end = found.end()
    if end != len(text):
        raise ParseError


def _product(gtin: str, catalog: Catalog, findings: list[Finding]) -> tuple[str, str, str, str, str]:
    """(GTIN, NDC, CVX, name, MVX), as far as they are known."""
    nothing = ("", "", "", "", "")
    if not gtin:
        findings.append(_finding("gtin-missing", "event.code"))
        return nothing
    if not (gtin.isascii() and gtin.isdigit() and len(gtin) == 14) or check_digit(gtin[:13]) != gtin[13]:
        findings.append(_finding("gtin-check-digit", "event.code"))
        return nothing
    if gtin[1:3] != _US_DRUG:
        findings.append(_finding("gtin-not-us", "event.code"))
        return (gtin, "", "", "", "")
    # The first digit says which package (a vial, a box): makers use it or leave it 0; the NDC is the same.
    found = catalog.by_ten_digits(gtin[3:13])
    if found is None:
        findings.append(_finding("gtin-unknown", "event.code"))
        return (gtin, "", "", "", "")
    product, ndc = found
    return (gtin, ndc, product.cvx, product.name, product.mvx)


def _last_day(text: str, today: date, findings: list[Finding]) -> str:
    """YYMMDD as the last day of use; day 00 is the last of its month."""
    if not text:
        return ""
    if text.isascii() and text.isdigit() and len(text) == 6:
        year, month, day = _year(int(text[:2]), today), int(text[2:4]), int(text[4:])
        if 1 <= month <= 12:
            last = calendar.monthrange(year, month)[1]
            if day <= last:
                return f"{year:04}-{month:02}-{day or last:02}"
    findings.append(finding("expiry-form", "event.expires"))
    return ""


def _year(two_digits: int, today: date) -> int:
    """The year that is at most 50 ahead of today and 49 behind (GS1 General Specifications, 7.12)."""
    year = today.year - today.year % 100 + two_digits
    if year - today.year > 50:
        return year - 100
    return year + 100 if year - today.year < -49 else year


def _finding(code: str, place: str) -> Finding:
    severity, message, remedy = SCAN_FINDINGS[code]
    return Finding(code, place, severity, message, remedy)
