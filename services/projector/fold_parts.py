"""Keys of one kind and practice: loaded together, folded, and written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from projections.keys import parse_key
from projections.terms.terms_in_force import Reference
from services.projector.folds import FoldContext, KeyProjector
from services.projector.refold import Folded, belonging, fold, mark_stale, replace_rows, touched_above
from services.projector.registry import KEY_PROJECTORS
from services.store.marked_keys import KeyMark, Marks, Urgency, Why, beyond_events, mark_keys


@dataclass(kw_only=True)
class FoldPart:
    """Keys of one kind and practice, what was loaded, and what it came to."""

    key_projector: KeyProjector
    keys: Sequence[str]
    loaded: Mapping[str, Any]
    reference: Reference
    folded: Folded = field(default_factory=Folded)

    @classmethod
    def load(
        cls, connection: Connection, key_projector: KeyProjector, keys: Sequence[str], reference: Reference
    ) -> FoldPart:
        """Not folded yet."""
        loaded = key_projector.load(FoldContext(connection, connection), keys, reference)
        return cls(key_projector=key_projector, keys=keys, loaded=loaded, reference=reference)

    def fold(self) -> None:
        self.folded = fold(self.key_projector, self.loaded, self.reference)

    def write(self, connection: Connection, now: datetime) -> set[str]:
        """Replaces the rows of all its keys. Returns the keys of higher ranks that this gives reason to fold again."""
        changes = replace_rows(connection, self.folded)
        mark_stale(connection, self.keys, self.folded, now)
        return touched_above(self.keys, self.folded, changes)

    def write_own(self, connection: Connection, own: Mapping[str, Marks], mark: KeyMark, now: datetime) -> None:
        """Replaces the rows of some of its keys, and marks those above that this changes; all where terms changed."""
        if not own:
            return
        folded = self.folded if len(own) == len(self.keys) else self.folded.only(own.keys())
        changes = replace_rows(connection, folded)
        mark_stale(connection, sorted(own), folded, now)
        mark_keys(connection, touched_above(own, folded, changes), mark)
        beyond: dict[Why, list[str]] = {}
        for key, marks in own.items():
            if (why := beyond_events(marks)) is not None:
                beyond.setdefault(why, []).append(key)
        for why, keys in beyond.items():
            above = belonging(keys, folded, changes)
            mark_keys(connection, above, replace(mark, urgency=Urgency(why.urgency), reason=why.reason))


def by_kind(keys: Iterable[str]) -> Iterator[tuple[KeyProjector, str, list[str]]]:
    """Sorted keys by kind and practice, with the practice."""
    groups: dict[tuple[str, str], list[str]] = {}
    for text in sorted(keys):
        key = parse_key(text)
        groups.setdefault((key.practice, key.kind), []).append(text)
    for (practice, kind), names in sorted(groups.items()):
        yield KEY_PROJECTORS[kind], practice, names
