"""People and keys: made, listed, disabled; passwords checked and throttled; sessions begun, found and ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, Row, delete, func, insert, select, update

from services.core.errors import ClaimclockError, ConflictError, NotFoundError, UsageError
from services.security.roles import ROLES, Principal, permissions_of
from services.security.secrets import hash_password, hash_token, new_token, password_fits
from services.store.engine import writing
from services.store.security_tables import PERSON, SIGN_IN, SIGN_IN_FAILURE, SIGN_IN_LINK

SHORTEST_PASSWORD = 12
TRIES = 5
TRIES_PER_ADDRESS = 30
TRIES_WITHIN = timedelta(minutes=15)
LINK_LIFETIME = timedelta(minutes=15)


class SignInError(ClaimclockError):
    """The name or the password is wrong, or the account is disabled."""

    http_status = 401


class TooManyTriesError(ClaimclockError):
    """Too many wrong passwords; wait a quarter of an hour."""

    http_status = 429


def check_role(role: str) -> None:
    if role not in ROLES:
        raise UsageError(f"there is no such role; there are {', '.join(ROLES)}")


def add_person(
    engine: Engine, name: str, role: str, practices: Sequence[str], now: datetime, *, password: str | None = None
) -> str:
    """Returns the person's id. Raises ConflictError where the name is taken."""
    check_role(role)
    if password is not None and len(password) < SHORTEST_PASSWORD:
        raise UsageError(f"a password has at least {SHORTEST_PASSWORD} characters")
    person_id, name = uuid4().hex, _plain(name)
    if not name or not practices:
        raise UsageError("a person has a name and at least one practice")
    stored = hash_password(password) if password is not None else None
    with writing(engine) as connection:
        if connection.scalar(select(PERSON.c.person_id).where(PERSON.c.name == name)):
            raise ConflictError("there is a person of this name already")
        row = {"person_id": person_id, "name": name, "role": role, "practices": list(practices)}
        connection.execute(insert(PERSON).values(row | {"password": stored, "created_at": now}))
    return person_id


def _plain(name: str) -> str:
    return name.strip().casefold()


def list_people(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        rows = connection.execute(select(PERSON).order_by(PERSON.c.name)).all()
    return [
        {"name": row.name, "role": row.role, "practices": row.practices, "has_password": row.password is not None,
         "created_at": row.created_at.isoformat(), "disabled": row.disabled_at is not None}
        for row in rows
    ]  # fmt: skip


def disable_person(engine: Engine, name: str, now: datetime) -> None:
    """Nobody signs in under this name any more; running sessions end at once. Raises NotFoundError."""
    row = find_person(engine, name)
    with writing(engine) as connection:
        connection.execute(update(PERSON).where(PERSON.c.person_id == row.person_id).values(disabled_at=now))
        connection.execute(
            update(SIGN_IN)
            .where(SIGN_IN.c.person_id == row.person_id, SIGN_IN.c.ended_at.is_(None))
            .values(ended_at=now)
        )


def find_person(engine: Engine, name: str) -> Row[Any]:
    """Raises NotFoundError."""
    with engine.connect() as connection:
        row = connection.execute(select(PERSON).where(PERSON.c.name == _plain(name))).first()
    if row is None:
        raise NotFoundError("no such user")
    return row


def check_password(engine: Engine, name: str, password: str, address: str, now: datetime) -> str:
    """The person's id. Raises SignInError, and TooManyTriesError whether or not the password is right."""
    subjects = {hash_token(f"name:{_plain(name)}"): TRIES, hash_token(f"address:{address}"): TRIES_PER_ADDRESS}
    with engine.connect() as connection:
        for subject, limit in subjects.items():
            count = select(func.count()).where(
                SIGN_IN_FAILURE.c.subject == subject, SIGN_IN_FAILURE.c.at > now - TRIES_WITHIN
            )
            if (connection.scalar(count) or 0) >= limit:
                raise TooManyTriesError("too many wrong passwords; try again in 15 minutes")
        row = connection.execute(select(PERSON).where(PERSON.c.name == _plain(name))).first()
    fits = password_fits(row.password if row else None, password)
    if row is None or row.disabled_at is not None or not fits:
        _remember_failure(engine, list(subjects), now)
        raise SignInError("the name or the password is wrong")
    return str(row.person_id)


def _remember_failure(engine: Engine, subjects: Sequence[str], now: datetime) -> None:
    with writing(engine) as connection:
        connection.execute(delete(SIGN_IN_FAILURE).where(SIGN_IN_FAILURE.c.at <= now - TRIES_WITHIN))
        connection.execute(insert(SIGN_IN_FAILURE), [{"subject": subject, "at": now} for subject in subjects])


def start_session(engine: Engine, person_id: str, now: datetime) -> str:
    """A new session's token."""
    token = new_token()
    with writing(engine) as connection:
        connection.execute(
            insert(SIGN_IN).values(hash=hash_token(token), person_id=person_id, created_at=now, seen_at=now)
        )
    return token


def find_session(
    engine: Engine, token: str, now: datetime, idle: timedelta, lifetime: timedelta, *, passive: bool = False
) -> Principal | None:
    """Who the session belongs to, if it still runs. A `passive` request does not keep it alive."""
    query = (
        select(SIGN_IN, PERSON.c.name, PERSON.c.role, PERSON.c.practices)
        .join(PERSON, PERSON.c.person_id == SIGN_IN.c.person_id)
        .where(SIGN_IN.c.hash == hash_token(token), SIGN_IN.c.ended_at.is_(None), PERSON.c.disabled_at.is_(None))
    )
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None or now - row.seen_at > idle or now - row.created_at > lifetime:
        return None
    if not passive and now - row.seen_at > idle / 20:  # not a write for every click
        with writing(engine) as connection:
            connection.execute(update(SIGN_IN).where(SIGN_IN.c.hash == row.hash).values(seen_at=now))
    return Principal("person", row.person_id, row.name, row.role, tuple(row.practices), permissions_of(row.role), token)


def end_session(engine: Engine, token: str, now: datetime) -> None:
    with writing(engine) as connection:
        connection.execute(update(SIGN_IN).where(SIGN_IN.c.hash == hash_token(token)).values(ended_at=now))


def make_link_token(engine: Engine, person_id: str, now: datetime, lifetime: timedelta = LINK_LIFETIME) -> str:
    """A token that signs this person in once."""
    token = new_token()
    with writing(engine) as connection:
        connection.execute(
            insert(SIGN_IN_LINK).values(hash=hash_token(token), person_id=person_id, expires_at=now + lifetime)
        )
    return token


def use_link(engine: Engine, token: str, now: datetime) -> str:
    """The person's id. Raises SignInError: unknown, used, expired, or the person is disabled."""
    link = SIGN_IN_LINK.c
    with writing(engine) as connection:
        used = connection.execute(
            update(SIGN_IN_LINK)
            .where(link.hash == hash_token(token), link.used_at.is_(None), link.expires_at > now)
            .values(used_at=now)
            .returning(link.person_id)
        ).scalar()
        enabled = select(PERSON.c.person_id).where(PERSON.c.person_id == used, PERSON.c.disabled_at.is_(None))
        person_id = connection.scalar(enabled)
    if person_id is None:
        raise SignInError("this link was used before or is too old; ask for another one")
    return str(person_id)
