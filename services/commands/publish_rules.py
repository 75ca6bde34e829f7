"""A practice's own rule pack, published as an event."""

from __future__ import annotations

import json
from typing import Any

from services.app_context import AppContext
from services.projector.adopt_rule_packs import OWN, adoption


def publish(app: AppContext, content: dict[str, Any]) -> None:
    """Puts the pack into force and waits until everything it touches is folded again."""
    event = adoption(content, app.clock.now().isoformat(), app.settings.practice, OWN)
    published = app.publisher().publish([json.dumps(event).encode()])
    app.wait(published.entry_ids[-1])
