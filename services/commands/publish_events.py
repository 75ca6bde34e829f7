"""Accepts events from a publisher who waits for an answer: each judged, then all published durably."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select, tuple_

from events.envelope import Identity
from events.registry import TERM_TYPES, Event, event_faults, parse
from services.app_context import AppContext
from services.commands.action_models import SOURCE as DESK
from services.core.errors import TransientError
from services.intake.results import ParkedOrigin
from services.messaging.publisher import EVENT, PARKED, newest_entry
from services.messaging.stream_keys import StreamKeys
from services.projector.entry_reader import loose_envelope
from services.security.roles import Permission, Principal
from services.store.engine import chunks
from services.store.log import IDENTITY

PATIENCE = 30.0  # seconds
INVALID = "invalid"
Fault = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class UnreadableEvent:
    """The bytes of what cannot be read as an event, and why in words; `is_no_json` where they are no JSON at all."""

    text: bytes
    reason: str = "an event is a JSON object"
    is_no_json: bool = False


@dataclass(kw_only=True)
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


def accept(
    app: AppContext,
    who: Principal,
    events: Sequence[Any],
    practice: str,
    correlation_id: str,
    *,
    admit: Callable[[int], None] | None = None,
) -> list[Result]:
    """Publishes all but the invalid ones, and has these parked; the log distinguishes duplicates from conflicts.

    A conflicting event is published too: the projector parks it and flags the claim. Returns when all of it survives
    `kill -9`. `admit` first receives how many are invalid, and may raise: nothing is published then. Raises
    TransientError.
    """
    filled = {"practice": practice, "correlationid": correlation_id}
    judged = [_judge(index, given, filled, who) for index, given in enumerate(events)]
    results = [result for result, _ in judged]
    refused = [_refused(result, body, filled) for result, body in judged if result.result == INVALID]
    if admit is not None:
        admit(len(refused))
    with app.engine.connect() as connection:
        _compare(connection, [result for result in results if result.event is not None])
    publish_durably(app, [body for result, body in judged if result.result != INVALID], EVENT)
    publish_durably(app, refused, PARKED)
    return results


def _judge(index: int, given: Any, filled: Mapping[str, str], who: Principal) -> tuple[Result, bytes]:
    """What is to be said of an event, and its bytes as they are published or kept."""
    if not isinstance(given, dict):
        unreadable = given if isinstance(given, UnreadableEvent) else UnreadableEvent(text=_bytes(given))
        return Result(index=index, result=INVALID, errors=[_fault("", unreadable.reason)]), unreadable.text
    told = given | {name: value for name, value in filled.items() if given.get(name) is None}
    told |= {"acceptedfrom": f"{who.kind}:{who.id}"}
    body = _bytes(told)
    try:
        if b"\\u0000" in body:
            return Result(index=index, result=INVALID, errors=[_fault("", "holds a NUL character")]), body
        body.decode()
        event = parse(body)
    except UnicodeDecodeError:
        return Result(index=index, result=INVALID, errors=[_fault("", "holds half a surrogate pair")]), body
    except ValueError as error:
        return Result(index=index, result=INVALID, errors=event_faults(error, told)), body
    if refused := refusal(event, who):
        return Result(index=index, result=INVALID, errors=[refused]), body
    return Result(index=index, result="accepted", event=event), body


def _bytes(given: Any) -> bytes:
    return json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")


def _refused(result: Result, body: bytes, filled: Mapping[str, str]) -> bytes:
    """What the projector parks: the event as it was sent, and reason."""
    envelope = loose_envelope(body)
    reason = "; ".join(f"{fault['pointer']}: {fault['message']}" for fault in result.errors[:5])
    told = dict(filled) | {
        "origin": ParkedOrigin.EVENT,
        "reason": reason,
        "raw": body.decode(errors="replace"),
        "transaction": envelope.get("type"),
        "source": envelope.get("source"),
        "event_id": envelope.get("id"),
    }
    return json.dumps(told).encode()


def refusal(event: Event, who: Principal) -> Fault | None:
    """What this publisher may not say."""
    if event.envelope.practice not in who.practices:
        return _fault("/practice", "you do not belong to this practice")
    if event.envelope.source == DESK:
        return _fault("/source", "this source is reserved for the application: use the actions of a claim")
    if event.type in TERM_TYPES and not who.may(Permission.TERMS_WRITE):
        return _fault("/type", f"this type needs the permission {Permission.TERMS_WRITE}")
    return None


def _fault(pointer: str, message: str) -> Fault:
    return {"pointer": pointer, "message": message}


def _compare(connection: Connection, results: Sequence[Result]) -> None:
    """Distinguishes what is new from what the log, or this very batch, has already."""
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


def log_says(connection: Connection, bodies: Sequence[bytes]) -> list[str]:
    """Of each event, whether it would be accepted, or is a duplicate or a conflict."""
    results = [Result(index=index, result="accepted", event=parse(body)) for index, body in enumerate(bodies)]
    _compare(connection, results)
    return [result.result for result in results]


def publish_durably(app: AppContext, bodies: Sequence[bytes], field: str) -> str | None:
    """Returns when all of it survives `kill -9`, with its last entries; None where there was nothing to publish."""
    if not bodies:
        return None
    published = app.publisher().publish(bodies, field=field)
    if not published.durable:
        wait_until_safe(app, published.last)
    return published.last


def wait_until_safe(app: AppContext, entry_id: str) -> None:
    """For servers that cannot promise: what is logged, or parked, is safe. Raises TransientError after a while."""
    if not app.wait_logged(entry_id, PATIENCE):
        raise TransientError("not yet durable; resend (duplicates are ignored)")


def wait_until_projected(app: AppContext) -> bool:
    """Waits until all that was published so far is in every row; whether it was within a while."""
    return app.wait(newest_entry(app.client, StreamKeys.of(app.settings)), PATIENCE)
