"""The OpenID Connect client: Authlib's, with the authorization code flow, PKCE (S256), state and nonce.

The state of a login under way stands in the page's own signed cookie. What the provider's answer means is said by
`issuer.staff.oidc`.
"""

from typing import Any

import requests
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.flask_client import OAuth  # type: ignore[import-untyped]
from flask import Flask
from joserfc.errors import JoseError
from werkzeug.wrappers import Response as WerkzeugResponse

from issuer.staff.oidc import ALGORITHMS, Claimed, OidcSettings, claimed

PROVIDER_SECONDS = 10
"""How long we wait for the provider."""
_ALGORITHMS = "id_token_signing_alg_values_supported"


class ProviderFailed(Exception):
    """The provider cannot be reached, or what came back does not hold. Says nothing of what it was."""


class Provider:
    """One provider."""

    def __init__(self, app: Flask, settings: OidcSettings) -> None:
        self._issuer = settings.issuer
        self._client = OAuth(app).register(
            "provider",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            server_metadata_url=f"{settings.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email",
                "code_challenge_method": "S256",
                "default_timeout": PROVIDER_SECONDS,
            },
        )

    def begin(self, back: str) -> WerkzeugResponse:
        """To the provider. Raises ProviderFailed."""
        try:
            self._check_metadata()
            answer: WerkzeugResponse = self._client.authorize_redirect(back)
        except (requests.RequestException, OAuthError, RuntimeError, ValueError):
            raise ProviderFailed from None
        answer.status_code = 303
        return answer

    def finish(self) -> Claimed:
        """Whom the provider vouches for: state, code, PKCE, signature, `iss`, `aud`, `exp` and nonce hold.

        Raises:
            ProviderFailed, NobodyOfOurs.
        """
        try:
            self._check_metadata()
            token: dict[str, Any] = self._client.authorize_access_token()
        except (requests.RequestException, OAuthError, JoseError, RuntimeError, ValueError, KeyError, TypeError):
            raise ProviderFailed from None
        found = token.get("userinfo")
        if not found:
            raise ProviderFailed
        return claimed(dict(found))

    def _check_metadata(self) -> None:
        """The provider says of itself what we were told of it, and signs in a way that counts."""
        metadata = self._client.load_server_metadata()
        if str(metadata.get("issuer", "")).rstrip("/") != self._issuer:
            raise ProviderFailed
        offered = metadata.get(_ALGORITHMS) or ["RS256"]
        metadata[_ALGORITHMS] = [name for name in offered if name in ALGORITHMS]
        if not metadata[_ALGORITHMS]:
            raise ProviderFailed
