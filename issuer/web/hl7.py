"""HL7 v2.5.1 over HTTPS: `POST /hl7`, and CDC's SOAP 1.2 interface at `/soap`.

What was understood as HL7 is answered with HL7 and status 200, whatever it says (AA, AE, AR): interface engines read
the acknowledgement, and repeat what had another status. Both are for programs with credentials of their own: neither
looks at a cookie, so neither needs a CSRF token.
"""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Request, Response, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from issuer.hl7 import soap
from issuer.hl7.door import Door
from issuer.hl7.octets import MAX_BATCH_OCTETS, MAX_MESSAGE_OCTETS, is_batch, looks_like_hl7
from issuer.hl7.sender import Sender
from issuer.hl7.wsdl import wsdl
from issuer.web.rules import bearer, public
from pages import Problem
from pages.uploads import drain

HL7_TYPES = ("application/hl7-v2", "x-application/hl7-v2+er7")
"""The type registered by HL7, and the one that HAPI's "HL7 over HTTP" sends."""
SOAP_TYPES = (soap.CONTENT_TYPE, "text/xml", "application/xml")
"""SOAP 1.2's type; the others are sent by many, with the same envelope."""
MAX_SOAP_OCTETS = 2 * MAX_MESSAGE_OCTETS
"""One message, with its ampersands written as references, and the envelope."""
_TOO_LARGE = "submitSingleMessage takes one message of up to 1 MiB. Nothing was recorded. Send batches to /hl7."

Clock = Callable[[], datetime]
SenderOf = Callable[[Request], Sender]
"""Who sends, by the request's credentials; raises a Problem (401, 403) where nobody does."""
Authenticate = Callable[[str, str, str], Sender | None]
"""(username, password, facility id) → sender; None where they do not fit."""


def hl7_blueprint(door: Door, sender_of: SenderOf, clock: Clock, authenticate: Authenticate) -> Blueprint:
    """`/hl7` and `/soap`."""
    blueprint = Blueprint("hl7", __name__)

    @blueprint.before_request
    def allow_batches() -> None:
        request.max_content_length = MAX_SOAP_OCTETS if request.endpoint == "hl7.submit" else MAX_BATCH_OCTETS

    @blueprint.post("/hl7")
    @bearer("record.write")
    def receive() -> Response:
        sender = sender_of(request)
        return _hl7(door.answer(_octets(), sender, clock()))

    @blueprint.get("/soap")
    @public("a description of the interface; holds no data", machine=True)
    def describe() -> Response:
        if "wsdl" not in {name.lower() for name in request.args}:
            raise Problem(400, "wsdl-missing", "This is a SOAP interface", "Its description is at `/soap?wsdl`.")
        return Response(wsdl(url_for("hl7.submit", _external=True)), content_type="text/xml; charset=utf-8")

    @blueprint.post("/soap")
    @public("each message carries a user name and password", machine=True)
    def submit() -> Response:
        try:
            return _soap(*_served(door, authenticate, clock))
        except soap.SoapFault as fault:
            return _soap(soap.fault_answer(fault), "fault", fault.status)

    return blueprint


def _served(door: Door, authenticate: Authenticate, clock: Clock) -> tuple[bytes, str]:
    """(the answer, the operation it answers)."""
    asked = soap.read_request(_envelope())
    if isinstance(asked, soap.ConnectivityTest):
        return soap.connectivity_answer(asked.echo_back), "connectivityTestResponse"
    sender = authenticate(asked.username, asked.password, asked.facility)
    if sender is None:
        words = "User name, password and facility do not fit together. Nothing was recorded. Check all three."
        raise soap.SoapFault("SecurityFault", words)
    octets = asked.message.lstrip().encode()
    if len(octets) > MAX_MESSAGE_OCTETS or is_batch(octets):
        raise soap.SoapFault("MessageTooLargeFault", _TOO_LARGE)
    return soap.submit_answer(door.answer(octets, sender, clock()).decode()), "submitSingleMessageResponse"


def _envelope() -> bytes:
    if request.mimetype not in SOAP_TYPES:
        words = "The content type must be application/soap+xml. Nothing was recorded."
        raise soap.SoapFault("UnknownFault", words)
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        drain(request)
        raise soap.SoapFault("MessageTooLargeFault", _TOO_LARGE) from None


def _octets() -> bytes:
    if request.mimetype not in HL7_TYPES:
        raise Problem(
            415,
            "content-type",
            "We cannot read that kind of content",
            "The content type must be application/hl7-v2.",
            "Send the same message with the right content type.",
            lost="Nothing was recorded.",
        )
    octets = request.get_data(cache=False)
    if not looks_like_hl7(octets):
        raise Problem(
            400,
            "not-hl7",
            "This is not HL7",
            "The content does not begin with an MSH, BHS or FHS segment.",
            "Send HL7 v2.5.1 in its pipe-and-hat form, without an MLLP frame.",
            lost="Nothing was recorded.",
        )
    return octets


def _hl7(answer: bytes) -> Response:
    response = Response(answer, content_type="application/hl7-v2; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def _soap(answer: bytes, operation: str, status: int = 200) -> Response:
    kind = f'{soap.CONTENT_TYPE}; charset=utf-8; action="{soap.CDC}:{operation}"'
    response = Response(answer, status, content_type=kind)
    response.headers["Cache-Control"] = "no-store"
    return response
