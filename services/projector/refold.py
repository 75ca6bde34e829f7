"""Folds keys and replaces their rows; and, for reads outside the live tables, rank by rank in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, select

from projections.keys import RANKS, kind_of, parse_key
from projections.tables.tables import READ_TABLES, table_of
from projections.terms.terms_in_force import Reference
from services.core.logs import get_logger
from services.projector.folds import FoldContext, KeyProjector
from services.projector.registry import KEY_PROJECTORS
from services.store.dialect import StoreDialect, dialect_of
from services.store.driver import RowValues
from services.store.engine import chunks
from services.store.rows import remove_key_rows, replace_key_rows
from services.store.tables import Stale

log = get_logger(__name__)
MEMBERSHIP = READ_TABLES["membership"]
AT_ONCE = 1000  # keys whose histories are held in memory together
RefoldProgress = Callable[[int, int], None]
STALE = table_of(Stale)
RowChanges = dict[str, dict[str, frozenset[RowValues]]]  # by table and key of which rows differ: the rows that stood


@dataclass
class Folded:
    """What folding a set of keys gave: rows by table and key, and the projections that raised."""

    rows: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    written: dict[tuple[str, tuple[str, ...]], set[str]] = field(default_factory=dict)  # table and kinds -> keys
    failed: list[tuple[str, str, str]] = field(default_factory=list)  # key, projection, error

    def only(self, keys: AbstractSet[str]) -> Folded:
        """What it came to for some of the keys."""
        return Folded(
            {table: [row for row in rows if row["key"] in keys] for table, rows in self.rows.items()},
            {name: written & keys for name, written in self.written.items()},
            [failure for failure in self.failed if failure[0] in keys],
        )

    @property
    def derived(self) -> set[str]:
        """The keys one rank up that the folded keys belong to now."""
        return {row["derived"] for row in self.rows.get("membership", ())}


def refold(
    context: FoldContext,
    keys: Iterable[str],
    reference: Reference,
    now: datetime,
    progress: RefoldProgress | None = None,
) -> int:
    """Folds the keys and all they touch, in rank order, into tables that nobody else writes. Returns how many keys.

    `progress` receives how many keys are done, and how many are known so far.
    """
    waiting: dict[str, set[str]] = {}
    for key in keys:
        waiting.setdefault(parse_key(key).kind, set()).add(key)
    count = 0
    for kinds in RANKS[1:]:
        rank = {kind: sorted(waiting.get(kind, ())) for kind in kinds if kind in KEY_PROJECTORS and waiting.get(kind)}
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
    derived = derived_before(context.rows, key_projector, keys)
    replace_rows(context.rows, folded)
    mark_stale(context.rows, keys, folded, now)
    return derived | folded.derived


def fold(key_projector: KeyProjector, inputs: Mapping[str, Any], reference: Reference) -> Folded:
    """Pure: runs every projection of every key; one that raises spoils only itself."""
    result = Folded()
    for key, given in inputs.items():
        try:
            shared = key_projector.prepare(key, given, reference)
        except Exception as error:  # noqa: BLE001  a fold that raises marks its key stale, whatever it raised
            result.failed += failed_whole(key_projector, key, reason_of(error))
            continue
        for projection in key_projector.projections:
            try:
                rows = projection.fold(key, shared, reference)
            except Exception as error:  # noqa: BLE001
                result.failed.append((key, projection.name, reason_of(error)))
                continue
            for table in projection.tables:
                kinds = projection.kinds if "kind" in READ_TABLES[table].c else ()
                result.written.setdefault((table, kinds), set()).add(key)
                result.rows.setdefault(table, []).extend(rows.get(table, ()))
    return result


def reason_of(error: Exception) -> str:
    """The kind and place of an error, not its text: that may quote health information."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"


def failed_whole(key_projector: KeyProjector, key: str, reason: str) -> list[tuple[str, str, str]]:
    """The failures of a key that could not be folded at all."""
    return [(key, projection.name, reason) for projection in key_projector.projections]


def derived_before(connection: Connection, key_projector: KeyProjector, keys: Sequence[str]) -> set[str]:
    """The keys one rank up that the stored rows of these keys belong to."""
    if "membership" not in key_projector.tables:
        return set()
    dialect = dialect_of(connection)
    return set(connection.scalars(_belonging(dialect), dialect.given(keys)))


@cache
def _belonging(dialect: StoreDialect) -> Select[Any]:
    return select(MEMBERSHIP.c.derived).where(
        dialect.among_given(MEMBERSHIP.c.key), *dialect.of_practices(MEMBERSHIP.c.practice)
    )


def replace_rows(connection: Connection, folded: Folded) -> RowChanges:
    """Has the read tables hold what was folded. Returns what that changed."""
    changes: RowChanges = {}
    for name, kinds, keys in _targets(folded):
        rows = folded.rows.get(name, [])
        mine = [row for row in rows if row["kind"] in kinds] if kinds else rows
        changed = replace_key_rows(connection, READ_TABLES[name], keys, mine, kinds)
        changes.setdefault(name, {}).update(changed)
    return changes


def _targets(folded: Folded) -> Iterator[tuple[str, tuple[str, ...], AbstractSet[str]]]:
    """What is to be replaced: the table, the kinds of row (none: all of these keys), and the keys."""
    by_table: dict[str, dict[tuple[str, ...], set[str]]] = {}
    for (name, kinds), keys in folded.written.items():
        by_table.setdefault(name, {})[kinds] = keys
    for name, by_kinds in by_table.items():
        if folded.failed:
            yield from ((name, kinds, keys) for kinds, keys in by_kinds.items())
        else:  # each projection of these keys ran: together they write all that the table holds of them
            yield name, (), set().union(*by_kinds.values())


def touched_above(keys: Iterable[str], folded: Folded, changes: RowChanges) -> set[str]:
    """The keys of higher ranks to fold again: to which a key came or went, or that read rows of it that changed."""
    found: set[str] = set()
    for key, before, after in _members(keys, folded, changes):
        changed = {name for name, by_key in changes.items() if key in by_key}
        found |= before ^ after
        found |= {name for name in before & after if _is_read(kind_of(key), changed, name)}
    return found


def belonging(keys: Iterable[str], folded: Folded, changes: RowChanges) -> set[str]:
    """All keys of higher ranks that these belonged to before, or belong to now."""
    return {name for _, before, after in _members(keys, folded, changes) for name in before | after}


def _members(
    keys: Iterable[str], folded: Folded, changes: RowChanges
) -> Iterator[tuple[str, AbstractSet[str], AbstractSet[str]]]:
    """Each key, what it belonged to, and what it belongs to."""
    members: dict[str, set[str]] = {}
    for row in folded.rows.get("membership", ()):
        members.setdefault(row["key"], set()).add(row["derived"])
    stood = changes.get("membership", {})
    for key in keys:
        after = members.get(key, set())
        yield key, {row[1] for row in stood[key]} if key in stood else after, after


def _is_read(kind: str, changed: AbstractSet[str], above: str) -> bool:
    """Whether the fold of a key reads a member's tables that changed, or what the log says of such a member."""
    key_projector = KEY_PROJECTORS.get(kind_of(above))
    return key_projector is not None and (kind in key_projector.follows or bool(key_projector.reads & changed))


def mark_stale(connection: Connection, keys: Sequence[str], folded: Folded, now: datetime) -> None:
    """Stale marks of these keys are made again: a fold that succeeded clears its own."""
    remove_key_rows(connection, STALE, keys)
    if not folded.failed:
        return
    dialect = dialect_of(connection)
    errors = "; ".join(sorted({error for _, _, error in folded.failed}))
    log.error("fold failed", keys=len(folded.failed), errors=errors)
    connection.execute(
        dialect.insert_ignore(STALE, "key", "projection"),
        [{"key": key, "projection": name, "error": error, "since": now} for key, name, error in folded.failed],
    )
