"""Whether the projector keeps up.

Where it does not, nothing more is accepted: better refused now than lost in a queue.
"""

from __future__ import annotations

from services.api.problems import BusyError
from services.app_context import AppContext
from services.core.clock import TimeLimit
from services.messaging.publisher import StreamProgress, progress_of_each, together
from services.messaging.stream_keys import StreamKeys

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
            keys, group = StreamKeys.of(self._app.settings), self._app.settings.group
            self._known = together(progress_of_each(self._app.client, keys, group).values())
            self._until = TimeLimit(FRESH)
        return self._known

    def waiting(self) -> int:
        """Entries that are not projected yet."""
        return self.look().waiting

    def check(self) -> None:
        """Raises BusyError."""
        if self.waiting() > self._app.settings.lag_limit:
            raise BusyError("processing backlog; retry later", self._app.settings.retry_after)
