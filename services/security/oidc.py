"""Sign-in with an OpenID Connect provider: authorization code with PKCE, the id token checked against its keys.

People are not made here. With `oidc_claim` = `email` the person is found by that address, and only where the provider
says that it is verified. With another claim (`sub`, `oid`, `preferred_username`) the account must have been bound to
that value by an administrator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from warnings import catch_warnings, simplefilter

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.core.bounded_http import BoundedTransport
from services.core.errors import ClaimclockError, NotFoundError
from services.core.settings import Settings
from services.security.people import SignInError
from services.security.secrets import new_token

ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA"]  # never "none", never a shared secret
STATE_LIFETIME = 600  # seconds between leaving for the provider and coming back
LEEWAY = 60  # seconds by which clocks may differ
CALLBACK = "/sign-in/oidc/callback"
EMAIL = "email"
PATIENCE = 10  # seconds that all answers of the provider to one step of a sign-in may take together
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_METHODS = "token_endpoint_auth_methods_supported"
_UNUSUAL = "the sign-in provider returned an invalid response"


class ProviderError(ClaimclockError):
    """The provider cannot be reached, or answers what no provider should."""

    http_status = 502


@dataclass(frozen=True, kw_only=True)
class Vouched:
    """Whom the provider names: by a verified e-mail address, else by an identifier bound to an account here."""

    email: str | None
    subject: str | None


class Oidc:
    """One provider, as the settings name it."""

    def __init__(self, settings: Settings, patience: float = PATIENCE) -> None:
        self._settings = settings
        self._patience = patience
        self._known: dict[str, Any] | None = None

    @property
    def enabled(self) -> bool:
        return bool(self._settings.oidc_issuer and self._settings.oidc_client_id)

    def start(self) -> tuple[str, dict[str, str]]:
        """Where to send the browser, and what to remember until it returns. No request says where to return."""
        if not self.enabled:
            raise NotFoundError("no sign-in provider is configured")
        if not self._settings.public_url:
            raise ProviderError("sign-in by the provider needs the setting CLAIMCLOCK_PUBLIC_URL")
        state = {"state": new_token(), "nonce": new_token(), "verifier": new_token()}
        provider = self._provider(self._exchange())
        with self._session(provider) as session:
            url, _ = session.create_authorization_url(
                provider["authorization_endpoint"],
                state=state["state"],
                nonce=state["nonce"],
                code_verifier=state["verifier"],
            )
        return str(url), state

    def finish(self, code: str, given_state: str, remembered: dict[str, str] | None, now: datetime) -> Vouched:
        """The person the provider confirms. Raises SignInError and ProviderError."""
        if remembered is None or not given_state or given_state != remembered["state"]:
            raise SignInError("sign-in expired, start again")
        exchange = self._exchange()
        id_token = self._id_token(exchange, code, remembered["verifier"])
        claims = self._claims(exchange, id_token, remembered["nonce"], now)
        named = claims.get(self._settings.oidc_claim)
        if not isinstance(named, str) or not named.strip():
            raise SignInError("the identity provider returned no verified name")
        if self._settings.oidc_claim != EMAIL:
            return Vouched(email=None, subject=named)
        if claims.get("email_verified") is not True:  # missing, null or the text "true" confirm nothing
            raise SignInError("the identity provider has not verified this e-mail address")
        return Vouched(email=named, subject=None)

    def _exchange(self) -> BoundedTransport:
        """What carries all requests of one step of a sign-in."""
        return BoundedTransport(self._patience)

    def _id_token(self, exchange: BoundedTransport, code: str, verifier: str) -> str:
        provider = self._provider(exchange)
        try:
            with self._session(provider, exchange) as session:
                tokens = session.fetch_token(
                    provider["token_endpoint"],
                    code=code,
                    code_verifier=verifier,
                    grant_type="authorization_code",
                )
        except OAuthError:
            raise SignInError("sign-in expired, start again") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError, RecursionError):
            raise ProviderError(_UNUSUAL) from None
        return str(tokens.get("id_token", ""))

    def _session(self, provider: Mapping[str, Any], exchange: BoundedTransport | None = None) -> Any:
        """An OAuth2Client; its secret travels as the provider wants it, else in the header (RFC 8414)."""
        with catch_warnings():  # that httpx has a successor, which our other libraries do not use yet
            simplefilter("ignore")
            from authlib.integrations.httpx_client import OAuth2Client  # noqa: PLC0415  only where a provider is set

        secret = self._settings.oidc_client_secret
        offered = provider.get(_METHODS) or ["client_secret_basic"]
        method = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
        return OAuth2Client(
            client_id=self._settings.oidc_client_id,
            client_secret=secret.get_secret_value() if secret else None,
            token_endpoint_auth_method=method if secret else "none",
            redirect_uri=f"{str(self._settings.public_url).rstrip('/')}{CALLBACK}",
            scope="openid email profile",
            code_challenge_method="S256",
            transport=exchange,
        )

    def _claims(self, exchange: BoundedTransport, id_token: str, nonce: str, now: datetime) -> dict[str, Any]:
        """The token's claims, its signature, issuer, audience, party, times and nonce checked (OIDC Core 3.1.3.7)."""
        published = _get(exchange, self._provider(exchange)["jwks_uri"])
        expected = {
            "iss": {"essential": True, "value": str(self._settings.oidc_issuer)},
            "aud": {"essential": True, "value": str(self._settings.oidc_client_id)},
        }
        try:
            keys = KeySet.import_key_set(published)  # type: ignore[arg-type]
            token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
            claims = CodeIDToken(
                token.claims,
                token.header,
                options=expected,
                params={"nonce": nonce, "client_id": self._settings.oidc_client_id},
            )
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):  # joserfc expects keys to be objects
            raise SignInError("the provider's token is not valid") from None
        return dict(claims)

    def _provider(self, exchange: BoundedTransport) -> dict[str, Any]:
        if self._known is None:
            issuer = str(self._settings.oidc_issuer)
            found = _get(exchange, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != issuer:
                raise ProviderError("the sign-in provider gives another issuer than the one configured")
            methods = found.get(_METHODS) or []
            if not all(isinstance(found.get(name), str) for name in _ENDPOINTS) or not isinstance(methods, list):
                raise ProviderError(_UNUSUAL)
            self._known = found
        return self._known


def _get(exchange: BoundedTransport, url: str) -> dict[str, Any]:
    try:
        with httpx.Client(transport=exchange) as client:
            answer = client.get(url)
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError):
        raise ProviderError(_UNUSUAL) from None
    if not isinstance(found, dict):
        raise ProviderError(_UNUSUAL)
    return found
