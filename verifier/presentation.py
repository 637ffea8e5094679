"""A verdict as people and programs read it. Pure: the page, the API and the command line show the same.

    present(verdict, registry, now) -> Shown      # words for a screen
    as_dict(verdict) -> dict                      # JSON

A person appears only where `verdict.card` is there, that is: where the signature held.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from cards.shc.card import HealthCard, NumericDate
from cards.shc.content import Code, Content, Dose, Person, Result, content_of
from cards.terminology import group_title, result_name, test_name, vaccine
from pages.dates import age_in_words, in_words, moment_in_words
from trust_registry import TrustRegistry
from verifier.checks import Check, checks_of
from verifier.remarks import is_named, of_card, of_dose, of_result
from verifier.verdict import Verdict
from verifier.words import NO_CARD, NOTHING, VENUE, Words, words_of

Face = Literal["accepted", "rejected", "undecided", "sample"]
"""Colour and shape of a verdict. A sample's is never "accepted"."""

_SYSTEMS = {
    "http://hl7.org/fhir/sid/cvx": "CVX",
    "http://snomed.info/sct": "SNOMED CT",
    "http://id.who.int/icd/release/11/mms": "ICD-11",
    "http://loinc.org": "LOINC",
}
_NOTHING = Content((), (), (), ())


@dataclass(frozen=True, slots=True)
class Line:
    """One dose or result in words."""

    title: str = field(repr=False)
    date: str = field(repr=False)
    details: tuple[str, ...] = field(repr=False)
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything a verdict page says."""

    face: Face
    outcome: str
    code: str | None
    word: str
    sentence: str
    todo: str
    spoken: str = field(repr=False)
    """One sentence for those who hear the page."""
    sample: bool = False
    issuer: str | None = None
    persons: tuple[Person, ...] = ()
    doses: tuple[Line, ...] = ()
    results: tuple[Line, ...] = ()
    others: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    card_held: bool = False
    """Whether the signature held, so that there is a card to show."""
    warnings: tuple[str, ...] = field(default=(), repr=False)
    """What must not be overlooked on a card that was signed all the same: see `verifier.remarks`."""
    chunks: tuple[tuple[int, bool], ...] = ()
    """Of a card in several codes: each index, and whether it was scanned."""

    @property
    def contents_in_words(self) -> str:
        """How much is on the card: "2 doses and 1 result"."""
        counted = ((len(self.doses), "dose"), (len(self.results), "result"), (len(self.others), "other entry"))
        parts = [f"{count} {noun if count == 1 else _plural(noun)}" for count, noun in counted if count]
        return " and ".join(parts)


@dataclass(frozen=True, slots=True)
class RegistryState:
    """How old what we know is."""

    sentence: str
    expired: bool


def present(verdict: Verdict, registry: TrustRegistry, now: datetime) -> Shown:
    """The words for one verdict."""
    content = content_of(verdict.card.bundle) if verdict.card else _NOTHING
    issuer = verdict.issuer.name or verdict.issuer.iss if verdict.issuer else None
    warnings = _warnings(verdict, content)
    words = _words(verdict, content)
    return Shown(
        face=face_of(verdict),
        outcome=verdict.outcome,
        code=verdict.code,
        word=words.word,
        sentence=words.sentence,
        todo=words.todo,
        spoken=_spoken(words, content.persons, warnings),
        sample=verdict.sample,
        issuer=issuer,
        persons=content.persons,
        doses=tuple(_dose_line(dose) for dose in content.doses),
        results=tuple(_result_line(result) for result in content.results),
        others=content.others,
        checks=checks_of(verdict, registry, now),
        card_held=verdict.card is not None,
        warnings=warnings,
        chunks=_chunks(verdict),
    )


def present_nothing() -> Shown:
    """What is shown where a file is well made and holds no card (a Parameters resource may)."""
    return Shown(
        face="undecided",
        outcome="undecided",
        code=NO_CARD,
        word=NOTHING.word,
        sentence=NOTHING.sentence,
        todo=NOTHING.todo,
        spoken=_spoken(NOTHING, (), ()),
    )


def face_of(verdict: Verdict) -> Face:
    """The verdict's colour and shape: what a sample's issuer signed is never green."""
    if verdict.outcome == "accepted" and verdict.sample:
        return "sample"
    return verdict.outcome


def tally(shown: Sequence[Shown]) -> str:
    """How many of each: "2 accepted, 1 undecided"; what needs attention comes first."""
    counts = Counter(one.word.lower() for one in shown)
    order = ("rejected", "no card", "undecided", "incomplete", "sample", "accepted")
    return ", ".join(f"{counts[word]} {word}" for word in order if counts[word])


def registry_state(registry: TrustRegistry, now: datetime) -> RegistryState:
    """Number, date and expiry of the list of issuers, as far as it has them."""
    count = f"{len(registry)} trusted issuer" + ("" if len(registry) == 1 else "s")
    number = "" if registry.number is None else f", list number {registry.number}"
    issued = f" of {in_words(registry.issued_at.date().isoformat())}" if registry.issued_at else ""
    expires = registry.expires_at
    if expires is None:
        return RegistryState(f"{count}{number}{issued}.", False)
    if now >= expires:
        return RegistryState(f"{count}{number}{issued}, out of date for {age_in_words(now - expires)}.", True)
    return RegistryState(f"{count}{number}{issued}, good until {moment_in_words(expires)}.", False)


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """One verdict as JSON; `card` is null unless the signature held."""
    issuer = verdict.issuer
    content = content_of(verdict.card.bundle) if verdict.card else _NOTHING
    words = _words(verdict, content)
    return {
        "outcome": verdict.outcome,
        "code": verdict.code,
        "reason": f"{words.sentence} {words.todo}",
        "rule": verdict.reason or None,
        "sample": verdict.sample,
        "issuer": {"iss": issuer.iss, "name": issuer.name or issuer.iss} if issuer else None,
        "found": verdict.found,
        "chunks": [{"index": index, "scanned": seen} for index, seen in _chunks(verdict)] or None,
        "card": _card_dict(verdict.card, content) if verdict.card else None,
        "warnings": list(_warnings(verdict, content)),
    }


def dict_without_card(code: str, reason: str) -> dict[str, Any]:
    """The same members for an input in which there is nothing to judge."""
    empty: dict[str, Any] = {"sample": False, "issuer": None, "found": None, "chunks": None, "card": None}
    return {"outcome": "undecided", "code": code, "reason": reason, "rule": None, **empty, "warnings": []}


def _words(verdict: Verdict, content: Content) -> Words:
    """An accepted card that names nobody cannot be compared with an ID: then something else is to be done."""
    issuer = verdict.issuer.name or verdict.issuer.iss if verdict.issuer else None
    words = words_of(verdict.code, sample=verdict.sample, issuer=issuer, found=verdict.found)
    return replace(words, todo=VENUE) if face_of(verdict) == "accepted" and not is_named(content) else words


def _warnings(verdict: Verdict, content: Content) -> tuple[str, ...]:
    return of_card(content) if verdict.card else ()


def _card_dict(card: HealthCard, content: Content) -> dict[str, Any]:
    return {
        "issued": _moment(card.nbf),
        "expires": _moment(card.exp) if card.exp is not None else None,
        "persons": [{"name": person.name, "birth_date": person.birth_date} for person in content.persons],
        "doses": [_dose_dict(dose) for dose in content.doses],
        "results": [_result_dict(result) for result in content.results],
        "others": list(content.others),
    }


def _dose_dict(dose: Dose) -> dict[str, Any]:
    return {
        "date": dose.date,
        "codes": [{"system": code.system, "code": code.code, "name": _vaccine_name(code)} for code in dose.codes],
        "groups": list(_groups(dose)),
        "lot": dose.lot,
        "performer": dose.performer,
        "status": dose.status,
        "subpotent": dose.subpotent,
    }


def _result_dict(result: Result) -> dict[str, Any]:
    return {
        "time": result.time,
        "codes": [{"system": c.system, "code": c.code, "name": test_name(c.system, c.code)} for c in result.codes],
        "values": [{"system": c.system, "code": c.code, "name": result_name(c.system, c.code)} for c in result.values],
        "text": result.text,
        "performer": result.performer,
        "status": result.status,
    }


def _plural(noun: str) -> str:
    return noun[:-1] + "ies" if noun.endswith("y") else noun + "s"


def _moment(seconds: NumericDate) -> str | None:
    """ISO 8601; None for a number that is no date of our calendar (milliseconds for seconds, for one)."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def _spoken(words: Words, persons: tuple[Person, ...], warnings: tuple[str, ...]) -> str:
    people = "; ".join(
        f"{person.name or 'no name'}, born {in_words(person.birth_date) or 'on an unknown date'}" for person in persons
    )
    told = (f"{words.word}: {people}." if people else f"{words.word}:", *warnings, words.sentence, words.todo)
    return " ".join(told)


def _chunks(verdict: Verdict) -> tuple[tuple[int, bool], ...]:
    if verdict.chunk is None:
        return ()
    return tuple((index, index in verdict.chunks_seen) for index in range(1, verdict.chunk[1] + 1))


def _dose_line(dose: Dose) -> Line:
    titles = ", ".join(group_title(group) for group in _groups(dose))
    details = (
        *(_vaccine_name(code) or code_and_system(code) for code in dose.codes),
        *([f"Lot {dose.lot}"] if dose.lot else []),
        *([f"Given by {dose.performer}"] if dose.performer else []),
    )
    return Line(titles or "Vaccination", in_words(dose.date) or "No date", details, of_dose(dose))


def _result_line(result: Result) -> Line:
    values = [result_name(code.system, code.code) or code_and_system(code) for code in result.values]
    tests = [test_name(code.system, code.code) or code_and_system(code) for code in result.codes]
    details = (*tests, *([f"By {result.performer}"] if result.performer else []))
    title = ", ".join(values) or result.text or "No result on the card"
    return Line(title, in_words(result.time) or "No date", details, of_result(result))


def _vaccine_name(code: Code) -> str | None:
    known = vaccine(code.system, code.code)
    return known.name if known else None


def _groups(dose: Dose) -> tuple[str, ...]:
    known = [vaccine(code.system, code.code) for code in dose.codes]
    return tuple(dict.fromkeys(group for found in known if found for group in found.groups))


def code_and_system(code: Code) -> str:
    """A code nobody told us about, as it stands on the card."""
    return f"Code {code.code or '(none)'} of {_SYSTEMS.get(code.system, code.system or 'an unnamed system')}"
