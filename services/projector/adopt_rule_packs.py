"""Shipped rule packs enter the log the first time a version starts, so that folds see only logged rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from events.terms import RulesAdopted
from projections.keys import SHARED_PRACTICE
from projections.rules.days_off import HOLIDAYS
from projections.rules.rulebook import checksum, read_pack
from projections.terms.terms_in_force import SHIPPED
from services.projector.projector import Projector
from services.store.federal_holidays import FIRST_YEAR, holiday_packs
from services.store.reference import terms
from services.store.shipped_rule_packs import shipped_packs

OWN = "claimclock/rules"  # the source of packs a practice publishes


def adopt_shipped(projector: Projector) -> int:
    """Logs every shipped pack that is not in the log. Returns how many were new.

    The first version of a pack was true since it took effect, however late we started: a read as of a day before the
    first start judges by it too. A later version is true from the start that brought it.
    """
    instant = projector.clock.now()
    with projector.engine.connect() as connection:
        logged = [event.data for event in terms(connection, SHARED_PRACTICE)]
    held = {data.pack_id: data.content for data in logged if isinstance(data, RulesAdopted)}
    packs, now = [*shipped_packs(), *holiday_packs(held, instant.date())], instant.isoformat()
    times = {c["pack_id"]: now if c["pack_id"] in held else _beginning(c) for c in packs}
    entries = [
        (f"pack:{checksum(c)}", {b"event": json.dumps(adoption(c, times[c["pack_id"]], SHARED_PRACTICE)).encode()})
        for c in packs
    ]
    return projector.log(entries).logged


def _beginning(content: Mapping[str, Any]) -> str:
    """The first instant of a pack's first period; the days off of every year have always been known."""
    if content["kind"] == HOLIDAYS:
        return f"{FIRST_YEAR}-01-01T00:00:00+00:00"
    return f"{read_pack(content).periods[0].effective_from.isoformat()}T00:00:00+00:00"


def adoption(content: dict[str, Any], time: str, practice: str, source: str = SHIPPED) -> dict[str, Any]:
    """The event that brings a pack into force. Raises RulePackError if the pack is not sound.

    A practice may go back to a pack it had before: of its own packs each publishing is an event.
    """
    pack = read_pack(content)
    name = f"{pack.name}:{pack.checksum[:16]}"
    return {
        "specversion": "1.0",
        "id": name if source == SHIPPED else f"{name}:{time}",
        "source": source,
        "type": "rules.adopted.v1",
        "subject": pack.pack_id,
        "time": time,
        "practice": practice,
        "data": {
            "pack_id": pack.pack_id,
            "kind": pack.kind,
            "version": pack.version,
            "content": content,
            "checksum": pack.checksum,
        },
        # the clock of the first start is no part of what was adopted
        "contenthash": pack.checksum,
    }
