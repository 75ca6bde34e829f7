"""A practice's own rule pack, published as an event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from events.terms import RulesAdopted
from services.app_context import AppContext
from services.projector.adopt_rule_packs import OWN, adoption
from services.store.reference import terms

_NEXT = timedelta(microseconds=1)


def publish(app: AppContext, *contents: Mapping[str, Any]) -> None:
    """Puts packs into force, in their order, and waits until everything they touch is folded again."""
    practice, last = app.settings.practice, _last_adopted(app)
    events = [
        adoption(dict(content), _after(app.clock.now(), last.get(content["pack_id"])).isoformat(), practice, OWN)
        for content in contents
    ]
    published = app.publisher().publish([json.dumps(event).encode() for event in events])
    app.wait(published.entry_ids[-1])


def _last_adopted(app: AppContext) -> dict[str, datetime]:
    """When each of the practice's own packs came into force last."""
    with app.engine.connect() as connection:
        known = [e for e in terms(connection, app.settings.practice) if e.source == OWN]
    return {event.data.pack_id: event.time for event in known if isinstance(event.data, RulesAdopted)}


def _after(now: datetime, last: datetime | None) -> datetime:
    """The newest adoption counts: one made on a machine whose clock is behind must not lose to the one it replaces."""
    return now if last is None else max(now, last + _NEXT)
