"""One-time sign-in links, as the demo prints one."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Engine

from services.core.errors import NotFoundError
from services.core.settings import Settings
from services.security.people import LINK_LIFETIME, add_person, find_person, make_link_token


def make_login_link(
    engine: Engine,
    settings: Settings,
    now: datetime,
    user: str,
    role: str = "manager",
    *,
    lifetime: timedelta = LINK_LIFETIME,
) -> str:
    """An address that signs this person in once; the person is made, with this role, if there is none."""
    person_id = None
    with suppress(NotFoundError):
        person_id = str(find_person(engine, user).person_id)
    if person_id is None:
        person_id = add_person(engine, user, role, [settings.practice], now)
    return link_for(engine, settings, person_id, now, lifetime=lifetime)


def link_for(
    engine: Engine, settings: Settings, person_id: str, now: datetime, *, lifetime: timedelta = LINK_LIFETIME
) -> str:
    """The same for a person who is known by id."""
    return f"{base_url(settings)}/sign-in/link/{make_link_token(engine, person_id, now, lifetime)}"


def base_url(settings: Settings) -> str:
    """Where browsers find us."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    return f"http://{host}:{settings.port}"
