"""People, keys, sessions, and the audit of who read what. Secrets are kept as hashes only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index
from sqlmodel import Field

from projections.tables.columns import TableModel, UtcInstant
from projections.tables.tables import table_of
from services.store.tables import BigKey


def _maybe_instant() -> Any:
    return Field(default=None, sa_type=UtcInstant, nullable=True)


class PersonRow(TableModel, table=True):
    """Somebody who signs in. `password` is an Argon2 hash; without one, by link or OIDC only.

    totp_secret: sealed with the cookie key; totp_step: the last time step whose code was used.
    subject: the identity provider's own name of the person, bound at the first sign-in that an administrator allowed.
    """

    __tablename__ = "person"

    person_id: str = Field(primary_key=True)
    name: str = Field(unique=True)
    role: str
    practices: Any = Field(sa_column=Column(JSON, nullable=False))
    password: str | None
    created_at: datetime = Field(sa_type=UtcInstant)
    disabled_at: datetime | None = _maybe_instant()
    totp_secret: str | None = None
    totp_step: int | None = Field(default=None, sa_type=BigInteger, nullable=True)
    subject: str | None = Field(default=None, unique=True)


class ApiKey(TableModel, table=True):
    """A key of a program. `scopes` narrows its role's permissions; none means all of them."""

    __tablename__ = "api_key"

    key_id: str = Field(primary_key=True)
    name: str
    role: str
    scopes: Any = Field(sa_column=Column(JSON, nullable=False))
    practices: Any = Field(sa_column=Column(JSON, nullable=False))
    hash: str = Field(unique=True)
    created_at: datetime = Field(sa_type=UtcInstant)
    expires_at: datetime | None = _maybe_instant()
    revoked_at: datetime | None = _maybe_instant()


class SignIn(TableModel, table=True):
    """A browser's session under the hash of its token."""

    __tablename__ = "sign_in"

    hash: str = Field(primary_key=True)
    person_id: str = Field(index=True)
    created_at: datetime = Field(sa_type=UtcInstant)
    seen_at: datetime = Field(sa_type=UtcInstant)
    ended_at: datetime | None = _maybe_instant()


class SignInLink(TableModel, table=True):
    """A link that signs in once, under the hash of its token."""

    __tablename__ = "sign_in_link"

    hash: str = Field(primary_key=True)
    person_id: str
    expires_at: datetime = Field(sa_type=UtcInstant)
    used_at: datetime | None = _maybe_instant()


class SignInFailure(TableModel, table=True):
    """A wrong password, under the hash of the name or address it was tried for."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index("sign_in_failure_by_subject", "subject", "at"),)

    seq: int | None = Field(default=None, sa_column=Column(BigKey, primary_key=True, autoincrement=True))
    subject: str
    at: datetime = Field(sa_type=UtcInstant)


class AuditEntry(TableModel, table=True):
    """Who asked for what and when. Never changed nor removed; each entry's hash covers the one before it."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("audit_by_practice", "practice", "seq"), {"sqlite_autoincrement": True})

    seq: int | None = Field(default=None, sa_column=Column(BigKey, primary_key=True, autoincrement=True))
    at: datetime = Field(sa_type=UtcInstant)
    who: str
    who_id: str
    role: str
    practice: str
    action: str
    ref: str | None
    status: int
    detail: str | None
    previous: str
    hash: str


PERSON = table_of(PersonRow)
API_KEY = table_of(ApiKey)
SIGN_IN = table_of(SignIn)
SIGN_IN_LINK = table_of(SignInLink)
SIGN_IN_FAILURE = table_of(SignInFailure)
AUDIT = table_of(AuditEntry)
