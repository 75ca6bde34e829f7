"""The published samples, one for every type that was ever published."""

import json
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "events" / "samples"
OLD = Path(__file__).parent / "old"


@cache
def text(event_type: str) -> str:
    return (SAMPLES / f"{event_type}.json").read_text("utf-8")


def sample(event_type: str, **data) -> dict:
    """The published sample as JSON, some of its data replaced; a field given as ... is left out."""
    event = json.loads(text(event_type))
    changed = event["data"] | data
    event["data"] = {name: value for name, value in changed.items() if value is not ...}
    return event
