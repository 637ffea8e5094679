"""Cases as rows of a CSV file or a workbook, each file a real import job done by a chunk worker."""

import csv
import io
import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from issuer.bulk.beginning import begin
from issuer.bulk.books import UNSIGNED
from issuer.bulk.chunk import ChunkWorker
from issuer.bulk.results import write_result_list
from issuer.intake.findings import FINDINGS
from issuer.intake.proposal import Demographics, Dose, Result
from issuer.store.import_chunks import ChunkStore
from issuer.store.imports import ImportStore
from issuer.tables.mapping import suggest
from issuer.tables.reading import look, read_rows
from tests.shows.door_cases import Case, Message, Step
from tests.shows.door_site import CLINICS, DoorSite
from tests.shows.door_told import Told

FORMAT: Final[Mapping[str, frozenset[str]]] = {
    # What a spreadsheet made of a long number: told before anybody takes it for a lot or an id.
    "number-rounded": frozenset({""}),
}
"""Codes that only tables have, each with the codes of ours it stands for ("": none, it is a remark more)."""
_ACTIONS: Final = {"add": "", "update": "U", "delete": "D"}
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


class TableDoor:
    """A file, begun and worked off."""

    format_codes = FORMAT

    def __init__(self, site: DoorSite, name: str) -> None:
        self.site, self.name = site, name
        self.imports, self.chunks = ImportStore(site.engine), ChunkStore(site.engine)
        self.worker = ChunkWorker(site.service.intake, self.chunks, site.clock)
        self._files = 0

    def cannot(self, case: Case) -> str:
        """Why the case cannot be said here; "" where it can."""
        if self.name == "xlsx" and any(
            ILLEGAL_CHARACTERS_RE.search(cell)
            for message in case.messages
            for step in message.steps
            for cell in row_of(step).values()
        ):
            return "XML, and so a workbook, cannot hold a control character"
        return ""

    def begin(self) -> None:
        """Nothing is remembered."""

    def expected(self, codes: frozenset[str], refused: bool) -> frozenset[str]:
        """The result file names what waits for its correction, and of rows that went in what counts not, what is asked
        and why there is no card; remarks that nobody has to look at (`info`) stand in no file."""
        if refused:
            return codes
        return frozenset(one for one in codes if FINDINGS[one][0] != "info" or one.startswith(UNSIGNED))

    def tell(self, message: Message) -> Told:
        """Bring the file in; what its result file says of each row."""
        self._files += 1
        path = self.site.imports / f"{self.name}-{self._files}.{self.name}"
        rows = [row_of(step) for step in message.steps]
        (_write_csv if self.name == "csv" else _write_xlsx)(path, rows)
        actor = self.site.actor("manager", message.clinic)
        with path.open("rb") as file:
            head = look(file)
            mapping = suggest(head.header, list(read_rows(file, head))).mapping
        clinic_id = CLINICS[message.clinic]
        job_id = begin(
            self.imports, actor, clinic_id, path, mapping, "on-demand", lambda: os.urandom(16).hex(), self.site.clock()
        )
        while self.worker.run_one("show"):
            pass
        job = self.imports.job(actor, job_id)
        target = io.BytesIO()
        write_result_list(self.imports, actor, job_id, target, "csv")
        said = list(csv.DictReader(io.StringIO(target.getvalue().decode("utf-8-sig"))))
        wrong = {int(one["row"]) - 2 for one in said if one["severity"] == "error"}
        assert job.state == "done", job.state
        assert len(wrong) == job.counts.refused
        return Told(
            tuple(number in wrong for number in range(len(rows))),
            frozenset(one["code"] for one in said if one["code"] in FINDINGS or one["code"] in FORMAT or one["code"]),
        )


def row_of(step: Step) -> dict[str, str]:
    """Our column -> text; columns that say nothing are left out."""
    row = _person(step.person) | {"event_id": step.event_id, "action": _ACTIONS[step.action]}
    if isinstance(step.event, Dose):
        row |= _dose(step.event)
    elif step.event is not None:
        row |= _result(step.event)
    needed = {"family_name", "given_names", "birth_date"} if not step.person.name.text else {"name", "birth_date"}
    needed |= {"product", "date"} if isinstance(step.event, Dose) else set()
    return {name: text for name, text in row.items() if text or name in needed}


def _person(person: Demographics) -> dict[str, str]:
    name, home = person.name, person.address
    identifier = person.identifiers[0] if person.identifiers else None
    return {
        "family_name": name.family,
        "given_names": name.given[0] if name.given else "",
        "middle_names": " ".join(name.given[1:]),
        "suffix": name.suffix,
        "name": name.text,
        "birth_date": person.birth_date,
        "sex": person.sex or "",
        "identifier": identifier.value if identifier else "",
        "identifier_authority": identifier.authority if identifier else "",
        "phone": person.phones[0] if person.phones else "",
        "email": person.emails[0] if person.emails else "",
        "address": home.line if home else "",
        "city": home.city if home else "",
        "state": home.state if home else "",
        "postcode": home.postcode if home else "",
        "country": home.country if home else "",
        "mother_maiden_name": person.mother_maiden or "",
        "birth_order": str(person.birth_order or ""),
        "multiple_birth": "Y" if person.multiple_birth else "",
        "death_date": person.died_on or "",
        "protected": "" if person.protected is None else "Y" if person.protected else "N",
    }


def _dose(dose: Dose) -> dict[str, str]:
    status = {"refused": "refused", "not-administered": "not given"}.get(dose.not_done_reason, "")
    return {
        "product": dose.code,
        "date": dose.day,
        "lot": dose.lot,
        "expiry": dose.expires,
        "manufacturer": dose.manufacturer,
        "status": status or ("partial" if dose.subpotent else ""),
        "historical": "" if dose.administered else "Y",
        "evidence": dose.evidence,
        "dose_number": "" if dose.dose_number is None else str(dose.dose_number),
        "vaccinator": dose.vaccinator,
    }


def _result(result: Result) -> dict[str, str]:
    return {
        "test": result.code,
        "result_time": result.time,
        "status": "" if result.status == "final" else result.status,
        "result_code": result.value_code,
        "result_value": result.quantity or result.text,
        "unit": result.unit,
        "self_test": "Y" if result.self_test else "",
    }


def _header(rows: list[dict[str, str]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _header(rows), restval="")
        writer.writeheader()
        writer.writerows(rows)


def _write_xlsx(path: Path, rows: list[dict[str, str]]) -> None:
    """Days as the dates of a spreadsheet, everything else as text."""
    book = Workbook()
    sheet: Any = book.active
    header = _header(rows)
    sheet.append(header)
    for number, row in enumerate(rows, start=2):
        for place, name in enumerate(header, start=1):
            cell = sheet.cell(number, place)
            cell.value = _value(name, row.get(name, ""))
            if isinstance(cell.value, str):
                cell.data_type, cell.number_format = "s", "@"
    book.save(path)


def _value(name: str, text: str) -> str | date | None:
    if name in ("date", "birth_date", "expiry") and _DAY.fullmatch(text):
        try:
            found = date.fromisoformat(text)
        except ValueError:
            return text
        return found if found.year > 1900 else text  # a spreadsheet has no dates before that
    return text or None
