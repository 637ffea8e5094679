"""Service 2: the verifier. Says whether a trusted issuer signed a card, and keeps nothing.

It refuses to learn trust from a card, to show a person before a signature holds, and to store or log what it saw.

    verdict = verifier.check("shc:/5676…", registry, now)      # accepted, rejected or undecided; never raises
    verifier.check_all(codes, registry, now)                    # a file, a family, one picture with several codes
    verifier.read_codes(picture)                                # PNG, JPEG, WebP, HEIC, PDF -> texts
    verifier.create_app(settings, …)                            # the door's web app
"""

from typing import TYPE_CHECKING, Any

from verifier.verdict import Verdict, VerifiedCard
from verifier.verification import check, check_all, verify

if TYPE_CHECKING:
    from verifier.app import create_app
    from verifier.image import UnreadablePicture, read_codes

__all__ = [
    "UnreadablePicture",
    "Verdict",
    "VerifiedCard",
    "check",
    "check_all",
    "create_app",
    "read_codes",
    "verify",
]

_LAZY = {"create_app": "verifier.app", "read_codes": "verifier.image", "UnreadablePicture": "verifier.image"}


def __getattr__(name: str) -> Any:
    """Load pictures and web app only where they are used (PEP 562): `countersign verify` starts without them."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
