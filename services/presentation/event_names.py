"""What people call each type of event. Typed events are slow to import, and lists name none."""

from __future__ import annotations

from collections.abc import Mapping

from events.registry import TYPES

EVENTS: Mapping[str, str] = {name: data.event.label for name, data in TYPES.items()}
