"""A practice's own rule pack, published as an event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from events.terms import RulesAdopted
from services.app_context import AppContext
from services.projector.adopt_rule_packs import OWN, adoption
from services.projector.rule_pack_files import check_candidate
from services.reads.read_context import ReadContext
from services.store.reference import terms

_NEXT = timedelta(microseconds=1)


def publish_candidate(
    app: AppContext, context: ReadContext, content: Mapping[str, Any], *, dry_run: bool = False
) -> dict[str, Any]:
    """Checks a pack next to those in force and publishes it, unless the very same one is in force already.

    Raises BadPackError.
    """
    with context.terms() as (_, reference):
        pack = check_candidate(content, reference.rules.packs)
        standing = reference.rules.packs.get(pack.pack_id)
    changed = standing is None or standing.checksum != pack.checksum
    if changed and not dry_run:
        publish(app, content)
    return {"pack": pack.name, "checksum": pack.checksum, "published": changed and not dry_run}


def publish(app: AppContext, *contents: Mapping[str, Any]) -> None:
    """Puts packs into force, in their order, and waits until everything they touch is folded again."""
    practice, last = app.settings.practice, _last_adopted(app)
    events = [
        adoption(dict(content), _after(app.clock.now(), last.get(content["pack_id"])).isoformat(), practice, OWN)
        for content in contents
    ]
    published = app.publisher().publish([json.dumps(event).encode() for event in events])
    app.wait(published.last)


def _last_adopted(app: AppContext) -> dict[str, datetime]:
    """When each of the practice's own packs came into force last."""
    with app.engine.connect() as connection:
        known = [e for e in terms(connection, app.settings.practice) if e.source == OWN]
    return {event.data.pack_id: event.time for event in known if isinstance(event.data, RulesAdopted)}


def _after(now: datetime, last: datetime | None) -> datetime:
    """The newest adoption counts: one made on a machine whose clock is behind must not lose to the one it replaces."""
    return now if last is None else max(now, last + _NEXT)
