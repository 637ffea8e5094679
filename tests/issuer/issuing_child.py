"""A process that issues until somebody kills it. Started by test_failures.py.

    python issuing_child.py URL KEY-FOLDER RUN [OCTETS]

Says "ready" when it begins, then the record's and the cards' ids of each record it has been answered for, a line each.
OCTETS limits the size of every file it writes, as a full disk would; then it says what the service raised.
"""

import json
import os
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

from issuer.db import open_engine
from issuer.keyring import Keyring
from issuer.service import IssuerService
from issuer.store import Store
from keys.store import KeyStore

PATIENT = "urn:uuid:00000000-0000-4000-8000-000000000001"


def spelled(number: str) -> str:
    """Letters for digits: the matcher of persons does not read digits in names."""
    return "".join(chr(ord("a") + int(sign)) * 2 if sign.isdecimal() else sign for sign in number)


def bundle(run: str, number: int) -> bytes:
    """One invented person, three vaccines of three groups: three cards."""
    name = {"family": spelled(f"f{run}"), "given": [spelled(f"g{number}")]}
    person = {"resourceType": "Patient", "name": [name], "birthDate": "1990"}
    doses = [
        {
            "resourceType": "Immunization",
            "status": "completed",
            "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": code}]},
            "patient": {"reference": PATIENT},
            "occurrenceDateTime": "2021-03-01",
        }
        for code in ("208", "10", "03")
    ]
    entries = [{"fullUrl": PATIENT, "resource": person}, *({"resource": dose} for dose in doses)]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def main(url: str, keys: str, run: str, octets: str = "") -> None:
    """Issue for ever."""
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    keyring = Keyring(KeyStore(Path(keys), b"k" * 32))
    service = IssuerService(
        "https://clinic.example/issuer", keyring, b"r" * 32, Store(open_engine(url)), 90, os.urandom
    )
    service.store.counts()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if octets:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(octets), int(octets)))
    for number in range(100_000):
        try:
            issued = service.record_and_issue(bundle(run, number), now)
        except Exception as error:
            sys.stdout.write(f"{type(error).__name__}\n")
            break
        sys.stdout.write(" ".join([issued.record_id, *(card.id for card in issued.cards)]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
