"""Draws the pages of one PDF in a process of its own: octets in on stdin, pages in grey out on stdout.

PDFium is a large program in C++ that reads a stranger's octets; it may crash, hang (forms that draw forms that draw
forms) or want a gigabyte (900 megapixels fit into 0.9 MB of PDF). Here it can do no more than end this process: limits
of memory and time are set before the first octet is read. Run by `verifier.pdf` as a script, with `-I`; it imports
nothing of ours.

    pdf_page_drawer.py DPI MAX_PAGES MAX_PIXELS MAX_MEMORY_OCTETS MAX_SECONDS

Writes for each page a line `page WIDTH HEIGHT` and WIDTH × HEIGHT octets; last a line `end REASON`.
"""

import resource
import sys
from typing import BinaryIO

POINTS_PER_INCH = 72
PASSWORD_ERROR = 4
"""FPDF_ERR_PASSWORD"""


def limit(memory_octets: int, seconds: int) -> None:
    """Make the system end us when we want too much. Where memory cannot be limited (macOS), the time still is."""
    for kind, value in ((resource.RLIMIT_AS, memory_octets), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            continue


def draw(pdf: bytes, out: BinaryIO, dpi: int, max_pages: int, max_pixels: int) -> str:
    """Write the pages; answer how it ended."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as error:
        return "encrypted" if getattr(error, "err_code", None) == PASSWORD_ERROR else "damaged"
    count = len(document)
    for index in range(min(count, max_pages)):
        try:
            page = document[index]
        except pypdfium2.PdfiumError:
            return "damaged"
        width, height = page.get_size()
        scale = dpi / POINTS_PER_INCH
        scale *= min(1.0, (max_pixels / max(1.0, width * scale * height * scale)) ** 0.5)
        bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
        out.write(b"page %d %d\n" % (bitmap.width, bitmap.height))
        octets = memoryview(bitmap.buffer).cast("B")
        for start in range(0, bitmap.height * bitmap.stride, bitmap.stride):
            out.write(octets[start : start + bitmap.width])
        octets.release()
        bitmap.close()
        page.close()
    return "ok" if count <= max_pages else "more-pages"


def main(arguments: list[str]) -> None:
    """Read stdin to its end, then draw."""
    dpi, max_pages, max_pixels, memory, seconds = map(int, arguments)
    limit(memory, seconds)
    out = sys.stdout.buffer
    reason = draw(sys.stdin.buffer.read(), out, dpi, max_pages, max_pixels)
    out.write(b"end %s\n" % reason.encode())
    out.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
