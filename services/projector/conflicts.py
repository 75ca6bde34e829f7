"""Events that come again with other content: parked with what differs, and the claim is flagged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select, tuple_

from events.envelope import Envelope, Identity
from events.event_data import EventData
from events.registry import understand
from services.intake.results import ParkedOrigin
from services.projector.parking import parked_row
from services.store.engine import chunks
from services.store.log import LOG, PARSED_EVENTS, Delivery
from services.store.tables import ParkedRow

MOST_DIFFERENCES = 20  # named in one event; the parked content has them all
_LONGEST_VALUE = 200
_ABSENT = object()


def conflict_rows(deliveries: Sequence[Delivery], logged: dict[Identity, Any], now: datetime) -> list[ParkedRow]:
    """How each is parked: with the fields that differ, never their values, which may be a patient's."""
    return [_parked(delivery, logged.get(delivery.event.envelope.identity), now) for delivery in deliveries]


def _parked(delivery: Delivery, logged: Any, now: datetime) -> ParkedRow:
    envelope = delivery.event.envelope
    pointers = [pointer for pointer, _, _ in _differences(delivery, logged)]
    differs = f"; it differs at {', '.join(pointers[:5])}{', ...' if len(pointers) > 5 else ''}" if pointers else ""
    reason = f"an event with source {envelope.source!r} and this id was logged before, with other content{differs}"
    reason += _where(delivery, logged)
    return parked_row(
        practice=envelope.practice,
        origin=ParkedOrigin.CONFLICT,
        reason=reason,
        now=now,
        place=envelope.rawref,
        raw=envelope.model_dump_json(exclude_none=True).encode(),
        transaction=envelope.type,
        correlationid=envelope.correlationid,
        entry_id=delivery.entry_id,
        source=envelope.source,
        event_id=envelope.id,
    )


def _where(delivery: Delivery, logged: Any) -> str:
    """The check, and the files of both, by their hashes: a file's name may hold a patient's."""
    remit = getattr(delivery.event.data, "remit", None)
    files = (
        ("this one in file", delivery.event.envelope.rawref),
        ("the one that counts in file", logged.rawref if logged is not None else None),
    )
    told = [f"check {remit.trace_number}"] if remit is not None and remit.trace_number else []
    told += [f"{words} {rawref}" for words, rawref in files if rawref]
    return f"; {', '.join(told)}" if told else ""


def conflict_event(delivery: Delivery, logged: Any) -> Delivery:
    """What the log remembers of a conflict: claim, trace, files and what differs."""
    envelope, data = delivery.event.envelope, delivery.event.data
    name = hashlib.sha256(f"{envelope.source}\0{envelope.id}\0{delivery.event.hash}".encode()).hexdigest()
    remit = getattr(data, "remit", None)
    told = {
        "claim_id": getattr(data, "claim_id", None),
        "source": envelope.source,
        "id": envelope.id,
        "type": envelope.type,
        "trace_number": remit.trace_number if remit else None,
        "rawref": envelope.rawref,
        "logged_rawref": logged.rawref if logged is not None else None,
        "differs": [
            {"pointer": pointer, "logged": before, "received": after}
            for pointer, before, after in islice(_differences(delivery, logged), MOST_DIFFERENCES)
        ],
    }
    conflict = Envelope(
        specversion="1.0",
        id=name,
        source="claimclock/conflict",
        type="event.conflicted.v1",
        subject=envelope.subject,
        time=envelope.time,
        data=told,
        practice=envelope.practice,
    )
    return Delivery(delivery.entry_id, understand(conflict))


def logged_before(connection: Connection, deliveries: Sequence[Delivery]) -> dict[Identity, Any]:
    """The log's rows of these identities."""
    names = sorted({delivery.event.envelope.identity for delivery in deliveries})
    columns = tuple_(LOG.c.practice, LOG.c.source, LOG.c.id)
    wanted = select(LOG.c.practice, LOG.c.source, LOG.c.id, LOG.c.type, LOG.c.subject, LOG.c.data, LOG.c.rawref)
    found = {}
    for part in chunks(names, 200):
        for row in connection.execute(wanted.where(columns.in_([tuple(name) for name in part]))):
            found[Identity(row.practice, row.source, row.id)] = row
    return found


def _differences(delivery: Delivery, logged: Any) -> Iterator[tuple[str, str | None, str | None]]:
    if logged is None:
        return
    event = delivery.event
    for name, before, after in (
        ("/type", logged.type, event.type),
        ("/subject", logged.subject, event.envelope.subject),
    ):
        if before != after:
            yield name, before, after
    yield from _differing("/data", _logged_data(logged), _written(event.data))


def _logged_data(logged: Any) -> Any:
    """With defaults, as the delivery's is written: a default that one of the two states is no difference."""
    try:
        return _written(PARSED_EVENTS.understand(logged.type, logged.data))
    except ValueError:  # today's vocabulary cannot read it
        return json.loads(logged.data)


def _written(data: EventData) -> Any:
    return json.loads(data.model_dump_json(by_alias=True, exclude_none=True))


def _differing(where: str, before: Any, after: Any) -> Iterator[tuple[str, str | None, str | None]]:
    """Every leaf that is not the same, as (pointer, before, after)."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            escaped = name.replace("~", "~0").replace("/", "~1")  # RFC 6901
            yield from _differing(f"{where}/{escaped}", before.get(name, _ABSENT), after.get(name, _ABSENT))
    elif isinstance(before, list) and isinstance(after, list):
        for at in range(max(len(before), len(after))):
            pair = (part[at] if at < len(part) else _ABSENT for part in (before, after))
            yield from _differing(f"{where}/{at}", *pair)
    elif before != after:
        yield where, _short(before), _short(after)


def _short(value: Any) -> str | None:
    if value is _ABSENT:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return text[:_LONGEST_VALUE]
