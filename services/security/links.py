"""One-time sign-in links, as the demo prints one."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from services.errors import NotFoundError
from services.house import House
from services.security.people import LINK_LIFETIME, add_person, find_person, make_link_token


def make_login_link(house: House, user: str, role: str = "manager", lifetime: timedelta = LINK_LIFETIME) -> str:
    """An address that signs this person in once; the person is made, with this role, if there is none."""
    now = house.clock.now()
    person_id = None
    with suppress(NotFoundError):
        person_id = find_person(house.engine, user).person_id
    if person_id is None:
        person_id = add_person(house.engine, user, role, [house.settings.practice], now)
    token = make_link_token(house.engine, person_id, now, lifetime)
    return f"{base_url(house)}/sign-in/link/{token}"


def base_url(house: House) -> str:
    """Where browsers find us."""
    settings = house.settings
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    return f"http://{host}:{settings.port}"
