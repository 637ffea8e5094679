"""Who may do what. Pure: a table of roles and permissions, and the one question asked of it.

    require(actor, "record.write", clinic_id)     # Forbidden

Every use case asks before it touches the store, and the store asks again with the rows in its hand: a page that forgets
to ask cannot let anybody through. A role holds a permission for its own clinic only, or for every clinic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["vaccinator", "manager", "department", "helpdesk", "auditor", "system", "operator"]
"""`vaccinator` stands for laboratory staff too; `system` is a clinic's program with a token of its own; `operator` is
whoever runs the service: the command line and the deployment's one API token."""

Permission = Literal[
    "record.write",  # add a dose or result
    "record.correct",  # correct or delete one
    "record.search",  # look through records of the clinic
    "person.open",  # a present patient's whole history, by full identity and a stated reason
    "card.issue",  # sign, show, print
    "card.revoke",  # take back, replace
    "import.run",  # files of many rows: upload, stop, go on, mend rows that wait
    "import.see",  # how far such a file is, and what is wrong with which row
    "review.decide",  # possible duplicates: merge, keep apart, undo
    "question.answer",  # what the plausibility rules ask
    "roster.use",  # the day's list
    "lot.manage",  # lots received, wasted, recalled
    "hold.decide",  # a clinic held for a second look
    "staff.manage",  # people of a clinic
    "client.manage",  # programs of a clinic
    "clinic.apply",  # enter a clinic
    "clinic.approve",  # the first or second approval
    "bulk.correct",  # find every card of a clinic, vaccinator or lot between two moments, and put it right
    "bulk.export",  # ask for, or agree to, an export or search across clinics
    "audit.read",  # the audit log
    "webhook.manage",  # who is told of events
    "access.tell",  # tell a person who saw their record
]
Reach = Literal["own", "any"]

_OWN_WORK: Mapping[Permission, Reach] = {
    "record.write": "own",
    "record.correct": "own",
    "record.search": "own",
    "person.open": "any",
    "card.issue": "own",
    "roster.use": "own",
    "question.answer": "own",
}
TABLE: Mapping[Role, Mapping[Permission, Reach]] = {
    "vaccinator": _OWN_WORK,
    "manager": {
        **_OWN_WORK,
        "card.revoke": "own",
        "import.run": "own",
        "import.see": "own",
        "lot.manage": "own",
        "staff.manage": "own",
        "client.manage": "own",
    },
    "department": {
        "record.search": "any",
        "person.open": "any",
        "card.issue": "any",
        "card.revoke": "any",
        "import.see": "any",
        "review.decide": "any",
        "question.answer": "any",
        "lot.manage": "any",
        "hold.decide": "any",
        "staff.manage": "any",
        "client.manage": "any",
        "clinic.apply": "any",
        "clinic.approve": "any",
        "bulk.correct": "any",
        "bulk.export": "any",
        "webhook.manage": "any",
        "access.tell": "any",
    },
    "helpdesk": {"person.open": "any", "card.issue": "any", "access.tell": "any"},
    "auditor": {"audit.read": "any", "access.tell": "any"},
    "system": {
        "record.write": "own",
        "record.correct": "own",
        "record.search": "own",
        "person.open": "any",
        "card.issue": "own",
        "import.run": "own",
        "import.see": "own",
    },
    "operator": {name: "any" for name in get_args(Permission) if name not in ("clinic.approve", "hold.decide")},
}
"""The operator runs the machine and answers for none of the department's decisions: approvals need people."""

NAMES: Mapping[Role, str] = {
    "vaccinator": "Vaccinator or laboratory staff",
    "manager": "Clinic manager",
    "department": "Health department",
    "helpdesk": "Help desk",
    "auditor": "Auditor",
    "system": "A clinic's system",
    "operator": "Operator of this service",
}


class Forbidden(Exception):
    """This role may not do this, or not for this clinic. Nothing was read or changed."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, for whom, and from where."""

    id: str
    """`staff:ID`, `client:ID`, `operator` or `system`."""
    role: Role
    clinic_id: str = ""
    """The clinic it belongs to; "" for the department, the help desk, auditors and the operator."""
    origin: str = ""
    """The network address the request came from, for the audit log; "" for the command line."""


def may(actor: Actor, permission: Permission, clinic_id: str = "") -> bool:
    """Whether the actor holds a permission for a clinic ("": for something that belongs to no clinic)."""
    reach = TABLE[actor.role].get(permission)
    if reach == "own":
        return bool(actor.clinic_id) and clinic_id in ("", actor.clinic_id)
    return reach == "any"


def require(actor: Actor, permission: Permission, clinic_id: str = "") -> None:
    """Raises Forbidden where `may` says no."""
    if not may(actor, permission, clinic_id):
        raise Forbidden(f"{actor.role} may not {permission} here")
