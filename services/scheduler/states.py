"""How far alerts have come, for lists that show it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from services.store.engine import chunks
from services.store.scheduler_tables import ALERT


def states(connection: Connection, practice: str, names: Sequence[str]) -> dict[str, str]:
    """How far the alerts with these ids have come; one that came from elsewhere is not named."""
    found: dict[str, str] = {}
    for part in chunks(names):
        rows = connection.execute(
            select(ALERT.c.id, ALERT.c.state).where(ALERT.c.practice == practice, ALERT.c.id.in_(part))
        )
        found |= {row.id: row.state for row in rows}
    return found
