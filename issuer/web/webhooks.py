"""For the health department: which systems are told of events, and what has not arrived."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.audit.entry import Entry
from issuer.store.events import EventStore
from issuer.web.rules import rule
from issuer.web.sessions import current_actor
from issuer.webhooks.deliveries import KINDS, MAX_ATTEMPTS, NewWebhook
from issuer.webhooks.posting import UnusableUrl, check_url
from issuer.webhooks.signing import SECRET_OCTETS, secret_text

MAX_CLINIC_CHARACTERS = 32
Seal = Callable[[bytes, str], bytes]
"""(secret, webhook's id) -> sealed secret."""


def webhooks_blueprint(
    store: EventStore, seal: Seal, clock: Callable[[], datetime], random: Callable[[int], bytes]
) -> Blueprint:
    """Everything below `/webhooks`."""
    blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")

    @blueprint.get("")
    @rule("webhook.manage")
    def all_of_them() -> str:
        return render_template(
            "webhooks/list.html", webhooks=store.webhooks(), failing=store.failing(), kinds=KINDS, most=MAX_ATTEMPTS
        )

    @blueprint.get("/new")
    @rule("webhook.manage")
    def ask_new() -> str:
        return render_template("webhooks/new.html", kinds=KINDS, url="", clinic_id="", chosen=list(KINDS), error="")

    @blueprint.post("/new")
    @rule("webhook.manage")
    def answer_new() -> Response:
        url, clinic_id = request.form.get("url", "").strip(), request.form.get("clinic_id", "").strip()
        chosen = [kind for kind in KINDS if kind in request.form.getlist("kinds")]
        try:
            check_url(url)
        except UnusableUrl as error:
            page = render_template(
                "webhooks/new.html", kinds=KINDS, url=url, clinic_id=clinic_id, chosen=chosen, error=str(error)
            )
            return make_response(page, 422)
        webhook_id, secret, now = random(16).hex(), random(SECRET_OCTETS), clock()
        kinds = () if len(chosen) in (0, len(KINDS)) else tuple(chosen)
        sealed = seal(secret, webhook_id)
        clinic_id = clinic_id[:MAX_CLINIC_CHARACTERS]
        actor = current_actor()
        store.add_webhook(
            NewWebhook(webhook_id, url, sealed, kinds, clinic_id, actor.id, now), note("webhook.add", webhook_id, now)
        )
        shown = make_response(render_template("webhooks/added.html", url=url, secret=secret_text(secret)))
        shown.headers["Cache-Control"] = "no-store"
        return shown

    @blueprint.post("/<webhook_id>/stop")
    @rule("webhook.manage")
    def stop(webhook_id: str) -> WerkzeugResponse:
        store.stop_webhook(webhook_id, note("webhook.stop", webhook_id, clock()))
        return redirect(url_for("webhooks.all_of_them"), 303)

    @blueprint.post("/<webhook_id>/again")
    @rule("webhook.manage")
    def again(webhook_id: str) -> WerkzeugResponse:
        store.try_again(webhook_id, note("webhook.again", webhook_id, clock()))
        return redirect(url_for("webhooks.all_of_them"), 303)

    def note(action: str, webhook_id: str, now: datetime) -> Entry:
        return Entry(now, current_actor(), action, "webhook", webhook_id)

    return blueprint
