"""The pages of a PDF as grey pixels, drawn in a process of its own (`pdf_page_drawer.py` says why)."""

import re
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from threading import Timer
from types import MappingProxyType
from typing import IO

from verifier.image import UnreadablePicture

Page = tuple[int, int, bytes]
"""Width, height, one octet a pixel."""

MAX_PAGES = 20
"""Pages we look at: a family's cards or a discharge letter; not a case file."""
MAX_PAGE_PIXELS = 20_000_000
"""A sheet of A4 at 400 dpi has 15 million; a poster is drawn coarser."""
MAX_MEMORY_OCTETS = 768 << 20
"""Address space of the drawing process: a scan of A4 at 600 dpi in colour takes some 250 MB."""
MAX_SECONDS = 10
"""Processor time, and time on the wall, of the drawing process."""

_DRAWER = Path(__file__).with_name("pdf_page_drawer.py")
_REASONS = MappingProxyType(
    {
        b"damaged": "damaged-pdf",
        b"encrypted": "encrypted-pdf",
        b"heavy": "pdf-too-heavy",
        b"more-pages": "pdf-too-many-pages",
    }
)
"""The last word of the drawing process; another one is no word of it, for whatever reads a stranger's octets may have
been taken over by them."""
_NUMBER = re.compile(rb"[1-9][0-9]{0,7}")


def drawn_pages(pdf: bytes, dpi: int) -> Generator[Page, None, None]:
    """Each page, one at a time.

    Raises:
        UnreadablePicture: damaged-pdf, encrypted-pdf, pdf-too-heavy; pdf-too-many-pages after the last page looked at.
    """
    limits = (dpi, MAX_PAGES, MAX_PAGE_PIXELS, MAX_MEMORY_OCTETS, MAX_SECONDS)
    command = [sys.executable, "-I", str(_DRAWER), *map(str, limits)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_DRAWER.parent
    ) as drawer:
        timer = Timer(MAX_SECONDS, drawer.kill)
        timer.start()
        try:
            _send(drawer.stdin, pdf)
            assert drawer.stdout is not None  # noqa: S101  (for the type: it was opened as a pipe above)
            reason = yield from read_pages(drawer.stdout)
        finally:
            timer.cancel()
            drawer.kill()
    if reason != b"ok":
        raise why(reason)


def why(reason: bytes) -> UnreadablePicture:
    """The refusal for a last word other than "ok"."""
    return UnreadablePicture(_REASONS.get(reason, "damaged-pdf"))


def _send(stdin: IO[bytes] | None, pdf: bytes) -> None:
    assert stdin is not None  # noqa: S101  (for the type: it was opened as a pipe above)
    try:
        with stdin:
            stdin.write(pdf)
    except BrokenPipeError:
        return  # it ended early; its missing last line tells


def read_pages(stdout: IO[bytes]) -> Generator[Page, None, bytes]:
    """The pages as they come; returns the last line's word, or "heavy" where the process ended without one.

    What it says is not trusted: a page beyond the limits is not read.
    """
    while True:
        match stdout.readline(64).split():
            case [b"page", width_text, height_text]:
                if not (_NUMBER.fullmatch(width_text) and _NUMBER.fullmatch(height_text)):
                    return b"damaged"
                width, height = int(width_text), int(height_text)
                if width * height > MAX_PAGE_PIXELS + width + height:  # each side is rounded up to whole pixels
                    return b"heavy"
                pixels = stdout.read(width * height)
                if len(pixels) < width * height:
                    return b"heavy"
                yield width, height, pixels
            case [b"end", reason]:
                return reason
            case _:
                return b"heavy"
