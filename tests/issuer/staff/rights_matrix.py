"""Every route of an application, asked by everybody: who got in?

    rows = walk(app, people, samples)
    assert unexpected(app, rows) == []

`people` sends requests as somebody; `samples` says which ids of the own and of another clinic stand for the arguments
of the routes. What must come out is computed from the rules beside the views and from `issuer.rights.TABLE`, so that a
new route, role or permission is tested the moment it is there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from flask import Flask

from issuer.rights import TABLE, Role
from issuer.web.rules import Route, Rule, rules_of

Where = Literal["own", "other"]
Outcome = Literal["in", "log-in-first", "refused", "hidden", "fault"]

LOGIN = "/login"
"""Where somebody who is not logged in is sent."""


@dataclass(frozen=True)
class Person:
    """Somebody who asks: `who` is a role, "nobody", or "token:SCOPES"."""

    who: str
    role: Role | None
    client: Any
    headers: Mapping[str, str]
    csrf: Callable[[], str]
    """A form token of this person's session; "" where there is none."""


@dataclass(frozen=True)
class Asked:
    """One request and what came of it."""

    endpoint: str
    path: str
    method: str
    who: str
    role: Role | None
    where: Where
    status: int
    outcome: Outcome


TOO_MUCH: Mapping[str, tuple[Outcome, ...]] = {
    "in": (),
    "as it is": (),
    "out": ("in", "hidden"),  # not even whether something is there
    "not theirs": ("in",),
}
"""What nobody may get where the rules expect this."""
Samples = Mapping[Where, Mapping[str, str]]
"""own/other -> name of an argument, or endpoint.argument -> an id that is there."""


class SampleMissing(Exception):
    """A route has an argument that no sample stands for: name one."""


def walk(app: Flask, people: Sequence[Person], samples: Samples, leave_out: Sequence[str] = ()) -> list[Asked]:
    """Ask every route as everybody, for the own clinic's things and for another's.

    Args:
        leave_out: endpoints not to be asked: those that end the asker's own session.
    Raises:
        SampleMissing.
    """
    rows = []
    for route in rules_of(app):
        if route.endpoint in leave_out:
            continue
        for method in route.methods:
            places: tuple[Where, ...] = ("own", "other") if route.arguments else ("own",)
            for where in places:
                path = _path(app, route, samples[where])
                for person in people:
                    rows.append(_ask(route, path, method, person, where))
    return rows


def unexpected(app: Flask, rows: Sequence[Asked]) -> list[tuple[str, Asked]]:
    """What should not have been: ("too much" | "too little" | "fault", the request)."""
    routes = {route.endpoint: route for route in rules_of(app)}
    found = []
    for row in rows:
        expected = _expected(routes[row.endpoint].rules, row)
        if row.outcome == "fault":
            found.append(("fault", row))
        elif expected == "in" and row.outcome in ("log-in-first", "refused"):
            found.append(("too little", row))
        elif row.outcome in TOO_MUCH[expected]:
            found.append(("too much", row))
    return found


def counts(rows: Sequence[Asked]) -> dict[str, int]:
    """Figures for a show."""
    return {
        "routes": len({(row.endpoint, row.method) for row in rows}),
        "people": len({row.who for row in rows}),
        "requests": len(rows),
        **{
            outcome: sum(row.outcome == outcome for row in rows)
            for outcome in ("in", "log-in-first", "refused", "hidden")
        },
    }


def _expected(rules: Sequence[Rule], row: Asked) -> Literal["in", "out", "not theirs", "as it is"]:
    """What rule and table say; for a token the way of tokens, for a role that of staff."""
    kinds = {rule.kind: rule for rule in rules}
    if "public" in kinds or "holder" in kinds:
        return "as it is"  # the view decides: by a link, a form, or not at all
    wanted = ("bearer",) if row.who.startswith("token") else ("staff", "signed-in")
    way = next((kinds[kind] for kind in wanted if kind in kinds), None)
    if way is None or row.role is None:
        return "out"
    if way.permission is None:
        return "in"
    reach = TABLE[row.role].get(way.permission)
    if reach is None:
        return "out"
    return "not theirs" if reach == "own" and row.where == "other" else "in"


def _ask(route: Route, path: str, method: str, person: Person, where: Where) -> Asked:
    more: dict[str, Any] = {"headers": dict(person.headers)}
    if method not in ("GET", "HEAD"):
        more["data"] = {"csrf_token": person.csrf()}
    answer = person.client.open(path, method=method, **more)
    outcome = _outcome(answer)
    answer.close()
    return Asked(route.endpoint, path, method, person.who, person.role, where, answer.status_code, outcome)


def _outcome(answer: Any) -> Outcome:
    status = answer.status_code
    if status >= 500:
        return "fault"
    if status == 401 or (status in (302, 303) and answer.headers.get("Location", "").split("?")[0] == LOGIN):
        return "log-in-first"
    if status == 403:
        return "refused"
    return "hidden" if status == 404 else "in"


def _path(app: Flask, route: Route, samples: Mapping[str, str]) -> str:
    values = {}
    for name in route.arguments:
        value = samples.get(f"{route.endpoint}.{name}", samples.get(name))
        if value is None:
            raise SampleMissing(f"{route.endpoint}: {name}")
        values[name] = value
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("localhost")
        return adapter.build(route.endpoint, values)
