"""A signed card as something to carry: a QR picture, a file, a link, a sheet of paper.

It refuses to sign cards, to verify, to look anything up, and to decide on words: it is handed the text of a signed card
(and, for paper, what to print beside the code). A card too large for one QR code is refused, never split in chunks.

    >>> from wallet_export import health_card_file, qr_png
    >>> picture = qr_png(jws)                             # 1-bit PNG with its quiet zone
    >>> file = health_card_file([jws, another_jws])       # serve as MEDIA_TYPE
    >>> link = app_link("https://wallet.example/SMARTHealthCard/", [jws])
    >>> page = print_pdf([PrintableCard(jws, "Example Clinic", name, birth_date, lines, issued_on)], "Letter")
    >>> cards = print_pdf(several, "A4", "wallet")         # bank-card size, to cut out; also "large" and "record"
    >>> wallet = signed_pass(card, serial, signer, now)     # .pkpass, or PassUnavailable with the reason

Nothing heavy is imported before it is used: the PDF engine only for `print_pdf`, the QR writer only to draw.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wallet_export.apple_pass import PassSigner, PassUnavailable, pass_signer, signed_pass
    from wallet_export.deep_link import (
        HealthAppLink,
        HealthAppOffer,
        NotOffered,
        app_link,
        apple_health_link,
        health_app_link,
    )
    from wallet_export.file_download import FILE_EXTENSION, MEDIA_TYPE, health_card_file
    from wallet_export.print_page import print_pdf
    from wallet_export.printable import PrintableCard, PrintLine, PrintWords, date_in_words
    from wallet_export.qr_image import qr_modules, qr_png, qr_svg

__all__ = [
    "FILE_EXTENSION",
    "MEDIA_TYPE",
    "HealthAppLink",
    "HealthAppOffer",
    "NotOffered",
    "PassSigner",
    "PassUnavailable",
    "PrintLine",
    "PrintWords",
    "PrintableCard",
    "app_link",
    "apple_health_link",
    "date_in_words",
    "health_app_link",
    "health_card_file",
    "pass_signer",
    "print_pdf",
    "qr_modules",
    "qr_png",
    "qr_svg",
    "signed_pass",
]

_HOME = {
    "FILE_EXTENSION": "file_download",
    "MEDIA_TYPE": "file_download",
    "HealthAppLink": "deep_link",
    "HealthAppOffer": "deep_link",
    "NotOffered": "deep_link",
    "PassSigner": "apple_pass",
    "PassUnavailable": "apple_pass",
    "PrintLine": "printable",
    "PrintWords": "printable",
    "PrintableCard": "printable",
    "app_link": "deep_link",
    "apple_health_link": "deep_link",
    "date_in_words": "printable",
    "health_app_link": "deep_link",
    "health_card_file": "file_download",
    "pass_signer": "apple_pass",
    "print_pdf": "print_page",
    "qr_modules": "qr_image",
    "qr_png": "qr_image",
    "qr_svg": "qr_image",
    "signed_pass": "apple_pass",
}


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first asked for (PEP 562), and remember it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
