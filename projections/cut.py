"""How far a read looks into the history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # lists ask for no event, and their types are slow to import
    from projections.history import LoggedEvent


@dataclass(frozen=True)
class Cut:
    """How far a read looks: events true by `as_of`, and known by `known_at`. None means no limit."""

    as_of: datetime | None = None
    known_at: datetime | None = None

    def holds(self, event: LoggedEvent) -> bool:
        return (self.as_of is None or event.time <= self.as_of) and (
            self.known_at is None or event.recorded_at <= self.known_at
        )


NO_CUT = Cut()
