"""Tables of records: CSV and XLSX files read, mapped to proposals, and answered. Pure: nothing here decides or records.

    head = look(file)                                # what the file is: kind, encoding, delimiter, header
    mapping = suggest(head.header, sample).mapping   # our columns <- the clinic's headers
    propose = proposer(mapping)
    for row in read_rows(file, head):                # streamed, row by row
        made = propose(row)                          # a Proposal, or what is wrong with which cell

Refused whole: what is no table, or larger than the limits (`TableRefused`). Refused by the row: everything else.
"""

from issuer.tables.columns import COLUMNS, Column
from issuer.tables.faults import TABLE_FINDINGS, TableRefused
from issuer.tables.mapping import ColumnMapping, Suggestion, suggest
from issuer.tables.proposals import column_of, proposal_of, proposer
from issuer.tables.reading import Chunk, chunk_rows, chunks, flatten, look, read_rows
from issuer.tables.results import Line, lines_of, write_mending, write_results
from issuer.tables.roster import Expected, expected_of
from issuer.tables.rows import Head, Row
from issuer.tables.template import template

__all__ = [
    "COLUMNS",
    "TABLE_FINDINGS",
    "Chunk",
    "Column",
    "ColumnMapping",
    "Expected",
    "Head",
    "Line",
    "Row",
    "Suggestion",
    "TableRefused",
    "chunk_rows",
    "chunks",
    "column_of",
    "expected_of",
    "flatten",
    "lines_of",
    "look",
    "proposal_of",
    "proposer",
    "read_rows",
    "suggest",
    "template",
    "write_mending",
    "write_results",
]
