"""Certificate chains beside an issuer's key (`x5c`, requirements C6 to C8).

A chain says whose key it is; it is checked even where trust comes from a directory, because a chain that contradicts
the key is a mistake or an attack. Dates are not judged here: the specification's FAQ asks that a certificate was valid
when the card was issued, and the path to a trust anchor is for verifiers that chose anchors (`check_path`).
"""

import binascii
import itertools
import warnings
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

MAX_CERTIFICATES = 10
MAX_CERTIFICATE_CHARACTERS = 16_384
EXAMPLE_ISSUER = "https://spec.smarthealth.cards/examples/issuer"
"""Real issuers run the specification's example script unchanged: three states and a clinic (requirement K14)."""

_UNREADABLE = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What cryptography raises over a stranger's certificate: on loading, and later, on the first look at a part of it."""


class BadChain(ValueError):
    """The chain contradicts the key. `reason` is a slug of `keys.public.REMEDIES`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CopiedExample(ValueError):
    """The chain names the specification's example issuer: it says nothing about this one."""


def read_chain(x5c: Any, key: ec.EllipticCurvePublicKey, iss: str | None) -> tuple[str, ...]:
    """Check a chain, leaf first, against the key and, where known, its issuer.

    Raises:
        BadChain: unreadable, of another key, broken, or naming somebody else.
        CopiedExample: it names the specification's example issuer, and that is not `iss`.
    """
    chain = _parse(x5c)
    try:
        leaf_key = chain[0].public_key()
    except _UNREADABLE:
        raise BadChain("x5c-unreadable") from None
    if leaf_key != key:
        raise BadChain("x5c-other-key")
    if not all(_issued_by(certificate, signer) for certificate, signer in itertools.pairwise(chain)):
        raise BadChain("x5c-broken-chain")
    named = _issuer_url(chain[0])
    if iss is not None and named != iss:
        raise CopiedExample if named == EXAMPLE_ISSUER else BadChain("x5c-other-issuer")
    return tuple(x5c)


def read_anchors(pem: str) -> tuple[x509.Certificate, ...]:
    """Trust anchors an operator chose. Raises BadChain where there is none in it."""
    try:
        return tuple(x509.load_pem_x509_certificates(pem.encode()))
    except ValueError:
        raise BadChain("x5c-unreadable") from None


def check_path(x5c: Sequence[str], anchors: Sequence[x509.Certificate], at: datetime) -> None:
    """Walk the chain to one of `anchors`, all of it valid at `at` (requirement C7, RFC 5280 section 6).

    Raises:
        BadChain: it does not lead there, an authority in it is none, or a certificate is not valid then.
    """
    chain = _parse(list(x5c))
    anchor = next((anchor for anchor in anchors if chain[-1] == anchor or _issued_by(chain[-1], anchor)), None)
    if anchor is None:
        raise BadChain("x5c-no-path")
    for certificate in [*chain, anchor]:
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            raise BadChain("x5c-no-path")
    for authority in [*chain[1:], anchor]:
        if not _is_authority(authority):
            raise BadChain("x5c-no-path")


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except _UNREADABLE:
        return False


def _issued_by(certificate: x509.Certificate, anchor: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(anchor)
    except _UNREADABLE:
        return False
    return True


def _parse(x5c: Any) -> list[x509.Certificate]:
    if not isinstance(x5c, list) or not x5c or len(x5c) > MAX_CERTIFICATES:
        raise BadChain("x5c-unreadable")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # real chains carry slips that cryptography warns about
            return [x509.load_der_x509_certificate(_der(text)) for text in x5c]
    except _UNREADABLE:  # binascii.Error is a ValueError
        raise BadChain("x5c-unreadable") from None


def _der(text: Any) -> bytes:
    if not isinstance(text, str) or len(text) > MAX_CERTIFICATE_CHARACTERS:
        raise BadChain("x5c-unreadable")
    return binascii.a2b_base64(text.encode(), strict_mode=True)


def _issuer_url(leaf: x509.Certificate) -> str:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        urls = [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)]
    except _UNREADABLE:
        raise BadChain("x5c-no-issuer-url") from None
    if len(urls) != 1 or len(list(names)) != 1:
        raise BadChain("x5c-no-issuer-url")
    return urls[0]
