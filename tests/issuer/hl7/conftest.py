"""What the tests of the HL7 door share: invented messages in the shapes of CDC's guide, an intake that remembers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from issuer.hl7 import Door, Reading, Sender
from issuer.intake.proposal import Demographics, Finding, Identifier, Outcome, Proposal
from issuer.rights import Actor, Forbidden

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CLINIC = "c1"
FACILITY = "HARBOUR"
FAMILY, GIVEN = "Quasimodo", "Wilhelmina"
"""Words that stand nowhere else: the tests of silence look for them."""


def msh(kind: str = "VXU^V04^VXU_V04", number: str = "MSG00001", profile: str = "Z22^CDCPHINVS", **changes: str) -> str:
    fields = {
        2: "^~\\&",
        3: "SampleEHR",
        4: f"{FACILITY}^2.16.840.1.113883.3.999^ISO",
        5: "IIS",
        6: "STATE",
        7: "20261120070000-0500",
        9: kind,
        10: number,
        11: "P",
        12: "2.5.1",
        15: "ER",
        16: "AL",
        21: profile,
    }
    fields |= {int(name.removeprefix("f")): value for name, value in changes.items()}
    return "MSH|" + "|".join(fields.get(at, "") for at in range(2, max(fields) + 1))


def segment(name: str, fields: dict[int, str]) -> str:
    return name + "|" + "|".join(fields.get(at, "") for at in range(1, max(fields) + 1))


def pid(**changes: str) -> str:
    fields = {
        1: "1",
        3: f"432155^^^{FACILITY}&2.16.840.1.113883.3.999&ISO^MR~S-77^^^STATE^SR",
        5: f"{FAMILY}^{GIVEN}^Ada^^^^L~Bell^{GIVEN}^^^^^M",
        6: "Morgan^Agatha^^^^^M",
        7: "20190605",
        8: "F",
        10: "2106-3^White^CDCREC",
        11: "32 Prescott St^Apt 4^Warwick^MA^02452^USA^H",
        13: "^PRN^PH^^^657^5558563~^NET^Internet^mum@example.org",
        24: "Y",
        25: "2",
    }
    return segment("PID", fields | {int(name.removeprefix("f")): value for name, value in changes.items()})


def orc(number: str = "65930^HARBOUR") -> str:
    return segment("ORC", {1: "RE", 3: number, 12: "57422^Radon^Nicholas^^^^^^NPI^L"})


def rxa(**changes: str) -> str:
    fields = {
        1: "0",
        2: "1",
        3: "20261119",
        4: "20261119",
        5: "113^Td^CVX^49281-0215-88^TENIVAC^NDC",
        6: "0.5",
        7: "mL^mL^UCUM",
        9: "00^New immunization record^NIP001",
        10: "7832-1^Lemon^Mike^A^^^^^NPI",
        11: f"^^^{FACILITY}",
        15: "00315841",
        16: "20271216",
        17: "PMC^Sanofi Pasteur^MVX",
        20: "CP",
        21: "A",
    }
    return segment("RXA", fields | {int(name.removeprefix("f")): value for name, value in changes.items()})


def obx(number: int, code: str, value: str, kind: str = "CE", **changes: str) -> str:
    fields = {1: str(number), 2: kind, 3: code, 4: str(number), 5: value, 11: "F"}
    return segment("OBX", fields | {int(name.removeprefix("f")): one for name, one in changes.items()})


DOSE_OBSERVATIONS = (
    obx(1, "30963-3^Funding source^LN", "PHC70^Private^CDCPHINVS"),
    obx(2, "64994-7^Eligibility^LN", "V01^Not VFC^HL70064", f17="VXC40^Per immunization^CDCPHINVS"),
    obx(3, "30973-2^Dose number^LN", "2", "NM"),
    obx(4, "29768-9^VIS publication^LN", "20120124", "TS"),
)


def joined(*lines: str) -> bytes:
    return ("\r".join(lines) + "\r").encode()


def vxu(*lines: str, **header: str) -> bytes:
    """One dose, unless the segments behind the header are given."""
    standard = (
        pid(),
        segment("PD1", {11: "02^Reminder^HL70215", 12: "N"}),
        orc(),
        rxa(),
        "RXR|C28161^IM^NCIT|LA^^HL70163",
    )
    return joined(msh(**header), *(lines or (*standard, *DOSE_OBSERVATIONS)))


def qbp(profile: str = "Z34", **changes: str) -> bytes:
    fields = {
        1: f"{profile}^Request Immunization History^CDCPHINVS",
        2: "tag-37",
        3: f"432155^^^{FACILITY}^MR",
        4: f"{FAMILY}^{GIVEN}^^^^^L",
        5: "Morgan^^^^^^M",
        6: "20190605",
        7: "F",
        8: "32 Prescott St^^Warwick^MA^02452^USA^H",
        9: "^PRN^PH^^^657^5558563",
        10: "Y",
        11: "2",
    }
    qpd = segment("QPD", fields | {int(name.removeprefix("f")): value for name, value in changes.items()})
    return joined(msh("QBP^Q11^QBP_Q11", "Q-1", f"{profile}^CDCPHINVS"), qpd, "RCP|I|5^RD&Records&HL70126")


def oru(*lines: str, **header: str) -> bytes:
    """One final result, unless the segments behind the header are given."""
    obr = segment(
        "OBR", {1: "1", 3: "F-9^LAB", 4: "94500-6^SARS-CoV-2 RNA^LN", 7: "202611191030", 22: "20261120", 25: "F"}
    )
    found = obx(
        1, "94500-6^SARS-CoV-2 RNA^LN", "260373001^Detected^SCT", "CWE", f14="20261119103000-0500", f23="Harbour Lab"
    )
    return joined(msh("ORU^R01^ORU_R01", "LAB-1", "", **header), *(lines or (pid(), obr, found)))


@dataclass(frozen=True)
class Made:
    """The makers above, for test modules (which cannot import a conftest)."""

    msh: Callable[..., str] = msh
    segment: Callable[[str, dict[int, str]], str] = segment
    pid: Callable[..., str] = pid
    orc: Callable[..., str] = orc
    rxa: Callable[..., str] = rxa
    obx: Callable[..., str] = obx
    joined: Callable[..., bytes] = joined
    vxu: Callable[..., bytes] = vxu
    qbp: Callable[..., bytes] = qbp
    oru: Callable[..., bytes] = oru
    now: datetime = NOW
    family: str = FAMILY
    given: str = GIVEN
    facility: str = FACILITY
    clinic: str = CLINIC


@pytest.fixture(scope="session")
def shapes() -> Made:
    return Made()


@dataclass
class Submitted:
    outcomes: tuple[Outcome, ...]
    notes: tuple[Finding, ...] = ()


@dataclass
class Nobody:
    """What a query finds unless the test says otherwise."""

    kind: str = "none"
    person_id: str = ""
    person: Demographics | None = None
    candidates: tuple[Demographics, ...] = ()
    records: tuple[Any, ...] = ()


@dataclass
class MemoryIntake:
    """The face of the intake: remembers what it got, answers what it is told to."""

    submissions: list[tuple[Actor, str, tuple[Proposal, ...], dict[str, Any]]] = field(default_factory=list)
    questions: list[tuple[Actor, Demographics, str]] = field(default_factory=list)
    merges: list[tuple[Actor, str, Identifier, Identifier]] = field(default_factory=list)
    outcomes: Sequence[Outcome] | None = None
    notes: tuple[Finding, ...] = ()
    found: Any = field(default_factory=Nobody)
    raises: Exception | None = None
    before: Callable[[], None] = lambda: None

    def submit(
        self, actor: Actor, clinic_id: str, proposals: Sequence[Proposal], now: datetime, **said: Any
    ) -> Submitted:
        self.before()
        if self.raises is not None:
            raise self.raises
        self.submissions.append((actor, clinic_id, tuple(proposals), said))
        usual = tuple(Outcome("recorded", (), "p1", f"r{at}") for at, _ in enumerate(proposals))
        return Submitted(tuple(self.outcomes) if self.outcomes is not None else usual, self.notes)

    def history(self, actor: Actor, person: Demographics, reason: str, now: datetime) -> Any:
        if self.raises is not None:
            raise self.raises
        self.questions.append((actor, person, reason))
        return self.found

    def merge(self, actor: Actor, clinic_id: str, gone: Identifier, into: Identifier, now: datetime) -> Outcome:
        if self.raises is not None:
            raise self.raises
        self.merges.append((actor, clinic_id, gone, into))
        return (self.outcomes or (Outcome("corrected"),))[0]

    @property
    def proposals(self) -> list[Proposal]:
        return [proposal for _, _, proposals, _ in self.submissions for proposal in proposals]


class Busy(Exception):
    """Stands for the store's."""


@pytest.fixture
def intake() -> MemoryIntake:
    return MemoryIntake()


@pytest.fixture
def door(intake: MemoryIntake) -> Door:
    return Door(intake, Reading(), {Forbidden: "forbidden", Busy: "try-again"})


@pytest.fixture
def busy() -> Exception:
    return Busy()


@pytest.fixture
def sender() -> Sender:
    facilities = {FACILITY: CLINIC, "2.16.840.1.113883.3.999": CLINIC, "NORTH": CLINIC, "OTHER": "c2"}
    return Sender(Actor("client:harbour-ehr", "system", CLINIC), facilities)


@dataclass(frozen=True)
class Answered:
    """An acknowledgement, taken apart by hand: the tests do not trust the reader that is tested."""

    text: str

    @property
    def segments(self) -> list[list[str]]:
        return [line.split("|") for line in self.text.split("\r") if line]

    def named(self, name: str) -> list[list[str]]:
        return [one for one in self.segments if one[0] == name]

    @property
    def code(self) -> str:
        return self.named("MSA")[0][1]

    @property
    def number(self) -> str:
        return self.named("MSA")[0][2]

    @property
    def errors(self) -> list[tuple[str, str, str, str]]:
        """(ERR-2, ERR-3.1, ERR-4, ERR-5.1) of each ERR."""
        return [(one[2], one[3].split("^")[0], one[4], one[5].split("^")[0]) for one in self.named("ERR")]

    @property
    def own_codes(self) -> list[str]:
        return [code for _, _, _, code in self.errors]


@pytest.fixture
def ask(door: Door, sender: Sender) -> Callable[..., Answered]:
    """Sends octets through the door."""
    return lambda octets, who=sender: Answered(door.answer(octets, who, NOW).decode())


@pytest.fixture
def answered() -> type[Answered]:
    return Answered
