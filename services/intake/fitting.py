"""Fits what a file says into the bounds of the vocabulary, so that no remark or name parks its whole claim.

Text that is longer than events take is cut, and an optional value out of range is left out; each with a warning. What
an event cannot do without is left as it is, and the event is refused with its reason.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from events.envelope import Envelope
from events.registry import understand
from services.intake.elements import Json
from services.intake.results import FileNote, FoundEvent, ReadResult
from services.intake.x12 import SegmentSource

_ROUNDS = 4  # a value that was left out may have hidden another fault behind it


def fitting(items: Iterator[ReadResult], tokens: SegmentSource, *, joins_texts: bool) -> Iterator[ReadResult]:
    """The same results. Only where an element so far was long is each event tried: that costs more than reading it.

    `joins_texts`: short texts of many segments may make a long one, so each is tried.
    """
    said: set[str] = set()
    for item in items:
        if (joins_texts or tokens.has_long) and isinstance(item, FoundEvent):
            event, faults = fitted(item.event)
            first = int(str(event["rawref"]).rpartition("#")[2].partition("-")[0])
            yield from (FileNote(fault, first) for fault in faults if fault not in said)
            said.update(faults)
            yield FoundEvent(event)
        else:
            yield item


def fitted(event: Json) -> tuple[Json, list[str]]:
    """The event as the vocabulary takes it, and what was cut or left out; the event as it is where that is not enough.

    What is said never repeats the value: it may be health information.
    """
    tried = event
    faults: list[str] = []
    for _ in range(_ROUNDS):
        errors = _errors(tried)
        if not errors:
            return tried, faults
        if tried is event:
            tried = copy.deepcopy(event)
        for error in reversed(errors):  # of several places in one list the last first
            faults += _mended(tried["data"], error)
    return event, []


def _errors(event: Json) -> list[Any]:
    """What is wrong with the data; with the envelope nothing can be done."""
    try:
        understand(Envelope.model_validate(event))
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _mended(data: Json, error: Mapping[str, Any]) -> list[str]:
    place, name = _place(data, error["loc"])
    if place is None or error["type"] == "missing":
        return []
    words = " of ".join(str(part).replace("_", " ") for part in reversed(error["loc"]) if isinstance(part, str))
    if error["type"] == "string_too_long":
        longest = error["ctx"]["max_length"]
        place[name] = place[name][:longest]
        return [f"{words} is longer than {longest} characters: it was truncated"]
    del place[name]
    return [f"{words} cannot be used as stated: it was left out"]


def _place(data: Any, location: Sequence[int | str]) -> tuple[Any, Any]:
    """The container and the name of the value meant; parts that name a branch of a union lead nowhere."""
    found: tuple[Any, Any] = (None, None)
    here = data
    for part in location:
        try:
            here, found = here[part], (here, part)
        except (KeyError, IndexError, TypeError):
            continue
    return found
