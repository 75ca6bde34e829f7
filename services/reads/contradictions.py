"""What came again about a claim with other content: which message, from which file and check, and what differs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from events.followup import EventConflicted
from projections.history import LoggedEvent
from services.presentation.labels import event_name

_IN_LIST = re.compile(r"([a-z_]+?)s?/(\d+)")


def conflicts_of(history: Iterable[LoggedEvent]) -> list[dict[str, Any]]:
    """Each contradiction, newest first. The content that came first counts; the other one is parked.

    `file` and `other_file`: where in which kept file the two stand, as `<sha256>#<first segment>-<last>`.
    """
    found = [event for event in history if isinstance(event.data, EventConflicted)]
    return [_told(event) for event in sorted(found, key=lambda event: event.recorded_at, reverse=True)]


def _told(event: LoggedEvent) -> dict[str, Any]:
    data: EventConflicted = event.data
    return {
        "what": event_name(data.type),
        "came_again_at": event.recorded_at.isoformat(),
        "trace_number": data.trace_number,
        "file": data.logged_rawref,
        "other_file": data.rawref,
        "differs": [
            {"field": field_words(each.pointer), "counts": each.logged, "came_again": each.received}
            for each in data.differs
        ],
    }


def field_words(pointer: str) -> str:
    """/data/lines/0/charge -> line 1, charge."""
    plain = _IN_LIST.sub(lambda found: f"{found[1]} {int(found[2]) + 1},", pointer.removeprefix("/data"))
    return " ".join(plain.replace("/", " ").replace("_", " ").split()).rstrip(",")
