"""Writes what publishers need from the event models: a JSON Schema per type, and docs/events.md.

    python -m services.devtools.event_catalog               after every change in events/
    python -m services.devtools.event_catalog --republish   and also rewrites what is published

events/schemas/published.json holds, per type, the SHA-256 of its schema's shape (titles and descriptions left out). A
type that is published keeps that shape forever: old events stay in the log, and publishers rely on it. So a changed
shape is refused here and fails a test. The way on is a new version: `<type>.v2` takes the place of `<type>.v1` in
events/registry.py, a step in events/upcasters.py lifts the old data, and schema and sample of v1 stay where they are.
Only as long as nothing has been released (CHANGELOG.md knows nothing but "Unreleased") may a v1 still change: then
use --republish.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from events.envelope import Envelope
from events.registry import TYPES
from events.upcasters import STEPS

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "events" / "schemas"
PUBLISHED = SCHEMAS / "published.json"
DOCUMENT = ROOT / "docs" / "events.md"
DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"


class PublishedSchemaError(ValueError):
    """A published schema has another shape now: give the type a new version (see event_catalog.py)."""


class _Generator(GenerateJsonSchema):
    """Without the titles that only repeat field names, and with the form of amounts."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:  # noqa: ARG002
        return {"type": ["string", "number"], "pattern": DECIMAL}


def schema(event_type: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a whole CloudEvent of this type.

    It describes the form we ask for. The reader is kinder: it also takes numbers where strings are asked for.
    """
    only: Any = Literal[event_type]
    whole = create_model(
        event_type.replace(".", "_"), __base__=Envelope, type=(only, ...), data=(TYPES[event_type].published_as(), ...)
    )
    made = whole.model_json_schema(by_alias=True, schema_generator=_Generator)
    head = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:claimclock:event:{event_type}",
        "title": event_type,
        "description": TYPES[event_type].event.meaning,
    }
    return head | {name: part for name, part in made.items() if name not in head}


def shape(schema_or_part: Any) -> Any:
    """A schema without what only people read."""
    if isinstance(schema_or_part, list):
        return [shape(item) for item in schema_or_part]
    if not isinstance(schema_or_part, dict):
        return schema_or_part
    return {
        name: shape(part)
        for name, part in schema_or_part.items()
        if not (name in {"title", "description"} and isinstance(part, str))
    }


def fingerprint(event_type: str) -> str:
    """SHA-256 of a schema's shape."""
    return hashlib.sha256(json.dumps(shape(schema(event_type)), sort_keys=True).encode()).hexdigest()


def published() -> dict[str, str]:
    """The fingerprint each type was published with."""
    found: dict[str, str] = json.loads(PUBLISHED.read_text("utf-8")) if PUBLISHED.exists() else {}
    return found


def publish(known: Mapping[str, str]) -> dict[str, str]:
    """What is published from now on: all that was, and what is new. Raises PublishedSchemaError."""
    now = {name: fingerprint(name) for name in TYPES}
    changed = sorted(name for name in now.keys() & known.keys() if now[name] != known[name])
    gone = sorted(known.keys() - now.keys() - STEPS.keys())
    if changed:
        raise PublishedSchemaError(f"{', '.join(changed)}: the schema is published and has changed; make a new version")
    if gone:
        raise PublishedSchemaError(f"{', '.join(gone)}: published, but no longer known and not lifted by any upcaster")
    return {**known, **now}


def document() -> str:
    """The text of docs/events.md."""
    rows = "\n".join(_row(name) for name in TYPES)
    return _PREFACE + rows + "\n"


def _row(event_type: str) -> str:
    event, fields = TYPES[event_type].event, TYPES[event_type].model_fields
    required = ", ".join(f"`{field.alias or name}`" for name, field in fields.items() if field.is_required())
    files = " · ".join(
        f"[{name}](../events/{folder}/{event_type}.json)"
        for name, folder in (("schema", "schemas"), ("sample", "samples"))
    )
    return f"| `{event_type}` | {event.subject} | {event.meaning} | {required} | {files} |"


_PREFACE = """\
# Events

Made by `python -m services.devtools.event_catalog` from the models in `events/`; do not edit.

Everything that happens to a claim is a [CloudEvents 1.0](https://cloudevents.io) object in JSON with `specversion`,
`id`, `source`, `type`, `subject`, `time` and `data`. Source and id together name an event: sent again with the same
content it counts once, with other content it is parked as a conflict. `practice` says whose event it is (without it:
`default`), `supersedessource` and `supersedesid` name an earlier event that this one corrects. An entry of the stream
`claimclock:events` carries the whole object in one field, `event`:

    redis-cli -u "$CLAIMCLOCK_REDIS_URL" XADD claimclock:events '*' event "$(cat events/samples/patient.paid.v1.json)"

Without a Redis of your own it is `redis-cli -s "$(cat claimclock-data/valkey/socket)"`, while `claimclock serve` runs.

Amounts are strings with at most two decimals, dates ISO 8601, instants RFC 3339 with a zone, codes strings. The
table names what `data` cannot do without; the schema has the rest. Unknown extra fields are kept, whatever JSON they
hold: numbers with a point as doubles, whole ones with up to 4,300 digits. What JSON cannot hold (NaN, Infinity, 1e400),
longer numbers and more than 200 objects or lists in one another refuse the event, alone and with the reason.

| type | subject | meaning | required in `data` | files |
| --- | --- | --- | --- | --- |
"""


def write(*, republish: bool = False) -> None:
    """Writes schemas, the list of published ones and the document. Raises PublishedSchemaError before writing any."""
    listed = publish({} if republish else published())
    SCHEMAS.mkdir(exist_ok=True)
    for name in TYPES:
        _write_json(SCHEMAS / f"{name}.json", schema(name))
    _write_json(PUBLISHED, dict(sorted(listed.items())))
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(document(), "utf-8")


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        "python -m services.devtools.event_catalog", description="Writes schemas and docs/events.md."
    )
    parser.add_argument("--republish", action="store_true", help="before the first release: shapes may change")
    try:
        write(republish=parser.parse_args().republish)
    except PublishedSchemaError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
