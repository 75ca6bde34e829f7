"""Passwords, tokens and signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from cryptography.fernet import Fernet, InvalidToken
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

HASHER = PasswordHasher()
# Verified where there is no such person, so that the time of an answer does not reveal who exists.
_NOBODY = HASHER.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    return HASHER.hash(password)


def password_fits(stored: str | None, password: str) -> bool:
    """Takes as long for nobody as for somebody."""
    try:
        return HASHER.verify(stored or _NOBODY, password) and stored is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def new_token() -> str:
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """For secrets of full entropy only, where a slow hash adds nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


class Signer:
    """All that hangs on the cookie secret: session cookies, CSRF tokens, sealed cursors, the state of a sign-in."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._cookies = URLSafeSerializer(secret, salt="session", signer_kwargs={"digest_method": hashlib.sha256})
        self._states = URLSafeTimedSerializer(secret, salt="oidc", signer_kwargs={"digest_method": hashlib.sha256})
        key = hmac.new(secret, b"cursor", hashlib.sha256).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def sign(self, token: str) -> str:
        return str(self._cookies.dumps(token))

    def unsign(self, cookie: str) -> str | None:
        try:
            return str(self._cookies.loads(cookie))
        except BadSignature:
            return None

    def csrf(self, token: str) -> str:
        """Bound to the session: a token of another session is worth nothing."""
        return hmac.new(self._secret, b"csrf" + token.encode(), hashlib.sha256).hexdigest()

    def csrf_fits(self, token: str, given: str | None) -> bool:
        return given is not None and hmac.compare_digest(self.csrf(token).encode(), given.encode())

    def seal(self, text: str) -> str:
        """Encrypted: a cursor holds claim numbers, and it travels in addresses."""
        return self._fernet.encrypt(text.encode()).decode().rstrip("=")

    def unseal(self, sealed: str) -> str | None:
        try:
            return self._fernet.decrypt(sealed + "=" * (-len(sealed) % 4)).decode()
        except (InvalidToken, ValueError):
            return None

    def seal_state(self, state: dict[str, str]) -> str:
        return str(self._states.dumps(state))

    def unseal_state(self, sealed: str, max_age: int) -> dict[str, str] | None:
        try:
            found: dict[str, str] = self._states.loads(sealed, max_age=max_age)
        except BadSignature:
            return None
        return found
