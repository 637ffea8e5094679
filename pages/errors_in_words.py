"""One table from HTTP status to words. Each says what happened, whether anything was lost, and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What a page says: a title, a sentence, whether anything was lost, what to do. Empty parts are left out."""

    title: str
    detail: str
    lost: str = ""
    todo: str = ""


_NOTHING = "Nothing was saved or changed."

WORDS = {
    400: Words(
        "We could not read that request",
        "Something in the address or the form did not arrive as we expected.",
        _NOTHING,
        "Go back, check what you entered, and send it again.",
    ),
    401: Words(
        "Sign in first",
        "This page shows health records, so we need to know who you are.",
        _NOTHING,
        "Sign in, then open the page again.",
    ),
    403: Words(
        "This page is not open to you",
        "You are signed in, but your account may not do this.",
        _NOTHING,
        "Ask the person who runs your clinic’s account to let you in.",
    ),
    404: Words(
        "There is no page here",
        "The address may be mistyped, or the link may have ended.",
        "Nothing was lost.",
        "Check the address. If somebody sent you the link, ask them for a new one.",
    ),
    405: Words(
        "This address does not do that",
        "The page exists, but not for this kind of request.",
        _NOTHING,
        "Go back to the start and use the buttons there.",
    ),
    413: Words(
        "That file is too large",
        "It is larger than this service takes, so we did not look at it.",
        "Nothing was kept.",
        "Send a smaller picture, or one page only.",
    ),
    415: Words(
        "We cannot read that kind of file",
        "It is not one of the kinds this page takes.",
        "Nothing was kept.",
        "Save it as one of the kinds named on the page, and send it again.",
    ),
    429: Words(
        "Too many requests",
        "More requests came from your network than we answer in a minute.",
        "This last one was not looked at.",
        "Wait a minute, then try again.",
    ),
    500: Words(
        "Something went wrong on our side",
        "It is our fault, not yours, and it has been noted.",
        "What you just sent may not have been saved.",
        "Try again. If it happens twice, tell us the request number below.",
    ),
    503: Words(
        "We cannot answer just now",
        "The service is starting, or something it needs is not there.",
        _NOTHING,
        "Try again in a minute.",
    ),
    507: Words(
        "There is no room left to save this",
        "The disk of this service is full.",
        "What you just sent was not saved. What was saved before is safe.",
        "Keep what you entered, and tell the people who run this service.",
    ),
}
