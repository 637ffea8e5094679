"""The pages of a PDF as grey pixels, drawn in a process of its own (`pdf_page_drawer.py` says why)."""

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
        "damaged": "damaged-pdf",
        "encrypted": "encrypted-pdf",
        "heavy": "pdf-too-heavy",
        "more-pages": "pdf-too-many-pages",
    }
)


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
            reason = yield from _pages(drawer.stdout)
        finally:
            timer.cancel()
            drawer.kill()
    if reason != "ok":
        raise UnreadablePicture(_REASONS[reason])


def _send(stdin: IO[bytes] | None, pdf: bytes) -> None:
    assert stdin is not None  # noqa: S101  (for the type: it was opened as a pipe above)
    try:
        with stdin:
            stdin.write(pdf)
    except BrokenPipeError:
        return  # it ended early; its missing last line tells


def _pages(stdout: IO[bytes] | None) -> Generator[Page, None, str]:
    """The pages as they come; returns the last line's word, or "heavy" where the process ended without one."""
    assert stdout is not None  # noqa: S101
    while True:
        match stdout.readline(64).split():
            case [b"page", width, height]:
                pixels = stdout.read(int(width) * int(height))
                if len(pixels) < int(width) * int(height):
                    return "heavy"
                yield int(width), int(height), pixels
            case [b"end", reason]:
                return reason.decode()
            case _:
                return "heavy"
