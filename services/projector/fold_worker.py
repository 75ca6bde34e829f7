"""Takes marked keys, folds them from a snapshot, and commits their rows in short transactions.

Any number of workers, in this process and in others: `store.marked_keys` says why none of them leaves a row behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from projections.keys import parse_key
from projections.terms.terms_in_force import Reference
from services.core.clock import Clock
from services.core.process_names import process_name
from services.core.telemetry import linked_span
from services.projector.folds import FoldContext, KeyProjector
from services.projector.refold import Folded, derived_before, failed_whole, fold, mark_stale, reason_of, replace_rows
from services.projector.registry import KEY_PROJECTORS
from services.store.engine import reading, writing
from services.store.failures import is_passing
from services.store.marked_keys import (
    TOO_OFTEN,
    KeyMark,
    Taken,
    Turn,
    Urgency,
    is_any_free,
    mark_keys,
    release,
    release_dead,
    seen,
    settle,
    take,
)
from services.store.reference import References, Stamp, lock_terms, terms_stamp
from services.store.trace_links import traceparents_of

log = structlog.get_logger(__name__)
AT_ONCE = 250  # keys: their commit takes some hundredths of a second, and several workers share what is left
FULL_TURNS = 40  # full takes of one rank, one after the other, before the ranks above it have a turn


@dataclass(kw_only=True)
class _Part:
    """Keys of one kind and practice: what was loaded, what it came to, and the keys its stored rows belong to."""

    key_projector: KeyProjector
    keys: Sequence[str]
    loaded: Mapping[str, Any]
    reference: Reference
    before: set[str]
    folded: Folded = field(default_factory=Folded)


@dataclass
class _Snapshot:
    """What was seen of the queue and of the terms of each practice, and what is folded from it."""

    marks: dict[str, set[int]]
    stamps: dict[str, Stamp] = field(default_factory=dict)
    parts: list[_Part] = field(default_factory=list)


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

    def step(self) -> int:
        """Folds the next keys. Returns how many; 0 means that none is free."""
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

    def _take(self) -> Taken | None:
        with self._engine.connect() as connection:
            if not is_any_free(connection):
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
        for key_projector, names in _by_kind(found.marks):
            folded = Folded(failed=[failure for key in names for failure in failed_whole(key_projector, key, reason)])
            found.parts.append(
                _Part(key_projector=key_projector, keys=names, loaded={}, reference=None, before=set(), folded=folded)  # type: ignore[arg-type]
            )
        self._commit(found, mark)

    def _fold(self, keys: Sequence[str]) -> _Snapshot:
        with reading(self._engine) as connection:
            found = _Snapshot(seen(connection, keys))
            context = FoldContext(connection, connection)
            for key_projector, names in _by_kind(found.marks):
                practice = parse_key(names[0]).practice
                reference = self._references.get(connection, practice)
                found.stamps[practice] = self._references.stamp(practice)
                loaded = key_projector.load(context, names, reference)
                before = derived_before(connection, key_projector, names)
                found.parts.append(
                    _Part(key_projector=key_projector, keys=names, loaded=loaded, reference=reference, before=before)
                )
        for part in found.parts:
            part.folded = fold(part.key_projector, part.loaded, part.reference)
        return found

    def _commit(self, found: _Snapshot, mark: KeyMark) -> None:
        now = self._clock.now()
        with writing(self._engine) as connection:
            current = {practice for practice, stamp in found.stamps.items() if _stands(connection, practice, stamp)}
            changed = found.stamps.keys() - current
            own = settle(connection, {k: m for k, m in found.marks.items() if parse_key(k).practice not in changed})
            for part in found.parts:
                _write(connection, part, own, mark, now)
            if len(own) < len(found.marks):
                release(connection, self.name)
            if self._taken is None:
                self._taken = self._turns.take(connection, self.name, self._most)


def _stands(connection: Connection, practice: str, stamp: Stamp) -> bool:
    """Whether the terms are still those of the snapshot, and stay so until the transaction ends."""
    lock_terms(connection, practice, changing=False)
    return terms_stamp(connection, practice) == stamp


def _write(connection: Connection, part: _Part, own: set[str], mark: KeyMark, now: Any) -> None:
    keys = [key for key in part.keys if key in own]
    if not keys:
        return
    folded, before = part.folded, part.before
    if len(keys) < len(part.keys):
        folded = folded.only(own)
        before = derived_before(connection, part.key_projector, keys)
    replace_rows(connection, folded)
    mark_stale(connection, keys, folded, now)
    mark_keys(connection, before | folded.derived, mark)


def _by_kind(keys: Mapping[str, Any]) -> Iterator[tuple[KeyProjector, list[str]]]:
    """Sorted keys by practice and kind."""
    groups: dict[tuple[str, str], list[str]] = {}
    for text in sorted(keys):
        key = parse_key(text)
        groups.setdefault((key.practice, key.kind), []).append(text)
    for (_, kind), names in sorted(groups.items()):
        yield KEY_PROJECTORS[kind], names
