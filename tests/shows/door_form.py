"""Cases typed into the nurse's form, over HTTP as a browser without JavaScript sends it; mistakes by the record's page.

What the pages say is words: they are told by the messages of the table of findings, each of which is there once.
"""

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any, Final

from issuer.clinic_desk.proposals import SOURCES
from issuer.intake.findings import FINDINGS
from issuer.intake.proposal import Demographics, Dose, Event, Result
from issuer.plausibility.signed_tests import SIGNED_TESTS
from tests.shows.door_cases import CHARTS, Case, Message, Step, Where
from tests.shows.door_site import DoorSite
from tests.shows.door_told import Told

FORM: Final = "/clinic/form"
_OWN_WORDS: Final = {
    "Type the family name": "form:name",
    "Type the given name": "form:name",
    "Type the patient": "form:name",
    "Type the date of birth": "form:birth-date-missing",
    "There is no such date of birth": "form:birth-date",
    "Type the product": "form:product-missing",
    "We know no product": "form:product",
    "We know no test": "form:product",
    "Type the date": "form:date-missing",
    "This date can mean": "form:date",
    "This expiry date": "form:expiry",
    "Type a whole number": "form:number",
    "Choose what was found": "form:result-missing",
    "Type the time": "form:time",
    "There is no such record": "form:record",
}
FORMAT: Final[Mapping[str, frozenset[str]]] = {
    # A page asks at the field before it reads on; each is the same refusal in the words of that field.
    "form:name": frozenset({"name-missing", "name-form"}),
    "form:birth-date-missing": frozenset({"birth-date-missing"}),
    "form:birth-date": frozenset({"birth-date-form"}),
    "form:product-missing": frozenset({"vaccine-code-missing"}),
    "form:product": frozenset({"vaccine-unknown", "no-vaccine", "test-code-mistyped"}),
    "form:date-missing": frozenset({"date-missing"}),
    "form:date": frozenset({"date-form"}),
    "form:expiry": frozenset({"expiry-form"}),
    "form:number": frozenset({"dose-number-range", "birth-order-range"}),
    "form:result-missing": frozenset({"result-missing"}),
    "form:time": frozenset({"time-form"}),
    # Another clinic's record is not to be found on the page: it does not even say that it is there.
    "form:record": frozenset({"not-own-record", "nothing-to-change"}),
}
"""What only the pages say, each with the codes of ours it stands for."""
_ON_PAGES: Final = {
    code: message
    for code, (severity, message, _) in FINDINGS.items()
    if severity == "warning" or code.startswith("unsigned-")
}
"""What the patient's page says of a record that stands."""
_WHOLE: Final = ("a dose and a bad one", "three, the middle one bad")
_BY_NUMBER: Final = ("update onto another dose",)
_NEVER_SENT: Final = ("update of what was never sent", "delete what was never sent")


class FormDoor:
    """The pages of a clinic."""

    name = "form"
    format_codes = FORMAT

    def __init__(self, site: DoorSite) -> None:
        self.site = site
        self._choices: dict[tuple[str, str], str] = {}

    def cannot(self, case: Case) -> str:
        """Why the case cannot be said here; "" where it can."""
        if case.name in _WHOLE:
            return "a visit is recorded whole or not at all: somebody stands there to mend it"
        if case.name in _BY_NUMBER:
            return "two doses of a product on one day are told apart by the sender's numbers, and a page has none"
        if case.name in _NEVER_SENT:
            return "a record's page opens on a record that is there"
        found = (_unsaid(step, message.clinic) for message in case.messages for step in message.steps)
        return next((why for why in found if why), "")

    def begin(self) -> None:
        """Nothing is remembered."""

    def expected(self, codes: frozenset[str], refused: bool) -> frozenset[str]:
        """The form names what must be mended, asks what is a question, and shows on the patient's page what was marked,
        what the checker says of what it took in, and why there is no card."""
        if refused:
            return frozenset(code for code in codes if FINDINGS[code][0] == "error")
        shown = {*_ON_PAGES, "person-ambiguous"}
        return frozenset(code for code in codes if code in shown or FINDINGS[code][0] == "question")

    def tell(self, message: Message) -> Told:
        """Type it and press "Record"; what the pages say."""
        browser = _Browser(self.site.app.test_client(), self.site.tokens["vaccinator", message.clinic])
        actions = [step.action for step in message.steps]
        if actions == ["add"] * len(actions):
            return self._recorded(browser, message)
        step = message.steps[-1]
        record_id = self.site.meant(message.steps[0], message.clinic)
        told = _deleted(browser, record_id) if actions == ["delete"] else _corrected(browser, record_id, step.event)
        return Told(told.refused * len(actions), told.codes)

    def _recorded(self, browser: "_Browser", message: Message) -> Told:
        typed = _typed(message, self._choices)
        answer = browser.send(FORM, **typed, do="record")
        if answer.status_code == 422 and (chosen := self._choose(browser.text(answer), message)):
            typed |= chosen
            answer = browser.send(FORM, **typed, do="record")
        asked: dict[str, str] = {}
        if answer.status_code == 422:
            page = browser.text(answer)
            asked = {f"q-{name}": "yes" for name in re.findall(r'name="q-([^"]+)"', page)}
            if not asked:
                return Told((True,) * len(message.steps), _faults(page))
            answer = browser.send(FORM, **typed, **asked, do="record")
        assert answer.status_code == 303, answer.status_code
        page = browser.text(browser.get(answer.headers["Location"]))
        codes = _shown(page) | {name.partition("-")[2] for name in (one.removeprefix("q-") for one in asked)}
        return Told((False,) * len(message.steps), frozenset(codes))

    def _choose(self, page: str, message: Message) -> dict[str, str]:
        """A press on the product that is meant, among those of the typed code."""
        chosen = {}
        for number, step in enumerate(message.steps, start=1):
            keys = re.findall(rf'name="r{number}-choice" value="([^"]*)"', page)
            code, maker = _product(step)
            fitting = [key for key in keys if key.split("|")[:2] == [code, maker]]
            if fitting:
                chosen[f"r{number}-choice"] = self._choices[code, maker] = fitting[0]
        return chosen


class _Browser:
    """Somebody logged in, who reads a form before sending it."""

    def __init__(self, client: Any, session: str) -> None:
        self._client = client
        client.set_cookie("session", session)
        self._token = ""

    def get(self, path: str) -> Any:
        return self._client.get(path, buffered=True)

    def send(self, path: str, **typed: str) -> Any:
        if not self._token:
            page = self.text(self.get(FORM))
            self._token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        return self._client.post(path, data={**typed, "csrf_token": self._token}, buffered=True)

    def text(self, answer: Any) -> str:
        return unescape(answer.get_data(as_text=True))


def _unsaid(step: Step, where: Where) -> str:
    """Why the form cannot say a step."""
    person, event = step.person, step.event
    if person.protected is not None or person.died_on or person.address or person.emails:
        return "the form has no field for protection, death, address or e-mail"
    if any(one.authority != CHARTS[where] for one in person.identifiers):
        return "the form's chart number is the clinic's own; it has no other identifier"
    if event is None:
        return "the form begins with a dose or result"
    return _unsaid_dose(event) if isinstance(event, Dose) else _unsaid_result(event)


def _unsaid_dose(dose: Dose) -> str:
    if dose.status != "completed" or dose.subpotent:
        return "the form records whole doses that were given"
    if not dose.administered and dose.evidence not in {code for code, _ in SOURCES if code}:
        return "the form offers the kinds of evidence that a patient can have at hand"
    if dose.administered and re.fullmatch(r"\d{4}(-\d\d)?", dose.day):
        return "the form takes a whole day for a dose given here"
    return ""


def _unsaid_result(result: Result) -> str:
    if result.text or result.self_test or result.status != "final":
        return "the form takes final results of the laboratory, as a code or a number"
    if result.code not in SIGNED_TESTS and result.code != "94500-7":
        return "the form offers the tests whose results are signed"
    return ""


def _typed(message: Message, choices: Mapping[tuple[str, str], str]) -> dict[str, str]:
    kinds = ["d" if isinstance(step.event, Dose) else "r" for step in message.steps]
    typed = _who(message.steps[0].person)
    typed["rows"] = " ".join(f"{number}{kind}" for number, kind in enumerate(kinds, start=1))
    for number, step in enumerate(message.steps, start=1):
        event = step.event
        row = _dose_row(event) if isinstance(event, Dose) else _result_row(event) if event else {}
        if choice := choices.get(_product(step)):
            row["choice"] = choice
        typed |= {f"r{number}-{name}": text for name, text in row.items()}
        typed["vaccinator"] = event.vaccinator if isinstance(event, Dose) else ""
    return typed


def _product(step: Step) -> tuple[str, str]:
    assert step.event is not None
    return step.event.code, step.event.manufacturer if isinstance(step.event, Dose) else ""


def _who(person: Demographics) -> dict[str, str]:
    year, month, day = (*person.birth_date.split("-"), "", "")[:3]
    typed = {"born_year": year, "born_month": month, "born_day": day, "sex": person.sex or ""}
    if person.name.text:
        typed |= {"family": person.name.text, "given": "", "one_name": "1"}
    else:
        typed |= {"family": person.name.family, "given": " ".join(person.name.given)}
    typed["chart"] = person.identifiers[0].value if person.identifiers else ""
    typed["phone"] = person.phones[0] if person.phones else ""
    typed["mother_maiden"] = person.mother_maiden or ""
    typed["birth_order"] = str(person.birth_order or "")
    return typed


def _dose_row(dose: Dose) -> dict[str, str]:
    return {
        "product": dose.code,
        "day": dose.day,
        "lot": dose.lot,
        "expires": dose.expires,
        "dose_number": "" if dose.dose_number is None else str(dose.dose_number),
        "source": dose.evidence,
    }


def _result_row(result: Result) -> dict[str, str]:
    day, _, clock = result.time.partition("T")
    outcome = result.value_code or ("number" if result.quantity else "")
    return {
        "product": result.code,
        "day": day,
        "clock": clock[:5],
        "outcome": outcome,
        "quantity": result.quantity,
        "unit": result.unit,
    }


def _deleted(browser: _Browser, record_id: str) -> Told:
    page = browser.get(f"/corrections/{record_id}/delete")
    if page.status_code == 404:
        return Told((True,), frozenset({"form:record"}))
    version = _field(browser.text(page), "version")
    answer = browser.send(f"/corrections/{record_id}/delete", version=version, reason="entered-in-error")
    assert answer.status_code == 303, answer.status_code
    return Told((False,), frozenset())


def _corrected(browser: _Browser, record_id: str, event: Event | None) -> Told:
    where = f"/corrections/{record_id}"
    page = browser.get(f"{where}/edit")
    if page.status_code == 404:
        return Told((True,), frozenset({"form:record"}))
    assert isinstance(event, Dose)
    typed = {"product": event.code, "day": event.day, "lot": event.lot, "expires": event.expires, "status": "completed"}
    typed["version"] = _field(browser.text(browser.get(f"{where}/delete")), "version")
    answer = browser.send(f"{where}/edit", **typed, step="save")
    confirmed = re.findall(r'name="confirmed" value="([^"]+)"', browser.text(answer))
    if confirmed:
        answer = browser.send(f"{where}/edit", **typed, step="save", confirmed=confirmed[0])
    if answer.status_code == 303:
        return Told((False,), frozenset({*confirmed, *_shown(browser.text(browser.get(answer.headers["Location"])))}))
    text = browser.text(answer)
    if "Nothing is different from what stands" in text:
        return Told((False,), frozenset())
    return Told((True,), _faults(text))


def _field(page: str, name: str) -> str:
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]


def _shown(page: str) -> frozenset[str]:
    """Codes of what a page says about what stands."""
    codes = {code for code, message in _ON_PAGES.items() if message in page}
    if "it waits for a second look" in page:
        codes.add("person-ambiguous")
    return frozenset(codes)


def _faults(page: str) -> frozenset[str]:
    """Codes of what the summary of a page says must be mended."""
    summary = page.partition('class="error-summary"')[2].partition("</div>")[0]
    words = [re.sub(r"<[^>]*>", "", one).strip() for one in re.findall(r"<li>(.*?)</li>", summary)]
    return frozenset(code for one in words if (code := _code_of(one)))


def _code_of(words: str) -> str:
    ours: Sequence[str] = [code for code, (_, message, _) in FINDINGS.items() if words.startswith(message)]
    own = [code for start, code in _OWN_WORDS.items() if words.startswith(start)]
    return next(iter([*own, *ours]), "")
