"""Takes marked keys, folds them from a snapshot, and commits their rows in short transactions.

Any number of workers, in this process and in others: `store.marked_keys` says why none of them leaves a row behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from projections.keys import parse_key
from projections.terms.terms_in_force import Reference
from services.core.clock import Clock
from services.core.logs import get_logger
from services.core.process_names import process_name
from services.core.telemetry import linked_span
from services.projector.fold_parts import FoldPart, by_kind
from services.projector.fold_wave import MOST_MARKS, fold_wave
from services.projector.refold import (
    Folded,
    failed_whole,
    reason_of,
)
from services.store.dialect import dialect_of
from services.store.engine import reading, writing
from services.store.failures import is_passing
from services.store.marked_keys import (
    TOO_OFTEN,
    KeyMark,
    Marks,
    Taken,
    Turn,
    Urgency,
    few_waiting,
    is_any_free,
    release,
    release_dead,
    seen,
    settle,
    take,
)
from services.store.reference import References, Stamp, lock_terms, terms_stamp
from services.store.trace_links import traceparents_of

log = get_logger(__name__)
AT_ONCE = 250  # keys: their commit takes some hundredths of a second, and several workers share what is left
FULL_TURNS = 40  # full takes of one rank, one after the other, before the ranks above it have a turn


@dataclass
class _Snapshot:
    """What was seen of the queue and of the terms of each practice, and what is folded from it."""

    marks: dict[str, Marks]
    stamps: dict[str, Stamp] = field(default_factory=dict)
    parts: list[FoldPart] = field(default_factory=list)


class _Turns:
    """Which rank is next: each until nothing of it waits, so that what is touched twice is folded once, then the next.

    Never the first one alone: while events keep arriving, something of it always waits.
    """

    def __init__(self) -> None:
        self._last: Turn | None = None
        self._full = 0

    def take(self, connection: Connection, worker: str, most: int) -> Taken | None:
        """The next keys. Raises what the database raises."""
        again = self._last is not None and 0 < self._full < FULL_TURNS
        taken = take(connection, worker, most, after=None if again else self._last)
        if taken is not None:
            self._full = self._full % FULL_TURNS + 1 if taken.is_full else 0
            self._last = taken.turn
        return taken


class FoldWorker:
    """One per thread. Raises only what a retry may fix; nothing is committed then, and the marks stay."""

    def __init__(self, engine: Engine, references: References, clock: Clock, *, most: int = AT_ONCE) -> None:
        self.name = process_name()
        self._engine = engine
        self._references = references
        self._clock = clock
        self._most = most
        self._taken: Taken | None = None
        self._turns = _Turns()
        self._drained = False  # what an earlier run left, which perhaps ended it, is taken by name and counted

    def step(self) -> int:
        """Folds the next keys. Returns how many; 0 means that none is free."""
        if self._drained and self._taken is None and (folded := self._wave()) is not None:
            return folded
        taken, self._taken = self._taken or self._take(), None
        if taken is None:
            return 0
        if taken.tries > TOO_OFTEN:
            self._give_up(taken.keys, taken.mark, "taken again and again without a result")
        else:
            with linked_span("fold", partial(self._traces, taken), keys=len(taken.keys), rank=taken.turn.rank):
                self._work(taken.keys, taken.mark)
        return len(taken.keys)

    def _traces(self, taken: Taken) -> list[str]:
        """Of the events that the keys are folded for; new terms and a rebuild touch too many to name."""
        if taken.mark.urgency is not Urgency.EVENT:
            return []
        return traceparents_of(self._engine, taken.keys, taken.mark.position)

    def stop(self) -> None:
        """Gives back what was taken and not yet folded."""
        self._taken = None
        with writing(self._engine) as connection:
            release(connection, self.name)

    def _wave(self) -> int | None:
        """Folds a few new events and all that follows; None where anything else waits, or a key among them fails."""
        with self._engine.connect() as connection:
            few = few_waiting(connection, MOST_MARKS)
        if few is None or not few.marks:
            return None if few is None else 0
        try:
            with (
                linked_span(
                    "fold all ranks",
                    partial(traceparents_of, self._engine, sorted(few.keys), few.mark.position),
                    keys=len(few.keys),
                ),
                writing(self._engine) as connection,
            ):
                few = few_waiting(connection, MOST_MARKS)
                return None if few is None else fold_wave(connection, self._references, few, self._clock.now())
        except Exception as error:
            if isinstance(error, DBAPIError) and is_passing(error):
                raise
            self._drained = False  # key by key, until it is found
            return None

    def _take(self) -> Taken | None:
        with self._engine.connect() as connection:
            if not is_any_free(connection):
                self._drained = not dialect_of(connection).has_concurrent_writers
                return None
        with writing(self._engine) as connection:
            release_dead(connection, self.name)
            return self._turns.take(connection, self.name, self._most)

    def _work(self, keys: Sequence[str], mark: KeyMark) -> None:
        """What cannot even be loaded, or written, concerns some key only: halved until it is found."""
        try:
            self._commit(self._fold(keys), mark)
        except Exception as error:
            if isinstance(error, DBAPIError) and is_passing(error):
                raise
            if len(keys) == 1:
                self._give_up(keys, mark, reason_of(error))
                return
            middle = len(keys) // 2
            self._work(keys[:middle], mark)
            self._work(keys[middle:], mark)

    def _give_up(self, keys: Sequence[str], mark: KeyMark, reason: str) -> None:
        """Marks keys stale that could not be folded at all."""
        with reading(self._engine) as connection:
            found = _Snapshot(seen(connection, keys))
        for key_projector, _, names in by_kind(found.marks):
            folded = Folded(failed=[failure for key in names for failure in failed_whole(key_projector, key, reason)])
            found.parts.append(
                FoldPart(key_projector=key_projector, keys=names, loaded={}, reference=None, folded=folded)  # type: ignore[arg-type]
            )
        self._commit(found, mark)

    def _fold(self, keys: Sequence[str]) -> _Snapshot:
        with reading(self._engine) as connection:
            found = _Snapshot(seen(connection, keys))
            terms: dict[str, Reference] = {}
            for key_projector, practice, names in by_kind(found.marks):
                if practice not in terms:
                    terms[practice] = self._references.get(connection, practice)
                    found.stamps[practice] = self._references.stamp(practice)
                found.parts.append(FoldPart.load(connection, key_projector, names, terms[practice]))
        for part in found.parts:
            part.fold()
        return found

    def _commit(self, found: _Snapshot, mark: KeyMark) -> None:
        now = self._clock.now()
        with writing(self._engine) as connection:
            current = {practice for practice, stamp in found.stamps.items() if _stands(connection, practice, stamp)}
            changed = found.stamps.keys() - current
            own = settle(connection, {k: m for k, m in found.marks.items() if parse_key(k).practice not in changed})
            for part in found.parts:
                part.write_own(connection, {key: found.marks[key] for key in part.keys if key in own}, mark, now)
            if len(own) < len(found.marks):
                release(connection, self.name)
            if self._taken is None:
                self._taken = self._turns.take(connection, self.name, self._most)


def _stands(connection: Connection, practice: str, stamp: Stamp) -> bool:
    """Whether the terms are still those of the snapshot, and stay so until the transaction ends."""
    lock_terms(connection, practice, changing=False)
    return terms_stamp(connection, practice) == stamp
