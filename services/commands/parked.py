"""What a person does with what was parked: try it again, or put it aside."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from projections.tables.columns import EPOCH
from services.app_context import AppContext
from services.commands.ingest import ingest_file
from services.commands.publish_events import refusal
from services.core.errors import ClaimclockError, NotFoundError, TransientError
from services.core.working_directories import UPLOADS, working_directory
from services.intake.results import ParkedOrigin
from services.messaging.publisher import EVENT
from services.projector.entry_reader import read_entry
from services.projector.parking import PARKED
from services.security.roles import Principal
from services.store.engine import writing
from services.store.log import Delivery
from services.store.raw_files import RawStore
from services.store.tables import ParkedState

WAIT = 10.0  # seconds until an entry sent again is read


def discard(app: AppContext, parked_id: str) -> dict[str, Any]:
    """Puts it aside; it stays in the table with its raw bytes. Raises NotFoundError."""
    _mark(app, parked_id, ParkedState.DISCARDED)
    return {"id": parked_id, "state": ParkedState.DISCARDED, "projected": True, "message": f"{parked_id} was dismissed"}


class EventNotAllowedError(ClaimclockError):
    """What was parked holds an event that this person may not send, no matter who sent it first."""

    http_status = 403


def retry(app: AppContext, parked_id: str, who: Principal | None = None) -> dict[str, Any]:
    """Sends the raw event through again: a better reader may understand it today.

    `who`: where it is not the machine's own user. Raises NotFoundError, EventNotAllowedError, TransientError.

    The projector may be away, or far behind: after a while the answer is that it has yet to read it.
    """
    row = _row(app, parked_id)
    if row.origin == ParkedOrigin.INTAKE:
        return {
            "id": parked_id,
            "state": row.state,
            "projected": True,
            "message": "to retry part of a file, import the file again",
        }
    if row.origin == ParkedOrigin.TEST_FILE:
        return _post_test_file(app, row)
    if who is not None:
        _check_right(row.raw, who)
    _mark(app, parked_id, ParkedState.RETRIED)
    published = app.publisher().publish([row.raw])
    projected = app.wait(published.last, WAIT)
    if not published.durable and not projected:
        _mark(app, parked_id, row.state)
        raise TransientError("not yet durable: retry it (duplicates are ignored)")
    state = _row(app, parked_id).state
    return {"id": parked_id, "state": state, "projected": projected, "message": _outcome(state, projected=projected)}


def _check_right(raw: bytes, who: Principal) -> None:
    """A retry is an event that this person sends: it needs what sending it needs."""
    read = read_entry(("", {EVENT.encode(): raw}), EPOCH)
    refused = refusal(read.event, who) if isinstance(read, Delivery) else None
    if refused is not None:
        raise EventNotAllowedError(f"you may not send this event: {refused['message']}")


def _outcome(state: str, *, projected: bool) -> str:
    if not projected:
        return "it was resent; it has not been processed yet"
    return "it could not be read again, for the same reason" if state == ParkedState.OPEN else "it was read this time"


def _post_test_file(app: AppContext, row: Any) -> dict[str, Any]:
    """Reads a file that was kept aside because its sender marked it as a test."""
    with working_directory(app.settings, UPLOADS) as directory:
        path = directory / Path(row.place or "test file").name
        with RawStore(app.settings).open(row.raw.decode()) as kept, path.open("wb") as file:
            shutil.copyfileobj(kept, file)
        report = ingest_file(app, path, "now", posts_tests=True)
    if report.error:
        raise NotFoundError("the stored file cannot be read")
    _mark(app, row.parked_id, ParkedState.RETRIED)
    projected = app.wait(report.last_entry, WAIT) if report.last_entry else True
    return {
        "id": row.parked_id,
        "state": ParkedState.RETRIED,
        "projected": projected,
        "message": "the test file was posted",
    }


def _row(app: AppContext, parked_id: str) -> Any:
    with app.engine.connect() as connection:
        row = connection.execute(
            select(PARKED).where(PARKED.c.parked_id == parked_id, PARKED.c.practice == app.settings.practice)
        ).first()
    if row is None:
        raise NotFoundError(f"nothing parked under {parked_id!r}")
    return row


def _mark(app: AppContext, parked_id: str, state: str) -> None:
    _row(app, parked_id)
    with writing(app.engine) as connection:
        connection.execute(update(PARKED).where(PARKED.c.parked_id == parked_id).values(state=state))
