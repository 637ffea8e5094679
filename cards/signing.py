"""What the card layer needs of a key: two protocols of two members each.

Private keys sign; they do not travel. A software key, an HSM or a cloud KMS stands behind the same two names.
"""

from typing import Protocol


class SigningKey(Protocol):
    """Signs the way RFC 7518 section 3.4 wants it."""

    @property
    def kid(self) -> str:
        """The key's RFC 7638 thumbprint, 43 characters of base64url."""

    def sign(self, signing_input: bytes) -> bytes:
        """64 octets r ‖ s over SHA-256 of `signing_input`."""


class VerifyingKey(Protocol):
    """Verifies the same."""

    @property
    def kid(self) -> str:
        """The key's RFC 7638 thumbprint."""

    def verify(self, signing_input: bytes, signature: bytes) -> None:
        """Return if `signature` (64 octets r ‖ s) holds.

        Raises:
            cards.BadSignature: it does not.
        """
