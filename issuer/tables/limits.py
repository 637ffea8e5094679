"""How large a table may be. Whoever sends more divides it; a limit is never a guess that a file is hostile."""

MAX_FILE_BYTES = 2 * 1024**3
"""Of the file as sent: 1,000,000 rows of 200 characters are a tenth of it."""
MAX_ROWS = 1_000_000
"""Rows below the header, blank ones not counted."""
MAX_COLUMNS = 200
"""Of the header. Our own table has fewer than fifty; an export with everything in it has about a hundred."""
MAX_CELL_CHARACTERS = 10_000
"""No field of a dose or result comes near it."""
MAX_LINE_BYTES = 8 * 1024**2
"""Of one line of text: 200 columns of 10,000 characters in four bytes each."""
MAX_RECORD_LINES = 1_000
"""Lines that one row may span by line breaks within quotes; more means a quotation mark that was never closed."""

MAX_ZIP_ENTRIES = 1_000
"""Parts of a workbook. An ordinary one has about fifteen; each sheet, picture and comment adds one or two."""
MAX_INFLATED_BYTES = 6 * 1024**3
"""All parts of a workbook unpacked: 1,000,000 rows of 50 columns take about 2.5 GB of XML."""
MAX_RATIO = 200
"""Unpacked to packed, of parts larger than `RATIO_FROM_BYTES`. Sheets pack 5 to 60 times; DEFLATE's bombs 1,032."""
RATIO_FROM_BYTES = 16 * 1024**2
"""Smaller parts may pack as they like: a sheet of a thousand equal rows does, and costs nothing to read."""
MAX_SHARED_BYTES = 192 * 1024**2
"""Of the texts that a workbook keeps once and refers to; they stay in memory while its sheet is read."""
MAX_SHARED_STRINGS = 16_000_000
"""Of the same, counted: four octets each."""
MAX_SHEET_COLUMNS = 16_384
MAX_SHEET_ROWS = 1_048_576
"""What the format itself allows (ECMA-376)."""
MAX_XML_DEPTH = 64
"""Elements within elements; a sheet has six."""
