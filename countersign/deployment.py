"""One deployment's folder: where keys, secrets, database and registry stand.

DATA/
  secrets/key-encryption-key, rid-secret, api-token      random, made on first start, 0600
  keys/cards/      keys/registry/                        sealed keys, one purpose each
  issuer.db                                              unless COUNTERSIGN_DATABASE names another
  registry/working.json                                  the operator's working copy
  registry/registry.jws, registry-keys.jwks              what is published, and who publishes it
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from keys.store import KeyStore, key_encryption_key, load_or_create_secret

DATA_VARIABLE = "COUNTERSIGN_DATA"
DEMO_ISS = "https://demo.countersign.example/issuer"
"""https as it must be, under a name that never resolves (RFC 6761): the demo registry reads keys from the folder."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Paths and settings of one deployment."""

    folder: Path
    environ: Mapping[str, str]

    @property
    def iss(self) -> str:
        """COUNTERSIGN_ISS, else the demo's."""
        return self.environ.get("COUNTERSIGN_ISS", DEMO_ISS)

    @property
    def is_demo(self) -> bool:
        """Whether its cards are samples."""
        return self.iss == DEMO_ISS

    @property
    def secrets(self) -> Path:
        """The folder of random secrets."""
        folder = self.folder / "secrets"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    @property
    def working_copy(self) -> Path:
        """The operator's registry."""
        return self.folder / "registry" / "working.json"

    @property
    def published_registry(self) -> Path:
        """The signed registry."""
        return self.folder / "registry" / "registry.jws"

    @property
    def registry_keys(self) -> Path:
        """The JWK Set of whoever publishes the registry."""
        return self.folder / "registry" / "registry-keys.jwks"

    def card_keys(self) -> KeyStore:
        """Keys that sign cards."""
        return self._keys("cards")

    def registry_key_store(self) -> KeyStore:
        """Keys that sign the registry."""
        return self._keys("registry")

    def rid_secret(self) -> bytes:
        """The secret behind revocation ids; kept for ever (requirement D1)."""
        return load_or_create_secret(self.secrets / "rid-secret")

    def _keys(self, purpose: str) -> KeyStore:
        kek = key_encryption_key(self.environ, self.secrets / "key-encryption-key")
        return KeyStore(self.folder / "keys" / purpose, kek)

    def has_database(self) -> bool:
        """Whether an issuer has recorded anything here."""
        return bool(self.environ.get("COUNTERSIGN_DATABASE")) or (self.folder / "issuer.db").exists()

    def write_registry_keys(self) -> None:
        """Put the publisher's public keys beside the registry."""
        self.registry_keys.parent.mkdir(parents=True, exist_ok=True)
        self.registry_keys.write_text(json.dumps(self.registry_key_store().jwks()))


def open_deployment(folder: str | None = None, environ: Mapping[str, str] | None = None) -> Deployment:
    """From `--data`, COUNTERSIGN_DATA, or `var` in the current folder."""
    environ = os.environ if environ is None else environ
    return Deployment(Path(folder or environ.get(DATA_VARIABLE) or "var").resolve(), environ)
