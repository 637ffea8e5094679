"""A day of one-dose VXU as a region sends it: names as common as they are, families, twins, people who come again.

People are those of `tests.issuer.persons.population`. Each message is about somebody new but for every `KNOWN_EVERY`th,
which is about somebody of whom the day already told: by the chart's number again, or, each `STRANGE_EVERY`th of those,
under another clinic's number, so that name, birth date, telephone and address must do.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from issuer.intake.proposal import Demographics
from tests.issuer.persons import population

KNOWN_EVERY = 5
STRANGE_EVERY = 4
APART = 64
"""Messages between somebody's first and next one, at least: connections are not in step with each other."""
LIFETIME_DAYS = 29_000
LAST_DAY = date(2026, 11, 18)
PRODUCTS = (
    "140^Influenza, seasonal, injectable, preservative free^CVX",
    "115^Tdap^CVX",
    "33^pneumococcal polysaccharide PPV23^CVX",
    "121^zoster live^CVX",
    "52^Hep A, adult^CVX",
)
"""In the order in which somebody gets them."""
OTHERS = (
    "RXR|C28161^IM^NCIT|LA^^HL70163",
    "OBX|1|CE|30963-3^Funding source^LN|1|PHC70^Private^CDCPHINVS||||||F",
    "OBX|2|CE|64994-7^Eligibility^LN|1|V01^Not VFC eligible^HL70064||||||F",
)


@dataclass(frozen=True, slots=True)
class Day:
    """The messages in order, and what they are about."""

    messages: list[bytes]
    persons: int
    by_number: int
    """Messages about somebody known under the same number."""
    by_name: int
    """Messages about somebody known under another number."""


def day_of(messages: int, seed: int = 1) -> Day:
    """The same day for the same arguments."""
    dice = random.Random(seed)
    people = population.drawn_people(messages, LIFETIME_DAYS, dice)
    dice.shuffle(people)
    seen: list[int] = []  # how many messages came about each person of `people`
    kinds = [0, 0]
    made = []
    for at in range(messages):
        who, strange = len(seen), False
        if at % KNOWN_EVERY == KNOWN_EVERY - 1 and len(seen) > APART:
            strange = sum(kinds) % STRANGE_EVERY == STRANGE_EVERY - 1
            kinds[strange] += 1
            who = _somebody_known(seen, dice)
        else:
            seen.append(0)
        made.append(_vxu(at, _pid(f"{'S' if strange else 'C'}{who}", people[who].known), seen[who]))
        seen[who] += 1
    return Day(made, len(seen), *kinds)


def _somebody_known(seen: list[int], dice: random.Random) -> int:
    while True:
        who = dice.randrange(len(seen) - APART)
        if seen[who] < len(PRODUCTS):
            return who


def _vxu(number: int, pid: str, dose: int) -> bytes:
    head = f"MSH|^~\\&|EHR|HARBOUR|IIS|STATE|20261120070000-0500||VXU^V04^VXU_V04|D{number}|P|2.5.1|||ER|AL"
    return ("\r".join((f"{head}|||||Z22^CDCPHINVS", pid, *_order(number, dose), *OTHERS)) + "\r").encode()


def _order(number: int, dose: int) -> Iterator[str]:
    given = LAST_DAY - timedelta(dose)
    yield "PD1|||||||||||02^Reminder/recall^HL70215|N|20261120"
    yield f"ORC|RE||{number}^HARBOUR|||||||||57422^Radon^Nicholas"
    yield (
        f"RXA|0|1|{given:%Y%m%d}||{PRODUCTS[dose]}|0.5|mL^mL^UCUM||00^New immunization record^NIP001|7832^Lemon^Mike"
        f"|^^^HARBOUR||||U5{number % 90}A|20270630|PMC^Sanofi Pasteur^MVX|||CP|A"
    )


def _pid(chart: str, known: Demographics) -> str:
    authority = "DRIVE" if chart.startswith("S") else "HARBOUR"
    first, further = known.name.given[0], " ".join(known.name.given[1:])
    mother = f"{known.mother_maiden}^^^^^^M" if known.mother_maiden else ""
    home, phone = known.address, known.phones[0].removeprefix("+1")
    address = f"{home.line}^^{home.city}^{home.state}^{home.postcode}^USA^H" if home else ""
    born, sex = known.birth_date.replace("-", ""), "M" if known.sex == "male" else "F"
    multiple = f"Y|{known.birth_order}" if known.multiple_birth else "|"
    return (
        f"PID|1||{chart}^^^{authority}^MR||{known.name.family}^{first}^{further}^^^^L|{mother}|{born}|{sex}|||{address}"
        f"||^PRN^PH^^^{phone[:3]}^{phone[3:]}|||||||||||{multiple}"
    )
