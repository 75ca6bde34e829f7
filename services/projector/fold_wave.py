"""A few new events on a database with one writer: all that they touch is folded in one transaction.

Nothing is taken, seen again and settled, and no key of a higher rank is marked and taken in turn: nobody else can write
meanwhile. What a wave reads is what it wrote a moment before.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from projections.keys import RANK_OF, RANKS, kind_of
from projections.terms.terms_in_force import Reference
from services.projector.fold_parts import FoldPart, by_kind
from services.store.marked_keys import FIRST, Few, mark_keys, unmark
from services.store.reference import References

MOST_MARKS = 64  # others wait to write meanwhile: this many take some hundredths of a second
MOST_KEYS = 250  # of one rank: more are left to the workers


def fold_wave(connection: Connection, references: References, few: Few, now: datetime) -> int:
    """Folds what is marked and all that follows, rank by rank. Returns how many keys. Raises what any fold raises."""
    terms: dict[str, Reference] = {}
    waiting: dict[int, set[str]] = {rank: set() for rank in range(FIRST, len(RANKS))}
    _add(waiting, few.keys)
    count = 0
    for rank in sorted(waiting):
        keys = waiting[rank]
        if len(keys) > MOST_KEYS:
            mark_keys(connection, {key for left in waiting.values() for key in left}, few.mark)
            break
        for key_projector, practice, names in by_kind(keys):
            if practice not in terms:
                terms[practice] = references.get(connection, practice)
            part = FoldPart.load(connection, key_projector, names, terms[practice])
            part.fold()
            _add(waiting, part.write(connection, now))
            count += len(names)
        keys.clear()
    unmark(connection, few.marks)
    return count


def _add(waiting: dict[int, set[str]], keys: set[str] | frozenset[str]) -> None:
    """Kinds that are not folded are left out."""
    for key in keys:
        if (rank := RANK_OF.get(kind_of(key))) is not None:
            waiting[rank].add(key)
