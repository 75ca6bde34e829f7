"""People and keys: made, listed, disabled; passwords checked and throttled; sessions begun, found and ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, Row, insert, select, update

from services.core.errors import ClaimclockError, ConflictError, NotFoundError, UsageError
from services.security.roles import ROLES, Principal, permissions_of
from services.security.second_factor import check_code
from services.security.secrets import Signer, hash_password, hash_token, new_token, password_fits
from services.security.throttle import count_try, forget_tries, hashing
from services.store.engine import writing
from services.store.security_tables import PERSON, SIGN_IN, SIGN_IN_LINK

SHORTEST_PASSWORD = 12
TRIES = 5
TRIES_PER_ADDRESS = 30
LINK_LIFETIME = timedelta(minutes=15)


class SignInError(ClaimclockError):
    """The name or the password is wrong, or the account is disabled."""

    http_status = 401


class CodeNeededError(SignInError):
    """The password is right; the code of the person's authenticator app is missing or wrong."""


def check_role(role: str) -> None:
    if role not in ROLES:
        raise UsageError(f"no such role; use one of {', '.join(ROLES)}")


def add_person(
    engine: Engine, name: str, role: str, practices: Sequence[str], now: datetime, *, password: str | None = None
) -> str:
    """Returns the person's id. Raises ConflictError where the name is taken."""
    check_role(role)
    stored = _hashed(password) if password is not None else None
    person_id, name = uuid4().hex, _plain(name)
    if not name or not practices:
        raise UsageError("a person has a name and at least one practice")
    with writing(engine) as connection:
        if connection.scalar(select(PERSON.c.person_id).where(PERSON.c.name == name)):
            raise ConflictError("a user with this name already exists")
        row = {"person_id": person_id, "name": name, "role": role, "practices": list(practices)}
        connection.execute(insert(PERSON).values(row | {"password": stored, "created_at": now}))
    return person_id


def _plain(name: str) -> str:
    return name.strip().casefold()


def list_people(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        rows = connection.execute(select(PERSON).order_by(PERSON.c.name)).all()
    return [
        {
            "name": row.name,
            "role": row.role,
            "practices": row.practices,
            "has_password": row.password is not None,
            "second_factor": row.totp_secret is not None,
            "id": row.person_id,
            "created_at": row.created_at.isoformat(),
            "disabled": row.disabled_at is not None,
        }
        for row in rows
    ]


def active_people(engine: Engine, practice: str) -> list[dict[str, Any]]:
    """Those of `list_people` who can sign in to a practice."""
    return [row for row in list_people(engine) if practice in row["practices"] and not row["disabled"]]


def disable_person(engine: Engine, name: str, now: datetime) -> None:
    """Nobody signs in under this name any more; running sessions end at once. Raises NotFoundError."""
    _change(engine, name, now, disabled_at=now)


def enable_person(engine: Engine, name: str, now: datetime) -> None:
    """The account may be used again, with a password or link that is newly given. Raises NotFoundError."""
    _change(engine, name, now, disabled_at=None)


def set_role(engine: Engine, name: str, role: str, now: datetime, practices: Sequence[str] | None = None) -> None:
    """Another role, and other practices where some are named; sessions end. Raises NotFoundError, UsageError."""
    check_role(role)
    _change(engine, name, now, role=role, **({"practices": list(practices)} if practices else {}))


def bind_subject(engine: Engine, name: str, subject: str, now: datetime) -> None:
    """The identity provider's own name of this person.

    Raises NotFoundError, ConflictError where another person has it.
    """
    with engine.connect() as connection:
        taken = connection.scalar(select(PERSON.c.name).where(PERSON.c.subject == subject))
    if taken is not None and taken != _plain(name):
        raise ConflictError("this identifier is linked to a different account")
    _change(engine, name, now, subject=subject)


def person_vouched_for(engine: Engine, email: str | None, subject: str | None) -> str:
    """The id of the person a provider names. Raises SignInError."""
    wanted = PERSON.c.name == _plain(email) if email is not None else PERSON.c.subject == subject
    with engine.connect() as connection:
        found = connection.scalar(select(PERSON.c.person_id).where(wanted))
    if found is None and email is None:
        raise SignInError(f"this sign-in is not linked to an account; give your administrator this: {subject}")
    if found is None:
        raise SignInError("no user with this name; ask an administrator")
    return str(found)


def set_password(engine: Engine, name: str, password: str, now: datetime) -> None:
    """Another password; running sessions end. Raises NotFoundError, UsageError."""
    _change(engine, name, now, password=_hashed(password))


def change_password(engine: Engine, person_id: str, old: str, new: str, now: datetime) -> None:
    """By the person, who knows the old one; all sessions of the person end. Raises SignInError, UsageError."""
    person = get_person(engine, person_id)
    hashed = _hashed(new)
    tries = count_try(engine, {hash_token(f"name:{person.name}"): TRIES}, now)
    with hashing():
        fits = password_fits(person.password, old)
    if not fits:
        raise SignInError("the current password is wrong")
    forget_tries(engine, tries)
    _change(engine, person.name, now, password=hashed)


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise UsageError(f"a password has at least {SHORTEST_PASSWORD} characters")
    return hash_password(password)


def _change(engine: Engine, name: str, now: datetime, **values: Any) -> None:
    """Changes the account and ends its sessions and links: what was granted before may no longer hold."""
    person_id = find_person(engine, name).person_id
    with writing(engine) as connection:
        connection.execute(update(PERSON).where(PERSON.c.person_id == person_id).values(**values))
        running = SIGN_IN.c.person_id == person_id, SIGN_IN.c.ended_at.is_(None)
        connection.execute(update(SIGN_IN).where(*running).values(ended_at=now))
        links = SIGN_IN_LINK.c.person_id == person_id, SIGN_IN_LINK.c.used_at.is_(None)
        connection.execute(update(SIGN_IN_LINK).where(*links).values(used_at=now))


def find_name(engine: Engine, name: str) -> str | None:
    """The name as it is kept, if there is somebody of it."""
    with engine.connect() as connection:
        return connection.scalar(select(PERSON.c.name).where(PERSON.c.name == _plain(name)))


def get_person(engine: Engine, person_id: str) -> Row[Any]:
    """Raises NotFoundError."""
    with engine.connect() as connection:
        row = connection.execute(select(PERSON).where(PERSON.c.person_id == person_id)).first()
    if row is None:
        raise NotFoundError("no such user")
    return row


def find_person(engine: Engine, name: str) -> Row[Any]:
    """Raises NotFoundError."""
    with engine.connect() as connection:
        row = connection.execute(select(PERSON).where(PERSON.c.name == _plain(name))).first()
    if row is None:
        raise NotFoundError("no such user")
    return row


def check_password(
    engine: Engine, name: str, password: str, address: str, now: datetime, *, signer: Signer, code: str = ""
) -> str:
    """The person's id. Raises SignInError, and TooManyTriesError whether or not the password is right.

    code: of the authenticator app, for a person who has a second factor; without a right one CodeNeededError.
    """
    limits = {hash_token(f"name:{_plain(name)}"): TRIES, hash_token(f"address:{address}"): TRIES_PER_ADDRESS}
    tries = count_try(engine, limits, now)
    with engine.connect() as connection:
        person = connection.execute(select(PERSON).where(PERSON.c.name == _plain(name))).first()
    with hashing():
        fits = password_fits(person.password if person else None, password)
    if person is None or person.disabled_at is not None or not fits:
        raise SignInError("the name or the password is wrong")
    if person.totp_secret and not check_code(engine, signer, person, code, now):
        if not code:
            forget_tries(engine, tries)
        raise CodeNeededError("enter the code of your authenticator app")
    forget_tries(engine, tries)
    return str(person.person_id)


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
    return Principal(
        kind="person",
        id=row.person_id,
        name=row.name,
        role=row.role,
        practices=tuple(row.practices),
        permissions=permissions_of(row.role),
        token=token,
    )


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
        raise SignInError("this link was used or has expired; make a new one with `claimclock login-link NAME`")
    return str(person_id)
