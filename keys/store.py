"""Keys at rest: one folder, one sealed file a key, one list of their lives.

    keys/
      keys.json                the lives (public; written last, so that a stop half-way leaves the old truth)
      <kid>.jwk                the public half
      <kid>.key                the private half: AES-256-GCM, `kid` as associated data, mode 0600

The key that seals them comes from a random file made on first start (0600), or from a passphrase through Argon2id.
"""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cards import MalformedCard
from cards.encoding import b64url_decode, b64url_encode
from keys import lifecycle
from keys.private import PrivateKey, import_der, unsafe_export_der
from keys.public import PublicKey, examine_jwks, jwks_document

KEK_OCTETS = 32
NONCE_OCTETS = 12
ARGON2_MEMORY_KIB = 64 * 1024
ARGON2_ITERATIONS = 3
ARGON2_LANES = 4
"""RFC 9106 section 4, second recommended option; some 0.2 s."""
_LIVES = "keys.json"


class KeyStoreError(Exception):
    """The store cannot do that; the message says what to do. Never carries key material."""


@dataclass(frozen=True, slots=True)
class Passphrase:
    """A human's secret; stretched anew for each file, with the salt that stands in it."""

    text: str = field(repr=False)


KeyEncryptionKey = bytes | Passphrase


class KeyStore:
    """A folder of keys for one purpose (cards, or the registry; never both)."""

    def __init__(self, folder: Path, kek: KeyEncryptionKey) -> None:
        if isinstance(kek, bytes) and len(kek) != KEK_OCTETS:
            raise KeyStoreError(f"the key encryption key must have {KEK_OCTETS} octets")
        self._folder = folder
        self._kek = kek
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def records(self) -> tuple[lifecycle.KeyRecord, ...]:
        """The lives of all keys, oldest first."""
        try:
            entries = json.loads((self._folder / _LIVES).read_text("utf-8"))
        except FileNotFoundError:
            return ()
        return tuple(_record(entry) for entry in entries)

    def published(self) -> tuple[PublicKey, ...]:
        """Public halves that belong into the JWK Set: next, active and retired ones."""
        return tuple(self._public(r.kid) for r in self.records() if r.state in lifecycle.PUBLISHED)

    def known(self) -> tuple[PublicKey, ...]:
        """Every public half, withdrawn ones too: to read our own old cards with, never to publish."""
        return tuple(self._public(record.kid) for record in self.records())

    def jwks(self, crl_versions: Mapping[str, int] | None = None) -> dict[str, Any]:
        """The JWK Set to publish."""
        return jwks_document(self.published(), crl_versions)

    def active(self) -> PrivateKey:
        """The key that signs. Raises KeyStoreError where there is none, or where it cannot be opened."""
        for record in self.records():
            if record.state == "active":
                return self._open(record.kid)
        raise KeyStoreError("no active key: run `countersign keys generate`")

    def generate(self, now: datetime) -> str:
        """Make a key and answer its `kid`. It is active where none is, else next in line."""
        key = PrivateKey.generate()
        _write_private(self._folder / f"{key.kid}.key", self._seal(key))
        _write_private(self._folder / f"{key.kid}.jwk", json.dumps(jwks_document([key.public])).encode())
        self._save(lifecycle.added(self.records(), key.kid, now))
        return key.kid

    def rotate(self, now: datetime) -> str:
        """Hand over to the next key (made now where none stands in line); answers its `kid`."""
        if not any(record.state == "next" for record in self.records()):
            self.generate(now)
        if any(record.state == "next" for record in self.records()):
            self._save(lifecycle.rotated(self.records(), now))
        return self.active().kid

    def retire(self, kid: str, now: datetime) -> None:
        """Stop signing with it and destroy the private half. Raises lifecycle.KeyStateError."""
        self._save(lifecycle.retired(self.records(), kid, now))

    def compromise(self, kid: str, now: datetime) -> None:
        """Unpublish it at once and destroy the private half. Raises lifecycle.KeyStateError."""
        self._save(lifecycle.compromised(self.records(), kid, now))

    def _save(self, records: tuple[lifecycle.KeyRecord, ...]) -> None:
        """Write the lives, then destroy the private halves of keys that no longer sign (requirement C5)."""
        entries = [{name: _plain(value) for name, value in asdict(record).items()} for record in records]
        _write_private(self._folder / _LIVES, json.dumps(entries, indent=1).encode())
        for record in records:
            if record.state in ("retired", "compromised"):
                (self._folder / f"{record.kid}.key").unlink(missing_ok=True)

    def _public(self, kid: str) -> PublicKey:
        keys = examine_jwks((self._folder / f"{kid}.jwk").read_bytes()).keys
        if [key.kid for key in keys] != [kid]:
            raise KeyStoreError("a public key file does not hold the key it is named after")
        return keys[0]

    def _seal(self, key: PrivateKey) -> bytes:
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(NONCE_OCTETS)
        sealed = AESGCM(self._derive(salt)).encrypt(nonce, unsafe_export_der(key), key.kid.encode())
        parts = {"salt": salt, "nonce": nonce, "sealed": sealed}
        kdf = "argon2id" if isinstance(self._kek, Passphrase) else "hkdf"
        return json.dumps({"v": 1, "kdf": kdf} | {name: b64url_encode(part) for name, part in parts.items()}).encode()

    def _open(self, kid: str) -> PrivateKey:
        try:
            envelope = json.loads((self._folder / f"{kid}.key").read_bytes())
            salt, nonce, sealed = (b64url_decode(envelope[name]) for name in ("salt", "nonce", "sealed"))
            key = import_der(AESGCM(self._derive(salt)).decrypt(nonce, sealed, kid.encode()))
        except InvalidTag:
            raise KeyStoreError("the key does not open: wrong passphrase or key encryption key, or altered") from None
        except (OSError, ValueError, KeyError, MalformedCard):
            raise KeyStoreError("the private key file is missing or damaged: restore it from the backup") from None
        if key.kid != kid:
            raise KeyStoreError("a private key file does not hold the key it is named after")
        return key

    def _derive(self, salt: bytes) -> bytes:
        if isinstance(self._kek, Passphrase):
            kdf = Argon2id(
                salt=salt,
                length=KEK_OCTETS,
                iterations=ARGON2_ITERATIONS,
                lanes=ARGON2_LANES,
                memory_cost=ARGON2_MEMORY_KIB,
            )
            return kdf.derive(self._kek.text.encode())
        return HKDF(SHA256(), KEK_OCTETS, salt, b"countersign key file").derive(self._kek)


def load_or_create_secret(
    path: Path, octets: int = KEK_OCTETS, random: Callable[[int], bytes] = secrets.token_bytes
) -> bytes:
    """A random secret of this deployment: read, or made on first start. Mode 0600.

    Raises:
        KeyStoreError: the file is there with another length, or others may read it.
    """
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        _write_private(draft, b64url_encode(random(octets)).encode())
        try:
            # Linked under its name whole: a stop half-way leaves no empty secret, and of two first starts one wins.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return _read_secret(path, octets)


def key_encryption_key(environ: Mapping[str, str], path: Path) -> KeyEncryptionKey:
    """From COUNTERSIGN_KEY_PASSPHRASE (Argon2id), COUNTERSIGN_KEK (32 octets, base64url), else the file at `path`."""
    if passphrase := environ.get("COUNTERSIGN_KEY_PASSPHRASE"):
        return Passphrase(passphrase)
    if kek := environ.get("COUNTERSIGN_KEK"):
        try:
            return b64url_decode(kek)
        except MalformedCard:
            raise KeyStoreError(f"COUNTERSIGN_KEK must be {KEK_OCTETS} octets as base64url") from None
    return load_or_create_secret(path)


def _read_secret(path: Path, octets: int) -> bytes:
    if path.stat().st_mode & 0o077:
        raise KeyStoreError(f"others may read {path.name}: run chmod 600 on it, and replace what it guarded")
    try:
        secret = b64url_decode(path.read_text("ascii").strip())
    except (ValueError, MalformedCard):
        raise KeyStoreError(f"{path.name} is damaged: restore it from the backup") from None
    if len(secret) != octets:
        raise KeyStoreError(f"{path.name} must hold {octets} octets: restore it from the backup")
    return secret


def _write_private(path: Path, content: bytes) -> None:
    """Replace a file whole or not at all; nobody else ever could read it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _record(entry: Mapping[str, Any]) -> lifecycle.KeyRecord:
    times = {name: datetime.fromisoformat(value) for name, value in entry.items() if name.endswith("_at") and value}
    return lifecycle.KeyRecord(kid=entry["kid"], state=entry["state"], **times)
