"""API API keys."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, insert, select, update

from services.core.errors import NotFoundError, UsageError
from services.core.settings import Settings
from services.security.people import check_role
from services.security.roles import Permission, Principal, permissions_of
from services.security.secrets import hash_token, new_token
from services.store.engine import writing
from services.store.security_tables import API_KEY

PREFIX = "ccl_"  # so that a leaked key is recognized as one


def add_key(
    engine: Engine,
    name: str,
    practices: Sequence[str],
    now: datetime,
    *,
    role: str = "integration",
    scopes: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> tuple[str, str]:
    """Its id and the key itself, which is shown this once only."""
    check_role(role)
    unknown = sorted(set(scopes) - {str(permission) for permission in Permission})
    if unknown:
        raise UsageError(f"no such scope: {', '.join(unknown)}; use {', '.join(Permission)}")
    if not practices:
        raise UsageError("a key has at least one practice")
    key, key_id = PREFIX + new_token(), secrets.token_hex(4)
    with writing(engine) as connection:
        connection.execute(
            insert(API_KEY).values(
                key_id=key_id,
                name=name,
                role=role,
                scopes=list(scopes),
                practices=list(practices),
                hash=hash_token(key),
                created_at=now,
                expires_at=expires_at,
            )
        )
    return key_id, key


def list_keys(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        rows = connection.execute(select(API_KEY).order_by(API_KEY.c.created_at, API_KEY.c.key_id)).all()
    return [
        {
            "id": row.key_id,
            "name": row.name,
            "role": row.role,
            "scopes": row.scopes,
            "practices": row.practices,
            "created_at": row.created_at.isoformat(),
            "expires_at": row.expires_at.isoformat() if row.expires_at else None,
            "revoked": row.revoked_at is not None,
        }
        for row in rows
    ]


def revoke_key(engine: Engine, key_id: str, now: datetime) -> None:
    """Raises NotFoundError."""
    with writing(engine) as connection:
        done = connection.execute(
            update(API_KEY).where(API_KEY.c.key_id == key_id, API_KEY.c.revoked_at.is_(None)).values(revoked_at=now)
        )
    if not done.rowcount:
        raise NotFoundError("no such key, or it is already revoked")


def find_key(engine: Engine, key: str, now: datetime, settings: Settings) -> Principal | None:
    """Whom a key represents: one of the table, or of the settings (those are integrations of the default practice)."""
    for number, known in enumerate(settings.api_keys):
        if hmac.compare_digest(known.get_secret_value().encode(), key.encode()):
            name = f"settings-{number + 1}"
            return Principal(
                kind="key",
                id=name,
                name=name,
                role="integration",
                practices=(settings.practice,),
                permissions=permissions_of("integration"),
            )
    with engine.connect() as connection:
        row = connection.execute(
            select(API_KEY).where(API_KEY.c.hash == hash_token(key), API_KEY.c.revoked_at.is_(None))
        ).first()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    permissions = permissions_of(row.role, tuple(row.scopes))
    return Principal(
        kind="key", id=row.key_id, name=row.name, role=row.role, practices=tuple(row.practices), permissions=permissions
    )
