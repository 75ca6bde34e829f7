"""Fields of JSON that somebody else wrote: a missing or strange one is empty, never an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from services.intake.elements import Segment

_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T.*)?", re.ASCII)


def text(parent: Any, *names: str) -> str:
    """The first of these fields that holds a text or number."""
    for name in names:
        value = parent.get(name) if isinstance(parent, Mapping) else None
        if isinstance(value, str) and value.strip():
            return value
    return ""


def part(parent: Any, name: str) -> Mapping[str, Any]:
    """An object within another; empty where there is none."""
    value = parent.get(name) if isinstance(parent, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def parts(parent: Any, name: str) -> list[Mapping[str, Any]]:
    """The objects of a list; one that stands alone is a list of one."""
    value = parent.get(name) if isinstance(parent, Mapping) else None
    listed = value if isinstance(value, list) else [value]
    return [each for each in listed if isinstance(each, Mapping)]


def texts(parent: Any, name: str) -> list[str]:
    """The texts of a list."""
    value = parent.get(name) if isinstance(parent, Mapping) else None
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def date_text(value: str) -> str:
    """CCYYMMDD of a date written with or without hyphens; anything else as it is."""
    found = _ISO_DAY.fullmatch(value.strip())
    return "".join(found.groups()) if found else value.strip()


def day(parent: Any, *names: str) -> str:
    return date_text(text(parent, *names))


def segment(tag: str, *elements: str) -> list[Segment]:
    """A list of one segment without empty ends, or of none where nothing follows the tag."""
    kept = list(elements)
    while kept and not kept[-1]:
        kept.pop()
    return [[tag, *kept]] if kept else []


def qualified(tag: str, qualifier: str, value: str) -> list[Segment]:
    """A segment of qualifier and value, where there is a value."""
    return [[tag, qualifier, value]] if value else []


def composite(*components: str) -> str:
    return ":".join(components).rstrip(":")
