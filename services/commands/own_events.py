"""One of our own events, published and waited for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from events.registry import parse
from services.app_context import AppContext


def publish_own(app: AppContext, source: str, event_type: str, subject: str, data: Mapping[str, Any]) -> str:
    """Publishes the event and waits until everything it touches is folded again. Returns its id.

    Raises what parsing or publishing raises: a term that is not understood is refused before it is published.
    """
    event = {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": source,
        "type": event_type,
        "subject": subject,
        "time": app.clock.now().isoformat(),
        "practice": app.settings.practice,
        "data": dict(data),
    }
    body = json.dumps(event).encode()
    parse(body)
    published = app.publisher().publish([body])
    app.wait(published.last)
    return str(event["id"])
