"""Whether the lists are behind the log: said on every page, so that nobody takes an older list for the present one."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from sqlalchemy import Engine

from services.core.clock import TimeLimit
from services.presentation.formatting import plural
from services.store.marked_keys import Behind, Urgency, behind

SHOWN_FROM = 3.0  # seconds that the oldest record has waited
GOOD_FOR = 1.0  # seconds that one look serves all pages


@dataclass(frozen=True)
class _Look:
    found: Behind
    old: TimeLimit


class Freshness:
    """For many threads of one process; kept by the application."""

    def __init__(self) -> None:
        self._last: _Look | None = None
        self._turn = Lock()

    def notice(self, engine: Engine) -> str:
        """A sentence for the page; empty where the lists are up to date."""
        with self._turn:
            look = self._last
            if look is None or look.old.expired:
                with engine.connect() as connection:
                    look = _Look(behind(connection, Urgency.EVENT), TimeLimit(GOOD_FOR))
                self._last = look
        return sentence(look.found)


def sentence(late: Behind) -> str:
    if late.seconds < SHOWN_FROM:
        return ""
    return (
        f"The lists are {plural(round(late.seconds), 'second')} behind: "
        f"{plural(late.keys, 'record')} with new events {'is' if late.keys == 1 else 'are'} still being processed."
    )
