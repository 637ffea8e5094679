"""Passes as Apple Wallet reads them, checked by openssl against a chain made here."""

import io
import json
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image

from cards.errors import CardTooLarge
from cards.shc import numeric
from wallet_export import PassSigner, PassUnavailable, PrintableCard, pass_signer, signed_pass
from wallet_export.apple_pass import earliest_end

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MakeCard = Callable[..., PrintableCard]
MakeJws = Callable[..., str]
USER_ID = x509.ObjectIdentifier("0.9.2342.19200300.100.1.1")


class Chain:
    """A root, an intermediate and a pass certificate, as PEM."""

    def __init__(self, pass_type: str = "pass.example.health", team: str = "TEAM123456") -> None:
        self.root_key, self.between_key, self.key = (_rsa() for _ in range(3))
        root, between = _name(CN="Test Root"), _name(CN="Test WWDR")
        own = _name(CN=f"Pass Type ID: {pass_type}", OU=team, UID=pass_type)
        self.root = _signed(root, root, self.root_key, self.root_key, ca=True)
        self.between = _signed(between, root, self.between_key, self.root_key, ca=True)
        self.own = _signed(own, between, self.key, self.between_key, ca=False)

    @property
    def pem(self) -> tuple[bytes, bytes, bytes]:
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self.own.public_bytes(Encoding.PEM), key, self.between.public_bytes(Encoding.PEM)


def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _name(**parts: str) -> x509.Name:
    oids = {"CN": x509.NameOID.COMMON_NAME, "OU": x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "UID": USER_ID}
    return x509.Name([x509.NameAttribute(oids[name], value) for name, value in parts.items() if value])


def _signed(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, by: rsa.RSAPrivateKey, *, ca: bool
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=300))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(by, SHA256())
    )


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain()


@pytest.fixture
def signer(chain: Chain) -> PassSigner:
    found = pass_signer(*chain.pem)
    assert isinstance(found, PassSigner)
    return found


def opened(octets: bytes | PassUnavailable) -> dict[str, bytes]:
    assert isinstance(octets, bytes)
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def verified(files: dict[str, bytes], chain: Chain, folder: Path) -> subprocess.CompletedProcess[str]:
    for name in ("manifest.json", "signature"):
        (folder / name).write_bytes(files[name])
    (folder / "root.pem").write_bytes(chain.root.public_bytes(Encoding.PEM))
    command = [
        "openssl",
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        "signature",
        "-content",
        "manifest.json",
    ]
    command += ["-CAfile", "root.pem", "-purpose", "any", "-out", "verified"]
    command += ["-attime", str(int(NOW.timestamp()))]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_openssl_accepts_the_signature(make_card: MakeCard, signer: PassSigner, chain: Chain, tmp_path: Path) -> None:
    files = opened(signed_pass(make_card(), "r1", signer, NOW))
    done = verified(files, chain, tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "verified").read_bytes() == files["manifest.json"]


def test_openssl_refuses_a_changed_manifest_and_a_foreign_root(
    make_card: MakeCard, signer: PassSigner, chain: Chain, tmp_path: Path
) -> None:
    files = opened(signed_pass(make_card(), "r1", signer, NOW))
    assert verified({**files, "manifest.json": files["manifest.json"] + b" "}, chain, tmp_path).returncode
    assert verified(files, Chain(), tmp_path).returncode


def test_the_manifest_has_the_sha1_of_each_file(make_card: MakeCard, signer: PassSigner) -> None:
    files = opened(signed_pass(make_card(), "r1", signer, NOW))
    manifest = json.loads(files["manifest.json"])
    rest = {name: octets for name, octets in files.items() if name not in ("manifest.json", "signature")}
    assert manifest == {name: sha1(octets).hexdigest() for name, octets in rest.items()}
    for name, side in (("icon.png", 29), ("icon@2x.png", 58), ("icon@3x.png", 87), ("logo.png", 50)):
        with Image.open(io.BytesIO(rest[name])) as picture:
            assert (picture.size, picture.format) == ((side, side), "PNG")


def test_the_pass_carries_the_card_as_its_code(make_card: MakeCard, signer: PassSigner) -> None:
    card = make_card(sample=True)
    said = json.loads(opened(signed_pass(card, "r1", signer, NOW))["pass.json"])
    assert said["barcodes"] == [
        {"format": "PKBarcodeFormatQR", "message": numeric.encode(card.jws), "messageEncoding": "iso-8859-1"}
    ]
    assert (said["formatVersion"], said["serialNumber"]) == (1, "r1")
    assert (said["passTypeIdentifier"], said["teamIdentifier"]) == ("pass.example.health", "TEAM123456")
    assert said["generic"]["primaryFields"][0]["value"] == card.name
    assert "sample" in said["description"]
    keys = [one["key"] for fields in said["generic"].values() for one in fields]
    assert len(keys) == len(set(keys))
    assert "webServiceURL" not in said  # nothing tells us where a pass is


def test_without_a_certificate_it_says_why(chain: Chain) -> None:
    own, key, between = chain.pem
    stranger = Chain()
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    cases = {
        "not-configured": (None, None, None),
        "unreadable": (b"x", key, between),
        "key-kind": (own, curve, between),
        "key-of-another": (own, stranger.pem[1], between),
        "no-pass-type": Chain(pass_type="org.example").pem,
        "no-team": Chain(team="").pem,
    }
    for code, given in cases.items():
        found = pass_signer(*given)
        assert isinstance(found, PassUnavailable)
        assert found.code == code
        assert found.reason.endswith(".")
    assert isinstance(pass_signer(own, b"-----BEGIN PRIVATE KEY-----", between), PassUnavailable)


def test_an_expired_certificate_signs_nothing(make_card: MakeCard, signer: PassSigner) -> None:
    for days, code in ((301, "expired"), (-31, "not-yet-valid")):
        found = signed_pass(make_card(), "r1", signer, NOW + timedelta(days=days))
        assert isinstance(found, PassUnavailable)
        assert found.code == code
    assert earliest_end(signer) == NOW + timedelta(days=300)


def test_a_card_too_large_has_no_pass(make_card: MakeCard, make_jws: MakeJws, signer: PassSigner) -> None:
    with pytest.raises(CardTooLarge):
        signed_pass(make_card(jws=make_jws(1196)), "r1", signer, NOW)


def test_keys_stay_out_of_sight(signer: PassSigner) -> None:
    assert "key=" not in repr(signer)
