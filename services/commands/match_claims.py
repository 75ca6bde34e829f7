"""A person's word that a response under another number belongs to one of our claims."""

from __future__ import annotations

import json
from typing import Any

from services.app_context import AppContext
from services.commands.action_models import SOURCE
from services.core.errors import NotFoundError, UsageError
from services.reads.claims import claim_page
from services.reads.read_context import ReadContext

WAIT = 30.0  # seconds until it is in every list


def match(app: AppContext, context: ReadContext, answer: str, claim_id: str, by: str) -> dict[str, Any]:
    """Joins what came back as `answer` to the claim. Undone by withdrawing the event named in the result.

    Raises UsageError for one number twice, NotFoundError where nothing is known under one of them.
    """
    if answer == claim_id:
        raise UsageError("name two different claim numbers: the one that came back, then the one it belongs to")
    for number in (answer, claim_id):
        if claim_page(context, number)["claim_id"] != number:
            raise NotFoundError("no such claim in this practice")
    now = app.clock.now().isoformat()
    event = {
        "specversion": "1.0",
        "id": f"match {answer} {claim_id} {now}",
        "source": SOURCE,
        "type": "claim.matched.v1",
        "subject": claim_id,
        "time": now,
        "practice": app.settings.practice,
        "data": {"claim_id": claim_id, "answered_as": answer, "by": by},
    }
    published = app.publisher().publish([json.dumps(event).encode()])
    projected = app.wait(published.entry_ids[-1], WAIT)
    return {
        "claim_id": claim_id,
        "answered_as": answer,
        "event": {"source": SOURCE, "id": event["id"]},
        "projected": projected,
    }
