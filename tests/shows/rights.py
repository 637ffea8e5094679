"""`make show-rights`: all routes of the whole application, asked by every role, for the own clinic and for another.

Who should get in is computed from the rules beside the views and the table of roles
(`tests.issuer.staff.rights_matrix`). Then each route that names something of a clinic is asked by people and the
system of the other one, with content that would do it: nothing may be shown, and no row of any table may change. A
route without a rule, and a planted hole, are found.
"""

import ast
import inspect
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cards.encoding import write_json
from issuer import app as issuer_app
from issuer.web.rules import Route, RouteWithoutRule, check_rules, rule, rules_of
from tests.issuer.staff.rights_matrix import Asked, Person, counts, unexpected, walk
from tests.shows.door_cases import Where
from tests.shows.door_site import DoorSite
from tests.shows.rights_world import CLINICS, RightsWorld, objects_in, shows

ENDS_SESSION: Final = ("login.logout", "account.end_sessions", "resident.leave")
OTHER: Final[dict[Where, Where]] = {"own": "other", "other": "own"}
BOUND: Final = ("vaccinator", "manager", "token:system")
"""Who belongs to one clinic."""
SHUT: Final = (401, 403, 404)
PASSED_OVER: Final = {
    "account.end_session": "a session that is not one's own is passed over, as one that has ended",
    "api.record_of_person": "whoever names a person by our id must know the date of birth: 422, person-mismatch",
    "resident.replace": "a program has no form token: 400, form-ended",
}
"""Routes that answer as if there were nothing, without saying so."""
NO_OBJECT: Final = frozenset({"form", "use", "filename", "kid"})
"""Arguments that name a form or file of everybody's: there is no other clinic's."""
_HOUSE: Final = "the deployment's own token speaks for the deployment's own clinic, and sees its records only"
_BIRTH: Final = "refused with 422: whoever names a person by our id must know the date of birth"
KNOWN: Final[dict[tuple[str, str, str], str]] = {
    **{("too little", "token:operator", f"fhir.{verb}_{kind}"): _HOUSE
       for verb in ("read", "update", "delete") for kind in ("immunization", "observation")},
    ("too much", "token:system", "api.record_of_person"): _BIRTH,
}  # fmt: skip
"""Where a door is stricter than the table of roles, or refuses by another status; each with the reason."""
_FORM: Final = {
    "version": "1", "reason": "entered-in-error", "step": "save", "product": "208", "day": "2021-03-03", "lot": "X1",
    "status": "completed", "do": "record", "rows": "1d", "r1-product": "208", "r1-day": "2021-03-03", "name": "Taken",
    "role": "manager", "login": "taken", "active": "", "facilities": "",
}  # fmt: skip
"""Fields with which the pages' forms would be sent by whoever may."""


@dataclass(frozen=True, slots=True)
class Intruded:
    """One request of somebody of one clinic for something of the other."""

    endpoint: str
    method: str
    who: str
    status: int
    changed: tuple[str, ...]
    """Names of tables in which something is otherwise now."""
    shown: bool

    @property
    def is_kept_out(self) -> bool:
        """Whether nothing was shown and nothing changed."""
        return (self.status in SHUT or self.endpoint in PASSED_OVER) and not self.changed and not self.shown


def show() -> tuple[dict[str, Any], bool]:
    rows: list[Asked] = []
    wrong: list[str] = []
    intruded: list[Intruded] = []
    for home in CLINICS:
        with tempfile.TemporaryDirectory(prefix="cs-rights-", dir="/var/tmp") as folder:
            world = RightsWorld(DoorSite(Path(folder)))
            intruded += intrusions(world, home)
            found, unfit = walked(world, home)
            rows += found
            wrong += unfit
    with tempfile.TemporaryDirectory(prefix="cs-rights-", dir="/var/tmp") as folder:
        proofs = {
            "route_without_rule_stops": stops_without_rule(Path(folder)),
            "hole_found": finds_hole(Path(folder) / "h"),
        }
    open_doors = [one for one in intruded if not one.is_kept_out]
    for line in (*wrong, *map(str, open_doors)):
        print(line)
    figures = counts(rows) | {
        "wrong": len(wrong),
        "asked_for_anothers": len(intruded),
        "of_routes": len({(one.endpoint, one.method) for one in intruded}),
        "not_kept_out": len(open_doors),
        **proofs,
    }
    _print(rows, figures)
    return figures, not wrong and not open_doors and all(proofs.values())


def walked(world: RightsWorld, home: Where) -> tuple[list[Asked], list[str]]:
    """Every route by everybody, from one clinic's side: what was asked, and what should not have been."""
    app = world.site.app
    samples = {"own": world.samples[home], "other": world.samples[OTHER[home]]}
    routes = {route.endpoint: route for route in rules_of(app)}
    asked = walk(app, world.people(home), samples, ENDS_SESSION)  # type: ignore[arg-type]
    rows = [row for row in asked if row.where == "own" or not NO_OBJECT.issuperset(routes[row.endpoint].arguments)]
    wrong = [f"{kind}: {row}" for kind, row in unexpected(app, rows) if (kind, row.who, row.endpoint) not in KNOWN]
    reached = {(row.endpoint, row.method) for row in rows if row.outcome == "in"}
    wrong += [
        f"nobody came to it, so it shows nothing: {method} {route.path}"
        for route, method in objects_in(list(routes.values()))
        if (route.endpoint, method) not in reached
    ]
    return rows, wrong


# ---- Something of another clinic's -----------------------------------------------------------------------------------


def intrusions(world: RightsWorld, home: Where) -> list[Intruded]:
    """Everything of the other clinic, asked for and changed by people and the system of this one."""
    people = [one for one in world.people(home) if one.who in BOUND]
    csrf = {one.who: one.csrf() for one in people}
    found = []
    for route, method in objects_in(rules_of(world.site.app)):
        for person in people:
            found.append(_intruded(world, home, route, method, person, csrf[person.who]))
    for person in people:
        found += _by_content(world, OTHER[home], person, csrf[person.who])
    return found


def _intruded(world: RightsWorld, home: Where, route: Route, method: str, person: Person, csrf: str) -> Intruded:
    victim = OTHER[home]
    samples = world.samples[victim]
    values = {name: samples.get(f"{route.endpoint}.{name}", samples.get(name, "")) for name in route.arguments}
    if "token" in values:  # a resident's link is the right itself: that of one opens nothing of another's
        values["token"] = world.samples[home]["token"]
    content = {} if method == "GET" or person.who == "token:system" else {"data": dict(_FORM)}
    with world.site.app.test_request_context():
        path = world.site.app.url_map.bind("localhost").build(route.endpoint, values)
    return _sent(world, victim, route.endpoint, method, path, person, csrf, content)


def _by_content(world: RightsWorld, victim: Where, person: Person, csrf: str) -> Iterator[Intruded]:
    """What a form or message names inside: the address is the sender's own."""
    samples = world.samples[victim]
    if person.who == "token:system":
        entry = {"request": {"method": "DELETE", "url": f"Immunization/{samples['record_id']}"}}
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        content: dict[str, Any] = {"data": write_json(bundle), "content_type": "application/fhir+json"}
        bare = replace(person, client=person.client.client)
        yield _sent(world, victim, "fhir.bundle", "POST", "/fhir", bare, csrf, content)
        return
    for endpoint, path, typed in (
        ("clinic_patients.undo", "/clinic/undo", {"record": samples["record_id"]}),
        ("questions.answer", "/clinic/questions", {"record": samples["questions.correct.record_id"], "do": "delete"}),
    ):
        yield _sent(world, victim, endpoint, "POST", path, person, csrf, {"data": typed})


def _sent(
    world: RightsWorld,
    victim: Where,
    endpoint: str,
    method: str,
    path: str,
    person: Person,
    csrf: str,
    content: dict[str, Any],
) -> Intruded:
    headers = {**person.headers, "X-CSRFToken": csrf} if csrf else dict(person.headers)
    before = world.rows()
    answer = person.client.open(path, method=method, headers=headers, **content)
    text, status = answer.get_data().decode("utf-8", "replace"), answer.status_code
    answer.close()
    after = world.rows()
    changed = tuple(sorted(name for name in after if after[name] != before[name]))
    if status in (302, 303) and answer.headers.get("Location", "").startswith("/login"):
        status = 401
    return Intruded(endpoint, method, person.who, status, changed, shows(text, victim))


# ---- The test of the test --------------------------------------------------------------------------------------------


def stops_without_rule(folder: Path) -> bool:
    """`create_app` ends with the check, and the check refuses the real application with one more route."""
    [making] = [
        one
        for one in ast.parse(inspect.getsource(issuer_app)).body
        if isinstance(one, ast.FunctionDef) and one.name == "create_app"
    ]
    last = [ast.unparse(one) for one in making.body[-2:]]
    app = DoorSite(folder / "without").app
    app.add_url_rule("/forgotten", "forgotten", lambda: "health data")
    try:
        check_rules(app)
    except RouteWithoutRule:
        shut = app.test_client().get("/forgotten")
        return last == ["check_rules(app)", "return app"] and shut.status_code == 500 and b"health" not in shut.data
    return False


def finds_hole(folder: Path) -> bool:
    """A view that forgets to ask whose clinic it is lets in those of another, and the walk says so."""
    site = DoorSite(folder)
    app = site.app

    @app.get("/hole/<clinic_id>")
    @rule("record.search")
    def hole(clinic_id: str) -> str:
        return f"records of {clinic_id}"

    world = RightsWorld(site)
    others = [route.endpoint for route in rules_of(app) if route.endpoint != "hole"]
    rows = walk(app, world.people("own"), world.samples, others)
    found = {(kind, row.who, row.where) for kind, row in unexpected(app, rows)}
    return found == {("too much", who, "other") for who in ("vaccinator", "manager")}


def _print(rows: Sequence[Asked], figures: dict[str, Any]) -> None:
    print(f"{'role':16} {'asked':>6} {'let in':>7} {'refused':>8} {'hidden':>7} {'log in first':>13}")
    for who in dict.fromkeys(row.who for row in rows):
        own = [row.outcome for row in rows if row.who == who]
        each = [own.count(outcome) for outcome in ("in", "refused", "hidden", "log-in-first")]  # type: ignore[arg-type]
        print(f"{who:16} {len(own):6} {each[0]:7} {each[1]:8} {each[2]:7} {each[3]:13}")
    print(f"{figures['routes']} routes and methods, {figures['requests']} requests")
