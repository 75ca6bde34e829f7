"""Seals all that is settled: the log, later deliveries, parked input; and remembers the newest seals outside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine

from services.core.logs import get_logger
from services.core.settings import Settings
from services.store.engine import writing
from services.store.row_seals import MOST as MOST_ROWS
from services.store.row_seals import seal_rows
from services.store.seal_memory import SealMemory
from services.store.seals import MOST, seal_next

log = get_logger(__name__)
Guard = Callable[[Connection], None]  # raises where this process may not go on


def seal_all(engine: Engine, settings: Settings, now: datetime, guard: Guard = lambda _: None) -> dict[str, int]:
    """Returns how many links were added and what they cover. Safe to call from several processes at once.

    The last hash goes to the logs too: kept elsewhere, it also proves the newest link.
    """
    links = events = rows = 0
    while True:
        with writing(engine) as connection:
            guard(connection)
            link = seal_next(connection, now)
        if link is not None:
            links, events = links + 1, events + link.events
            log.info("sealed the log", position=link.position, seal=link.hash)
        if link is None or link.events < MOST:
            break
    while True:
        with writing(engine) as connection:
            guard(connection)
            covered = seal_rows(connection, now)
        rows += covered
        if covered < MOST_ROWS:
            break
    with engine.connect() as connection:
        SealMemory(settings).remember(connection)
    return {"links": links, "events": events, "rows": rows}
