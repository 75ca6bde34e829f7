"""A practice's own rule pack, published as an event."""

from __future__ import annotations

import json
from typing import Any

from services.app_context import House
from services.projector.adopt_rule_packs import OWN, adoption


def publish(house: House, content: dict[str, Any]) -> None:
    """Puts the pack into force and waits until everything it touches is folded again."""
    event = adoption(content, house.clock.now().isoformat(), house.settings.practice, OWN)
    published = house.publisher().publish([json.dumps(event).encode()])
    house.wait(published.entry_ids[-1])
