"""`make show-histories`: sixty histories of 1 to 40 doses, by group and on one sheet; nothing lost, nothing above V22.

For the sheet the codes are counted against a lower bound: no fewer codes can hold the record. Where all of it does not
fit one code, two are the fewest. Beyond two: everything in one stream costs no more than in several, each of which has
to say anew whose record it is and what a dose looks like, so k codes need room for the one stream and k - 1 times for
that. And on codes of a small size, where every way to share out seven doses can be tried, the true fewest are counted.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from math import ceil
from time import perf_counter
from typing import Any

import cards
from cards import CardTooLarge
from cards.encoding import b64url_encode, deflate_smallest, write_json
from cards.shc.card import sign
from cards.shc.numeric import MAX_JWS_CHARACTERS, MAX_QR_VERSION, qr_version
from cards.terminology import cvx
from issuer.fhir import Resource, Submission
from issuer.grouping import Draft, drafts_of, fitted
from issuer.issuance import Issuer
from issuer.packing import packed
from issuer.records import Record
from keys.private import PrivateKey
from tests.shows.history_cases import MOST_DOSES, PEOPLE, History, histories

ISS = "https://health.state.example/issuer"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SMALL_RECORD = 7
"""Doses: 127 parts to try."""
SMALL_CODE = 1.12
"""Times the largest card with one dose."""
HEADER = 106
"""Characters of a JWS header with `alg`, `zip` and `kid`; 88 more are the signature and two dots."""
SLACK = 24
"""Characters by which one stream may be longer than the sum of its parts says: block ends, rounding. For caution."""


class Press:
    """Signs drafts and counts how often it was asked."""

    def __init__(self) -> None:
        self.key = PrivateKey.generate()
        self.issuer = Issuer(ISS, self.key, bytes(32))
        self.asked = 0

    def make(self, draft: Draft) -> str:
        self.asked += 1
        return self.issuer.issue(Record("id", draft.bundle()), NOW).jws

    def content(self, jws: str) -> list[Resource]:
        """Doses and results of a card, read as a verifier reads it, without the link to the patient."""
        entries = cards.read(jws).verify(self.key.public).bundle["entry"]
        return [_bare(entry["resource"]) for entry in entries[1:]]

    def characters(self, draft: Draft) -> int:
        """Of the JWS of a draft however large, compressed as well as we can."""
        subject = b'"vc":{"type":["https://smarthealth.cards#health-card"],"credentialSubject":{"fhirVersion":"4.0.1",'
        claims = b'{"iss":"%s","nbf":1795176000,%s"fhirBundle":%s},"rid":"AAAAAAAAAAA"}}' % (
            ISS.encode(),
            subject,
            write_json(_bundle(draft)),
        )
        around = HEADER + 88
        return around + len(b64url_encode(deflate_smallest(claims)))


def _bundle(draft: Draft) -> dict[str, Any]:
    if draft.resources:
        return draft.bundle()
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": "resource:0", "resource": draft.patient}],
    }


def _bare(resource: Resource) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name not in ("patient", "subject")}


def lower_bound(press: Press, patient: Resource, resources: Sequence[Resource]) -> int:
    """So many codes are needed at least."""
    if not resources:
        return 0
    draft = Draft("", patient, tuple(sorted(resources, key=lambda one: str(one.get("occurrenceDateTime", "")))))
    try:
        press.make(draft)
    except CardTooLarge:
        everything = press.characters(draft)
        begun = min(press.characters(Draft("", patient, (one,))) - own_characters(one) for one in resources)
        room = MAX_JWS_CHARACTERS - begun + SLACK
        return max(2, ceil((everything - begun) / room))
    return 1


def own_characters(resource: Resource) -> int:
    """How many characters of a card a dose or result has for itself at most: none of it compressed."""
    return ceil(len("".join(_leaves(resource))) * 4 / 3)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _leaves(part)


def on_small_codes(press: Press, history: History) -> tuple[int, int]:
    """(our codes, the fewest there can be) for a person's first doses, on codes that hold about three."""
    submission = history.submission
    some = Submission(submission.patient, submission.doses[:SMALL_RECORD], ())
    largest = max(press.characters(Draft("", some.patient, (one,))) for one in some.doses)

    def make(draft: Draft) -> int:
        size = len(sign_any(press, draft))
        if size > largest * SMALL_CODE:
            raise CardTooLarge("of a small code")
        return 1 << len(draft.resources)

    return len(packed(some, make)), _fewest(some, make)


def sign_any(press: Press, draft: Draft) -> str:
    return sign(press.key, iss=ISS, nbf=int(NOW.timestamp()), bundle=draft.bundle(), rid="A" * 11, any_size=True)


def _fewest(submission: Submission, make: Callable[[Draft], int]) -> int:
    """By trying every part of the record, in every order that a code can have: the doses' own."""
    doses = sorted(submission.doses, key=lambda one: (str(one["occurrenceDateTime"]), write_json(one)))
    fits = {0}
    for chosen in range(1, 1 << len(doses)):
        try:
            make(Draft("", submission.patient, tuple(one for n, one in enumerate(doses) if chosen >> n & 1)))
        except CardTooLarge:
            continue
        fits.add(chosen)
    fewest = {0: 0}
    for chosen in range(1, 1 << len(doses)):
        first = chosen & -chosen
        parts = (part for part in fits if part & chosen == part and part & first)
        fewest[chosen] = 1 + min(fewest[chosen ^ part] for part in parts)
    return fewest[(1 << len(doses)) - 1]


def told(press: Press, history: History) -> dict[str, Any]:
    """One history both ways."""
    submission = history.submission
    whole = Counter(map(_told, [*submission.doses, *submission.results]))
    grouped = [jws for draft in drafts_of(submission) for jws in fitted(draft, press.make)]
    asked, start = press.asked, perf_counter()
    sheet = packed(submission, press.make)
    seconds = perf_counter() - start
    at_least = sum(lower_bound(press, submission.patient, some) for some in (submission.doses, submission.results))
    on_cards = Counter(_told(one) for jws in grouped for one in press.content(jws))
    on_sheet = Counter(_told(one) for jws in sheet for one in press.content(jws))
    return {
        "doses": len(submission.doses),
        "results": len(submission.results),
        "cards": len(grouped),
        "codes": len(sheet),
        "at_least": at_least,
        "lost": sum((whole - on_cards).values()) + sum((whole - on_sheet).values()),
        "twice_or_foreign": sum((on_sheet - whole).values()) + len(set(on_cards) - set(whole)),
        "version": max(qr_version(jws) for jws in [*grouped, *sheet]),
        "signed": press.asked - asked,
        "milliseconds": round(seconds * 1000),
    }


def _told(resource: Resource) -> str:
    return json.dumps(_bare(resource), sort_keys=True)


def show() -> tuple[dict[str, Any], bool]:
    press, people = Press(), histories()
    rows = []
    print("doses results cards codes at-least signed ms")
    for history in people:
        row = told(press, history)
        rows.append(row)
        print(
            f"{row['doses']:5} {row['results']:7} {row['cards']:5} {row['codes']:5} {row['at_least']:8}"
            f" {row['signed']:6} {row['milliseconds']:5}  {history.detail}"
        )
    small = [on_small_codes(press, history) for history in people]
    groups = {group for history in people for group in history.groups}
    every = {group for _, _, of in cvx.VACCINES.values() for group in of}
    figures = {
        "histories": len(rows),
        "most_doses": max(row["doses"] for row in rows),
        "groups": len(groups),
        "groups_there_are": len(every),
        "doses": sum(row["doses"] for row in rows),
        "results": sum(row["results"] for row in rows),
        "cards_by_group": sum(row["cards"] for row in rows),
        "codes_on_sheets": sum(row["codes"] for row in rows),
        "at_least": sum(row["at_least"] for row in rows),
        "proven_fewest": sum(row["codes"] == row["at_least"] for row in rows),
        "small_codes": {
            "ours": sum(ours for ours, _ in small),
            "fewest": sum(fewest for _, fewest in small),
            "optimal": sum(ours == fewest for ours, fewest in small),
        },
        "lost": sum(row["lost"] for row in rows),
        "twice_or_foreign": sum(row["twice_or_foreign"] for row in rows),
        "largest_version": max(row["version"] for row in rows),
        "milliseconds_median": sorted(row["milliseconds"] for row in rows)[len(rows) // 2],
        "milliseconds_most": max(row["milliseconds"] for row in rows),
    }
    shown = (
        len(rows) == PEOPLE
        and figures["most_doses"] == MOST_DOSES
        and groups == every
        and figures["lost"] == figures["twice_or_foreign"] == 0
        and figures["largest_version"] <= MAX_QR_VERSION
        and all(row["codes"] <= row["at_least"] + 1 for row in rows)
    )
    return figures, shown
