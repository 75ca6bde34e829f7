"""Takes events in from a publisher who waits for an answer: each judged, then all published durably."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, select, tuple_

from events.envelope import Envelope, Identity
from events.registry import TERM_TYPES, Event, complaint, parse
from events.term_refusals import UnknownTermError
from services.app_context import AppContext
from services.commands.action_models import SOURCE as DESK
from services.core.errors import TransientError
from services.security.roles import Permission, Principal
from services.store.engine import chunks
from services.store.log import IDENTITY

PATIENCE = 30.0  # seconds
Fault = dict[str, Any]


@dataclass
class Result:
    """What became of one event; `errors` point at what is wrong with an invalid one."""

    index: int
    result: str
    event: Event | None = None
    errors: list[Fault] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"index": self.index, "result": self.result}
        if self.event is not None:
            told |= {"source": self.event.envelope.source, "id": self.event.envelope.id}
        return told | ({"errors": self.errors} if self.errors else {})


def accept(app: AppContext, who: Principal, events: Sequence[Any], practice: str, correlation_id: str) -> list[Result]:
    """Publishes all but the invalid ones; the log tells duplicates from conflicts, here only looked up.

    A conflicting event is published too: the projector parks it and flags the claim. Returns when all of it survives
    `kill -9`. Raises TransientError.
    """
    filled = {"practice": practice, "correlationid": correlation_id}
    bodies: list[bytes] = []
    results: list[Result] = []
    for index, given in enumerate(events):
        result, body = _judge(index, given, filled, who)
        results.append(result)
        if body is not None:
            bodies.append(body)
    with app.engine.connect() as connection:
        _compare(connection, [result for result in results if result.event is not None])
    if bodies:
        _publish(app, bodies)
    return results


def _judge(index: int, given: Any, filled: Mapping[str, str], who: Principal) -> tuple[Result, bytes | None]:
    if not isinstance(given, dict):
        return Result(index, "invalid", errors=[_fault("", "an event is a JSON object")]), None
    told = given | {name: value for name, value in filled.items() if given.get(name) is None}
    told |= {"acceptedfrom": f"{who.kind}:{who.id}"}
    try:
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        if b"\\u0000" in body:
            return Result(index, "invalid", errors=[_fault("", "holds a NUL character")]), None
        event = parse(body)
    except UnicodeEncodeError:
        return Result(index, "invalid", errors=[_fault("", "holds half a surrogate pair")]), None
    except ValueError as error:
        return Result(index, "invalid", errors=_complaint(error)), None
    if refused := _refusal(event, who):
        return Result(index, "invalid", errors=[refused]), None
    return Result(index, "accepted", event), body


def _refusal(event: Event, who: Principal) -> Fault | None:
    """What this publisher may not say."""
    if event.envelope.practice not in who.practices:
        return _fault("/practice", "you do not belong to this practice")
    if event.envelope.source == DESK:
        return _fault("/source", "this source is the desk's own: use the actions of a claim")
    if event.type in TERM_TYPES and not who.may(Permission.TERMS_WRITE):
        return _fault("/type", f"this type needs the permission {Permission.TERMS_WRITE}")
    return None


def _complaint(error: ValueError) -> list[Fault]:
    """What is wrong, pointed at from the event as a whole: the models know an envelope and its `data` apart."""
    of_data = isinstance(error, UnknownTermError) or (
        isinstance(error, ValidationError) and error.title != Envelope.__name__
    )
    within = "/data" if of_data else ""
    return [fault | {"pointer": within + fault["pointer"]} for fault in complaint(error)]


def _fault(pointer: str, message: str) -> Fault:
    return {"pointer": pointer, "message": message}


def _compare(connection: Connection, results: Sequence[Result]) -> None:
    """Tells what is new from what the log, or this very batch, has already."""
    named = [(result, result.event) for result in results if result.event is not None]
    known = _hashes(connection, {event.envelope.identity for _, event in named})
    for result, event in named:
        first = known.setdefault(event.envelope.identity, (event.hash, result.index))
        if first[1] != result.index:
            result.result = "duplicate" if first[0] == event.hash else "conflict"


def _hashes(connection: Connection, identities: set[Identity]) -> dict[Identity, tuple[str, int]]:
    found: dict[Identity, tuple[str, int]] = {}
    columns = tuple_(IDENTITY.c.practice, IDENTITY.c.source, IDENTITY.c.id)
    for part in chunks(sorted(identities), 200):
        for row in connection.execute(select(IDENTITY).where(columns.in_([tuple(name) for name in part]))):
            found[Identity(row.practice, row.source, row.id)] = (row.hash, -1)
    return found


def _publish(app: AppContext, bodies: Sequence[bytes]) -> None:
    published = app.publisher().publish(bodies)
    if not published.durable:
        wait_until_safe(app, published.entry_ids[-1])


def wait_until_safe(app: AppContext, entry_id: str) -> None:
    """For servers that cannot promise: what is logged, or parked, is safe. Raises TransientError after a while."""
    if not app.wait(entry_id, PATIENCE):
        raise TransientError("not yet durable; resend (duplicates are ignored)")
