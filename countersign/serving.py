"""What the application server starts: one factory a service, wired from the environment."""

import os
from typing import TYPE_CHECKING

from countersign.clock import utc_now
from countersign.deployment import open_deployment

if TYPE_CHECKING:
    from flask import Flask

    import issuer.settings


def check_settings(service: str) -> None:
    """Read a service's settings here, before a server starts that could only die of them.

    Raises:
        issuer.settings.BadSettings, verifier.settings.BadSetting, keys.store.KeyStoreError.
    """
    if service == "issuer":
        _issuer_settings()
    else:
        from verifier.settings import Settings

        Settings.from_environment(os.environ)


def issuer_app() -> "Flask":
    """The issuer of the deployment that COUNTERSIGN_DATA names."""
    from issuer.app import create_app
    from trust_registry.fetch import Network, Unreachable

    def fetch(url: str) -> bytes:
        try:
            return Network().get(url)
        except Unreachable as error:
            raise OSError(str(error)) from None

    return create_app(_issuer_settings(), open_deployment().card_keys(), utc_now, fetch=fetch)


def _issuer_settings() -> "issuer.settings.Settings":
    from issuer.settings import from_environ

    deployment = open_deployment()
    demo = {"COUNTERSIGN_ISS": deployment.iss, "COUNTERSIGN_SAMPLE": "1" if deployment.is_demo else ""}
    return from_environ(demo | dict(os.environ), deployment.folder)


def verifier_app() -> "Flask":
    """The verifier that judges with COUNTERSIGN_REGISTRY, by default what the deployment published."""
    from pathlib import Path

    from keys import read_jwks
    from trust_registry.store import NewestSeen
    from verifier.app import create_app
    from verifier.registry_file import RegistryFile
    from verifier.settings import Settings

    deployment = open_deployment()
    path = Path(os.environ.get("COUNTERSIGN_REGISTRY") or deployment.published_registry)
    keys_path = Path(os.environ.get("COUNTERSIGN_REGISTRY_KEYS") or path.with_name("registry-keys.jwks"))
    publishers = read_jwks(keys_path.read_bytes()) if keys_path.exists() else ()
    newest = NewestSeen(deployment.folder / "verifier" / "newest-registry")
    return create_app(Settings.from_environment(os.environ), RegistryFile(path, publishers, newest, utc_now), utc_now)
