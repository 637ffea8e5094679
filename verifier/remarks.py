"""What must not be overlooked on a genuine card: it may say that a dose was never given, or name nobody.

A signature holds on such a card as on any other. The words name no product: they stand on the screen unasked.
"""

from cards.shc.content import Content, Dose, Result

NAMES_NOBODY = "The card names nobody: it cannot be compared with an ID."
HOLDS_NOTHING = "There is no dose and no result on it."
MAX_LINES = 4
"""Of doses and results told one by one; there is a person to be shown beneath."""

_FINAL = ("final", "amended", "corrected")
_MISTAKE = "was entered by mistake and does not count"


def of_dose(dose: Dose) -> str:
    """What is odd about one dose; "" where nothing is."""
    said = _told(dose.status, {"not-done": "was not given", "entered-in-error": _MISTAKE}, "is not marked as completed")
    odd = [] if dose.status == "completed" else [f"This dose {said}."]
    return " ".join([*odd, *(["This dose is marked as less than a full dose."] if dose.subpotent else [])])


def of_result(result: Result) -> str:
    """What is odd about one result; "" where nothing is."""
    known = {"cancelled": "was cancelled", "entered-in-error": _MISTAKE}
    return "" if result.status in _FINAL else f"This result {_told(result.status, known, 'is not final')}."


def of_card(content: Content) -> tuple[str, ...]:
    """What is odd about the whole card, the gravest first."""
    found = [] if is_named(content) else [NAMES_NOBODY]
    if not content.doses and not content.results:
        found.append(HOLDS_NOTHING)
    lines = [*_numbered("dose", list(map(of_dose, content.doses)))]
    lines += _numbered("result", list(map(of_result, content.results)))
    more = len(lines) - MAX_LINES
    return (*found, *lines[:MAX_LINES], *([f"The same or the like goes for {more} more on it."] if more > 0 else []))


def is_named(content: Content) -> bool:
    """Whether there is a name to compare with an ID."""
    return any(person.name for person in content.persons)


def _told(status: str, known: dict[str, str], else_: str) -> str:
    """Only a status that has no words of ours is shown as it stands."""
    if not status:
        return f"{else_}: its status is missing"
    return known.get(status) or f"{else_} (status “{status}”)"


def _numbered(noun: str, remarks: list[str]) -> list[str]:
    """The remarks there are; of several doses each says which it is about, in the order of the list."""
    count = len(remarks)
    return [
        text.replace(f"This {noun}", f"{noun.capitalize()} {number} of {count}") if count > 1 else text
        for number, text in enumerate(remarks, start=1)
        if text
    ]
