"""A message's text from its template and values. Pure.

Lines of a right-to-left language begin with a mark, so that a sender's Latin name or a code at their beginning does not
turn the line around (UAX 9, 5.5); names, links and codes within e-mails stand isolated.
"""

import html
import string
from collections.abc import Mapping
from datetime import date
from typing import Final

from outreach.messages import PURPOSES, Channel, Email, Letter, Sms, Text, Values
from outreach.sender import LinkRefused, Sender
from outreach.sms_text import MAX_SEGMENTS, segments
from outreach.templates import Catalogue, Words, fill

RLM: Final = "\u200f"
_FSI, _PDI = "\u2068", "\u2069"
MAX_CODE = 12
_CODE_CHARACTERS = frozenset("0123456789ABCDEFGHJKMNPQRSTVWXYZ-")
"""Crockford's alphabet: nothing that is taken for something else on paper."""
_STYLE = (
    "font-family:sans-serif;font-size:18px;line-height:1.5;max-width:34em;margin:1em auto;padding:0 1em;"
    "overflow-wrap:anywhere;word-break:break-word"
)
"""A link is one long word: without breaking it a phone would cut the page, on the right or, in Arabic, on the left."""


class Unsendable(ValueError):
    """A message that may not be sent as it is. Says which rule, never a value."""


def check(sender: Sender, purpose: str, values: Values) -> None:
    """Whether these values may be sent for this purpose.

    Raises:
        Unsendable: an unknown purpose, a value missing or too many, a code with other characters.
        LinkRefused: a link that does not lead to the sender.
    """
    if purpose not in PURPOSES:
        raise Unsendable("no such purpose")
    if values.names() != PURPOSES[purpose]:
        raise Unsendable(f"{purpose} needs exactly: {', '.join(sorted(PURPOSES[purpose])) or 'nothing'}")
    if values.link:
        sender.checked(values.link)
    if values.code and (len(values.code) > MAX_CODE or not set(values.code) <= _CODE_CHARACTERS):
        raise Unsendable("a code of digits and capital letters")


def compose(
    catalogue: Catalogue,
    sender: Sender,
    purpose: str,
    language: str,
    channel: Channel,
    values: Values,
    stop_link: str,
    address: str = "",
) -> Text:
    """What is sent over one channel.

    Args:
        address: for the head of a letter.

    Raises:
        Unsendable, LinkRefused.
    """
    try:
        check(sender, purpose, values)
        sender.checked(stop_link)
    except LinkRefused as refused:
        raise Unsendable(str(refused)) from None
    words = catalogue.words(language)
    slots = {
        "sender": sender.sms_name if channel == "sms" else sender.name,
        "stop_link": stop_link,
        "link": values.link,
        "code": values.code,
        "ends": in_words(words, values.ends, words.sms_date if channel == "sms" else words.date),
    }
    if channel == "sms":
        return _sms(words, purpose, slots)
    return _email(words, purpose, slots) if channel == "email" else _letter(words, purpose, slots, sender, address)


def in_words(words: Words, day: date | None, form: str) -> str:
    """A day as the language writes it."""
    if day is None:
        return ""
    month = words.months[day.month - 1]
    return fill(form, {"day": str(day.day), "number": str(day.month), "year": str(day.year), "month": month})


def _sms(words: Words, purpose: str, slots: Mapping[str, str]) -> Sms:
    text = _marked(words, fill(f"{words.texts[purpose, 'sms']}\n{words.frames['sms']}", slots))
    count, encoding = segments(text)
    if count > MAX_SEGMENTS[encoding]:
        raise Unsendable("an SMS of too many segments")
    return Sms(text, count, encoding)


def _email(words: Words, purpose: str, slots: Mapping[str, str]) -> Email:
    whole = f"{words.texts[purpose, 'email']}\n\n{words.frames['email']}"
    subject = fill(words.texts[purpose, "subject"], slots)
    isolated = {**slots, "sender": f"{_FSI}{slots['sender']}{_PDI}"} if words.direction == "rtl" else slots
    plain = _marked(words, fill(whole, isolated)) + "\n"
    return Email(subject, plain, _html(words, subject, whole, slots), words.language, slots["stop_link"])


def _letter(words: Words, purpose: str, slots: Mapping[str, str], sender: Sender, address: str) -> Letter:
    whole = f"{words.texts[purpose, 'letter']}\n\n{words.frames['letter']}"
    return Letter(
        address=tuple(address.splitlines()),
        letterhead=sender.letterhead or (sender.name,),
        subject=fill(words.texts[purpose, "subject"], slots),
        paragraphs=tuple(" ".join(fill(one, slots).split()) for one in whole.split("\n\n")),
        language=words.language,
        direction=words.direction,
        link=slots["link"],
    )


def _marked(words: Words, text: str) -> str:
    """A link's line stays bare: some programs take the mark for a part of it."""
    if words.direction == "ltr":
        return text
    return "\n".join(line if not line or line.startswith("http") else RLM + line for line in text.split("\n"))


def _html(words: Words, subject: str, text: str, slots: Mapping[str, str]) -> str:
    """Paragraphs, links and nothing else: no picture, nothing that is loaded."""
    escaped = {name: html.escape(value) for name, value in slots.items()}
    parts = {
        "sender": f"<bdi>{escaped['sender']}</bdi>",
        "code": f'<strong dir="ltr" style="font-size:1.5em">{escaped["code"]}</strong>',
        "ends": f"<bdi>{escaped['ends']}</bdi>",
        **{name: f'<a dir="ltr" href="{escaped[name]}">{escaped[name]}</a>' for name in ("link", "stop_link")},
    }
    body = "\n".join(f"<p>{_filled(one, parts)}</p>" for one in text.split("\n\n"))
    narrow = '<meta name="viewport" content="width=device-width">'
    head = f'<meta charset="utf-8">{narrow}<title>{html.escape(subject)}</title>'
    return (
        f'<!DOCTYPE html>\n<html lang="{words.language}" dir="{words.direction}">\n<head>{head}</head>\n'
        f'<body style="{_STYLE}">\n{body}\n</body>\n</html>\n'
    )


def _filled(text: str, parts: Mapping[str, str]) -> str:
    pieces = string.Formatter().parse(text)
    made = "".join(html.escape(literal) + (parts[name] if name is not None else "") for literal, name, _, _ in pieces)
    return made.strip().replace("\n", "<br>\n")
