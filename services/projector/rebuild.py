"""Rebuild: every key, or those that write some tables, marked to be folded again from the log.

Marking is one short transaction; rows stay as they are until their key's turn comes, so that reads go on. A rebuild
that was stopped goes on wherever somebody folds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, Select, select, union

from projections.keys import RANK_OF
from projections.tables.columns import has_prefix
from projections.tables.tables import READ_TABLES, table_of
from services.core.clock import pause
from services.core.errors import UsageError
from services.projector.fold_pool import Helpers
from services.projector.fold_worker import FoldWorker
from services.projector.marking import logged_keys
from services.projector.registry import KEY_PROJECTORS
from services.store.engine import writing
from services.store.log_index import reindex
from services.store.log_names import refile_names
from services.store.marked_keys import FIRST, Behind, Urgency, behind, mark_keys, mark_selected, new_mark
from services.store.tables import Stale

MEMBERSHIP, STALE = READ_TABLES["membership"], table_of(Stale)
NAP = 0.02  # seconds between looks at what others still fold


def tables_of(projection: str) -> tuple[str, ...]:
    """The tables a projection writes; a table's own name means that table. Raises UsageError."""
    projections = [p for key_projector in KEY_PROJECTORS.values() for p in key_projector.projections]
    named = {p.name: p.tables for p in projections}
    found = tuple(dict.fromkeys(table for p in projections if p.name == projection for table in p.tables))
    if not found and projection in READ_TABLES:
        found = (projection,)
    if not found:
        known = ", ".join(sorted({*named, *READ_TABLES}))
        raise UsageError(f"no projection {projection!r}; there are {known}")
    return found


def mark_for_rebuild(engine: Engine, tables: Sequence[str] = ()) -> int:
    """Marks all keys that write these tables (none given: any table). Returns how many keys wait now.

    A whole rebuild first makes the index of the log again. Besides the keys that the log names, those that only have
    rows: should they name nothing any more, these go.
    """
    mark = new_mark(Urgency.REBUILD, "rebuild")
    wanted = [kind for kind, found in KEY_PROJECTORS.items() if not tables or set(tables) & set(found.tables)]
    with writing(engine) as connection:
        if not tables:
            reindex(connection)
            refile_names(connection)
        for kind in wanted:
            keys = select(union(*_keys(kind)).subquery().c.key)
            mark_selected(connection, keys, RANK_OF[kind], mark)
        return behind(connection).keys


def _keys(kind: str) -> Iterator[Select[Any]]:
    names = dict.fromkeys(KEY_PROJECTORS[kind].tables)
    for column in (STALE.c.key, *(READ_TABLES[name].c.key for name in names)):
        yield select(column).where(has_prefix(column, f"{kind}|"))
    if RANK_OF[kind] == FIRST:
        yield logged_keys(kind)
    else:
        yield select(MEMBERSHIP.c.derived.label("key")).where(has_prefix(MEMBERSHIP.c.derived, f"{kind}|"))


def mark_one(engine: Engine, key: str) -> int:
    """Marks one key that the log names. Returns how many keys wait now."""
    with writing(engine) as connection:
        mark_keys(connection, [key], new_mark(Urgency.REBUILD, "rebuild"))
        return behind(connection).keys


def fold_all(
    engine: Engine, worker: FoldWorker, helpers: Helpers, progress: Callable[[Behind], None] = lambda _: None
) -> None:
    """Folds until nothing is marked any more, on as many cores as `helpers` may use."""
    while True:
        folded = worker.step()
        with engine.connect() as connection:
            waiting = behind(connection)
        progress(waiting)
        if not waiting.keys:
            return
        helpers.call(waiting.keys)
        if not folded:
            pause(NAP)  # others hold what is left
