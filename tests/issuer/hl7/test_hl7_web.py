"""HTTPS and CDC's SOAP interface: with a real client (zeep) over a real socket, and with what no client would send."""

from collections.abc import Iterator

import pytest
import zeep
from flask import Flask
from zeep.exceptions import Fault
from zeep.transports import Transport

import pages
from issuer.hl7.octets import MAX_MESSAGE_OCTETS
from issuer.web.hl7 import hl7_blueprint
from pages import Problem
from tests.serving import served

SOAP = "http://www.w3.org/2003/05/soap-envelope"
CDC = "urn:cdc:iisb:2011"


@pytest.fixture
def app(door, sender, shapes) -> Flask:
    def sender_of(request):
        if request.headers.get("Authorization") != "Bearer t":
            raise Problem(401, "token-missing", "This needs a token", "Nothing was recorded.")
        return sender

    def authenticate(username, password, facility):
        return sender if (username, password, facility) == ("harbour", "secret", "HARBOUR") else None

    app = Flask("hl7")
    app.request_class = pages.InMemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    pages.install(app, service=pages.Service("Countersign"), ready=[])
    app.register_blueprint(hl7_blueprint(door, sender_of, lambda: shapes.now, authenticate))
    return app


@pytest.fixture
def post(app):
    def send(octets, path="/hl7", kind="application/hl7-v2", **headers):
        headers = {"Authorization": "Bearer t", "Accept": "application/json", **headers}
        return app.test_client().post(path, data=octets, content_type=kind, headers=headers)

    return send


# ---- HTTPS -----------------------------------------------------------------------------------------------------------


def test_a_message_over_https(post, shapes, intake):
    answer = post(shapes.vxu())
    assert (answer.status_code, answer.content_type) == (200, "application/hl7-v2; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "\rMSA|AA|MSG00001\r" in answer.text
    assert len(intake.submissions) == 1


@pytest.mark.parametrize(("header", "code"), [({"f11": "T"}, "AR"), ({"f4": "ELSE"}, "AE")])
def test_a_refusal_is_hl7_too(post, shapes, header, code):
    answer = post(shapes.vxu(**header))
    assert answer.status_code == 200
    assert f"\rMSA|{code}|MSG00001\r" in answer.text


def test_a_batch_over_https_may_be_large(post, shapes):
    filling = "NTE|1||" + "x" * 700_000
    messages = [shapes.vxu(shapes.pid(), filling, number=f"B{at}") for at in range(3)]
    answer = post(b"BHS|^~\\&\r" + b"".join(messages) + b"BTS|3\r", kind="application/hl7-v2; charset=utf-8")
    assert answer.status_code == 200
    assert answer.text.count("\rMSA|AA|") == 3


def test_what_is_not_hl7_over_https(post, shapes, intake):
    assert post(b"{}").status_code == 400
    assert post(b"\x0b" + shapes.vxu() + b"\x1c\r").status_code == 400
    assert post(shapes.vxu(), kind="application/json").status_code == 415
    assert post(shapes.vxu(), Authorization="").status_code == 401
    assert post(b"MSH|" + b"x" * 21 * 1024 * 1024).status_code == 413
    assert intake.submissions == []


def test_utf_16_over_https_is_answered_in_hl7(post, shapes):
    answer = post(shapes.vxu().decode().encode("utf-16"))
    assert answer.status_code == 200
    assert "character-set-wrong" in answer.text


# ---- SOAP ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def address(app) -> Iterator[str]:
    with served(app) as at:
        yield f"{at}/soap"


@pytest.fixture
def client(address) -> Iterator[zeep.Client]:
    transport = Transport(timeout=20)
    yield zeep.Client(f"{address}?wsdl", transport=transport)
    transport.session.close()


def test_connectivity(client):
    assert client.service.connectivityTest(echoBack="Grüße & <so>") == "Grüße & <so>"


def test_the_wsdl_has_the_address_of_the_request(client, address):
    [service] = client.wsdl.services.values()
    [port] = service.ports.values()
    assert (service.name, port.name, port.binding_options["address"]) == (
        "client_Service",
        "client_Port_Soap12",
        address,
    )
    assert port.binding.name.namespace == CDC
    assert set(port.binding.all()) == {"connectivityTest", "submitSingleMessage"}


def submit(client, message: bytes, **changes: str) -> str:
    said = {"username": "harbour", "password": "secret", "facilityID": "HARBOUR", "hl7Message": message.decode()}
    return client.service.submitSingleMessage(**(said | changes))


def test_a_message_over_soap(client, shapes, intake):
    answer = submit(client, shapes.vxu(shapes.pid(f5="O'Neill\\T\\Söhne^Wilhelmina"), shapes.orc(), shapes.rxa()))
    assert answer.split("\r")[1] == "MSA|AA|MSG00001"
    assert answer.endswith("\r")
    assert intake.proposals[0].person.name.family == "O'Neill&Söhne"


def test_a_query_over_soap(client, shapes):
    assert "RSP^K11^RSP_K11" in submit(client, shapes.qbp())


def detail_of(client, fault: Fault) -> tuple[str, str]:
    [element] = [one for one in fault.detail.iter() if str(one.tag).endswith(("Fault", "}fault"))]
    return element.tag.removeprefix(f"{{{CDC}}}"), element.findtext(f"{{{CDC}}}Reason")


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"username": ""}, {"facilityID": "OTHER"}])
def test_wrong_credentials(client, shapes, intake, changes):
    with pytest.raises(Fault) as caught:
        submit(client, shapes.vxu(), **changes)
    assert detail_of(client, caught.value) == ("SecurityFault", "Security")
    assert intake.submissions == []


@pytest.mark.parametrize("extra", [b"NTE|1||" + b"x" * MAX_MESSAGE_OCTETS, None])
def test_more_than_one_message(client, shapes, intake, extra):
    with pytest.raises(Fault) as caught:
        submit(client, shapes.vxu() + (extra or shapes.vxu()))
    assert detail_of(client, caught.value) == ("MessageTooLargeFault", "MessageTooLarge")
    assert intake.submissions == []


def enveloped(body: str) -> bytes:
    return f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{body}</s:Body></s:Envelope>'.encode()


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    ("content", "status", "code", "element", "reason"),
    [
        (
            enveloped(f'<submitBatch xmlns="{CDC}"/>'),
            400,
            "Sender",
            "UnsupportedOperationFault",
            "UnsupportedOperation",
        ),
        (
            enveloped('<submitSingleMessage xmlns="urn:other"/>'),
            400,
            "Sender",
            "UnsupportedOperationFault",
            "UnsupportedOperation",
        ),
        (enveloped(""), 400, "Sender", "fault", "Unknown"),
        (b"<x/>", 400, "Sender", "fault", "Unknown"),
        (b"not xml", 400, "Sender", "fault", "Unknown"),
        (b"", 400, "Sender", "fault", "Unknown"),
        (BOMB, 400, "Sender", "fault", "Unknown"),
        (
            b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"/>',
            500,
            "VersionMismatch",
            "fault",
            "Unknown",
        ),
        (b"<x>" + b"y" * 3 * 1024 * 1024, 400, "Sender", "MessageTooLargeFault", "MessageTooLarge"),
    ],
)
def test_faults(post, intake, content, status, code, element, reason):
    answer = post(content, "/soap", "application/soap+xml; charset=utf-8")
    assert (answer.status_code, answer.mimetype) == (status, "application/soap+xml")
    assert f"<soap:Value>soap:{code}</soap:Value>" in answer.text
    assert f'<{element} xmlns="{CDC}"><Code>' in answer.text
    assert f"<Reason>{reason}</Reason>" in answer.text
    assert intake.submissions == []


def test_other_kinds_of_content(post, app):
    assert "<fault " in post(enveloped(""), "/soap", "application/json").text
    assert app.test_client().get("/soap").status_code == 400
    assert app.test_client().get("/soap?WSDL").mimetype == "text/xml"
