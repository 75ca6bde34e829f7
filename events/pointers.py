"""Pointers (RFC 6901) into an event as its sender wrote it."""

from __future__ import annotations

from typing import Any


def as_sent(pointer: str, event: Any) -> str:
    """The pointer, where the event is read in more forms than one: a lone thing stands for a list of one.

    `/data/cap/0/amount` of an event with `"cap": {}` is `/data/cap/amount`, with `"cap": 7` it is `/data/cap`.
    """
    here, kept = event, []
    parts = pointer.split("/")[1:]
    for at, part in enumerate(parts):
        if isinstance(here, list):
            if not part.isdecimal() or int(part) >= len(here):
                break
            here = here[int(part)]
        elif isinstance(here, dict):
            name = part.replace("~1", "/").replace("~0", "~")
            if name not in here and part.isdecimal():
                continue
            if name not in here:
                kept += parts[at:]
                break
            here = here[name]
        else:
            break
        kept.append(part)
    return "".join(f"/{part}" for part in kept) or pointer[:1]
