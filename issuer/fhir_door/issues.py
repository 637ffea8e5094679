"""OperationOutcome: what is wrong, how bad it is, where (FHIRPath) and what to do. No value out of what was sent.

Source: FHIR R4 (4.0.1) OperationOutcome and its value set issue-type. `details.coding` holds our own code, the same
behind every door; `diagnostics` says what to do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cards.shc.profiles import Fault
from issuer.faults import ALL_FAULTS
from issuer.fhir_door.codes import DOOR, ENDINGS, TYPES, Severity
from issuer.intake.findings import FINDINGS
from issuer.intake.proposal import Finding

CODE_SYSTEM = "urn:countersign:finding"


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of an OperationOutcome."""

    code: str
    severity: Severity
    message: str
    remedy: str
    expression: str = ""
    """FHIRPath of the element; "" where it is about the request as a whole."""
    type: str = ""
    """IssueType, where it is another than the code's own."""

    @property
    def is_error(self) -> bool:
        """Whether something was not done because of it."""
        return self.severity in ("error", "fatal")


class FhirRefused(Exception):
    """The request is refused as a whole: nothing was recorded, nothing was shown."""

    def __init__(self, status: int, issues: Iterable[Issue]) -> None:
        super().__init__("a FHIR request is refused")
        self.status = status
        self.issues = tuple(issues)


def issue(code: str, expression: str = "", type_: str = "") -> Issue:
    """The issue of a code of this door, of a finding or of a profile. Raises KeyError where there is no such code."""
    severity, message, remedy = DOOR[code] if code in DOOR else _of_finding(code)
    return Issue(code, severity, message, remedy, expression, type_)


def refused(status: int, code: str, expression: str = "") -> FhirRefused:
    """One issue that refuses the request."""
    return FhirRefused(status, [issue(code, expression)])


def of_fault(fault: Fault) -> Issue:
    """What a profile or the reader found."""
    return _worded(Issue(fault.code, fault.severity, fault.message, fault.remedy, fault.path))


def of_finding(finding: Finding, expression: str) -> Issue:
    """What the checker or a rule found. A question that nobody answers at once is a warning."""
    severity: Severity = "error" if finding.severity == "error" else "warning"
    if finding.severity == "info":
        severity = "information"
    remedy = f"{finding.remedy} ({finding.source})" if finding.source else finding.remedy
    return _worded(Issue(finding.code, severity, finding.message, remedy, expression))


def outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """An OperationOutcome. One without issues says that all went well, which FHIR wants said as an issue."""
    said = [_issue(one) for one in _once(issues)]
    all_well = {"severity": "information", "code": "informational", "diagnostics": "All is well."}
    return {"resourceType": "OperationOutcome", "issue": said or [all_well]}


def type_of(code: str) -> str:
    """The IssueType of one of our codes."""
    if code in TYPES:
        return TYPES[code]
    return next((kind for ending, kind in ENDINGS.items() if code.endswith(ending)), "business-rule")


def _issue(one: Issue) -> dict[str, Any]:
    said: dict[str, Any] = {
        "severity": one.severity,
        "code": one.type or type_of(one.code),
        "details": {"coding": [{"system": CODE_SYSTEM, "code": one.code}], "text": one.message},
        "diagnostics": one.remedy,
    }
    if one.expression:
        said["expression"] = [one.expression]
    return said


def _once(issues: Iterable[Issue]) -> list[Issue]:
    return list({(one.code, one.expression): one for one in issues}.values())


def _of_finding(code: str) -> tuple[Severity, str, str]:
    severity, message, remedy = FINDINGS[code] if code in FINDINGS else ALL_FAULTS[code]
    told: Mapping[str, Severity] = {"error": "error", "info": "information"}
    return told.get(severity, "warning"), message, remedy


def _worded(one: Issue) -> Issue:
    """In this door's words where it has its own."""
    if one.code not in DOOR:
        return one
    _, message, remedy = DOOR[one.code]
    return replace(one, message=message, remedy=remedy)
