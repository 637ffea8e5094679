"""What the pages of both services share: tokens, components, base templates, security headers, problem documents,
health checks. No decision about anybody is taken here.

    app = Flask(__name__)
    pages.install(app, service=pages.Service("Countersign", home="/"), ready=[("registry", registry_is_loaded)])

    {% extends "pages/base.html" %}            {# or pages/question.html, pages/wide.html #}
    {% import "pages/components.html" as ui %}

    @blueprint.get("/scan")
    @pages.policy(script_src="'self' 'wasm-unsafe-eval'", permissions="camera=(self)")
    def scan() -> str: ...

    raise pages.Problem(413, "upload-too-large", "The file is too large", "…", "Crop the picture and try again.")

`pages.dates` is pure; everything else loads Flask, and only when it is asked for (PEP 562): the command line uses
the dates and not the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pages.blueprint import Service, install
    from pages.headers import policy
    from pages.problems import Problem, problem
    from pages.uploads import InMemoryRequest

__all__ = ["InMemoryRequest", "Problem", "Service", "install", "policy", "problem"]

_HOMES = {
    "InMemoryRequest": "pages.uploads",
    "Problem": "pages.problems",
    "Service": "pages.blueprint",
    "install": "pages.blueprint",
    "policy": "pages.headers",
    "problem": "pages.problems",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
