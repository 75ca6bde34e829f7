"""Steps that lift an old version of an event's data to the next one. Old facts are never rewritten in the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

UpcastData = dict[str, Any]

# "visit.documented.v1" -> (the type one version later, how its data is made from the old). Empty while all are at v1.
STEPS: dict[str, tuple[str, Callable[[UpcastData], UpcastData]]] = {}


def upcast(event_type: str, data: UpcastData) -> tuple[str, UpcastData]:
    """The newest type and data that an old event stands for."""
    while event_type in STEPS:
        event_type, step = STEPS[event_type][0], STEPS[event_type][1]
        data = step(data)
    return event_type, data
