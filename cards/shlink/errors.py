"""Why a SMART Health Link was not opened.

    LinkError
    ├── LinkRefused              the link, or what lies behind it, is bad; asking again does not mend it
    │   ├── NotALink                 not-a-link
    │   ├── MalformedLink            malformed-link
    │   ├── UnsupportedLink          unsupported-link
    │   ├── MalformedManifest        malformed-manifest
    │   ├── UnreadableFile           unreadable-file
    │   └── TooMuchBehindLink        too-much-behind-link
    ├── LinkNotOpened            it may be good; we could not get at what lies behind it
    │   ├── LinkEnded                link-ended
    │   ├── PasscodeNeeded           passcode-needed
    │   ├── WrongPasscode            wrong-passcode
    │   ├── LinkBusy                 link-busy
    │   ├── LocationGone             location-gone
    │   └── LinkUnreachable          link-unreachable
    └── MalformedRequest         malformed-request: serving; what a viewer asked is no manifest request

A tree of its own beside `cards.errors`: these say nothing about any card. Messages name the rule that was broken and
never hold a value of the link: a link is a secret, and its label may name a person.
"""

from typing import ClassVar


class LinkError(Exception):
    """A link was not opened. `code` is stable and documented in docs/links.md."""

    code: ClassVar[str]


class LinkRefused(LinkError):
    """The link is bad."""


class LinkNotOpened(LinkError):
    """What lies behind the link is not to be had: now, or without something more."""


class NotALink(LinkRefused):
    """Some other text."""

    code = "not-a-link"


class MalformedLink(LinkRefused):
    """It claims to be a SMART Health Link and breaks the format."""

    code = "malformed-link"


class UnsupportedLink(LinkRefused):
    """Made for a newer version of the protocol (`v`): one must not go on (requirement G4)."""

    code = "unsupported-link"


class MalformedManifest(LinkRefused):
    """What the link's server answered is no manifest."""

    code = "malformed-manifest"


class UnreadableFile(LinkRefused):
    """A file behind the link does not open with the link's key, or is not what it is called."""

    code = "unreadable-file"


class TooMuchBehindLink(LinkRefused):
    """More files, cards or octets than anybody's record needs."""

    code = "too-much-behind-link"


class LinkEnded(LinkNotOpened):
    """The server says that the link is no longer active."""

    code = "link-ended"


class PasscodeNeeded(LinkNotOpened):
    """The link asks for a passcode and none was given; nothing was sent."""

    code = "passcode-needed"


class WrongPasscode(LinkNotOpened):
    """The server refused the passcode; how often it can still be tried, where the server said so."""

    code = "wrong-passcode"

    def __init__(self, message: str, remaining: int | None = None) -> None:
        super().__init__(message)
        self.remaining = remaining


class LinkBusy(LinkNotOpened):
    """Asked too often; seconds to wait before asking again, where the server said so."""

    code = "link-busy"

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class LocationGone(LinkNotOpened):
    """A file's short-lived address was spent or ended, also after the manifest was fetched anew."""

    code = "location-gone"


class LinkUnreachable(LinkNotOpened):
    """No answer that could be used."""

    code = "link-unreachable"


class MalformedRequest(LinkError):
    """To a server of links: the body is no manifest request."""

    code = "malformed-request"
