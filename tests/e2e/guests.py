"""Guests at the door, each with a card of one kind; and the registry the door judges by. All names are made up."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from cards.encoding import write_json
from cards.shc.card import sign
from cards.shc.crl import read_crl
from cards.shc.numeric import encode, encode_chunks
from keys import jwks_document
from keys.private import PrivateKey
from trust_registry import TrustedIssuer, TrustRegistry

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ISSUED = datetime(2026, 6, 3, 9, 30, tzinfo=UTC)
NAME = "Amara Okonkwo-Lindqvist"
BIRTH_DATE = "1987-03-14"
BIRTH_DATE_IN_WORDS = "14 March 1987"
LOT = "EX4471B"
CVX = "http://hl7.org/fhir/sid/cvx"


def dose(date: str, code: str = "208", lot: str = LOT, system: str = CVX, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": system, "code": code}]},
        "patient": {"reference": "resource:0"},
        "occurrenceDateTime": date,
        "performer": [{"actor": {"display": "Riverside Clinic"}}],
        "lotNumber": lot,
        **more,
    }


def result(time: str, code: str = "94558-4", value: str = "260415000") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "resource:0"},
        "effectiveDateTime": time,
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": value}]},
        "performer": [{"display": "Riverside Clinic"}],
    }


def bundle(*records: Mapping[str, Any], name: Any = None, born: str = BIRTH_DATE) -> dict[str, Any]:
    names = name or {"family": "Okonkwo-Lindqvist", "given": ["Amara"]}
    patient = {"resourceType": "Patient", "name": [names], "birthDate": born}
    resources = [patient, *records]
    entries = [{"fullUrl": f"resource:{n}", "resource": resource} for n, resource in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


TWO_DOSES = bundle(dose("2026-04-12"), dose("2026-05-11", lot="EX4502A"))


@dataclass(frozen=True)
class House:
    """An issuer with its key."""

    iss: str
    name: str
    sample: bool = False
    key: PrivateKey = field(default_factory=PrivateKey.generate)

    def card(self, content: Mapping[str, Any] = TWO_DOSES, *, when: datetime = ISSUED, **more: Any) -> str:
        """A signed card as JWS."""
        return sign(self.key, iss=self.iss, nbf=int(when.timestamp()), bundle=content, **more)

    def trusted(self, **more: Any) -> TrustedIssuer:
        return TrustedIssuer(self.iss, self.name, sample=self.sample, keys={self.key.kid: self.key.public}, **more)


class World:
    """Issuers, the registry, and a card of each kind."""

    def __init__(self) -> None:
        self.health = House("https://health.example.org/shc", "State of Example Department of Health")
        self.clinic = House("https://clinic.example.org", "Riverside Clinic")
        self.sample = House("https://sample.example.org", "Sample Issuer for Demonstrations", sample=True)
        self.foreign = House("https://elsewhere.example.net/issuer", "Elsewhere")
        self.old_key = PrivateKey.generate()
        self.new_key = PrivateKey.generate()

    def registry(self, expires: timedelta = timedelta(days=7)) -> TrustRegistry:
        """A published registry; a negative `expires` makes an outdated one."""
        return TrustRegistry(self._issuers(), number=7, issued_at=NOW - timedelta(days=1), expires_at=NOW + expires)

    def snapshot(self) -> bytes:
        """The same issuers as a directory, for a verifier in another process."""
        houses = (self.health, self.clinic, self.sample)
        info = [
            {
                "issuer": {"iss": house.iss, "name": house.name, "sample": house.sample},
                "keys": jwks_document([house.key.public])["keys"],
            }
            for house in houses
        ]
        return write_json({"issuerInfo": info})

    def _issuers(self) -> list[TrustedIssuer]:
        crl = read_crl({"kid": self.health.key.kid, "method": "rid", "ctr": 3, "rids": ["revokedOne"]})
        return [
            self.health.trusted(crls={crl.kid: crl}, withdrawn=frozenset({self.old_key.kid})),
            self.clinic.trusted(),
            self.sample.trusted(),
        ]

    @cached_property
    def cards(self) -> Mapping[str, Sequence[str]]:
        """Name of a state -> the texts of its codes."""
        health, when = self.health, int(ISSUED.timestamp())
        good = health.card(rid="standsFine")
        head, body, signature = good.split(".")
        flipped = "A" if signature[10] != "A" else "B"
        many = bundle(*(dose(f"20{n:02}-0{n % 9 + 1}-1{n % 10}", code=str(100 + n), lot=_lot(n)) for n in range(60)))
        long = {"text": "Dr. Maximiliana Charlotte Wolfeschlegelsteinhausenbergerdorff-Llanfairpwllgwyngyll de la Vega"}
        odd = bundle(
            dose("2026-04", code="99999"),
            dose("2026-05-11", code="J07BX03", system="http://www.whocc.no/atc"),
            dose("2026-05-12", isSubpotent=True),
            dose("2026-05-13", status="not-done"),
        )
        never = bundle(dose("2026-04-12", status="entered-in-error"), dose("2026-05-11"))
        nobody = {"resourceType": "Bundle", "type": "collection", "entry": []}
        signed_by_old = sign(self.old_key, iss=health.iss, nbf=when, bundle=TWO_DOSES)
        signed_by_new = sign(self.new_key, iss=health.iss, nbf=when, bundle=TWO_DOSES)
        return {
            "accepted": [encode(good)],
            "accepted-test": [encode(health.card(bundle(result("2026-11-19T08:15:00+01:00"))))],
            "accepted-long-name": [encode(health.card(bundle(dose("2026-04-12"), name=long)))],
            "accepted-arabic": [
                encode(health.card(bundle(dose("2026-04-12"), name={"text": "ليلى عبد الرحمن المنصوري"})))
            ],
            "accepted-unknown-codes": [encode(health.card(odd))],
            "warned": [encode(health.card(never))],
            "warned-nobody": [encode(health.card(nobody))],
            "sample": [encode(self.sample.card())],
            "sample-expired": [encode(self.sample.card(exp=when + 86_400))],
            "revoked": [encode(health.card(rid="revokedOne"))],
            "expired": [encode(health.card(exp=when + 30 * 86_400))],
            "not-yet-valid": [encode(health.card(when=NOW + timedelta(days=3)))],
            "milliseconds": [encode(_milliseconds(health))],
            "tampered": [encode(f"{head}.{body}.{signature[:10]}{flipped}{signature[11:]}")],
            "malformed": ["shc:/5676290"],
            "foreign": [encode(self.foreign.card())],
            "unknown-key": [encode(signed_by_new)],
            "withdrawn-key": [encode(signed_by_old)],
            "chunked": encode_chunks(health.card(many, any_size=True)),
            "web-address": ["https://menu.example.com/tables/12"],
            "wifi": ["WIFI:T:WPA;S:Guests;P:welcome;;"],
            "health-link": ["shlink:/eyJ1cmwiOiJodHRwczovL2V4YW1wbGUub3JnIn0"],
            "eu-certificate": ["HC1:6BFOXN%TSMAHN-HSTKP"],
        }

    def chunked(self, name: str, count: int = 2) -> list[str]:
        """A genuine card of somebody of that name, spread over several codes."""
        doses = (dose(f"20{n:02}-01-1{n % 10}", code=str(100 + n), lot=_lot(name + str(n))) for n in range(20 * count))
        chunks = encode_chunks(self.health.card(bundle(*doses, name={"text": name}), any_size=True))
        if len(chunks) != count:
            raise ValueError(f"a card of {len(chunks)} codes")
        return chunks

    def second_guest(self) -> str:
        """Another person's good card, as the text of its code."""
        other = bundle(dose("2026-03-02", code="03"), name={"family": "Haddad", "given": ["Yusuf"]}, born="2014-09-30")
        return encode(self.clinic.card(other))


def _lot(number: object) -> str:
    """Sixteen characters that DEFLATE cannot shorten."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:16]


def _milliseconds(house: House) -> str:
    return sign(house.key, iss=house.iss, nbf=int(ISSUED.timestamp()) * 1000, bundle=TWO_DOSES)


# ---- Pictures ---------------------------------------------------------------------------------------------------


def drawn(text: str, scale: int = 4) -> Image.Image:
    """A QR code in black and white, with its quiet zone."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="L").to_image(scale=scale)
    octets = memoryview(code)
    return Image.frombuffer("L", (octets.shape[1], octets.shape[0]), bytes(octets))


def held_up(*texts: str, size: tuple[int, int] = (1280, 720)) -> Image.Image:
    """What a camera sees: phones with a code each, a little turned and soft."""
    picture = Image.new("RGB", size, (74, 82, 92))
    draw = ImageDraw.Draw(picture)
    for step in range(0, size[0], 64):
        draw.rectangle((step, 0, step + 31, size[1]), fill=(82, 90, 100))
    room = size[0] // max(1, len(texts))
    for place, text in enumerate(texts):
        side = min(size[1] - 60, room - 40)
        phone = Image.new("RGB", (side, side), "white")
        code = drawn(text, 6).resize((side - 24, side - 24), Image.Resampling.LANCZOS)
        phone.paste(code.convert("RGB"), (12, 12))
        turned = phone.rotate(
            3 - 6 * (place % 2), expand=False, fillcolor=(250, 250, 250), resample=Image.Resampling.BICUBIC
        )
        picture.paste(turned, (place * room + (room - side) // 2, (size[1] - side) // 2))
    return picture.filter(ImageFilter.GaussianBlur(0.6))


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling="4:2:0")
    return out.getvalue()
