"""`make show-story`: from a dose to an accepted printed page, over real protocols, in a real browser.

A dose comes over the API; a nurse confirms the e-mail address; workers send a mail to an SMTP server (aiosmtpd); its
link is opened (by a scanner first) in Chromium, the birth date entered, the card shown and taken as a PDF, which the
verifier reads and accepts by what the issuer publishes over HTTP. Then the dose is corrected: the resident is told, by
the same mail server; the old code is refused, the new one accepted; who was shared with is told nothing. Somebody who
lost the mail asks for a link at the page and gets an SMS through a gateway double. Whether that page answers alike for
those who are in the database and those who are not is measured: content, status, size, and SAMPLES (400) times each.
"""

import email
import email.policy
import json
import os
import re
import statistics
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import erfc, sqrt
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import insert, select

import verifier
from countersign.deployment import Deployment
from issuer.app import create_app, make_service
from issuer.chores import Chores, run
from issuer.db import open_engine, upgrade, writing
from issuer.getting_in.chores import ResidentChores, run_messages
from issuer.getting_in.contacts import ContactBook
from issuer.getting_in.messages import channels_of
from issuer.getting_in.setting import Setting, make_setting
from issuer.intake.proposal import Demographics, Dose, Name, Proposal
from issuer.models import record
from issuer.models.residents import outreach, share, share_opening
from issuer.rights import Actor
from issuer.service import HOUSE, IssuerService
from issuer.settings import Settings, from_environ
from tests.e2e.browser import PHONE, launch
from tests.outreach.servers import Mailbox, Provider, gateway_server, smtp_server
from tests.serving import served
from trust_registry import TrustRegistry

ISS = "https://cards.example.gov/issuer"
MAIL, NUMBER, OF_THE_SCHOOL = "ada@mail.example", "+15550100123", "nurse@school.example"
FAMILY, GIVEN, BORN = "Fairweather", "Ada", ("1987", "6", "5")
FULL = f"{GIVEN} {FAMILY}"
NURSE = Actor("staff:nurse", "manager", HOUSE)
NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
"""In New York: news are sent by day."""
PATIENCE_SECONDS = 40.0
ALIKE = 0.001
"""Two samples as different as this, or more, come once in a thousand times by chance alone."""
TOKEN = "s" * 40


@dataclass
class Clock:
    """Runs, and can be turned on."""

    turned: timedelta = timedelta()
    began: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        return NOON + self.turned + timedelta(seconds=time.monotonic() - self.began)


def show() -> tuple[dict[str, Any], bool]:
    """Figures, and whether the story went as told."""
    return shown(int(os.environ.get("SAMPLES", "400")))


def shown(samples: int) -> tuple[dict[str, Any], bool]:
    """The same with its size as an argument."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cs-story-", dir="/var/tmp")))
        site = stack.enter_context(a_site(folder))
        browser = launch(stack.enter_context(sync_playwright()))
        stack.callback(browser.close)
        figures = _the_story(site, browser) | _alike(site, samples)
    for name, value in figures.items():
        print(f"{value!s:>8}  {name.replace('_', ' ')}")
    wanted = {
        "opened_by_a_scanner_first": True, "printed_page": "accepted", "old_code_after_correction": "revoked",
        "new_code": "accepted", "mails_to_resident": 2, "messages_to_share_recipient": 0, "sms": 1,
        "same_status": True, "same_content": True, "same_size": True,
    }  # fmt: skip
    return figures, all(figures[name] == value for name, value in wanted.items()) and figures["chance"] > ALIKE


# ---- The site --------------------------------------------------------------------------------------------------------


@dataclass
class StorySite:
    """A department with its workers, a mail server and a gateway."""

    address: str
    settings: Settings
    service: IssuerService
    setting: Setting
    clock: Clock
    mailbox: Mailbox
    provider: Provider
    engine: Any

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.address}{path}", timeout=30) as answer:
            return json.load(answer)

    def registry(self) -> TrustRegistry:
        """What a verifier learns of this issuer over HTTP."""
        keys = self.get("/.well-known/jwks.json")["keys"]
        crls = [self.get(f"/.well-known/crl/{key['kid']}.json") for key in keys]
        issuer = {"iss": ISS, "name": "Department of Health"}
        return TrustRegistry.from_vci_snapshot({"issuerInfo": [{"issuer": issuer, "keys": keys, "crls": crls}]})

    def judged(self, codes: list[str]) -> str:
        verdict = verifier.check(codes, self.registry(), self.clock())
        return verdict.code or verdict.outcome

    def mails(self, to: str) -> list[str]:
        """Plain texts that came, the oldest first."""
        found = []
        for _, whom, octets in list(self.mailbox.mails):
            if whom == to:
                body = email.message_from_bytes(octets, policy=email.policy.default).get_body(("plain",))
                assert body is not None
                found.append(body.get_content())
        return found

    def link(self, texts: Callable[[], list[str]], number: int) -> str:
        """The link in the text of that number, when it has come."""
        until = time.monotonic() + PATIENCE_SECONDS
        while len(texts()) < number:
            if time.monotonic() > until:
                raise TimeoutError("a message did not come")
            time.sleep(0.1)
        return next(word for word in texts()[number - 1].split() if "/r/" in word)


@contextmanager
def a_site(folder: Path) -> Iterator[StorySite]:
    """Served, with workers at work, until the block ends."""
    mailbox, provider = Mailbox(), Provider()
    with ExitStack() as stack:
        port = stack.enter_context(smtp_server(mailbox))
        gateway = stack.enter_context(gateway_server(provider))
        application: list[Any] = []
        address = stack.enter_context(served(lambda environ, start: application[0](environ, start)))
        environ = {
            "COUNTERSIGN_ISS": ISS, "COUNTERSIGN_ISSUER_NAME": "Department of Health", "COUNTERSIGN_API_TOKEN": TOKEN,
            "COUNTERSIGN_ISSUER_ADDRESS": address, "COUNTERSIGN_MAIL_SERVER": f"none://127.0.0.1:{port}",
            "COUNTERSIGN_SMS_GATEWAY": gateway, "COUNTERSIGN_SMS_TOKEN": provider.token,
            "COUNTERSIGN_TIME_ZONE": "America/New_York", "COUNTERSIGN_ISSUER_PROXIES": "1",
        }  # fmt: skip
        settings, clock = from_environ(environ, folder), Clock()
        keys = Deployment(folder, {**environ, "COUNTERSIGN_KEY_PASSWORD": "s" * 20}).card_keys()
        keys.generate(clock())
        upgrade(settings.database_url)
        application.append(create_app(settings, keys, clock))
        engine = open_engine(settings.database_url)
        stack.callback(engine.dispose)
        service = make_service(settings, keys)
        setting = make_setting(settings, engine, os.urandom, settings.messages)
        site = StorySite(address, settings, service, setting, clock, mailbox, provider, engine)
        stack.enter_context(_workers(site))
        yield site


@contextmanager
def _workers(site: StorySite) -> Iterator[None]:
    ended, failures = threading.Event(), []
    chores = Chores(site.service, site.engine, site.clock, (ResidentChores(site.setting),))
    channels = channels_of(site.settings.messages, site.setting.office)

    def send() -> None:
        run_messages(site.setting, channels, site.clock, lambda: 0.5, ended.wait, failures.append)

    threads = [threading.Thread(target=run, args=(chores, ended.wait, failures.append)), threading.Thread(target=send)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(30)
    if failures:
        raise failures[0]


# ---- The story -------------------------------------------------------------------------------------------------------


def _the_story(site: StorySite, browser: Browser) -> dict[str, Any]:
    person_id = _recorded(site)
    _confirmed(site, person_id)
    site.clock.turned += timedelta(minutes=2)
    link = site.link(lambda: site.mails(MAIL), 1)
    scanned = [urllib.request.urlopen(link, timeout=30).status for _ in range(3)] == [200] * 3
    first = _printed(browser, link)
    accepted = site.judged(first)
    _shared(site, person_id)
    _corrected(site, person_id)
    site.clock.turned += timedelta(minutes=2)
    second = _printed(browser, site.link(lambda: site.mails(MAIL), 2))
    _asked(site, browser)
    _printed(browser, site.link(lambda: [text for _, text in list(site.provider.sent.values())], 1))
    with site.engine.begin() as connection:
        purposes = list(connection.scalars(select(outreach.message.c.purpose).order_by(outreach.message.c.queued_at)))
    return {
        "opened_by_a_scanner_first": scanned,
        "printed_page": accepted,
        "old_code_after_correction": site.judged(first),
        "new_code": site.judged(second),
        "mails_to_resident": len(site.mails(MAIL)),
        "messages_to_share_recipient": len(site.mails(OF_THE_SCHOOL)),
        "sms": len(site.provider.sent),
        "messages": ", ".join(purposes),
    }


def _recorded(site: StorySite) -> str:
    telecom = [{"system": "email", "value": MAIL}, {"system": "phone", "value": "(555) 010-0123"}]
    patient = {"resourceType": "Patient", "name": [{"family": FAMILY, "given": [GIVEN]}], "birthDate": "1987-06-05"}
    dose = {
        "resourceType": "Immunization", "status": "completed", "occurrenceDateTime": "2026-11-19", "lotNumber": "A1B2",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "208"}]},
        "patient": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
    }  # fmt: skip
    entries = [
        {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{number:012}", "resource": resource}
        for number, resource in enumerate(({**patient, "telecom": telecom}, dose), start=1)
    ]
    body = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/fhir+json"}
    asked = urllib.request.Request(f"{site.address}/api/v1/records", body, headers)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return str(json.load(answer)["person_id"])


def _confirmed(site: StorySite, person_id: str) -> None:
    """A nurse sees the e-mail address on the owner's own telephone; the number later, so that the mail comes first."""
    book, now = ContactBook(site.setting), site.clock()
    known = {one.address: one.id for one in book.of(NURSE, person_id, now)}
    book.confirm(NURSE, person_id, known[NUMBER], now)
    book.confirm(NURSE, person_id, known[MAIL], now + timedelta(seconds=1))


def _printed(browser: Browser, link: str) -> list[str]:
    """Open a link, enter the birth date, take the PDF; the codes that the verifier reads from it."""
    context = browser.new_context(viewport={"width": PHONE["width"], "height": PHONE["height"]}, locale="en-US")
    page = context.new_page()
    page.goto(link)
    for name, value in zip(("born_year", "born_month", "born_day"), BORN, strict=True):
        page.fill(f"[name={name}]", value)
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile(r"/my$"))
    assert FULL in page.inner_text("main")
    with page.expect_download() as download:
        page.click("a[href$='.pdf']")
    codes = verifier.read_codes(Path(download.value.path()).read_bytes())
    context.close()
    return codes


def _shared(site: StorySite, person_id: str) -> None:
    """The card was shared, and somebody opened the link who said who they were."""
    now = site.clock()
    row = {
        "id": "5" * 32, "person_id": person_id, "token_hash": "5" * 64, "secret": b"", "label": "School", "groups": "",
        "is_direct": False, "wrong": 0, "made_at": now,
    }  # fmt: skip
    with writing(site.engine) as connection:
        connection.execute(insert(share).values(row))
        opened = {"share_id": "5" * 32, "at": now, "what": "manifest", "recipient": OF_THE_SCHOOL}
        connection.execute(insert(share_opening).values(opened))


def _corrected(site: StorySite, person_id: str) -> None:
    """The clinic had the wrong day."""
    with site.engine.begin() as connection:
        record_id = connection.scalar(select(record.c.id).where(record.c.person_id == person_id))
    who = Demographics(Name(FAMILY, (GIVEN,)), "1987-06-05")
    change = Proposal(who, Dose("208", "2026-11-18", lot="A1B2"), "update", "", person_id, str(record_id))
    done = site.service.intake.submit(NURSE, HOUSE, [change], site.clock(), door="form", sign=True)
    assert done.outcomes[0].did == "corrected", done.outcomes


def _asked(site: StorySite, browser: Browser) -> None:
    """Whoever lost the mail asks at the page, with the number."""
    page: Page = browser.new_page(locale="en-US")
    page.goto(f"{site.address}/find")
    page.fill("[name=name]", FULL)
    for name, value in zip(("born_year", "born_month", "born_day"), BORN, strict=True):
        page.fill(f"[name={name}]", value)
    page.fill("[name=contact]", "555 010 0123")
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile(r"/find/sent$"))
    page.close()


# ---- Who is in the database ------------------------------------------------------------------------------------------


def _alike(site: StorySite, samples: int) -> dict[str, Any]:
    """The page's answer for somebody who is there and for somebody who is not, in turns, each from its own network."""
    client = create_app_client(site)
    there, nobody = {"name": FULL, "contact": NUMBER}, {"name": "Eda Fairwaether", "contact": "+15550100199"}
    times: dict[str, list[float]] = {"there": [], "nobody": []}
    answers: dict[str, set[Any]] = {"there": set(), "nobody": set()}
    for number in range(samples):
        pair = (("there", there), ("nobody", nobody))
        for name, typed in pair if number % 2 else pair[::-1]:
            began = time.perf_counter()
            answer = client(typed, f"2001:db8:{number:x}:{int(name == 'there')}::1")
            times[name].append(time.perf_counter() - began)
            answers[name].add(answer)
    status, content, size = ({what[place] for what in answers["there"]} for place in range(3))
    other = [{what[place] for what in answers["nobody"]} for place in range(3)]
    return {
        "samples": 2 * samples,
        "same_status": status == other[0] and len(status) == 1,
        "same_content": content == other[1] and len(content) == 1,
        "same_size": size == other[2] and len(size) == 1,
        "median_ms_there": round(statistics.median(times["there"]) * 1000, 3),
        "median_ms_nobody": round(statistics.median(times["nobody"]) * 1000, 3),
        "chance": round(mann_whitney(times["there"], times["nobody"]), 4),
    }


def create_app_client(site: StorySite) -> Callable[[dict[str, str], str], tuple[int, str, int]]:
    """Sends the form over HTTP and follows it; (status, content, size) of the answers, without what is random."""
    jar = urllib.request.HTTPCookieProcessor()
    opener = urllib.request.build_opener(jar)
    with opener.open(f"{site.address}/find", timeout=30) as form:
        token = re.findall(r'name="csrf_token" value="([^"]+)"', form.read().decode())[0]
    born = dict(zip(("born_year", "born_month", "born_day"), BORN, strict=True))

    def send(typed: dict[str, str], network: str) -> tuple[int, str, int]:
        body = urllib.parse.urlencode({**typed, **born, "csrf_token": token}).encode()
        asked = urllib.request.Request(f"{site.address}/find", body, {"X-Forwarded-For": network})
        with opener.open(asked, timeout=30) as answer:
            text = answer.read().decode()
            return answer.status, re.sub(r"[0-9a-f]{32}", "", text), len(text)

    return send


def mann_whitney(first: list[float], second: list[float]) -> float:
    """How often chance alone sets two samples as far apart as these (two-sided, normal approximation)."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(place for place, (_, which) in enumerate(ranked, start=1) if which == 0)
    n, m = len(first), len(second)
    z = (ranks - n * (n + m + 1) / 2) / sqrt(n * m * (n + m + 1) / 12)
    return erfc(abs(z) / sqrt(2))
