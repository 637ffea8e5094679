"""CDC's SOAP 1.2 interface for immunization messages: `submitSingleMessage` and `connectivityTest`. Pure.

CDC, "Transport Layer Protocol Recommendation: Formal Specification" 1.2, namespace urn:cdc:iisb:2011; SOAP 1.2 part 1
section 5.4 (faults) and part 2 section 7.4 (their HTTP status). The texts of faults never repeat what was sent.
"""

from dataclasses import dataclass, field
from typing import Final, Literal
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

ENVELOPE: Final = "http://www.w3.org/2003/05/soap-envelope"
OLD_ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
CDC: Final = "urn:cdc:iisb:2011"
CONTENT_TYPE: Final = "application/soap+xml"

Kind = Literal["MessageTooLargeFault", "SecurityFault", "UnsupportedOperationFault", "UnknownFault"]
_DETAILS: Final[dict[Kind, tuple[str, int, str]]] = {
    "MessageTooLargeFault": ("MessageTooLargeFault", 1, "MessageTooLarge"),
    "SecurityFault": ("SecurityFault", 2, "Security"),
    "UnsupportedOperationFault": ("UnsupportedOperationFault", 3, "UnsupportedOperation"),
    "UnknownFault": ("fault", 4, "Unknown"),
}
"""(element, code, reason) of the detail. The WSDL fixes the reasons; its codes are any integer, these are ours."""


class SoapFault(Exception):
    """The request cannot be answered. `words` say what happened and what to do; nothing was recorded."""

    def __init__(self, kind: Kind, words: str, *, ours: bool = False, version: bool = False) -> None:
        super().__init__(kind)
        self.kind: Kind = kind
        self.words = words
        self.code = "VersionMismatch" if version else "Receiver" if ours else "Sender"

    @property
    def status(self) -> int:
        """The HTTP status: 400 for the sender's faults, 500 for all others."""
        return 400 if self.code == "Sender" else 500


@dataclass(frozen=True, slots=True)
class ConnectivityTest:
    """Send this back."""

    echo_back: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SubmitSingleMessage:
    """One HL7 message, and who says so."""

    username: str = field(repr=False)
    password: str = field(repr=False)
    facility: str = field(repr=False)
    message: str = field(repr=False)


Request = ConnectivityTest | SubmitSingleMessage


def read_request(content: bytes) -> Request:
    """What is asked for.

    Raises:
        SoapFault: not SOAP 1.2, not strict XML (entities and document types are refused), or another operation.
    """
    try:
        envelope = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        words = (
            "The request is not well-formed XML without a document type. Nothing was recorded. Mend it and send again."
        )
        raise SoapFault("UnknownFault", words) from None
    operation = _operation(envelope)
    if operation.tag == f"{{{CDC}}}connectivityTest":
        return ConnectivityTest(_text(operation, "echoBack"))
    if operation.tag == f"{{{CDC}}}submitSingleMessage":
        names = ("username", "password", "facilityID", "hl7Message")
        username, password, facility, message = (_text(operation, name) for name in names)
        return SubmitSingleMessage(username, password, facility, message)
    words = "We answer submitSingleMessage and connectivityTest of urn:cdc:iisb:2011. Nothing was recorded."
    raise SoapFault("UnsupportedOperationFault", words)


def _operation(envelope: Element) -> Element:
    if envelope.tag == f"{{{OLD_ENVELOPE}}}Envelope":
        words = "This is SOAP 1.1; CDC's interface is SOAP 1.2. Nothing was recorded. Send the SOAP 1.2 envelope."
        raise SoapFault("UnknownFault", words, version=True)
    body = envelope.find(f"{{{ENVELOPE}}}Body") if envelope.tag == f"{{{ENVELOPE}}}Envelope" else None
    found = list(body) if body is not None else []
    if len(found) != 1:
        words = "The request is no SOAP 1.2 envelope with one operation in its body. Nothing was recorded."
        raise SoapFault("UnknownFault", words)
    return found[0]


def _text(operation: Element, name: str) -> str:
    return operation.findtext(f"{{{CDC}}}{name}") or ""


def connectivity_answer(echo_back: str) -> bytes:
    """The answer to a connectivity test."""
    return _answer("connectivityTestResponse", echo_back)


def submit_answer(hl7: str) -> bytes:
    """The answer to a message: the acknowledgement."""
    return _answer("submitSingleMessageResponse", hl7)


def fault_answer(fault: SoapFault) -> bytes:
    """The fault as SOAP 1.2 says it, with CDC's detail."""
    element, code, reason = _DETAILS[fault.kind]
    detail = (
        f'<{element} xmlns="{CDC}"><Code>{code}</Code><Reason>{reason}</Reason>'
        f"<Detail>{_written(fault.words)}</Detail></{element}>"
    )
    return _enveloped(
        f"<soap:Fault><soap:Code><soap:Value>soap:{fault.code}</soap:Value></soap:Code>"
        f'<soap:Reason><soap:Text xml:lang="en">{_written(fault.words)}</soap:Text></soap:Reason>'
        f"<soap:Detail>{detail}</soap:Detail></soap:Fault>"
    )


def _answer(element: str, text: str) -> bytes:
    return _enveloped(f'<{element} xmlns="{CDC}"><return>{_written(text)}</return></{element}>')


def _enveloped(body: str) -> bytes:
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{ENVELOPE}">'
    return f"{head}<soap:Body>{body}</soap:Body></soap:Envelope>".encode()


def _written(text: str) -> str:
    """CR as a reference: XML turns a bare one into LF (XML 1.0 section 2.11), and HL7 ends its segments in CR."""
    return escape(text, {"\r": "&#13;"})
