"""The audit: who asked for what and when, in a table that only grows, each entry sealed to the one before it.

45 CFR 164.312(b): activity in systems that hold health information is recorded, reads included.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from projections.tables.columns import to_micros
from services.store.dialect import AdvisoryLock, dialect_of
from services.store.engine import writing
from services.store.security_tables import AUDIT

FIRST = "0" * 64


@dataclass(frozen=True, kw_only=True)
class AuditRecord:
    """`action` is the route asked for, `ref` the claim's opaque name, `detail` how a list was narrowed."""

    at: datetime
    who: str
    who_id: str
    role: str
    practice: str
    action: str
    ref: str | None
    status: int
    detail: str | None = None


class AuditWriter:
    """Writes entries of many requests in one transaction. Code that shows patient data waits for its entry first."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: deque[tuple[AuditRecord, Future[None]]] = deque()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="audit")
        self._lock = threading.Lock()

    def record(self, entry: AuditRecord) -> Future[None]:
        """Done once the entry is committed; carries the error where it could not be."""
        done: Future[None] = Future()
        with self._lock:
            self._waiting.append((entry, done))
        self._writer.submit(self._write_waiting)
        return done

    def _write_waiting(self) -> None:
        with self._lock:
            batch = list(self._waiting)
            self._waiting.clear()
        if not batch:
            return
        try:
            with writing(self._engine) as connection:
                append(connection, [entry for entry, _ in batch])
        except Exception as error:  # noqa: BLE001  every waiter gets the error, whatever it was
            for _, done in batch:
                done.set_exception(error)
        else:
            for _, done in batch:
                done.set_result(None)

    def close(self) -> None:
        self._writer.shutdown(wait=True)


def append(connection: Connection, entries: list[AuditRecord]) -> None:
    dialect_of(connection).advisory_lock(connection, AdvisoryLock.AUDIT)
    previous = connection.scalar(select(AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)) or FIRST
    rows = []
    for entry in entries:
        row = asdict(entry)
        row |= {"previous": previous, "hash": _seal(previous, row)}
        previous = row["hash"]
        rows.append(row)
    for row in rows:  # one by one, so that the numbers follow the chain
        connection.execute(insert(AUDIT).values(row))


def _seal(previous: str, row: dict[str, Any]) -> str:
    told = [
        to_micros(row["at"]),
        *(row[name] for name in ("who", "who_id", "role", "practice", "action", "ref", "status", "detail")),
    ]
    return hashlib.sha256((previous + json.dumps(told)).encode()).hexdigest()


def read_audit(engine: Engine, practice: str, limit: int, before: int | None = None) -> list[dict[str, Any]]:
    """The newest first; `before` is the number of the last one already seen."""
    query = select(AUDIT).where(AUDIT.c.practice == practice).order_by(AUDIT.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(AUDIT.c.seq < before)
    with engine.connect() as connection:
        return [_as_json(row) for row in connection.execute(query)]


def _as_json(row: Any) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "at": row.at.isoformat(),
        "who": row.who,
        "role": row.role,
        "action": row.action,
        "ref": row.ref,
        "status": row.status,
        "detail": row.detail,
        "hash": row.hash,
    }


def check_audit(engine: Engine) -> dict[str, Any]:
    """Recalculates the whole chain; `broken_at` is the first entry that does not fit."""
    previous, count = FIRST, 0
    with engine.connect() as connection:
        for row in connection.execute(select(AUDIT).order_by(AUDIT.c.seq), execution_options={"yield_per": 1000}):
            if row.previous != previous or row.hash != _seal(previous, row._asdict()):
                return {"entries": count, "intact": False, "broken_at": row.seq}
            previous, count = row.hash, count + 1
    return {"entries": count, "intact": True, "broken_at": None}
