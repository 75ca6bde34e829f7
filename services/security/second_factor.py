"""A second factor by an authenticator app: time-based one-time passwords (RFC 6238), each good once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyotp
from sqlalchemy import Engine, Row, update

from services.core.errors import UsageError
from services.security.secrets import Signer
from services.store.engine import writing
from services.store.security_tables import PERSON

ISSUER = "Claimclock"
STEP = 30  # seconds a code is shown
DRIFT = 1  # steps before and after that are taken too: clocks differ


def new_secret() -> str:
    return pyotp.random_base32()


def enrollment_uri(name: str, secret: str) -> str:
    """What an authenticator app reads, as text or as a QR code."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=name, issuer_name=ISSUER)


def enroll(engine: Engine, signer: Signer, person_id: str, *, secret: str, code: str, now: datetime) -> None:
    """Turns the second factor on, once a code shows that the app has the secret. Raises UsageError."""
    step = matching_step(secret, code, now)
    if step is None:
        raise UsageError("wrong code; check the phone's clock and try the next one")
    _store(engine, person_id, signer.seal(secret), step)


def remove(engine: Engine, person_id: str) -> None:
    _store(engine, person_id, None, None)


def _store(engine: Engine, person_id: str, sealed: str | None, step: int | None) -> None:
    with writing(engine) as connection:
        connection.execute(
            update(PERSON).where(PERSON.c.person_id == person_id).values(totp_secret=sealed, totp_step=step)
        )


def matching_step(secret: str, code: str, now: datetime, after: int = -1) -> int | None:
    """The time step whose code this is, near `now` and later than the last one used; None where there is none."""
    current = int(now.timestamp()) // STEP
    totp = pyotp.TOTP(secret, interval=STEP)
    return next(
        (
            step
            for step in range(current - DRIFT, current + DRIFT + 1)
            if step > after and pyotp.utils.strings_equal(totp.at(step * STEP), code.strip())
        ),
        None,
    )


def check_code(engine: Engine, signer: Signer, person: Row[Any], code: str, now: datetime) -> bool:
    """Whether the code is right; a right one is used up, also against another request at the same moment."""
    secret = signer.unseal(person.totp_secret)
    step = matching_step(secret, code, now, person.totp_step or -1) if secret else None
    if step is None:
        return False
    used = update(PERSON).where(PERSON.c.person_id == person.person_id, PERSON.c.totp_step == person.totp_step)
    with writing(engine) as connection:
        return connection.execute(used.values(totp_step=step)).rowcount == 1
