"""The pages of lots, held clinics, drives, exports and the public numbers, by everybody who may and may not."""

from datetime import date, timedelta
from typing import Any

import pytest

from issuer.fraud.criteria import Criteria
from issuer.fraud.lots import Delivery

SUNDAY = date(2026, 11, 22)


@pytest.fixture
def database(sqlite_database: str) -> str:
    """Where the database does not matter."""
    return sqlite_database


def hidden(text: str, name: str) -> str:
    return text.partition(f'name="{name}" value="')[2].partition('"')[0]


def test_a_managers_ledger(site: Any, world: Any, send: Any, text_of: Any) -> None:
    harbour = world.clinic("Harbour")
    mona = site.client("mona", "manager", harbour)
    assert "No lot is entered" in text_of(mona.get("/lots"))
    wrong = send(mona, "/lots/new", "/lots/new", code="influenza", lot="A1", doses="50")
    assert wrong.status_code == 422
    assert "This may be several products" in text_of(wrong)
    done = send(mona, "/lots/new", "/lots/new", code="208", lot="A1", expires="2027-03-31", doses="50", note="box 7")
    assert done.status_code == 303
    at = done.headers["Location"]
    world.record(harbour, world.now, ["A1"] * 2)
    page = text_of(mona.get(at))
    assert "<strong>50</strong> doses came" in page
    assert "<strong>2</strong> on record as given" in page
    assert "box 7" in page
    assert send(mona, at, at, kind="wasted", doses="x").status_code == 422
    assert send(mona, at, at, kind="received", doses="-60", note="why").status_code == 422
    assert send(mona, at, at, kind="wasted", doses="3", note="broken").status_code == 303
    listed = text_of(mona.get("/lots"))
    assert "<code>A1</code>" in listed
    assert "Recalled lots" not in listed
    assert mona.get("/lots/recalls").status_code == 403
    assert mona.get("/lots/nothing").status_code == 404
    other = site.client("otto", "manager", world.clinic("River"))
    assert other.get(at).status_code == 404
    assert send(other, at, "/lots/new", kind="wasted", doses="3").status_code == 404
    assert other.get(f"/lots?clinic={harbour}").status_code == 403
    nurse = site.client("nina", "vaccinator", harbour)
    assert [nurse.get(path).status_code for path in ("/lots", "/holds", "/drives", "/exports")] == [403] * 4


def test_the_department_recalls(site: Any, world: Any, send: Any, text_of: Any) -> None:
    harbour = world.clinic("Harbour")
    world.ledger.receive(world.actors[harbour], harbour, Delivery("208", "A1", "", 50), world.now)
    world.record(harbour, world.now, ["A1"])
    dora = site.client("dora", "department")
    assert "Harbour" in text_of(dora.get("/lots"))
    assert "A1" in text_of(dora.get(f"/lots?clinic={harbour}&first=0"))
    assert send(dora, "/lots/new", "/lots/new", code="208", lot="A1", doses="5").status_code == 422
    assert send(dora, "/lots/new", "/lots/new", clinic_id=harbour, code="208", lot="A1", doses="5").status_code == 303
    path = "/lots/recalls"
    assert send(dora, path, path, code="208", lot="A1", reason="").status_code == 422
    assert send(dora, path, path, code="208", lot="A1", clinic_id="x", reason="FDA 7").status_code == 422
    assert send(dora, path, path, code="208", lot="A1", reason="FDA 7").status_code == 303
    page = text_of(dora.get(path))
    assert "FDA 7" in page
    assert ">recalled</span>" in text_of(dora.get("/lots"))
    typed = {name: hidden(page, name) for name in ("lot", "code", "clinic_id", "what")}
    found = send(dora, "/withdrawals/find", path, **typed)
    assert "<strong>1</strong> dose or result" in text_of(found)
    lift = page.partition('action="/lots/recalls/')[2].partition('"')[0]
    assert send(dora, f"/lots/recalls/{lift}", path, reason="").status_code == 422
    assert send(dora, f"/lots/recalls/{lift}", path, reason="another lot").status_code == 303
    assert "another lot" in text_of(dora.get(path))


def test_a_held_clinic(site: Any, world: Any, send: Any, text_of: Any, sunday_night: Any) -> None:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, SUNDAY)
    site.clock.now = sunday_night
    dora, mona = site.client("dora", "department"), site.client("mona", "manager", harbour)
    assert "No clinic was held" in text_of(dora.get("/holds"))
    world.record(harbour, sunday_night, ["A"] * 30, postcode="90210")
    [case] = world.watch.watch(sunday_night)
    assert "Hours unlike its own past" in text_of(dora.get("/holds"))
    at = f"/holds/{case.id}"
    page = text_of(dora.get(at))
    assert "30 doses were recorded at hours at which the clinic does not work" in page
    assert "Family" not in page
    assert mona.get(at).status_code == 403
    assert "Your clinic is held for a second look" in text_of(mona.get("/drives"))
    assert send(dora, f"{at}/take-back", at, reason=" ").status_code == 422
    assert send(dora, f"{at}/take-back", at, reason="nobody was there").status_code == 303
    page = text_of(dora.get(at))
    typed = {name: hidden(page, name) for name in ("clinic_id", "what", "since", "until")}
    found = send(dora, "/withdrawals/find", at, **typed)
    assert "<strong>30</strong> doses and results" in text_of(found)
    assert send(dora, f"{at}/take-back", at, reason="again").status_code == 409
    assert send(dora, f"{at}/go-on", at, reason="").status_code == 422
    assert send(dora, f"{at}/go-on", at, reason="taken back").status_code == 303
    assert world.state(harbour) == "live"
    assert "goes on" in text_of(dora.get("/holds"))
    assert "taken back" in text_of(dora.get(at))
    assert dora.get("/holds/nothing").status_code == 404


def test_drives(site: Any, world: Any, send: Any, text_of: Any) -> None:
    harbour = world.clinic("Harbour")
    mona, dora = site.client("mona", "manager", harbour), site.client("dora", "department")
    assert "No drive is announced" in text_of(mona.get("/drives"))
    assert "America/New_York" in text_of(mona.get("/drives/new"))
    typed = {"starts": "2026-11-28T09:00", "ends": "2026-11-28T15:00", "doses": "300", "note": "the gym"}
    late = send(mona, "/drives/new", "/drives/new", **(typed | {"starts": "2026-11-01T09:00"}))
    assert late.status_code == 422
    assert "before it begins" in text_of(late)
    assert send(mona, "/drives/new", "/drives/new", **typed).status_code == 303
    assert send(dora, "/drives/new", "/drives/new", **typed).status_code == 422
    assert send(dora, "/drives/new", "/drives/new", clinic_id=harbour, **typed).status_code == 303
    page = text_of(mona.get("/drives"))
    assert "2026-11-28 09:00" in page
    assert "Confirm" not in page
    first = world.drives.all(world.actors[harbour])
    of_mona, of_dora = sorted(first, key=lambda one: one.announced_by != site.members["mona"])
    assert send(mona, f"/drives/{of_mona.id}/confirm", "/drives/new").status_code == 403
    assert send(dora, f"/drives/{of_mona.id}/confirm", "/drives").status_code == 303
    assert send(dora, f"/drives/{of_dora.id}/confirm", "/drives").status_code == 409
    assert send(dora, f"/drives/{of_dora.id}/decline", "/drives", reason="").status_code == 422
    assert send(dora, f"/drives/{of_dora.id}/decline", "/drives", reason="twice").status_code == 303
    assert send(mona, f"/drives/{of_mona.id}/cancel", "/drives").status_code == 303
    assert send(mona, "/drives/nothing/cancel", "/drives/new").status_code == 404
    assert "twice" in text_of(mona.get("/drives"))


ASKED = {"kind": "export", "lot": "A1", "reason_code": "recall", "reason": "FDA notice seven"}


def test_two_people_and_a_file(site: Any, world: Any, send: Any, text_of: Any) -> None:
    harbour = world.clinic("Harbour")
    world.record(harbour, world.now, ["A1"] * 2)
    dora, dan = site.client("dora", "department"), site.client("dan", "department")
    assert "Nothing was asked for yet" in text_of(dora.get("/exports"))
    for change in ({"lot": ""}, {"reason": ""}, {"reason_code": ""}, {"since": "soon"}, {"code": "influenza"}):
        assert send(dora, "/exports/new", "/exports/new", **(ASKED | change)).status_code == 422
    at = send(dora, "/exports/new", "/exports/new", **ASKED).headers["Location"]
    page = text_of(dora.get(at))
    assert "A second person of the department has to agree" in page
    assert "I agree" not in page
    assert send(dora, f"{at}/agree", at).status_code == 409
    assert send(dora, f"{at}/file", at).status_code == 409
    assert send(dan, f"{at}/decline", at, reason="").status_code == 422
    assert "FDA notice seven" in text_of(dan.get(at))
    assert send(dan, f"{at}/agree", at).status_code == 303
    assert send(dan, f"{at}/decline", "/exports/new", reason="no").status_code == 409
    assert "Who asked for it may do it once" in text_of(dan.get(at))
    assert send(dan, f"{at}/file", "/exports/new").status_code == 409
    got = send(dora, f"{at}/file", at)
    assert got.mimetype == "text/csv"
    assert got.headers["Content-Disposition"] == 'attachment; filename="records.csv"'
    assert got.headers["Cache-Control"] == "no-store"
    assert len(got.get_data(as_text=True).splitlines()) == 3
    assert send(dora, f"{at}/file", "/exports/new").status_code == 409
    assert "done" in text_of(dora.get("/exports"))
    public = text_of(site.app.test_client().get("/transparency"))
    assert "2026-11" in public
    assert "A recall or a fault of a product" in public
    for secret in ("FDA", "A1", "Dora", "Dan", "Harbour,"):
        assert secret not in public
    assert dora.get("/exports/nothing").status_code == 404


def test_a_search_on_the_screen(site: Any, world: Any, send: Any, text_of: Any) -> None:
    harbour = world.clinic("Harbour")
    world.had_a_past(harbour, world.now.date(), weeks=9)
    dora, dan = site.client("dora", "department"), site.client("dan", "department")
    asked = {"kind": "search", "clinic_id": harbour, "since": "2026-01-01T00:00", "until": "2026-12-01T00:00"}
    at = send(dora, "/exports/new", "/exports/new", **(ASKED | {"lot": ""} | asked)).headers["Location"]
    assert "Recorded from" in text_of(dan.get(at))
    send(dan, f"{at}/agree", at)
    first = text_of(send(dora, f"{at}/rows", at))
    assert "Records 1 to 1000" in first
    typed = {name: hidden(first, name) for name in ("after", "number")}
    assert send(dan, f"{at}/rows", "/exports/new", **typed).status_code == 409
    second = text_of(send(dora, f"{at}/rows", "/exports/new", **typed))
    assert "Records 1001 to 1080" in second
    assert "Show the next" not in second
    assert send(dora, f"{at}/rows", "/exports/new", **typed).status_code == 409


def test_not_run_in_time(site: Any, world: Any, text_of: Any) -> None:
    dora = site.client("dora", "department")
    first, second = world.department("a"), world.department("b")
    request_id = world.requests.ask(first, "search", Criteria(lot="A"), "court", "why", world.now)
    world.requests.agree(second, request_id, world.now)
    site.clock.now = world.now + timedelta(hours=25)
    dora = site.client("dina", "department")
    assert "Nobody did it within 24 hours" in text_of(dora.get(f"/exports/{request_id}"))
    assert "not run in time" in text_of(dora.get("/exports"))


def test_nothing_without_a_login(site: Any) -> None:
    nobody = site.app.test_client()
    for path in ("/lots", "/lots/new", "/lots/recalls", "/holds", "/drives", "/drives/new", "/exports", "/exports/new"):
        assert nobody.get(path).status_code == 303
    assert nobody.get("/transparency").status_code == 200
    assert nobody.post("/exports/x/file").status_code in (303, 400)


def test_pages_of_a_held_lot_lead_to_it(site: Any, world: Any, text_of: Any) -> None:
    harbour = world.clinic("Harbour")
    lot_id = world.ledger.receive(world.actors[harbour], harbour, Delivery("208", "A", "", 5), world.now)
    world.record(harbour, world.now, ["A"] * 11)
    [case] = world.watch.watch(world.now)
    page = text_of(site.client("dora", "department").get(f"/holds/{case.id}"))
    assert f"/lots/{lot_id}" in page
