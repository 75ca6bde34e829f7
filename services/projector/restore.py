"""Restores some read tables from the log, the others untouched."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, delete, insert, select

from projections.keys import parse_key
from projections.tables.tables import READ_TABLES
from services.core.errors import UsageError
from services.projector.refold import RefoldProgress
from services.projector.registry import KEY_PROJECTORS
from services.projector.replay import first_keys, scratch
from services.store.engine import chunks, lock_keys, writing
from services.store.reference import References, lock_terms

ROWS_AT_ONCE = 2000


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


def restore(
    engine: Engine, references: References, tables: Sequence[str], progress: RefoldProgress | None = None
) -> int:
    """Folds everything beside and puts these tables' rows in place, in one transaction. Returns how many rows."""
    count = 0
    with writing(engine) as connection:
        keys = first_keys(connection)
        practices = sorted({parse_key(key).practice for key in keys})
        for practice in practices:
            lock_terms(connection, practice, changing=True)
        lock_keys(connection, keys)
        for name in tables:
            connection.execute(delete(READ_TABLES[name]))
        for practice in practices:
            beside = scratch(connection, practice, references.get(connection, practice), progress=progress)
            with beside.connect() as anew:
                for name in tables:
                    rows = [dict(row) for row in anew.execute(select(READ_TABLES[name])).mappings()]
                    for part in chunks(rows, ROWS_AT_ONCE):
                        connection.execute(insert(READ_TABLES[name]), part)
                    count += len(rows)
            beside.dispose()
    return count
