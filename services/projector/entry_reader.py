"""What one stream entry says: an event, or what could not be read, kept whole.

An entry carries a CloudEvent as JSON in its field `event`. Read too: FastStream's own format (`__data__`), the
attributes of a CloudEvent as fields of their own (also as `ce-...`), and an event inside `{"event": ...}`.
"""

from __future__ import annotations

import base64
import json
import re
import struct
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from faststream.redis import BinaryMessageFormatV1

from events.envelope import DEFAULT_PRACTICE, PRACTICE
from events.registry import event_faults, parse
from services.core.json_text import flattened
from services.intake.results import ParkedOrigin
from services.messaging.publisher import EVENT, PARKED
from services.projector.parking import parked_row
from services.store.log import Delivery
from services.store.tables import ParkedRow

RawEntry = tuple[str, Mapping[bytes, bytes]]
STREAM_FIELDS = "streamfields"  # the one key of an entry of unknown form, as it is parked and sent again
FASTSTREAM = b"__data__"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NAMES_SHOWN = 5
_WRAPPER = re.compile(rb'\s*\{\s*"event"\s*:')
_OF_BINARY_MODE = b"ce-"


class UnknownFormError(ValueError):
    """A stream entry that holds no event in any form that is read."""


def read_entry(entry: RawEntry, now: datetime) -> Delivery | ParkedRow:
    """The event an entry brings, or the row it is parked as. Never raises."""
    entry_id, fields = entry[0], _as_it_came(entry[1])
    refused = _told_refusal(fields)
    if refused is not None:
        return refusal_row(entry_id, refused, now)
    raw = event_text(fields)
    try:
        if raw is None:
            raise UnknownFormError(_found(fields))
        return Delivery(entry_id, parse(raw))
    except ValueError as error:
        faults = [] if isinstance(error, UnknownFormError) else event_faults(error, _object(raw or b""))[:5]
        reason = "; ".join(f"{item['pointer']}: {item['message']}" for item in faults) or str(error)
        return put_aside(entry, reason, now, origin=ParkedOrigin.EVENT)


def put_aside(entry: RawEntry, reason: str, now: datetime, *, origin: str = ParkedOrigin.PROJECTOR) -> ParkedRow:
    """The row under which an entry is parked with all it holds."""
    entry_id, fields = entry[0], _as_it_came(entry[1])
    raw = event_text(fields)
    whole = _kept(fields)
    envelope = loose_envelope(whole if raw is None else raw)
    return parked_row(
        practice=envelope.get("practice", DEFAULT_PRACTICE),
        origin=origin,
        reason=reason,
        raw=whole if not raw or _says_more(fields) else raw,
        sent=raw or whole,
        now=now,
        transaction=envelope.get("type"),
        correlationid=envelope.get("correlationid"),
        entry_id=entry_id,
        source=envelope.get("source"),
        event_id=envelope.get("id"),
    )


def event_text(fields: Mapping[bytes, bytes]) -> bytes | None:
    """The JSON of the event in an entry's fields; None where they hold none in a form that is read."""
    if (raw := fields.get(EVENT.encode())) is not None:
        return _unwrapped(raw)
    if (packed := fields.get(FASTSTREAM)) is not None:
        return _unpacked(packed)
    return _of_attributes(fields)


def _unpacked(packed: bytes) -> bytes | None:
    """What FastStream's envelope holds; None where it is none."""
    try:
        return _unwrapped(BinaryMessageFormatV1.parse(packed)[0])
    except (ValueError, IndexError, LookupError, struct.error):
        return None


def _says_more(fields: Mapping[bytes, bytes]) -> bool:
    """Whether an entry holds anything besides its event."""
    return len(fields) > 1 and (EVENT.encode() in fields or FASTSTREAM in fields)


def _as_it_came(fields: Mapping[bytes, bytes]) -> Mapping[bytes, bytes]:
    """The fields of an entry that was parked whole and is tried again; all others as they are."""
    raw = fields.get(EVENT.encode(), b"")
    if not raw.startswith(f'{{"{STREAM_FIELDS}"'.encode()):
        return fields
    restored = _restored((_object(raw) or {}).get(STREAM_FIELDS))
    return fields if restored is None else restored


def _unwrapped(raw: bytes) -> bytes:
    """The event itself where it is inside `{"event": ...}`, as an object or as text, and without a byte order mark."""
    raw = raw.removeprefix(BYTE_ORDER_MARK)
    while _WRAPPER.match(raw) and (told := _object(raw)) is not None and list(told) == ["event"]:
        inner: Any = told
        while isinstance(inner, dict) and list(inner) == ["event"]:
            inner = inner["event"]
        # Half a surrogate pair is refused with the rest of the event, in words, where the event is read.
        unwrapped = inner.encode(errors="surrogatepass") if isinstance(inner, str) else _text(inner)
        if unwrapped is None:
            break
        raw = unwrapped
    return raw


def _text(told: Any) -> bytes | None:
    """As JSON; None where it is nested too deeply."""
    try:
        return json.dumps(told).encode()
    except RecursionError:
        return None


def _of_attributes(fields: Mapping[bytes, bytes]) -> bytes | None:
    """A CloudEvent whose attributes are fields of the entry, its data as JSON in `data`, or in `data_base64`."""
    try:
        event: dict[str, Any] = {
            name.removeprefix(_OF_BINARY_MODE).decode(): value.decode() for name, value in fields.items()
        }
        if "specversion" not in event:
            return None
        if "data" in event or "data_base64" not in event:
            event["data"] = json.loads(event["data"])
    except (ValueError, KeyError, RecursionError):
        return None
    return _text(event)


def _found(fields: Mapping[bytes, bytes]) -> str:
    names = sorted(name.decode(errors="replace")[:40] for name in fields)
    shown = ", ".join(names[:_NAMES_SHOWN]) + (", ..." if len(names) > _NAMES_SHOWN else "")
    return f"this entry has no field `event` with a CloudEvent as JSON; it has {shown or 'no field'}"


def _kept(fields: Mapping[bytes, bytes]) -> bytes:
    """All fields as JSON, each as base64: sent again in the field `event` they are read as they came."""
    told = {_b64(name): _b64(value) for name, value in sorted(fields.items())}
    return json.dumps({STREAM_FIELDS: told}).encode()


def _restored(told: Any) -> dict[bytes, bytes] | None:
    try:
        return {base64.b64decode(name, validate=True): base64.b64decode(value) for name, value in told.items()}
    except (ValueError, TypeError, AttributeError):
        return None


def _b64(part: bytes) -> str:
    return base64.b64encode(part).decode()


def _told_refusal(fields: Mapping[bytes, bytes]) -> dict[str, str] | None:
    """What an entry point of ours says it could not read; None where the field holds anything else."""
    told = _object(fields.get(PARKED.encode(), b""))
    if told is None or "reason" not in told:
        return None
    texts = {name: value for name, value in told.items() if value is not None}
    return texts if all(isinstance(value, str) for value in texts.values()) else None


def refusal_row(entry_id: str | None, told: Mapping[str, str], now: datetime) -> ParkedRow:
    """What an entry point could not read: a part of a file, or an event refused over HTTP. It says what and where."""
    practice = told.get("practice", DEFAULT_PRACTICE)
    raw = told.get("raw", "").encode(errors="replace")
    return parked_row(
        practice=practice if re.fullmatch(PRACTICE, practice) else DEFAULT_PRACTICE,
        origin=told.get("origin", ParkedOrigin.INTAKE),
        reason=told["reason"],
        raw=raw,
        sent=raw + told["cut"].encode() if "cut" in told else None,  # the same text may stand whole in another file
        now=now,
        place=told.get("place"),
        transaction=told.get("transaction"),
        correlationid=told.get("correlationid"),
        entry_id=entry_id,
        source=told.get("source"),
        event_id=told.get("event_id"),
    )


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _own_fields(raw: bytes) -> dict[str, Any]:
    """The fields of an object that cannot be read for what is within one of them: without that one."""
    try:
        told = json.loads(flattened(raw.decode(errors="replace")), parse_int=_no_number)
    except (ValueError, RecursionError):  # the latter where it is no object, or has no end
        return {}
    return told if isinstance(told, dict) else {}


def _no_number(_digits: str) -> None:
    """However many digits it has."""


def loose_envelope(raw: bytes) -> dict[str, str]:
    """Whatever of an unreadable event can still be said without guessing. A practice that cannot be is left out."""
    told = _object(raw) or _own_fields(raw)
    plain = {  # PostgreSQL stores no NUL character
        name: value.replace("\0", "")[:200] for name, value in told.items() if isinstance(value, str)
    }
    if not re.fullmatch(PRACTICE, plain.get("practice", DEFAULT_PRACTICE)):
        del plain["practice"]
    return plain
