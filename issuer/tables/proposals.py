"""Rows to proposals: each cell to its field, as it was sent where the checker can judge it.

What no proposal can carry (a birth order that is no number, a product name that two products have) comes back as
findings instead. The mapping is compiled once for a file: a row costs some 20 microseconds.
"""

import re
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from issuer.intake.proposal import (
    Action,
    Address,
    Demographics,
    Dose,
    Event,
    Finding,
    Identifier,
    Name,
    Proposal,
    Result,
)
from issuer.products import Catalog, builtin_catalog
from issuer.tables.cells import (
    FORMULA_ERRORS,
    NO,
    ROUNDED,
    SEXES,
    TAKE_AWAY,
    YES,
    iso_day,
    iso_moment,
    last_day,
    phone_number,
    plain,
)
from issuer.tables.columns import COLUMNS
from issuer.tables.faults import fault
from issuer.tables.mapping import ColumnMapping
from issuer.tables.result_words import RESULT_WORDS
from issuer.tables.rows import Row

Made = Proposal | tuple[Finding, ...]
_ACTIONS: Mapping[str, Action] = {
    "": "add", "a": "add", "add": "add", "new": "add", "u": "update", "update": "update", "change": "update",
    "d": "delete", "delete": "delete", "remove": "delete",
}  # fmt: skip
_REFUSED = "refused, re, declined"
_NOT_ADMINISTERED = "not given, na, not administered, not-administered, not done, not-done"
_NOT_GIVEN: Mapping[str, str] = {
    **dict.fromkeys(_REFUSED.split(", "), "refused"),
    **dict.fromkeys(_NOT_ADMINISTERED.split(", "), "not-administered"),
}
_GIVEN = frozenset({"", "given", "complete", "completed", "administered", "cp", "done"})
_PARTIAL = frozenset({"partial", "pa", "partially administered", "subpotent"})
_KINDS = {"dose": "dose", "vaccination": "dose", "immunization": "dose", "result": "result", "test": "result"}
_NEVER_ROUNDED = ("identifier", "event_id", "phone", "product", "test", "result_code")
"""Where a number cut short would be another's: an identifier rounded is the identifier of a thousand people."""
_ADDRESS = ("address", "city", "state", "postcode", "country")
_SHORTEST_SNOMED = 6
"""Digits of an identifier of SNOMED CT (its technical guide); a shorter number is an amount."""
_RATIO = re.compile(r"[<>]?=?\d+(?:\.\d+)? ?[:/-] ?\d+(?:\.\d+)?")
"""A titre (1:128) or a range: text as people write it, as behind the laboratory's door (`issuer.hl7.results`)."""
_ADMINISTERED = "00"
"""NIP001: given by the sender."""


class _Bad(Exception):
    """A cell that no proposal can carry."""

    def __init__(self, code: str, column: str) -> None:
        super().__init__(code)
        self.finding = fault(code, COLUMNS[column].place)


def proposer(mapping: ColumnMapping, catalog: Catalog | None = None) -> Callable[[Row], Made]:
    """What makes a proposal, or findings, out of each row of a file.

    Args:
        catalog: products by NDC and name; by default the ones that come with this program.

    Raises:
        ValueError: the mapping names a time zone that there is not.
    """
    if mapping.zone:
        try:
            ZoneInfo(mapping.zone)
        except (OSError, ValueError, ZoneInfoNotFoundError):
            raise ValueError("there is no such time zone") from None
    return _Proposer(mapping, catalog or builtin_catalog())


def proposal_of(row: Row, mapping: ColumnMapping, catalog: Catalog | None = None) -> Made:
    """One row's proposal, or what is wrong with its cells. For many rows use `proposer`."""
    return proposer(mapping, catalog)(row)


def column_of(finding: Finding, row: Row, mapping: ColumnMapping) -> str:
    """The header of the cell, or the headers of the cells, that a finding is about; "" where it is the whole row."""
    if row.column:
        return row.column
    places = [header for name, header in mapping.columns if COLUMNS[name].place == finding.place]
    filled = [header for header in places if row.cells.get(header, "").strip()]
    return ", ".join(filled or places)


class _Proposer:
    """A mapping, compiled."""

    def __init__(self, mapping: ColumnMapping, catalog: Catalog) -> None:
        self._mapping = mapping
        self._catalog = catalog
        self._order, self._zone, self._region = mapping.date_order, mapping.zone, mapping.region
        self._columns = mapping.columns
        self._fixed = dict(mapping.fixed)
        there = {name for name, _ in mapping.columns} | set(self._fixed)
        self._has_address = not there.isdisjoint(_ADDRESS)
        self._has_event = not there.isdisjoint(("product", "date", "test", "result_time", "event_id"))
        self._products: dict[str, tuple[str, str]] = {}

    def __call__(self, row: Row) -> Made:
        if row.fault:
            return (fault(row.fault, self._place(row)),)
        given = self._cells(row)
        bad = _suspicious(given)
        if bad:
            return bad
        try:
            action = _ACTIONS.get(given.get("action", "").lower())
            if action is None:
                raise _Bad("action-form", "action")
            event = self._event(given) if self._has_event else None
            return Proposal(self._person(given), event, action, given.get("event_id", ""))
        except _Bad as found:
            return (found.finding,)

    def _place(self, row: Row) -> str:
        name = next((name for name, header in self._columns if header == row.column), "")
        return COLUMNS[name].place if name else "row"

    def _cells(self, row: Row) -> dict[str, str]:
        """Our column to text, empty cells left out."""
        cells = row.cells
        given = dict(self._fixed)
        for name, header in self._columns:
            cell = cells.get(header)
            if cell and (text := plain(cell)):
                given[name] = text
        return given

    def _person(self, given: Mapping[str, str]) -> Demographics:
        get = given.get
        identifier, phone, email, sex = get("identifier"), get("phone"), get("email"), get("sex")
        died = get("death_date")
        return Demographics(
            _name(given),
            iso_day(get("birth_date", ""), self._order),
            None if sex is None else "" if sex == TAKE_AWAY else SEXES.get(sex.lower(), sex),
            (Identifier(get("identifier_authority", ""), identifier, ""),) if identifier else (),
            (),
            _number(given, "birth_order", "birth-order-range"),
            _yes_no(given, "multiple_birth"),
            _text(get("mother_maiden_name")),
            (phone_number(phone, self._region),) if phone else (),
            (email,) if email else (),
            Address(*(get(part, "") for part in _ADDRESS)) if self._has_address and _any(given, _ADDRESS) else None,
            _died(died, self._order) if died else None,
            _yes_no(given, "protected"),
        )

    def _event(self, given: Mapping[str, str]) -> Event:
        kind = given.get("kind", "").lower()
        if kind and kind not in _KINDS:
            raise _Bad("kind-form", "kind")
        if _KINDS.get(kind) == "result" or (not kind and "test" in given and "product" not in given):
            return self._result(given)
        return self._dose(given)

    def _dose(self, given: Mapping[str, str]) -> Dose:
        get = given.get
        status = get("status", "").lower()
        if status not in _GIVEN and status not in _PARTIAL and status not in _NOT_GIVEN:
            raise _Bad("status-unknown", "status")
        code, manufacturer = self._product(get("product", ""))
        administered, evidence = _source(given)
        maker = get("manufacturer", "")
        return Dose(
            code=code,
            day=iso_day(get("date", ""), self._order),
            lot=get("lot", ""),
            expires=last_day(get("expiry", ""), self._order),
            manufacturer=self._catalog.mvx(maker) if maker else manufacturer,
            status="not-done" if status in _NOT_GIVEN else "completed",
            not_done_reason=_NOT_GIVEN.get(status, ""),
            subpotent=status in _PARTIAL,
            administered=administered,
            evidence=evidence,
            dose_number=_number(given, "dose_number", "dose-number-range"),
            vaccinator=get("vaccinator", ""),
        )

    def _result(self, given: Mapping[str, str]) -> Result:
        get = given.get
        value, code = get("result_value", ""), get("result_code", "")
        known = _outcome(code, value)
        is_number = not code and value.lstrip("<>=+-")[:1].isdigit() and not _RATIO.fullmatch(value)
        return Result(
            code=get("test", ""),
            time=iso_moment(get("result_time", ""), self._order, self._zone),
            status=get("status", "final").lower(),
            value_code=known,
            quantity=value if is_number else "",
            unit=get("unit", ""),
            text="" if known or is_number else code or value,
            self_test=bool(_yes_no(given, "self_test")),
            performer=get("performer", ""),
        )

    def _product(self, text: str) -> tuple[str, str]:
        """(CVX code, MVX code where the product has one). A file names few products many times."""
        if text not in self._products:
            self._products[text] = self._look_up(text)
        return self._products[text]

    def _look_up(self, text: str) -> tuple[str, str]:
        if not text or (text.isdigit() and len(text) <= 3):
            return (text.zfill(2) if text else ""), ""
        found = self._catalog.named(text)
        if len({product.cvx for product in found}) > 1:
            raise _Bad("product-ambiguous", "product")
        if not found:
            raise _Bad("vaccine-unknown", "product")
        makers = {product.mvx for product in found}
        return found[0].cvx, makers.pop() if len(makers) == 1 else ""


def _suspicious(given: Mapping[str, str]) -> tuple[Finding, ...]:
    """Formula errors, and numbers that a spreadsheet cut short."""
    found = []
    for name, text in given.items():
        if text[0] == "#" and text in FORMULA_ERRORS:
            found.append(fault("cell-formula-error", COLUMNS[name].place))
        elif "+" in text and name in _NEVER_ROUNDED and ROUNDED.fullmatch(text):
            found.append(fault("number-rounded", COLUMNS[name].place))
    return tuple(found)


def _name(given: Mapping[str, str]) -> Name:
    family, first = given.get("family_name", ""), given.get("given_names", "")
    middle, suffix = given.get("middle_names", ""), given.get("suffix", "")
    if family or first:
        return Name(family, tuple(part for part in (first, middle) if part), suffix)
    whole = given.get("name", "")
    family, comma, rest = whole.partition(",")
    if comma and family.strip() and rest.strip():
        return Name(family.strip(), (rest.strip(),), suffix)
    return Name(suffix=suffix, text=whole)


def _any(given: Mapping[str, str], names: tuple[str, ...]) -> bool:
    return any(name in given for name in names)


def _text(cell: str | None) -> str | None:
    return "" if cell == TAKE_AWAY else cell


def _died(cell: str, order: str) -> str:
    if cell == TAKE_AWAY or cell.lower() in NO:
        return ""
    return "yes" if cell.lower() in YES else iso_day(cell, order)


def _number(given: Mapping[str, str], column: str, code: str) -> int | None:
    cell = given.get(column)
    if cell is None:
        return None
    if not (cell.isascii() and cell.isdigit() and len(cell) <= 9):
        raise _Bad(code, column)
    return int(cell)


def _yes_no(given: Mapping[str, str], column: str) -> bool | None:
    cell = given.get(column)
    if cell is None:
        return None
    lower = cell.lower()
    if lower in YES:
        return True
    if lower in NO:
        return False
    raise _Bad("yes-no-form", column)


def _source(given: Mapping[str, str]) -> tuple[bool, str]:
    """(given by the sender, evidence of a historical dose)."""
    evidence = given.get("evidence", "")
    if evidence.isdigit():
        evidence = evidence.zfill(2)
    word = given.get("historical", "").lower()
    if word in ("historical", "administered", "new"):
        historical: bool | None = word == "historical"
    else:
        historical = _yes_no(given, "historical")
    if evidence == _ADMINISTERED and not historical:
        return True, ""
    if historical is None:
        historical = bool(evidence)
    return not historical, evidence.lower() if historical else ""


def _outcome(code: str, value: str) -> str:
    """The SNOMED CT code of a result: as it is, or by its word or LOINC answer; "" where it is neither."""
    if code.isascii() and code.isdigit() and len(code) >= _SHORTEST_SNOMED:
        return code
    return RESULT_WORDS.get((code or value).lower(), "")
