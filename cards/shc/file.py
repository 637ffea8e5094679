"""The `.smart-health-card` file and the FHIR Parameters of `$health-cards-issue` (requirements F1, F2, F4)."""

from collections.abc import Sequence

from cards.encoding import MAX_FILE_OCTETS, read_json, write_json
from cards.errors import MalformedCard

FILE_EXTENSION = ".smart-health-card"
MEDIA_TYPE = "application/smart-health-card"
MAX_CARDS = 100
"""Cards of one file that are looked at; a family's whole record has some thirty."""


def read_file(text: str) -> list[str]:
    """The JWS texts inside a file, one a card; each is to be judged alone. A `Parameters` answer may hold none.

    Raises:
        MalformedCard: not the documented shape.
    """
    if len(text) > MAX_FILE_OCTETS:
        raise MalformedCard("file: far too large")
    content = read_json(text.encode("utf-8", "surrogatepass"))
    if not isinstance(content, dict):
        raise MalformedCard("file: not a JSON object")
    if content.get("resourceType") == "Parameters":
        return _of_parameters(content.get("parameter", []))
    cards = content.get("verifiableCredential")
    if not isinstance(cards, list) or not cards or len(cards) > MAX_CARDS:
        raise MalformedCard("file: verifiableCredential is not a list of cards")
    if not all(isinstance(card, str) for card in cards):
        raise MalformedCard("file: a card in it is not a text")
    return cards


def write_file(cards: Sequence[str]) -> bytes:
    """The file that carries these JWS texts."""
    if not cards:
        raise ValueError("a file carries at least one card")
    return write_json({"verifiableCredential": list(cards)})


def _of_parameters(parameters: object) -> list[str]:
    if not isinstance(parameters, list) or not all(isinstance(parameter, dict) for parameter in parameters):
        raise MalformedCard("Parameters: parameter is not a list of objects")
    cards = [p.get("valueString") for p in parameters if p.get("name") == "verifiableCredential"]
    texts = [card for card in cards if isinstance(card, str)]
    if len(texts) != len(cards) or len(cards) > MAX_CARDS:
        raise MalformedCard("Parameters: a card in it is not a text, or there are far too many")
    return texts
