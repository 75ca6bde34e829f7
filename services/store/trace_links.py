"""The traces of the events that keys are folded for, as the log kept them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Engine, or_, select

from services.core.telemetry import MOST_LINKS, TRACEPARENT
from services.store.engine import chunks
from services.store.log import KEYS, LOG


def traceparents_of(engine: Engine, keys: Sequence[str], position: int) -> list[str]:
    """Those of the keys' events from this position of the log on, each once, and of the event there.

    The event there is the first of the batch that marked them: it stands for keys that no event names, such as days.
    """
    found: dict[str, None] = {}
    with engine.connect() as connection:
        for part in chunks(keys, 200):
            named = select(KEYS.c.position).where(KEYS.c.key.in_(part), KEYS.c.position >= position)
            query = select(LOG.c.extra).where(
                or_(LOG.c.position == position, LOG.c.position.in_(named)), LOG.c.extra.contains(f'"{TRACEPARENT}"')
            )
            for text in connection.scalars(query.order_by(LOG.c.position.desc()).limit(MOST_LINKS)):
                found.setdefault(str(json.loads(text)[TRACEPARENT]))
    return list(found)[:MOST_LINKS]
