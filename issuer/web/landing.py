"""The front page: what this service is, and the ways to one's own record."""

from flask import Blueprint, render_template

from issuer.settings import Settings
from issuer.web.languages import page_language
from issuer.web.rules import public


def landing_blueprint(settings: Settings) -> Blueprint:
    """`/`."""
    blueprint = Blueprint("landing", __name__)
    blueprint.context_processor(page_language)

    @blueprint.get("/")
    @public("what this service is")
    def home() -> str:
        return render_template("landing/home.html", issuer=settings.name, iss=settings.iss, sample=settings.sample)

    return blueprint
