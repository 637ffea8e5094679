"""The links in the head of each page, for whoever is logged in: what their role may do, in the order of their day."""

from typing import Any

from flask import Flask, g

from issuer.rights import Actor, Permission, Role, may
from pages import Service

LINKS: tuple[tuple[str, str, Permission], ...] = (
    ("Clinic", "/clinic", "record.write"),
    ("Files", "/clinic/imports", "import.see"),
    ("Put right", "/corrections", "record.correct"),
    ("Reviews", "/reviews", "review.decide"),
    ("Take back", "/withdrawals", "bulk.correct"),
    ("Held clinics", "/holds", "hold.decide"),
    ("Lots", "/lots", "lot.manage"),
    ("Drives", "/drives", "lot.manage"),
    ("Exports", "/exports", "bulk.export"),
    ("Clinics", "/clinics", "clinic.apply"),
    ("People", "/people", "staff.manage"),
    ("Systems", "/systems", "client.manage"),
    ("Webhooks", "/webhooks", "webhook.manage"),
    ("Audit", "/audit", "audit.read"),
)
"""(words, address, what one must be allowed to do)."""
FOOTER = (("What was given out in bulk", "/transparency"),)
START: dict[Role, str] = {
    "vaccinator": "/clinic",
    "manager": "/clinic",
    "department": "/reviews",
    "auditor": "/audit",
}
"""Where somebody of a role begins to work; everybody else at their own account."""


def start_of(role: Role) -> str:
    """The page after the login."""
    return START.get(role, "/account")


def links_of(actor: Actor) -> tuple[tuple[str, str], ...]:
    """(words, address) of what an actor may open."""
    open_to = [(words, address) for words, address, permission in LINKS if may(actor, permission, actor.clinic_id)]
    return (*open_to, ("Your account", "/account"))


def install_navigation(app: Flask, name: str) -> None:
    """Pages that a rule let somebody into say where else they may go."""

    @app.context_processor
    def head() -> dict[str, Any]:
        actor: Actor | None = g.get("actor")
        if actor is None or not actor.id.startswith("staff:"):
            return {}
        return {"service": Service(name, home=start_of(actor.role), links=links_of(actor), footer=FOOTER)}
