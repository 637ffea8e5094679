"""A card as a pass for Apple Wallet: `.pkpass`, signed with the deployment's certificate. No network.

A pass is a ZIP of `pass.json`, pictures, `manifest.json` with the SHA-1 of each (Apple's format asks for SHA-1; what is
signed is the manifest, with SHA-256), and a detached PKCS #7 signature. The code in it is the card itself: a verifier
goes by that alone. Where no certificate is configured there is no pass, and `PassUnavailable` says why.

Source: Apple, "Wallet Passes": Pass, Pass.Barcodes, "Building a Pass"; RFC 5652.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from cards.shc import numeric
from wallet_export.pass_icon import icon_png
from wallet_export.printable import PrintableCard, date_in_words

MEDIA_TYPE = "application/vnd.apple.pkpass"
FILE_EXTENSION = ".pkpass"
ICONS = {"icon.png": 29, "icon@2x.png": 58, "icon@3x.png": 87, "logo.png": 50, "logo@2x.png": 100}
"""Name and side in pixels. Without `icon.png` Wallet refuses a pass."""
LONGEST_BACK = 4000
"""Characters of the list on the back of a pass; what is beyond stands in the code."""
_ZIPPED_AT = (1980, 1, 1, 0, 0, 0)
"""A ZIP's first day: the same card gives the same archive, but for the time in the signature."""
_PASS_TYPE = x509.ObjectIdentifier("0.9.2342.19200300.100.1.1")
"""User ID: where Apple puts the pass type into a pass certificate's subject."""


@dataclass(frozen=True, slots=True)
class PassUnavailable:
    """Why there is no pass; for the page and for the log."""

    code: str
    """not-configured, unreadable, key-of-another, expired, not-yet-valid, no-pass-type, no-team, key-kind."""
    reason: str


@dataclass(frozen=True, slots=True)
class PassSigner:
    """The deployment's certificate, its key, and those in between up to Apple's root."""

    certificate: x509.Certificate
    key: RSAPrivateKey = field(repr=False)
    chain: tuple[x509.Certificate, ...]
    pass_type: str
    team: str

    def usable(self, now: datetime) -> PassUnavailable | None:
        """Why it must not be used at that time; None where it may."""
        if now >= self.certificate.not_valid_after_utc:
            return PassUnavailable("expired", "The certificate for Apple Wallet has expired. Renew it with Apple.")
        if now < self.certificate.not_valid_before_utc:
            return PassUnavailable("not-yet-valid", "The certificate for Apple Wallet is not valid yet.")
        return None


def pass_signer(
    certificate: bytes | None, key: bytes | None, chain: bytes | None, password: bytes | None = None
) -> PassSigner | PassUnavailable:
    """Who signs passes, from PEM as configured; or why nobody does. Never names the content of a key.

    Args:
        chain: Apple's intermediate certificate (WWDR), one or more.
    """
    if not (certificate and key and chain):
        return PassUnavailable("not-configured", "Apple Wallet is not set up here: a certificate from Apple is needed.")
    try:
        own = x509.load_pem_x509_certificate(certificate)
        between = tuple(x509.load_pem_x509_certificates(chain))
        private = load_pem_private_key(key, password)
    except (ValueError, TypeError):
        return PassUnavailable("unreadable", "The certificate or key for Apple Wallet cannot be read: PEM is expected.")
    if isinstance(private, EllipticCurvePrivateKey) or not isinstance(private, RSAPrivateKey):
        return PassUnavailable("key-kind", "The key for Apple Wallet must be an RSA key, as Apple issues them.")
    if private.public_key() != own.public_key():
        return PassUnavailable("key-of-another", "The key for Apple Wallet does not belong to its certificate.")
    pass_type, team = _subject(own, _PASS_TYPE), _subject(own, x509.NameOID.ORGANIZATIONAL_UNIT_NAME)
    if not pass_type.startswith("pass."):
        return PassUnavailable("no-pass-type", "The certificate names no pass type: it is no Pass Type ID certificate.")
    if not team:
        return PassUnavailable("no-team", "The certificate for Apple Wallet names no team.")
    return PassSigner(own, private, between, pass_type, team)


def signed_pass(card: PrintableCard, serial: str, signer: PassSigner, now: datetime) -> bytes | PassUnavailable:
    """The pass of a card; or why there is none.

    Args:
        serial: unique among the deployment's passes and telling nothing: the card's `rid`, say.
    Raises:
        CardTooLarge, MalformedCard: no code can hold the card.
    """
    unusable = signer.usable(now)
    if unusable:
        return unusable
    files = {name: icon_png(side) for name, side in ICONS.items()}
    files["pass.json"] = _json(_pass(card, serial, signer))
    manifest = _json({name: sha1(octets, usedforsecurity=False).hexdigest() for name, octets in sorted(files.items())})
    builder = PKCS7SignatureBuilder().set_data(manifest).add_signer(signer.certificate, signer.key, SHA256())
    for between in signer.chain:
        builder = builder.add_certificate(between)
    signature = builder.sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])
    return _zipped({**files, "manifest.json": manifest, "signature": signature})


def _pass(card: PrintableCard, serial: str, signer: PassSigner) -> dict[str, Any]:
    """Apple's Pass object, of the kind "generic"."""
    code = _code_of(card.jws)
    return {
        "formatVersion": 1,
        "passTypeIdentifier": signer.pass_type,
        "teamIdentifier": signer.team,
        "serialNumber": serial,
        "organizationName": card.issuer_name,
        "description": "SMART Health Card" + (" (sample)" if card.sample else ""),
        "logoText": "SMART Health Card",
        "foregroundColor": "rgb(20, 33, 61)",
        "labelColor": "rgb(82, 96, 109)",
        "backgroundColor": "rgb(251, 250, 247)",
        "sharingProhibited": True,
        "barcodes": [code],
        "barcode": code,
        "generic": {
            "headerFields": [_field("sample", "", "SAMPLE")] if card.sample else [],
            "primaryFields": [_field("name", "Name", card.name)],
            "secondaryFields": [_field("born", "Date of birth", date_in_words(card.birth_date))],
            "auxiliaryFields": [_field("holds", "Holds", card.heading)],
            "backFields": [
                _field("lines", "On this card", _back(card)),
                _field("issuer", "Issued by", f"{card.issuer_name}, {date_in_words(card.issued_on.isoformat())}"),
                _field("advice", "Good to know", ADVICE),
            ],
        },
    }


ADVICE = (
    "Show this code together with a photo ID. Whoever scans it can read your name, your birth date and what is listed "
    "here. The pass does not change by itself: after a new dose, take a new one from your card page."
)


def _code_of(jws: str) -> dict[str, str]:
    from cards.errors import CardTooLarge

    if not numeric.fits_one_code(jws):
        raise CardTooLarge("the card does not fit one QR code")
    return {"format": "PKBarcodeFormatQR", "message": numeric.encode(jws), "messageEncoding": "iso-8859-1"}


def _field(key: str, label: str, value: str) -> dict[str, str]:
    return {"key": key, "label": label, "value": value or "Not on this card"}


def _back(card: PrintableCard) -> str:
    lines = (" · ".join(filter(None, (date_in_words(one.date), one.what, one.detail))) for one in card.lines)
    text = "\n".join(lines)
    return text if len(text) <= LONGEST_BACK else text[:LONGEST_BACK] + "…"


def _subject(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in files.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIPPED_AT), octets, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def earliest_end(signer: PassSigner) -> datetime:
    """When the first certificate of the chain ends: whoever runs the service is told before."""
    return min(one.not_valid_after_utc for one in (signer.certificate, *signer.chain)).astimezone(UTC)
