"""Text out of octets: the encoding decided, and lines with the octets each one took, so that reading can go on later.

A file in UTF-8 is known to be one after its last octet only, so the decision reads the file once (about a second a GB).
"""

import codecs
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from issuer.tables.faults import refuse
from issuer.tables.limits import MAX_FILE_BYTES, MAX_LINE_BYTES

BLOCK = 1024**2
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")
_NOT_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")

Line = tuple[str, int]
"""A line with its end, and how many octets it took."""


def encoding_of(file: BinaryIO) -> tuple[str, int, bool]:
    """(encoding, octets of the byte order mark, whether it was guessed). Reads the file from its beginning.

    UTF-8 needs no mark. What is no UTF-8 is Windows-1252, or Latin-1 where it holds octets that Windows-1252 leaves
    empty. A UTF-8 file with a few octets of another encoding is `utf-8-mixed`: its bad rows are named, not the file.

    Raises:
        TableRefused: table-too-large; table-encoding (UTF-16 or UTF-32 without a mark).
    """
    file.seek(0)
    first = file.read(4)
    if first in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        refuse("table-encoding")
    for mark, name in _BOMS:
        if first.startswith(mark):
            return (name if name != "utf-8" or _judge(file)[0] else "utf-8-mixed"), len(mark), False
    whole, sequences, high, cp1252 = _judge(file)
    if whole:
        return "utf-8", 0, False
    # A sequence has at least two octets; a text in a one-octet encoding hardly ever has one by chance.
    if sequences * 2 >= high - sequences * 2:
        return "utf-8-mixed", 0, False
    return ("cp1252" if cp1252 else "latin-1"), 0, True


def _judge(file: BinaryIO) -> tuple[bool, int, int, bool]:
    """Whether it is UTF-8 throughout; how many sequences of UTF-8 and octets above 127; whether Windows-1252 fits."""
    file.seek(0)
    decoder, whole = codecs.getincrementaldecoder("utf-8")(), True
    sequences = high = size = 0
    cp1252 = True
    while block := file.read(BLOCK):
        size += len(block)
        if size > MAX_FILE_BYTES:
            refuse("table-too-large")
        if size == len(block) and block[:4].count(0) >= 2:
            refuse("table-encoding")
        if block.isascii() and not decoder.getstate()[0]:
            continue
        if whole:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                whole = False
        sequences += len(_SEQUENCE.findall(block))
        high += len(_HIGH.findall(block))
        cp1252 = cp1252 and not _NOT_CP1252.search(block)
    return whole and not decoder.getstate()[0], sequences, high, cp1252


def lines(file: BinaryIO, encoding: str, line_end: str, offset: int) -> Iterator[Line]:
    """The lines from an octet on.

    Raises:
        TableRefused: table-line; table-encoding (half a UTF-16 character at the end).
    """
    file.seek(offset)
    if encoding in ("utf-16-le", "utf-16-be"):
        return _wide_lines(file, encoding, line_end)
    if line_end == "\n":
        return _narrow_lines(file, decoder_of(encoding))
    return _old_lines(file, decoder_of(encoding))


def decoder_of(encoding: str) -> Callable[[bytes], str]:
    """Octets of a line to text. Octets that are no UTF-8 become lone surrogates, by which the row is known."""
    if encoding == "utf-8-mixed":
        return lambda octets: octets.decode("utf-8", "surrogateescape")
    return lambda octets: octets.decode(encoding)


def _narrow_lines(file: BinaryIO, decode: Callable[[bytes], str]) -> Iterator[Line]:
    readline = file.readline
    while octets := readline(MAX_LINE_BYTES):
        if len(octets) == MAX_LINE_BYTES:
            refuse("table-line")
        yield decode(octets), len(octets)


def _old_lines(file: BinaryIO, decode: Callable[[bytes], str]) -> Iterator[Line]:
    """Lines that end in a carriage return alone."""
    rest = b""
    while block := file.read(BLOCK):
        *whole, rest = (rest + block).split(b"\r")
        for octets in whole:
            yield decode(octets) + "\n", len(octets) + 1
        if len(rest) > MAX_LINE_BYTES:
            refuse("table-line")
    if rest:
        yield decode(rest), len(rest)


def _wide_lines(file: BinaryIO, encoding: str, line_end: str) -> Iterator[Line]:
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    rest = ""
    while True:
        block = file.read(BLOCK)
        try:
            text = rest + decoder.decode(block, final=not block)
        except UnicodeDecodeError:
            refuse("table-encoding")
        *whole, rest = text.split(line_end)
        for line in whole:
            yield line + "\n", len((line + line_end).encode(encoding, "surrogatepass"))
        if not block:
            break
        if len(rest) > MAX_LINE_BYTES:
            refuse("table-line")
    if rest:
        yield rest, len(rest.encode(encoding, "surrogatepass"))
