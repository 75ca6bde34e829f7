"""Typed event data, kept by the text that the log holds: the same text always means the same data."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

from events.registry import TYPES
from events.upcasters import upcast

MOST = 4096  # texts; some 40 MB
_Known = dict[tuple[str, str], Any]


class ParsedEvents:
    """Understands logged data once. What it gives away is frozen, so that folds and threads can share it."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: _Known = {}

    def understand(self, event_type: str, text: str) -> Any:
        """The data upcast to today's version and typed."""
        found = self._known.get((event_type, text))
        if found is None:
            found = _typed(event_type, text)
            self.remember(event_type, text, found)
        return found

    def remember(self, event_type: str, text: str, data: Any) -> None:
        """Spares the understanding of what is already understood: `data` is what the text would be read as."""
        known = self._known
        if len(known) >= self._most:
            # The oldest half goes, in a new dictionary: other threads may be reading this one.
            known = self._known = dict(islice(known.copy().items(), self._most // 2, None))
        known[event_type, text] = data


def _typed(event_type: str, text: str) -> Any:
    newest, _ = upcast(event_type, {}) if event_type not in TYPES else (event_type, None)
    if newest == event_type:
        return TYPES[event_type].model_validate_json(text)
    newest, lifted = upcast(event_type, json.loads(text))
    return TYPES[newest].model_validate(lifted)
