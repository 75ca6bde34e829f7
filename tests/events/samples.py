"""The published samples, one for every type that was ever published."""

import json
from functools import cache
from pathlib import Path

from events.values import Fact

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


def unknown_fields(value):
    """The names that no model declares, however deep: a misspelled field would be kept as one."""
    if isinstance(value, Fact):
        yield from value.model_extra or ()
        for name in type(value).model_fields:
            yield from unknown_fields(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from unknown_fields(item)
