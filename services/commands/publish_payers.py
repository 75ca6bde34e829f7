"""A payer's terms published, and two payers made one: as events, once what they touch is folded again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from events.registry import parse
from services.app_context import AppContext

SOURCE = "claimclock/payers"


def publish_policy(app: AppContext, data: Mapping[str, Any]) -> None:
    """Puts a policy into force and waits until everything it touches is folded again. Raises what publishing raises."""
    _publish(app, "policy.published.v1", str(data["payer_id"]), data)


def link_payers(app: AppContext, from_id: str, to_id: str) -> None:
    """From now on `from_id` means `to_id`, in what was logged before too. Withdrawing the event undoes it."""
    _publish(app, "identity.linked.v1", from_id, {"kind": "payer", "from": from_id, "to": to_id})


def _publish(app: AppContext, event_type: str, subject: str, data: Mapping[str, Any]) -> None:
    event = {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": SOURCE,
        "type": event_type,
        "subject": subject,
        "time": app.clock.now().isoformat(),
        "practice": app.settings.practice,
        "data": dict(data),
    }
    body = json.dumps(event).encode()
    parse(body)  # as everywhere: a term that is not understood is refused before it is published
    published = app.publisher().publish([body])
    app.wait(published.entry_ids[-1])
