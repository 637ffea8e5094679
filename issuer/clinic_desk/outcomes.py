"""What the intake answered, in the form's terms: faults at their fields, questions with their sources. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from issuer.clinic_desk.patient_form import PatientForm
from issuer.clinic_desk.proposals import Fault
from issuer.intake.findings import FINDINGS
from issuer.intake.judgements import JUDGED
from issuer.intake.proposal import Finding, Outcome

PERSON_FIELDS: Final[Mapping[str, str]] = {
    "person": "family",
    "person.name": "family",
    "person.birth_date": "born_day",
    "person.sex": "sex",
    "person.identifier": "chart",
    "person.birth_order": "birth_order",
    "person.mother_maiden": "mother_maiden",
    "person.phone": "phone",
}
ROW_FIELDS: Final[Mapping[str, str]] = {
    "event": "product",
    "event.code": "product",
    "event.day": "day",
    "event.lot": "lot",
    "event.expires": "expires",
    "event.manufacturer": "product",
    "event.dose_number": "dose_number",
    "event.value": "outcome",
    "event.unit": "unit",
}


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the rules about one row."""

    name: str
    """Of its two radio buttons."""
    row: int
    message: str
    remedy: str
    source: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something recorded with a remark: a dose that does not count, a result that stands on no card."""

    code: str
    message: str
    remedy: str
    tag: str = "Marked"
    """One word before it: Marked (it stands so on record), Confirmed (a question that was answered), Check."""


def field_of(place: str, row: int) -> str:
    """The field of the form that a finding's place means."""
    if place in PERSON_FIELDS:
        return PERSON_FIELDS[place]
    return f"r{row}-{ROW_FIELDS.get(place, 'product')}"


def faults_of(outcomes: Sequence[Outcome], rows: Sequence[int]) -> tuple[Fault, ...]:
    """What was refused, each fault once (the person's would come with every dose)."""
    faults: dict[Fault, None] = {}
    for outcome, row in zip(outcomes, rows, strict=True):
        if outcome.did == "refused":
            for one in outcome.findings:
                if one.severity == "error":
                    faults[(field_of(one.place, row), f"{one.message} {one.remedy}")] = None
    return tuple(faults)


def questions_of(outcomes: Sequence[Outcome], rows: Sequence[int], form: PatientForm) -> tuple[Question, ...]:
    """What the rules ask, in the order of the rows; those answered before stay on the page with their answer."""
    return tuple(
        Question(
            f"q-{row}-{one.code}", row, one.message, one.remedy, one.source, form.answers.get(f"{row}-{one.code}", "")
        )
        for outcome, row in zip(outcomes, rows, strict=True)
        if outcome.did == "asked"
        for one in _each_code_once(outcome.findings)
        if one.severity == "question"
    )


def unanswered(questions: Sequence[Question]) -> tuple[Fault, ...]:
    """Faults for the summary: the first time the page comes back, the questions stand there with their words."""
    return tuple((one.name, one.message) for one in questions if not one.answer)


def rules_of(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """By code, the rule that marked something, and its source."""
    return {one.code: one.source for outcome in outcomes for one in outcome.findings if one.source}


def told_of(outcomes: Sequence[Outcome]) -> dict[str, list[str]]:
    """By record, the codes of everything that is to be looked at: what counts not, what was asked, what looks odd.

    What is said of the person is said once, with the first record.
    """
    told: dict[str, list[str]] = {}
    said: set[str] = set()
    for outcome in outcomes:
        found = [one for one in _each_code_once(outcome.findings) if one.severity in ("warning", "question")]
        new = [one.code for one in found if not one.place.startswith("person") or one.code not in said]
        said.update(one.code for one in found)
        if outcome.record_id and new:
            told[outcome.record_id] = new
    return told


def marks_of(codes: Sequence[str]) -> tuple[Mark, ...]:
    """A record's marks, and what else was said of it, in words."""
    return tuple(
        Mark(code, FINDINGS[code][1], FINDINGS[code][2], tag_of(code, "Confirmed"))
        for code in codes
        if code in FINDINGS
    )


def tag_of(code: str, question: str = "Question") -> str:
    """One word before what is said of something that stands on record.

    Args:
        question: the word for a question: it was answered on the form, and is open elsewhere.
    """
    severity = FINDINGS[code][0] if code in FINDINGS else "info"
    if severity == "question":
        return question
    if severity == "info":
        return "No card"
    return "Marked" if code in JUDGED else "Check"


def _each_code_once(findings: Sequence[Finding]) -> Sequence[Finding]:
    return list({one.code: one for one in findings}.values())
