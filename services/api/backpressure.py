"""Whether the projector keeps up. Where it does not, nothing more is accepted: better told now than lost in a queue."""

from __future__ import annotations

from services.api.problems import BusyError
from services.app_context import House
from services.core.clock import Deadline
from services.messaging.publisher import Progress, progress

FRESH = 0.5  # seconds a look at the stream is good for


class Pressure:
    """For many threads; two that look at once do no harm."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: Progress | None = None
        self._until = Deadline(0)

    def look(self) -> Progress:
        """Raises TransientError where the stream cannot be reached."""
        if self._known is None or self._until.expired:
            settings = self._house.settings
            self._known = progress(self._house.client, settings.stream, settings.group)
            self._until = Deadline(FRESH)
        return self._known

    def waiting(self) -> int:
        """Entries that are not projected yet."""
        found = self.look()
        return (found.lag or 0) + found.pending

    def check(self) -> None:
        """Raises BusyError."""
        if self.waiting() > self._house.settings.lag_limit:
            raise BusyError("the projector is behind; send again later", self._house.settings.retry_after)
