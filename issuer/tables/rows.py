"""What reading gives: the head of a table, and its rows one after the other."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["csv", "xlsx"]

EXTRA = "\0extra"
"""Keys of the cells beyond the header in a ragged row: no header can be called so."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a file is, and what its columns are called."""

    kind: Kind
    header: tuple[str, ...]
    """As the clinic wrote them, each once: a second "Name" is "Name (2)", one without a name "Column 7"."""
    header_row: int = 1
    """The row of the file that the header stands in."""
    encoding: str = "utf-8"
    """utf-8, utf-8-mixed, utf-16-le, utf-16-be, cp1252, latin-1; of a workbook always utf-8."""
    delimiter: str = ","
    line_end: str = "\n"
    """"\\n" (also for "\\r\\n"), or "\\r" alone as old Macs wrote it."""
    start: int = 0
    """Octets before the first character: the byte order mark."""
    encoding_guessed: bool = False
    """No byte order mark and no UTF-8: Windows-1252 or Latin-1 was decided, and the clinic should be told."""
    sheet: str = ""
    """The sheet of the workbook that is read: the first visible one."""
    sheets_left_out: int = 0
    """Further visible sheets."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `number` is what a spreadsheet program shows in its margin: the header's is usually 1."""

    number: int
    cells: dict[str, str] = field(repr=False)
    """Header to text, as it stood in the file. Of a ragged row further cells by `EXTRA` and their position."""
    fault: str = ""
    """A code of `issuer.tables.faults` where the row could not be read as one; "" otherwise."""
    column: str = ""
    """The header of the cell at fault, where it is one cell."""
