"""Sign-in with an OpenID Connect provider: authorization code with PKCE, the id token checked against its keys.

People are not made here: whom the provider names (claim `oidc_claim`) must be known, with a role and practices.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.core.errors import ClaimclockError, NotFoundError
from services.core.settings import Settings
from services.security.people import SignInError
from services.security.secrets import new_token

ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA"]  # never "none", never a shared secret
STATE_LIFETIME = 600  # seconds between leaving for the provider and coming back


class ProviderError(ClaimclockError):
    """The provider cannot be reached, or answers what no provider should."""

    http_status = 502


class Oidc:
    """One provider, as the settings name it."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        self._settings = settings
        self._client = httpx.Client(timeout=10, transport=transport)
        self._known: dict[str, Any] | None = None

    @property
    def enabled(self) -> bool:
        return bool(self._settings.oidc_issuer and self._settings.oidc_client_id)

    def start(self, back_to: str) -> tuple[str, dict[str, str]]:
        """Where to send the browser, and what to remember until it returns."""
        if not self.enabled:
            raise NotFoundError("no sign-in provider is configured")
        state = {"state": new_token(), "nonce": new_token(), "verifier": new_token(), "back_to": back_to}
        digest = hashlib.sha256(state["verifier"].encode()).digest()
        query = urlencode({
            "response_type": "code", "scope": "openid email profile", "client_id": self._settings.oidc_client_id,
            "redirect_uri": back_to, "state": state["state"], "nonce": state["nonce"],
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="), "code_challenge_method": "S256",
        })  # fmt: skip
        return f"{self._provider()['authorization_endpoint']}?{query}", state

    def finish(self, code: str, given_state: str, remembered: dict[str, str] | None, now: datetime) -> str:
        """The name the provider vouches for. Raises SignInError and ProviderError."""
        if remembered is None or not given_state or given_state != remembered["state"]:
            raise SignInError("sign-in expired, start again; begin again")
        tokens = self._post(self._provider()["token_endpoint"], {
            "grant_type": "authorization_code", "code": code, "redirect_uri": remembered["back_to"],
            "code_verifier": remembered["verifier"],
        })  # fmt: skip
        claims = self._claims(str(tokens.get("id_token", "")), remembered["nonce"], now)
        name = claims.get(self._settings.oidc_claim)
        if not isinstance(name, str) or (
            self._settings.oidc_claim == "email" and claims.get("email_verified") is False
        ):
            raise SignInError("the identity provider returned no verified name")
        return name

    def _claims(self, id_token: str, nonce: str, now: datetime) -> dict[str, Any]:
        published = self._get(self._provider()["jwks_uri"])
        rules = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=60,
            iss={"essential": True, "value": str(self._settings.oidc_issuer)},
            aud={"essential": True, "value": str(self._settings.oidc_client_id)},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            keys = KeySet.import_key_set(published)  # type: ignore[arg-type]
            token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
            rules.validate(token.claims)
        except (JoseError, ValueError, KeyError):
            raise SignInError("the provider's token is not valid") from None
        return dict(token.claims)

    def _provider(self) -> dict[str, Any]:
        if self._known is None:
            issuer = str(self._settings.oidc_issuer)
            found = self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != issuer:
                raise ProviderError("the sign-in provider gives another issuer than the one configured")
            self._known = found
        return self._known

    def _get(self, url: str) -> dict[str, Any]:
        return self._answer("GET", url)

    def _post(self, url: str, form: dict[str, str]) -> dict[str, Any]:
        secret = self._settings.oidc_client_secret
        known = {"client_id": str(self._settings.oidc_client_id)}
        if secret is not None:
            known["client_secret"] = secret.get_secret_value()
        return self._answer("POST", url, data=form | known)

    def _answer(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, url, **options)
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, ValueError):
            raise ProviderError("the sign-in provider did not answer as it should") from None
        if not isinstance(found, dict):
            raise ProviderError("the sign-in provider did not answer as it should")
        return found
