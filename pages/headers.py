"""Security headers, one policy a route.

A page may load only what its own service serves; nothing inline runs; nobody may frame it. The scanner alone is allowed
WebAssembly and the camera, and says so beside its view: one global policy would give both to every page.

A worker is judged by the policy of its own answer, not by that of the page that started it (HTML, "run a worker";
CSP 3, "initialize a global object's CSP list"): a route that serves a worker's script carries the policy too.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

from flask import Response, current_app, request

View = TypeVar("View", bound=Callable[..., object])

CONTENT_SECURITY_POLICY: Mapping[str, str] = MappingProxyType(
    {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
)
"""Of every page; `install(csp=…)` changes it for a service, `policy(…)` for a route."""

PERMISSIONS_POLICY = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"

HSTS = "max-age=31536000; includeSubDomains"
"""Sent over https only: RFC 6797 section 7.2 forbids it over http."""

_ATTRIBUTE = "_pages_policy"


def policy(*, permissions: str = "", **directives: str) -> Callable[[View], View]:
    """Change the Content-Security-Policy of one view, and hand it permissions (`camera=(self)`).

    Directives are spelled with underscores: `script_src="'self' 'wasm-unsafe-eval'"`.
    """
    csp = {name.replace("_", "-"): value for name, value in directives.items()}

    def mark(view: View) -> View:
        setattr(view, _ATTRIBUTE, (csp, permissions))
        return view

    return mark


def secure(response: Response, csp: Mapping[str, str]) -> Response:
    """Set what the view has not set itself."""
    overrides, permissions = _of_view()
    merged = {**CONTENT_SECURITY_POLICY, **csp, **overrides}
    headers = response.headers
    headers.setdefault("Content-Security-Policy", "; ".join(f"{name} {value}" for name, value in merged.items()))
    headers.setdefault("Permissions-Policy", _permissions(permissions))
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", HSTS)
    return response


def _of_view() -> tuple[Mapping[str, str], str]:
    view = current_app.view_functions.get(request.endpoint or "")
    found: tuple[Mapping[str, str], str] = getattr(view, _ATTRIBUTE, ({}, ""))
    return found


def _permissions(granted: str) -> str:
    """The policy that denies everything, with what a view asked for put in the place of its denial."""
    features = {}
    for feature in f"{PERMISSIONS_POLICY},{granted}".split(","):
        name, _, value = feature.strip().partition("=")
        features[name] = value
    return ", ".join(f"{name}={value}" for name, value in features.items() if name)
