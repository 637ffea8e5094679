"""A part of `make show-rights` for every run of the tests: the whole application from one clinic's side."""

from pathlib import Path

from issuer.rights import TABLE
from issuer.web.rules import rules_of
from tests.issuer.staff.rights_matrix import counts
from tests.shows.door_site import DoorSite
from tests.shows.rights import KNOWN, finds_hole, intrusions, stops_without_rule, walked
from tests.shows.rights_world import OWNED, RightsWorld


def test_a_route_without_a_rule_keeps_the_application_from_starting(tmp_path: Path) -> None:
    assert stops_without_rule(tmp_path)


def test_a_hole_is_found(tmp_path: Path) -> None:
    assert finds_hole(tmp_path)


def test_nobody_reaches_what_is_another_clinics(tmp_path: Path) -> None:
    found = intrusions(RightsWorld(DoorSite(tmp_path)), "own")
    assert [one for one in found if not one.is_kept_out] == []
    assert len({(one.endpoint, one.method) for one in found}) > 50


def test_every_route_by_every_role(tmp_path: Path) -> None:
    world = RightsWorld(DoorSite(tmp_path))
    rows, wrong = walked(world, "other")
    assert wrong == []
    figures = counts(rows)
    assert figures["people"] == len(TABLE) + 1
    assert figures["routes"] > 130
    assert {person.role for person in world.people("own")} == {*TABLE, None}


def test_an_object_of_a_route_has_a_sample_in_each_clinic(tmp_path: Path) -> None:
    world = RightsWorld(DoorSite(tmp_path))
    for route in rules_of(world.site.app):
        for name in OWNED.intersection(route.arguments):
            ids = [world.samples[where].get(name) for where in ("own", "other")]  # type: ignore[index]
            assert all(ids), route.endpoint
            assert ids[0] != ids[1] or name == "credential_id", route.endpoint


def test_what_is_known_still_is(tmp_path: Path) -> None:
    """A reason for something that is no longer so would hide the next thing."""
    app = DoorSite(tmp_path).app
    assert {endpoint for _, _, endpoint in KNOWN} <= {route.endpoint for route in rules_of(app)}
