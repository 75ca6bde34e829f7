"""Refolds keys rank by rank inside one transaction, and replaces their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Table, delete, select

from projections.keys import RANKS, parse_key
from projections.tables.columns import Row
from projections.tables.tables import READ_TABLES, table_of
from projections.terms.terms_in_force import Reference
from services.projector.folds import FoldContext, KeyProjector
from services.projector.registry import KEY_PROJECTORS
from services.store.dialect import dialect_of
from services.store.engine import among, chunks, lock_keys
from services.store.rows import insert_rows
from services.store.tables import Refold, Stale

log = structlog.get_logger(__name__)
MEMBERSHIP = READ_TABLES["membership"]
AT_ONCE = 1000  # keys whose histories are held in memory together
RefoldProgress = Callable[[int, int], None]
STALE = table_of(Stale)
REFOLD = table_of(Refold)


@dataclass
class Folded:
    """What folding a set of keys gave: rows by table and key, and the projections that raised."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    written: dict[tuple[str, tuple[str, ...]], set[str]] = field(default_factory=dict)  # table and kinds -> keys
    failed: list[tuple[str, str, str]] = field(default_factory=list)  # key, projection, error


def refold(
    context: FoldContext,
    keys: Iterable[str],
    reference: Reference,
    now: datetime,
    progress: RefoldProgress | None = None,
) -> int:
    """Folds the keys and all they touch, in rank order. Returns how many keys were folded.

    `progress` is told how many keys are done, and how many are known so far.
    """
    waiting: dict[str, set[str]] = {}
    for key in keys:
        waiting.setdefault(parse_key(key).kind, set()).add(key)
    count = 0
    for kinds in RANKS[1:]:
        rank = {kind: sorted(waiting.get(kind, ())) for kind in kinds if kind in KEY_PROJECTORS and waiting.get(kind)}
        lock_keys(context.rows, [key for names in rank.values() for key in names])
        for kind, names in rank.items():
            for part in chunks(names, AT_ONCE):
                for derived in _fold_kind(context, KEY_PROJECTORS[kind], part, reference, now):
                    waiting.setdefault(parse_key(derived).kind, set()).add(derived)
                count += len(part)
                if progress:
                    progress(count, sum(len(known) for name, known in waiting.items() if name in KEY_PROJECTORS))
    return count


def _fold_kind(
    context: FoldContext, key_projector: KeyProjector, keys: Sequence[str], reference: Reference, now: datetime
) -> set[str]:
    """Replaces the rows of these keys; returns the keys they belonged to before and belong to now."""
    folded = fold(key_projector, key_projector.load(context, keys, reference), reference)
    derived = _derived(context.rows, keys) if "membership" in key_projector.tables else set()
    replace_rows(context.rows, folded)
    _mark_stale(context.rows, keys, folded, now)
    return derived | {row["derived"] for row in folded.rows.get("membership", ())}


def fold(key_projector: KeyProjector, inputs: Mapping[str, Any], reference: Reference) -> Folded:
    """Pure: runs every projection of every key; one that raises spoils only itself."""
    result = Folded()
    for key, given in inputs.items():
        try:
            shared = key_projector.prepare(key, given, reference)
        except Exception as error:  # noqa: BLE001  a fold that raises marks its key stale, whatever it raised
            result.failed += [(key, projection.name, _reason(error)) for projection in key_projector.projections]
            continue
        for projection in key_projector.projections:
            try:
                rows = projection.fold(key, shared, reference)
            except Exception as error:  # noqa: BLE001
                result.failed.append((key, projection.name, _reason(error)))
                continue
            for table in projection.tables:
                result.written.setdefault((table, projection.kinds), set()).add(key)
                result.rows.setdefault(table, []).extend(rows.get(table, ()))
    return result


def _reason(error: Exception) -> str:
    """The kind and place of an error, not its text: that may quote health information."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"


def _derived(connection: Connection, keys: Sequence[str]) -> set[str]:
    return set(connection.scalars(select(MEMBERSHIP.c.derived).where(among(connection, MEMBERSHIP.c.key, keys))))


def replace_rows(connection: Connection, folded: Folded) -> None:
    for (name, kinds), keys in folded.written.items():
        table: Table = READ_TABLES[name]
        mine = [table.c.kind.in_(kinds)] if kinds and "kind" in table.c else []
        connection.execute(delete(table).where(among(connection, table.c.key, sorted(keys)), *mine))
    for name, rows in folded.rows.items():
        insert_rows(connection, READ_TABLES[name], rows)


def _mark_stale(connection: Connection, keys: Sequence[str], folded: Folded, now: datetime) -> None:
    """Stale marks of these keys are made anew: a fold that succeeded clears its own."""
    for table in (STALE, REFOLD):
        connection.execute(delete(table).where(among(connection, table.c.key, keys)))
    if not folded.failed:
        return
    errors = "; ".join(sorted({error for _, _, error in folded.failed}))
    log.error("fold failed", keys=len(folded.failed), errors=errors)
    connection.execute(
        dialect_of(connection).insert_ignore(STALE, "key", "projection"),
        [{"key": key, "projection": name, "error": error, "since": now} for key, name, error in folded.failed],
    )
