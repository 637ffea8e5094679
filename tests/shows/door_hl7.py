"""Cases as HL7 v2.5.1, over HTTPS with a token: VXU^V04 for doses, ORU^R01 for results."""

import re
from collections.abc import Mapping
from typing import Any, Final

from cards.terminology import CVX
from issuer.intake.proposal import Address, Demographics, Dose, Identifier, Name, Result
from tests.shows.door_cases import Case, Message, Step
from tests.shows.door_site import FACILITIES, NOW, DoorSite
from tests.shows.door_told import Told

FORMAT: Final[Mapping[str, frozenset[str]]] = {
    # HL7 allows no control character in a message at all: it is refused before anything of it is read.
    "control-character": frozenset({"hidden-character"}),
    # RXA-9 is the only place where HL7 says who gave a dose; a historical one without a code leaves it empty.
    "source-missing": frozenset({""}),
}
"""Codes that only HL7 has, each with the codes of ours it stands for ("": none, it is a remark more)."""
_SEXES: Final = {"female": "F", "male": "M", "other": "X", "unknown": "U"}
_COMPLETION: Final = {"refused": "RE", "not-administered": "NA"}
_ACTIONS: Final = {"add": "A", "update": "U", "delete": "D"}
_STATUSES: Final = {"final": "F", "corrected": "C", "preliminary": "P", "amended": "C"}
_ESCAPES: Final = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}


class Hl7Door:
    """`POST /hl7`."""

    name = "hl7"
    format_codes = FORMAT

    def __init__(self, site: DoorSite) -> None:
        self.site = site
        self.client = site.app.test_client()
        self._sent = 0

    def cannot(self, case: Case) -> str:
        """Why the case cannot be said here; "" where it can."""
        steps = [step for message in case.messages for step in message.steps]
        if any(step.person.name.text for step in steps):
            return "XPN has no undivided name: PID-5 needs a family and a given name"
        if any(isinstance(step.event, Result) and step.event.self_test for step in steps):
            return "the laboratory guide has no place for a test that somebody took alone"
        if any(isinstance(step.event, Dose) and step.event.code == "998" for step in steps):
            return "CDC's guide gives CVX 998 a meaning of its own: the message is about the person alone"
        return ""

    def begin(self) -> None:
        """Nothing is remembered."""

    def expected(self, codes: frozenset[str], _: Any) -> frozenset[str]:
        """An acknowledgement says everything."""
        return codes

    def tell(self, message: Message) -> Told:
        """Send it; what was answered."""
        self._sent += 1
        is_result = isinstance(message.steps[0].event, Result)
        lines = [_header("ORU^R01^ORU_R01" if is_result else "VXU^V04^VXU_V04", message, self._sent)]
        lines += _person(message.steps[0].person)
        for number, step in enumerate(message.steps, start=1):
            lines += _group(step, number)
        token = self.site.tokens["system", message.clinic]
        answer = self.client.post(
            "/hl7",
            data="".join(f"{line}\r" for line in lines).encode(),
            content_type="application/hl7-v2",
            headers={"Authorization": f"Bearer {token}"},
        )
        return _told(answer.get_data(as_text=True), len(message.steps), "OBX" if is_result else "RXA")


def _told(answer: str, count: int, group: str) -> Told:
    errors = [line.split("|") for line in answer.split("\r") if line.startswith("ERR|")]
    codes = frozenset(fields[5].split("^")[0] for fields in errors)
    refused = [False] * count
    for fields in errors:
        segment, _, rest = fields[2].partition("^")
        if fields[4] != "E":
            continue
        numbers = rest.split("^") if rest else ["1"]
        at = int(numbers[0] or 1) - 1
        if segment in (group, "RXA", "OBX", "ORC", "OBR") and count > 1:
            refused[at] = True
        else:  # of the person or the message: all of it
            refused = [True] * count
    return Told(tuple(refused), codes)


def _header(kind: str, message: Message, number: int) -> str:
    return f"MSH|^~\\&|EHR|{FACILITIES[message.clinic]}|IIS|STATE|{NOW:%Y%m%d%H%M%S}+0000||{kind}|M{number}|P|2.5.1"


def _person(person: Demographics) -> list[str]:
    fields = [""] * 31
    fields[0], fields[1] = "PID", "1"
    fields[3] = "~".join(_cx(one) for one in person.identifiers)
    fields[5] = _xpn(person.name)
    fields[6] = f"{_text(person.mother_maiden)}^^^^^^M" if person.mother_maiden else ""
    fields[7], fields[8] = _stamp(person.birth_date), _SEXES.get(person.sex or "", person.sex or "")
    fields[11] = _xad(person.address) if person.address else ""
    fields[13] = "~".join(
        [*(f"^PRN^PH^^^^{phone}" for phone in person.phones), *(f"^NET^X.400^{email}" for email in person.emails)]
    )
    if person.birth_order is not None:
        fields[24], fields[25] = "Y", str(person.birth_order)
    if person.died_on:
        fields[29], fields[30] = _stamp(person.died_on), "Y"
    protection = [] if person.protected is None else ["PD1|||||||||||02|" + ("Y" if person.protected else "N")]
    return ["|".join(fields).rstrip("|"), *protection]


def _cx(one: Identifier) -> str:
    if one.authority.startswith("urn:oid:"):
        authority = f"&{one.authority.removeprefix('urn:oid:')}&ISO"
    else:
        authority = f"&{_text(one.authority)}&URI" if one.authority else ""
    return f"{_text(one.value)}^^^{authority}^{one.kind}"


def _xpn(name: Name) -> str:
    given = [*name.given, "", ""]
    parts = (name.family, given[0], " ".join(part for part in given[1:] if part), name.suffix, "", "", "L")
    return "^".join(map(_text, parts)) if name != Name() else ""


def _xad(home: Address) -> str:
    return "^".join(map(_text, (home.line, "", home.city, home.state, home.postcode, home.country, "H")))


def _group(step: Step, number: int) -> list[str]:
    if step.event is None:  # CDC's guide: a message about the person alone has a dose group with CVX 998
        return ["ORC|RE||9999^EHR", f"RXA|0|1|{NOW:%Y%m%d}||998^No vaccine administered^CVX|999||||||||||||||NA"]
    if isinstance(step.event, Dose):
        return _dose(step, step.event)
    return _result(step, step.event, number)


def _dose(step: Step, dose: Dose) -> list[str]:
    fields = [""] * 22
    system = "CVX" if dose.system == CVX else dose.system
    fields[0:6] = ["RXA", "0", "1", _stamp(dose.day), "", f"{_text(dose.code)}^^{system}" if dose.code else ""]
    fields[6] = "999"
    source = "00" if dose.administered else dose.evidence
    fields[9] = f"{source}^^NIP001" if source and dose.status == "completed" else ""
    fields[10] = _text(dose.vaccinator)
    fields[15], fields[16] = _text(dose.lot), _stamp(dose.expires)
    fields[17] = f"{dose.manufacturer}^^MVX" if dose.manufacturer else ""
    fields[18] = "00^Parental decision^NIP002" if dose.not_done_reason == "refused" else ""
    fields[20] = _COMPLETION.get(dose.not_done_reason, "PA" if dose.subpotent else "CP")
    fields[21] = _ACTIONS[step.action]
    lines = [f"ORC|RE||{step.event_id or '9999'}^EHR", "|".join(fields)]
    if dose.dose_number is not None:
        lines.append(f"OBX|1|NM|30973-2^Dose number in series^LN|1|{dose.dose_number}||||||F")
    return lines


def _result(step: Step, result: Result, number: int) -> list[str]:
    kind, value = "CWE", f"{result.value_code}^^SCT" if result.value_code else ""
    if result.quantity:
        digits = result.quantity.lstrip("<>=")
        bound = result.quantity.removesuffix(digits)
        kind, value = ("SN", f"{bound}^{digits}") if bound else ("NM", digits)
    elif ratio := re.fullmatch(r"(\d+):(\d+)", result.text):
        kind, value = "SN", f"^{ratio[1]}^:^{ratio[2]}"
    elif result.text:
        kind, value = "ST", _text(result.text)
    status = "D" if step.action == "delete" else _STATUSES[result.status]
    unit = f"{_text(result.unit)}^^UCUM" if result.unit else ""
    obx = ["OBX", str(number), kind, f"{result.code}^^LN", "", value, unit, "", "", "", "", status, "", ""]
    filler = f"{step.event_id}^LAB" if step.event_id else ""
    order = f"OBR|{number}||{filler}|{result.code}^^LN"
    return [order, "|".join([*obx, _stamp(result.time)])]


def _stamp(text: str) -> str:
    """A FHIR date or dateTime as TS; what is none, as it was typed."""
    found = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d):(\d\d)([+-]\d\d):(\d\d))?)?)?", text)
    return "".join(part for part in found.groups() if part) if found else _text(text)


def _text(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)
