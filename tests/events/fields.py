"""Every field that an event type declares, with values of its kind: samples of types leave most of them out."""

import copy
from functools import cache

from hypothesis import strategies as st

from events.registry import TYPES

MOST_ADDED = 6
DAYS = st.sampled_from(["2025-12-31", "2026-01-05", "2026-03-02", "2026-11-30", "9999-12-31"])
INSTANTS = st.sampled_from(["2026-01-05T09:00:00Z", "2026-03-02T23:59:59-05:00", "2026-11-30T12:00:00+14:00"])
TEXTS = st.sampled_from(["10.00", "0", "-3.50", "1", "P", "T", "22", "97110", "GP", "CO", "45", "CLM-1", "PAT-1", "MB"])
NUMBERS = st.sampled_from([0, 1, 2, 3, 30])


@cache
def schema_of(name):
    return TYPES[name].model_json_schema()


def absent(event):
    """(place, schema) of each declared field that this event does not have, in its lists too."""
    schema = schema_of(event["type"])
    yield from _absent(event["data"], schema, schema.get("$defs", {}), ("data",))


def _absent(told, schema, defs, where):
    for one in _forms(schema, defs):
        if isinstance(told, dict):
            for name, inner in one.get("properties", {}).items():
                if name in told:
                    yield from _absent(told[name], inner, defs, (*where, name))
                else:
                    yield (*where, name), inner
        elif isinstance(told, list) and "items" in one:
            for at, part in enumerate(told):
                yield from _absent(part, one["items"], defs, (*where, at))


def _forms(schema, defs):
    """The schemas that a value may follow, references looked up."""
    if "$ref" in schema:
        yield from _forms(defs[schema["$ref"].rpartition("/")[2]], defs)
    for name in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(name, ()):
            yield from _forms(one, defs)
    if "type" in schema or "enum" in schema or "const" in schema:
        yield schema


def value(draw, schema, defs):
    """Some value that follows a schema as far as its kind goes; a pattern may refuse it still."""
    forms = [one for one in _forms(schema, defs) if one.get("type") != "null"]
    if not forms:
        return draw(TEXTS)
    one = draw(st.sampled_from(forms))
    if "const" in one or "enum" in one:
        return draw(st.sampled_from(one.get("enum") or [one["const"]]))
    return _of_kind(draw, one, defs)


def _of_kind(draw, one, defs):
    match one["type"]:
        case "object":
            return _object(draw, one, defs)
        case "array":
            return [value(draw, one.get("items", {}), defs) for _ in range(draw(st.integers(0, 2)))]
        case "boolean":
            return draw(st.booleans())
        case "integer" | "number":
            return draw(NUMBERS)
    return draw({"date": DAYS, "date-time": INSTANTS}.get(one.get("format"), TEXTS))


def _object(draw, one, defs):
    properties, needed = one.get("properties", {}), one.get("required", ())
    chosen = {name: inner for name, inner in properties.items() if name in needed or draw(st.booleans())}
    return {name: value(draw, inner, defs) for name, inner in chosen.items()}


def add_absent(draw, event):
    """Adds up to a few of the fields that it lacks."""
    defs = schema_of(event["type"]).get("$defs", {})
    for _ in range(draw(st.integers(0, MOST_ADDED))):
        places = list(absent(event))
        if not places:
            return
        where, schema = draw(st.sampled_from(places))
        target = event
        for part in where[:-1]:
            target = target[part]
        target[where[-1]] = copy.deepcopy(value(draw, schema, defs))
