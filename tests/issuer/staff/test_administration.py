"""Who manages whom, which clinic goes live, whose system speaks for whom; over both databases."""

import threading
from contextlib import suppress
from typing import Any

import pytest

from issuer.rights import Actor, Forbidden
from issuer.staff.people import ClientDetails, NotAllowed
from issuer.staff.refusals import LoginTaken, UnknownClient, UnknownClinic, UnknownMember
from issuer.store.staff_clients import NameTaken
from issuer.store.staff_clinics import NotToApprove

OPERATOR = Actor("operator", "operator")


def test_a_manager_manages_the_own_clinic_and_makes_nobody_of_the_department(town: Any) -> None:
    here, there = town.clinic("Harbour Clinic"), town.clinic("Hill Clinic")
    manager = town.person("mona", "manager", here).actor()
    staff = town.parts.accounts.staff
    mine = town.person("vera", "vaccinator", here, by=manager)
    other = town.person("otto", "vaccinator", there)
    department = next(member for member in staff.members(OPERATOR) if member.role == "department")
    for role, clinic_id in (("vaccinator", there), ("department", ""), ("auditor", ""), ("helpdesk", "")):
        with pytest.raises(Forbidden):
            town.person("evil", role, clinic_id, by=manager)
        with pytest.raises(Forbidden):
            staff.change(manager, mine.id, "Vera", role, clinic_id, town.now)
    for stranger in (other, department):
        for act in (
            lambda who: staff.managed(manager, who),
            lambda who: staff.deactivate(manager, who, town.now),
            lambda who: staff.reset(manager, who, town.parts.accounts.setup_link(town.now)[1], town.now),
            lambda who: staff.change(manager, who, "X", "vaccinator", here, town.now),
        ):
            with pytest.raises(Forbidden):
                act(stranger.id)
    assert {member.login for member in staff.members(manager)} == {"mona", "vera"}
    with pytest.raises(Forbidden):
        staff.members(manager, there)
    assert {member.login for member in staff.members(department.actor(), there)} == {"otto"}


@pytest.mark.parametrize("role", ["vaccinator", "helpdesk", "auditor"])
def test_others_manage_nobody(town: Any, role: Any) -> None:
    clinic_id = town.clinic("Harbour Clinic") if role == "vaccinator" else ""
    actor = town.person("nadia", role, clinic_id).actor()
    for act in (
        lambda: town.person("evil", "vaccinator", clinic_id or "x", by=actor),
        lambda: town.parts.accounts.staff.members(actor),
        lambda: town.parts.clients.clients(actor),
        lambda: town.parts.clinics.enter(actor, "c", "C", "C", "{}", town.now),
    ):
        with pytest.raises(Forbidden):
            act()


def test_nobody_manages_themselves(town: Any) -> None:
    me = town.person("nadia", "department")
    staff = town.parts.accounts.staff
    for act in (
        lambda: staff.deactivate(me.actor(), me.id, town.now),
        lambda: staff.change(me.actor(), me.id, "Nadia", "auditor", "", town.now),
        lambda: staff.reset(me.actor(), me.id, town.parts.accounts.setup_link(town.now)[1], town.now),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_login_is_one_persons(town: Any) -> None:
    town.person("nadia", "department")
    with pytest.raises(LoginTaken):
        town.person("nadia", "auditor")
    with pytest.raises(UnknownMember):
        town.parts.accounts.staff.deactivate(OPERATOR, "0" * 32, town.now)
    assert [member.role for member in town.parts.accounts.staff.members(OPERATOR)] == ["department"]


def test_every_change_is_audited_with_it(town: Any) -> None:
    here = town.clinic("Harbour Clinic")
    member, staff = town.person("vera", "vaccinator", here), town.parts.accounts.staff
    staff.change(OPERATOR, member.id, "Vera", "manager", here, town.now)
    staff.deactivate(OPERATOR, member.id, town.now)
    assert town.audited()[-3:] == ["staff.add", "staff.change", "staff.deactivate"]


# ---- Clinics ---------------------------------------------------------------------------------------------------------


def entered(town: Any, by: Actor = OPERATOR) -> str:
    return str(town.parts.clinics.enter(by, town.parts.accounts.new_id(), "Harbour", "Harbour", "{}", town.now).id)


def test_a_clinic_goes_live_by_two_different_people(town: Any) -> None:
    one, two = town.person("dora", "department").actor(), town.person("dan", "department").actor()
    clinics, clinic_id = town.parts.clinics, entered(town, one)
    assert clinics.approve(one, clinic_id, town.now).state == "applied"
    with pytest.raises(NotToApprove):
        clinics.approve(one, clinic_id, town.now)
    assert clinics.clinic(one, clinic_id).state == "applied"
    assert clinics.approve(two, clinic_id, town.now).state == "live"
    with pytest.raises(NotToApprove):
        clinics.approve(two, clinic_id, town.now)
    assert town.audited()[-4:] == ["clinic.enter", "clinic.approve", "clinic.approve", "clinic.live"]


def test_nobody_makes_a_second_self(town: Any) -> None:
    """Whoever holds the other's one-time link could use it: the two count as one."""
    one = town.person("dora", "department")
    puppet = town.person("puppet", "department", by=one.actor())
    clinics, clinic_id = town.parts.clinics, entered(town)
    clinics.approve(one.actor(), clinic_id, town.now)
    with pytest.raises(NotToApprove):
        clinics.approve(puppet.actor(), clinic_id, town.now)
    other = entered(town)
    clinics.approve(puppet.actor(), other, town.now)
    with pytest.raises(NotToApprove):
        clinics.approve(one.actor(), other, town.now)
    two = town.person("dan", "department")
    town.parts.accounts.staff.reset(one.actor(), two.id, town.parts.accounts.setup_link(town.now)[1], town.now)
    with pytest.raises(NotToApprove):
        clinics.approve(two.actor(), clinic_id, town.now)


@pytest.mark.parametrize("role", ["manager", "vaccinator", "helpdesk", "auditor", "operator", "system"])
def test_only_people_of_the_department_approve(town: Any, role: Any) -> None:
    clinic_id = entered(town)
    for actor in (Actor("staff:x", role, clinic_id), Actor("operator", role), Actor("client:x", role)):
        with pytest.raises(Forbidden):
            town.parts.clinics.approve(actor, clinic_id, town.now)
        with pytest.raises(Forbidden):
            town.parts.clinics.suspend(actor, clinic_id, "why", town.now)
    with pytest.raises(Forbidden):
        town.parts.clinics.approve(Actor("operator", "department"), clinic_id, town.now)


def test_two_approvals_at_once_are_two_and_one_persons_twice_are_one(town: Any) -> None:
    one, two = town.person("dora", "department").actor(), town.person("dan", "department").actor()
    for people, state in (((one, two), "live"), ((one, one), "applied")):
        clinic_id, start = entered(town), threading.Barrier(2)

        def approve(actor: Actor, clinic_id: str = clinic_id, start: threading.Barrier = start) -> None:
            start.wait()
            with suppress(NotToApprove):
                town.parts.clinics.approve(actor, clinic_id, town.now)

        runs = [threading.Thread(target=approve, args=(actor,)) for actor in people]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        assert town.parts.clinics.clinic(one, clinic_id).state == state


def test_a_suspended_clinic_needs_both_again_and_its_systems_stop(town: Any) -> None:
    clinic_id = town.clinic("Harbour Clinic")
    people = {m.login: m.actor() for m in town.parts.accounts.staff.members(OPERATOR)}
    clients, clinics = town.parts.clients, town.parts.clinics
    made = clients.add(OPERATOR, "c" * 32, clinic_id, ClientDetails("EHR", facilities={"HARBOUR": clinic_id}), town.now)
    town.later(minutes=1)
    clients.put_token(made, "h" * 64, ("system/Immunization.c",), town.now.replace(year=2027), "", town.now)
    assert clients.by_token("h" * 64, town.now) is not None
    clinics.suspend(people["dora"], clinic_id, "stolen laptop", town.now)
    assert clients.by_token("h" * 64, town.now) is None
    assert clients.client("c" * 32) is None
    assert clients.actor_for(made, "HARBOUR") is None
    assert clinics.approve(people["dora"], clinic_id, town.now).state == "suspended"
    assert clinics.approve(people["dan"], clinic_id, town.now).state == "live"
    assert clients.client("c" * 32) is not None


def test_who_sees_which_clinic(town: Any) -> None:
    here, there = town.clinic("Harbour Clinic"), town.clinic("Hill Clinic")
    manager = town.person("mona", "manager", here).actor()
    assert [clinic.id for clinic in town.parts.clinics.clinics(manager)] == [here]
    assert {here, there} <= {clinic.id for clinic in town.parts.clinics.clinics(OPERATOR)}
    with pytest.raises(UnknownClinic):
        town.parts.clinics.clinic(manager, there)


# ---- Systems ---------------------------------------------------------------------------------------------------------


def test_a_system_speaks_for_its_facilities_only(town: Any) -> None:
    here, there = town.clinic("Harbour Clinic"), town.clinic("Hill Clinic")
    manager = town.person("mona", "manager", here).actor()
    clients, spoofed = town.parts.clients, ClientDetails("EHR", facilities={"HARBOUR": here, "HILL": there})
    with pytest.raises(Forbidden):
        clients.add(manager, "a" * 32, here, spoofed, town.now)
    with pytest.raises(Forbidden):
        clients.add(manager, "a" * 32, there, ClientDetails("EHR"), town.now)
    made = clients.add(manager, "a" * 32, here, ClientDetails("EHR", facilities={"HARBOUR": here}), town.now)
    with pytest.raises(Forbidden):
        clients.change(manager, made.id, spoofed, town.now)
    assert clients.actor_for(made, "HARBOUR", "10.0.0.9") == Actor(f"client:{made.id}", "system", here, "10.0.0.9")
    for msh4 in ("HILL", "harbour", "", "HARBOUR^2.16^ISO"):
        assert clients.actor_for(made, msh4) is None
    both = clients.change(OPERATOR, made.id, spoofed, town.now)
    assert clients.actor_for(both, "HILL") == Actor(f"client:{made.id}", "system", there)


def test_a_facility_of_no_clinic_is_not_kept(town: Any) -> None:
    here = town.clinic("Harbour Clinic")
    with pytest.raises(UnknownClinic):
        town.parts.clients.add(OPERATOR, "a" * 32, here, ClientDetails("EHR", facilities={"X": "nowhere"}), town.now)
    with pytest.raises(UnknownClinic):
        town.parts.clients.add(OPERATOR, "a" * 32, "nowhere", ClientDetails("EHR"), town.now)


def test_a_certificate_is_one_systems(town: Any) -> None:
    here, clients = town.clinic("Harbour Clinic"), town.parts.clients
    with_certificate = ClientDetails("EHR", certificate="ab" * 32)
    made = clients.add(OPERATOR, "a" * 32, here, with_certificate, town.now)
    with pytest.raises(NameTaken):
        clients.add(OPERATOR, "b" * 32, here, with_certificate, town.now)
    assert clients.by_certificate(":".join(["AB"] * 32)) == made
    clients.change(OPERATOR, made.id, ClientDetails("EHR", certificate="ab" * 32, active=False), town.now)
    assert clients.by_certificate("ab" * 32) is None
    with pytest.raises(UnknownClient):
        clients.managed(OPERATOR, "f" * 32)
