"""Private keys: they sign, and do not travel.

The one way out is `KeyStore`, which takes the sealed form. There is no member that shows the scalar.
"""

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from keys.public import PublicKey, public_key_of

# RFC 6979: the same record signed again gives the same card, and no random number can leak the key.
_ECDSA = ec.ECDSA(SHA256(), deterministic_signing=True)


class PrivateKey:
    """An ES256 key. Satisfies `cards.signing.SigningKey`."""

    __slots__ = ("_key", "_sign", "kid", "public")

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        if not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("ES256 needs a key on P-256")
        self._key = key
        self._sign = key.sign
        self.public: PublicKey = public_key_of(key.public_key())
        self.kid: str = self.public.kid

    def __repr__(self) -> str:
        return f"PrivateKey(kid={self.kid!r})"

    def __reduce__(self) -> str:
        raise TypeError("private keys do not travel")

    @classmethod
    def generate(cls) -> "PrivateKey":
        """A new key from the operating system's randomness."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    def sign(self, signing_input: bytes) -> bytes:
        """64 octets r ‖ s (RFC 7518 section 3.4), each padded to 32."""
        r, s = decode_dss_signature(self._sign(signing_input, _ECDSA))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def unsafe_export_der(key: PrivateKey) -> bytes:
    """PKCS #8 in the clear, for `keys.store` to seal."""
    return key._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def import_der(der: bytes) -> PrivateKey:
    """The inverse. Raises ValueError for anything but an EC key on P-256."""
    key = load_der_private_key(der, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("ES256 needs an EC key")
    return PrivateKey(key)
