"""What a nurse sees of somebody whose dose came by HL7: the card on the screen, and the printed code read back."""

import base64
import os
from datetime import UTC, datetime
from pathlib import Path

import pyotp
from sqlalchemy import select

import verifier
from countersign.deployment import Deployment
from issuer.app import create_app
from issuer.db import open_engine, reading
from issuer.models import record
from issuer.rights import Actor
from issuer.settings import from_environ
from issuer.staff.passwords import Cost
from issuer.staff.people import NewMember
from issuer.web.staff import make_accounts

CHEAP = Cost(memory_kib=8, iterations=1, lanes=1)
OPERATOR = Actor("operator", "operator")


def card_on_the_screen(url: str, folder: str, clinic_id: str, lot: str) -> bool:
    """Log a nurse of the clinic in, open the patient with a dose of a lot, look at the page, read the printed code."""
    environ = {**os.environ, "COUNTERSIGN_DATABASE": url, "COUNTERSIGN_ISS": "https://state.example/issuer"}
    environ["COUNTERSIGN_ISSUER_ADDRESS"] = "http://localhost"
    keys = Deployment(Path(folder), environ).card_keys()
    now = datetime.now(UTC)
    if not keys.records():
        keys.generate(now)
    settings = from_environ(environ, Path(folder))
    app = create_app(settings, keys, lambda: now, cost=CHEAP)
    engine = open_engine(url)
    accounts = make_accounts(engine, settings.seal_secret, os.urandom, CHEAP)
    token, link = accounts.setup_link(now)
    nurse = accounts.staff.add(
        OPERATOR, NewMember(accounts.new_id(), "nurse", "Nurse", "vaccinator", clinic_id), link, now
    )
    opened = accounts.by_link(token, "four words in a row", "127.0.0.1", now)
    secret, _ = accounts.new_totp()
    code = pyotp.TOTP(base64.b32encode(secret).decode()).at(now)
    accounts.set_totp(nurse, secret, code, "127.0.0.1", now)
    session = accounts.finish_setup(opened.token, "127.0.0.1", now).token
    with reading(engine) as connection:
        person = connection.execute(select(record.c.person_id).where(record.c.lot == lot).limit(1)).scalar_one()
    engine.dispose()
    client = app.test_client()
    client.set_cookie("session", session)
    page = client.get(f"/clinic/patients/{person}", buffered=True)
    printed = client.get(f"/clinic/patients/{person}/cards.pdf", buffered=True)
    codes = verifier.read_codes(printed.data) if printed.status_code == 200 else []
    return page.status_code == 200 and "<svg" in page.text and any(code.startswith("shc:/") for code in codes)
