"""Answers that several blueprints give: files to keep, and what goes wrong in the store."""

from collections.abc import Callable

from flask import Flask, Response

from issuer.db import StorageBusy, StorageFull
from issuer.presentation import CardView
from issuer.signing import UnreadableCard
from keys.store import KeyStoreError
from pages import Problem
from pages.problems import answer
from wallet_export.file_download import MEDIA_TYPE, health_card_file
from wallet_export.qr_image import qr_png, qr_svg

BUSY_RETRY_SECONDS = 5
FILE_NAME = "health-card"
"""Downloads are named after nobody: a file's name shows in lists of downloads and in messages."""


def file_answer(octets: bytes, media_type: str, ending: str, *, shown: bool = False) -> Response:
    """A file nobody between us and the person may keep."""
    response = Response(octets, content_type=media_type)
    disposition = "inline" if shown else "attachment"
    response.headers["Content-Disposition"] = f'{disposition}; filename="{FILE_NAME}{ending}"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def card_file(jws_texts: list[str]) -> Response:
    """The `.smart-health-card` file (requirement F1)."""
    return file_answer(health_card_file(jws_texts), MEDIA_TYPE, ".smart-health-card")


def png_answer(card: CardView) -> Response:
    """The code as a picture to save."""
    return file_answer(qr_png(card.jws), "image/png", ".png")


def svg_answer(card: CardView) -> Response:
    """The code as a drawing."""
    return file_answer(qr_svg(card.jws).encode(), "image/svg+xml", ".svg", shown=True)


def install_failures(app: Flask) -> None:
    """What a failing disk, a locked database or a missing key means to whoever asked."""
    failures: list[tuple[type[Exception], Callable[[], Problem]]] = [
        (StorageFull, _storage_full),
        (StorageBusy, _storage_busy),
        (UnreadableCard, _unreadable),
        (KeyStoreError, _no_key),
    ]
    for kind, problem in failures:
        app.register_error_handler(kind, _handler(problem))


def _handler(problem: Callable[[], Problem]) -> Callable[[Exception], Response]:
    return lambda _: answer(problem())


def _storage_full() -> Problem:
    return Problem(
        507,
        "storage-full",
        "There is no room left to save this",
        "The disk of this service is full or failing.",
        "Tell the people who run this service, and send it again when they have made room.",
        lost="Nothing was recorded. What was recorded before is safe.",
    )


def _storage_busy() -> Problem:
    problem = Problem(
        503,
        "storage-busy",
        "The records cannot be reached just now",
        "The database is busy or not to be reached.",
        f"Send it again in {BUSY_RETRY_SECONDS} seconds; the same record sent twice is recorded once.",
        lost="Nothing was recorded.",
    )
    problem.retry_after = BUSY_RETRY_SECONDS  # type: ignore[attr-defined]
    return problem


def _unreadable() -> Problem:
    return Problem(
        500,
        "card-unreadable",
        "A card did not read back as it should",
        "Each card is read back before it is kept; this one was not what was to be signed.",
        "Tell the people who run this service: it is our fault.",
        lost="Nothing was recorded.",
    )


def _no_key() -> Problem:
    return Problem(
        503,
        "no-signing-key",
        "No card can be signed just now",
        "The key that signs cards is missing or does not open.",
        "Tell the people who run this service, and send it again when they have mended it.",
        lost="Nothing was recorded.",
    )
