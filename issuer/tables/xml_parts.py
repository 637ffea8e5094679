"""XML parts of a workbook, streamed through expat: no document type, no entities, no deep nesting, no tree in memory.

Names come without their prefix: workbooks use several, and two namespaces (ECMA-376 transitional and strict).
"""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NoReturn
from xml.parsers import expat

from issuer.tables.faults import refuse
from issuer.tables.limits import MAX_XML_DEPTH

BLOCK = 256 * 1024
MAX_ELEMENTS = 1_000_000
"""Of a part that is read whole: the workbook's list of sheets, its styles."""

Start = Callable[[str, dict[str, str]], object]
End = Callable[[str], object]
Text = Callable[[str], object]


def new_parser(start: Start, end: End, text: Text) -> expat.XMLParserType:
    """A parser that calls back; whoever declares a document type or an entity is refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _forbidden
    parser.EntityDeclHandler = _forbidden
    return parser


def fed(archive: zipfile.ZipFile, part: str, parser: expat.XMLParserType) -> Iterator[None]:
    """Feeds a part to the parser, block by block.

    Raises:
        TableRefused: table-damaged.
    """
    try:
        with archive.open(part) as stream:
            while block := stream.read(BLOCK):
                parser.Parse(block, False)
                yield
            parser.Parse(b"", True)
            yield
    except (KeyError, zipfile.BadZipFile, expat.ExpatError, OSError, EOFError, RuntimeError, ValueError, zlib.error):
        refuse("table-damaged")


def elements(archive: zipfile.ZipFile, part: str) -> list[tuple[str, dict[str, str]]]:
    """The elements of a small part, in order, without their texts.

    Raises:
        TableRefused: table-damaged.
    """
    found: list[tuple[str, dict[str, str]]] = []
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_XML_DEPTH or len(found) > MAX_ELEMENTS:
            refuse("table-damaged")
        found.append((local(name), {local(key): value for key, value in attributes.items()}))

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    for _ in fed(archive, part, new_parser(start, end, lambda _: None)):
        pass
    return found


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2] if ":" in name else name


def _forbidden(*_: Any) -> NoReturn:
    refuse("table-damaged")
