"""The cookie of a resident's visit: 256 random bits below `/my`, and nothing else; what it opens stands in the store.

Over https it is called `__Secure-visit` (RFC 6265bis section 4.1.3.1); plain http is served to this machine alone.
It has no end of its own: it goes when the browser is closed, or earlier, when the visit ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import Response, g, request

from issuer.getting_in.results import Begun, Visitor
from issuer.getting_in.ways import Ways
from issuer.web.languages import marked as _
from issuer.web.sessions import LOOPBACK
from pages import Problem

PATH = "/my"


@dataclass(frozen=True, slots=True)
class Visits:
    """Whose visit a request belongs to."""

    ways: Ways
    clock: Callable[[], datetime]
    address: str
    """Of the service, as residents reach it."""

    @property
    def secure(self) -> bool:
        """Whether cookies go over https only."""
        return urlsplit(self.address).scheme == "https"

    @property
    def cookie(self) -> str:
        """Its name."""
        return "__Secure-visit" if self.secure else "visit"

    def visitor(self) -> Visitor | None:
        """Whose visit it is; looked up once a request; None where there is none, or it is over."""
        if "visitor" not in g:
            text = request.cookies.get(self.cookie, "")
            g.visitor = self.ways.visitor(text, self.clock()) if text else None
        found: Visitor | None = g.visitor
        return found

    def put(self, response: Response, begun: Begun) -> Response:
        """Hand the visit over."""
        response.set_cookie(self.cookie, begun.cookie, path=PATH, secure=self.secure, httponly=True, samesite="Lax")
        return response

    def end(self) -> None:
        """It is over, on every device that has the cookie."""
        if text := request.cookies.get(self.cookie, ""):
            self.ways.leave(text, self.clock())

    def drop(self, response: Response) -> Response:
        """Forget it in this browser."""
        response.delete_cookie(self.cookie, path=PATH, secure=self.secure, httponly=True, samesite="Lax")
        return response

    def check_channel(self) -> None:
        """Nobody enters a birth date over http but on this very machine. Raises Problem."""
        if self.secure or (urlsplit(f"//{request.host}").hostname or "") in LOOPBACK:
            return
        raise Problem(
            403,
            "https-needed",
            _("Cards are not shown here without https"),
            _("This service was reached over http, where everybody on the way can read along."),
            _("Tell the people who run this service to give it an https address."),
        )
