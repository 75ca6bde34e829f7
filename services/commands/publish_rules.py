"""A practice's own rule pack, published as an event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from services.app_context import AppContext
from services.projector.adopt_rule_packs import OWN, adoption


def publish(app: AppContext, *contents: Mapping[str, Any]) -> None:
    """Puts packs into force, in their order, and waits until everything they touch is folded again."""
    now = app.clock.now().isoformat()
    events = [adoption(dict(content), now, app.settings.practice, OWN) for content in contents]
    published = app.publisher().publish([json.dumps(event).encode() for event in events])
    app.wait(published.entry_ids[-1])
