"""Whether the projector keeps up.

Where it does not, nothing more is accepted: better refused now than lost in a queue.
"""

from __future__ import annotations

from services.api.problems import BusyError
from services.app_context import AppContext
from services.core.clock import TimeLimit
from services.messaging.publisher import StreamProgress, progress

FRESH = 0.5  # seconds a look at the stream is good for


class Pressure:
    """For many threads; two that look at once do no harm."""

    def __init__(self, app: AppContext) -> None:
        self._app = app
        self._known: StreamProgress | None = None
        self._until = TimeLimit(0)

    def look(self) -> StreamProgress:
        """Raises TransientError where the stream cannot be reached."""
        if self._known is None or self._until.expired:
            settings = self._app.settings
            self._known = progress(self._app.client, settings.stream, settings.group)
            self._until = TimeLimit(FRESH)
        return self._known

    def waiting(self) -> int:
        """Entries that are not projected yet."""
        found = self.look()
        return (found.lag or 0) + found.pending

    def check(self) -> None:
        """Raises BusyError."""
        if self.waiting() > self._app.settings.lag_limit:
            raise BusyError("processing backlog; retry later", self._app.settings.retry_after)
