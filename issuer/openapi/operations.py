"""The form of the tables: one operation, what it takes, what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Method = Literal["get", "post", "put", "delete"]
JSON = "application/json"
FHIR_JSON = "application/fhir+json"
PROBLEM_JSON = "application/problem+json"
ID_PATTERN = r"^[A-Za-z0-9\-.]{1,64}$"
KID_PATTERN = r"^[A-Za-z0-9_\-]{1,64}$"


@dataclass(frozen=True, slots=True)
class Answer:
    """One status: its words, and the schema of each content type. `headers` are always sent with it."""

    words: str
    content: Mapping[str, Any] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    sometimes: tuple[str, ...] = ()
    """Headers that are sent where there is something to say."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one path."""

    method: Method
    path: str
    id: str
    summary: str
    tag: str
    answers: Mapping[int, Answer]
    body: Mapping[str, Any] = field(default_factory=dict)
    """Content type -> schema; {} where it takes none."""
    arguments: tuple[str, ...] = ()
    """Parameters of the path, each an id."""
    headers: tuple[str, ...] = ()
    """Request headers that may be sent."""
    secured: bool = True


def ref(name: str) -> dict[str, str]:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def problem(words: str, *headers: str) -> Answer:
    """A refusal as a problem document."""
    return Answer(words, {PROBLEM_JSON: ref("Problem")}, headers)


def outcome(words: str, *headers: str) -> Answer:
    """A refusal as an OperationOutcome."""
    return Answer(words, {FHIR_JSON: ref("OperationOutcome")}, headers)
