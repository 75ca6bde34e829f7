"""Which key is folded how: what it reads, which pure projections run, which tables each writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from projections.cut import NO_CUT, Cut

if TYPE_CHECKING:  # a reader of rows asks for no terms, which are slow to import
    from projections.terms.terms_in_force import Reference

Rows = Mapping[str, Sequence[Mapping[str, Any]]]  # by table; each as the TypedDict next to that table says


@dataclass(frozen=True)
class FoldContext:
    """What a fold works with: where the log is, where the rows are, and how much of the log counts.

    Live, log and rows are one connection. A rebuild next to the live tables, a read as of a past instant and a what-if
    write their rows elsewhere.
    """

    log: Connection
    rows: Connection
    cut: Cut = NO_CUT


@dataclass(frozen=True, kw_only=True)
class Projection:
    """One isolated piece of a key's fold: if it raises, only its tables of this key go stale.

    `kinds`: the kinds of row it writes, where another projection of the same key writes others into the same table.
    """

    name: str
    tables: tuple[str, ...]
    fold: Callable[[str, Any, Reference], Rows]
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class KeyProjector:
    """`load` reads the inputs of many keys at once; `prepare` makes what all projections of a key share.

    `reads`: the read tables of lower ranks that `load` asks, next to `membership`: a key is folded again when one of
    its members changed there. `follows`: the kinds of member whose history in the log it asks as well: these have it
    folded again whether their rows changed or not.
    """

    kind: str
    load: Callable[[FoldContext, Sequence[str], Reference], Mapping[str, Any]]
    prepare: Callable[[str, Any, Reference], Any]
    projections: tuple[Projection, ...]
    reads: frozenset[str] = frozenset()
    follows: frozenset[str] = frozenset()

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(table for projection in self.projections for table in projection.tables)
