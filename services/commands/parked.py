"""What a person does with what was parked: try it again, or put it aside."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from services.app_context import AppContext
from services.core.errors import NotFoundError
from services.projector.parking import PARKED
from services.store.engine import writing


def discard(app: AppContext, parked_id: str) -> dict[str, Any]:
    """Puts it aside; it stays in the table with its raw bytes. Raises NotFoundError."""
    _mark(app, parked_id, "discarded")
    return {"id": parked_id, "state": "discarded", "message": f"{parked_id} is put aside"}


def retry(app: AppContext, parked_id: str) -> dict[str, Any]:
    """Sends the raw event through again: a better reader may understand it today. Raises NotFoundError."""
    row = _row(app, parked_id)
    if row.origin == "intake":
        return {"id": parked_id, "state": row.state,
                "message": "a piece of a file is tried again by ingesting the file again"}  # fmt: skip
    _mark(app, parked_id, "retried")
    published = app.publisher().publish([row.raw])
    app.wait(published.entry_ids[-1])
    state = _row(app, parked_id).state
    message = "it is parked again for the same reason" if state == "open" else "it was read this time"
    return {"id": parked_id, "state": state, "message": message}


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
