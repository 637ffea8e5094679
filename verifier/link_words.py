"""What people read where a SMART Health Link was not opened, or held no card: one sentence, and what to do next."""

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cards.shlink import LinkBusy, LinkError, WrongPasscode

if TYPE_CHECKING:
    from verifier.links import Behind

RECIPIENT_NEEDED = "recipient-needed"
NO_SIGNED_CARD = "no-signed-card"

_ANEW = "Ask its owner for a new link, or for the card itself."
_WORDS = MappingProxyType(
    {
        "not-a-link": ("This is not a SMART Health Link.", "Ask for the link, or for the card itself."),
        "malformed-link": ("This link is not made as the rules say.", _ANEW),
        "unsupported-link": ("This link is newer than this verifier.", "Update the verifier, or ask for the card."),
        "malformed-manifest": ("The link’s server answered something that is no list of files.", _ANEW),
        "unreadable-file": ("A file behind this link does not open with the link’s key.", _ANEW),
        "too-much-behind-link": ("There is far more behind this link than a record needs.", "Ask for the card itself."),
        "link-ended": ("This link has ended, or its owner stopped it.", "Ask its owner for a new one."),
        "passcode-needed": ("This link asks for a passcode.", "Ask its owner for the passcode."),
        "wrong-passcode": ("The passcode is not the right one.", "Ask its owner. Each wrong one counts."),
        "link-busy": ("The link’s server was asked too often.", "Wait, then try again."),
        "location-gone": ("A file behind this link could not be fetched in time.", "Try again."),
        "link-unreachable": ("The link’s server cannot be reached.", "Try again, or ask for the card itself."),
        RECIPIENT_NEEDED: (
            "This is a SMART Health Link. Opening it asks its server.",
            "Say who you are with --recipient, or give the link itself as input.",
        ),
        NO_SIGNED_CARD: ("There is no signed card behind this link.", "Ask for a SMART Health Card."),
    }
)

_LEFT_OUT = MappingProxyType(
    {
        "not-signed": "not signed by anybody",
        "access-token": "a key to somebody’s records",
        "unknown-type": "of an unknown kind",
        "no-longer-valid": "no longer valid, as its owner says",
    }
)


def link_dict(behind: "Behind") -> dict[str, Any]:
    """What lay behind a link, as JSON."""
    return {
        "label": behind.link.label or None,
        "expires": behind.link.exp,
        "remarks": list(behind.link.remarks),
        "left_out": list(behind.left_out),
        "may_change": behind.may_change,
        "ask_again_after": behind.ask_again_after,
    }


def link_line(behind: "Behind") -> str:
    """The same in one line. The label is a stranger's: it is quoted, and holds nothing a terminal would act on."""
    label = "".join(mark for mark in behind.link.label if mark.isprintable())
    said = [f"by a link called “{label}”" if label else "by a link"]
    said += [f"a file left out: {_LEFT_OUT[reason]}" for reason in behind.left_out]
    said += ["its owner may change it"] if behind.may_change else []
    return "It came " + "; ".join(said) + "."


def of_error(error: LinkError) -> str:
    """The sentences for an error, with what its server said about trying again."""
    if isinstance(error, WrongPasscode) and error.remaining is not None:
        tries = "try" if error.remaining == 1 else "tries"
        return f"{of_code(error.code)} The link has {error.remaining} {tries} left."
    if isinstance(error, LinkBusy) and error.retry_after is not None:
        return f"{of_code(error.code)} It wants {error.retry_after} seconds."
    return of_code(error.code)


def of_code(code: str) -> str:
    """The sentences for a code."""
    return " ".join(_WORDS[code])
