"""The figures next to the lists, calculated once for everybody who looks at the same state of the log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from projections.cut import NO_CUT
from services.core.clock import TimeLimit
from services.reads.intake_news import intake_news
from services.reads.list_counts import lost_already, lost_within, payers, tallies
from services.reads.read_context import ReadContext
from services.store.horizon import committed_position
from services.store.marked_keys import rows_version

LOST_SOON = 7  # days
AT_MOST = 30.0  # seconds that they are good for though the log does not change: snoozed items come back by themselves

Reckoned = Mapping[str, Any]


@dataclass(frozen=True)
class _Kept:
    version: tuple[int, ...]
    old: TimeLimit
    figures: Reckoned


class HeadlineFigures:
    """For many threads of one process: a caller while another calculates waits for them, and gets what they found.

    Nobody is shown less than what was logged when they asked.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Kept] = {}
        self._turns: defaultdict[str, Lock] = defaultdict(Lock)

    def of(self, context: ReadContext, *, live: bool) -> Reckoned:
        """`live`: the read is of the present, where all look at the same."""
        if not live or context.cut != NO_CUT:
            return reckon(context)
        asked = _version(context)
        with self._turns[context.practice]:
            kept = self._known.get(context.practice)
            if kept is None or kept.old.expired or kept.version != asked:
                kept = _Kept(_version(context), TimeLimit(AT_MOST), reckon(context))
                self._known[context.practice] = kept
            return kept.figures


def _version(context: ReadContext) -> tuple[int, ...]:
    """The state of the log and of what waits to be folded: rows change with either."""
    with context.rows() as connection:
        return (committed_position(connection), *rows_version(connection))


def reckon(context: ReadContext) -> Reckoned:
    asked: dict[str, Callable[[], Any]] = {
        "tallies": lambda: tallies(context),
        "lost": lambda: lost_already(context),
        "payers": lambda: payers(context),
        "intake": lambda: intake_news(context),
        "soon": lambda: lost_within(context, LOST_SOON),
    }
    return {name: ask() for name, ask in asked.items()} | {"lost_soon": LOST_SOON}
