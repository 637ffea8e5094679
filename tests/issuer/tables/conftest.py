"""Tables made by hand, and a database for the books of imports."""

import io
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import pytest
from sqlalchemy import Engine, insert

from issuer.db import open_engine, writing
from issuer.intake.proposal import Demographics, Name
from issuer.models import clinic
from issuer.rights import Actor

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HARBOUR, HILL = "a" * 32, "b" * 32
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)


def _relations(*pairs: tuple[str, str]) -> str:
    lines = (
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(pairs, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}">{"".join(lines)}</Relationships>'


def workbook(
    rows: Sequence[str],
    *,
    formats: Sequence[str] = (),
    shared: Sequence[str] = (),
    epoch_1904: bool = False,
    parts: dict[str, str | bytes] | None = None,
    sheets: str = '<sheet name="Drive" sheetId="1" r:id="rId1"/>',
    compression: int = zipfile.ZIP_DEFLATED,
) -> io.BytesIO:
    """A workbook whose rows are XML written by hand. `formats`: cell styles 1, 2 …, each a number format's code."""
    numbered = "".join(
        f'<numFmt numFmtId="{164 + at}" formatCode="{escape(code, {chr(34): "&quot;"})}"/>'
        for at, code in enumerate(formats)
    )
    styles = "".join(f'<xf numFmtId="{164 + at}"/>' for at in range(len(formats)))
    texts = "".join(f"<si>{one}</si>" for one in shared)
    made: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}">'
        f'<workbookPr date1904="{int(epoch_1904)}"/><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            ("worksheet", "worksheets/sheet1.xml"),
            ("styles", "styles.xml"),
            ("sharedStrings", "sharedStrings.xml"),
            ("worksheet", "worksheets/sheet2.xml"),
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{_SHEET}"><numFmts>{numbered}</numFmts><cellStyleXfs><xf numFmtId="14"/>'
        f'</cellStyleXfs><cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_SHEET}">{texts}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEET}"><sheetData>{"".join(rows)}</sheetData></worksheet>',
        **(parts or {}),
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in made.items():
            archive.writestr(name, content)
    return target


def texts(number: int, *cells: str) -> str:
    """A row of inline texts."""
    return (
        f'<row r="{number}">' + "".join(f'<c t="inlineStr"><is><t>{escape(c)}</t></is></c>' for c in cells) + "</row>"
    )


@pytest.fixture(scope="session")
def make_workbook() -> Callable[..., io.BytesIO]:
    return workbook


@pytest.fixture(scope="session")
def text_row() -> Callable[..., str]:
    return texts


@pytest.fixture
def books_engine(database: str) -> Iterator[Engine]:
    """A database with the newest tables and two clinics, on each kind."""
    engine = open_engine(database)
    with writing(engine) as connection:
        for name in (HARBOUR, HILL):
            values: dict[str, Any] = {"id": name, "name": "", "public_name": "", "state": "live", "details": "{}"}
            connection.execute(insert(clinic).values(created_at=NOW, **values))
    yield engine
    engine.dispose()


@pytest.fixture
def manager() -> Actor:
    return Actor("staff:1", "manager", HARBOUR)


@pytest.fixture
def stranger() -> Actor:
    return Actor("staff:2", "manager", HILL)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def new_id() -> Callable[[], str]:
    return lambda: os.urandom(16).hex()


@pytest.fixture(scope="session")
def make_person() -> Callable[[str], Demographics]:
    return lambda name: Demographics(Name(text=name))
