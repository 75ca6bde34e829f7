"""X12 written as typed JSON: every key ends with what it stands for.

`financial_information_BPR` is a segment, `payment_method_code_04` its fourth element, an element that is an object a
composite, `claim_payment_information_CLP_loop` a list of loops. Within a loop the segment it is named after comes
first and its inner loops last, in whatever order a serializer wrote the keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.intake.elements import Segment
from services.intake.json_fields import composite, date_text

_LOOP: Final = re.compile(r".*_([A-Z][A-Z0-9]{1,2})_loop")
_SEGMENT: Final = re.compile(r".*_([A-Z][A-Z0-9]{1,2})")
_ELEMENT: Final = re.compile(r"(.*)_(\d\d)")
_AREAS: Final = ("heading", "detail", "summary")
_DEEPEST: Final = 40
_MOST_ELEMENTS: Final = 99
_ENDS: Final = frozenset({"SE", "ISA", "GS", "GE", "IEA"})


def typed_sets(document: Any, depth: int = 0) -> Iterator[list[Segment]]:
    """Every set in a document, ST first and without SE; sets may lie within interchanges and groups."""
    if depth > _DEEPEST:
        return
    if isinstance(document, list):
        for each in document:
            yield from typed_sets(each, depth + 1)
    elif isinstance(document, Mapping):
        if isinstance(document.get("heading"), Mapping):
            segments = [s for area in _AREAS for s in _loop(document.get(area), "ST") if s[0] not in _ENDS]
            if segments and segments[0][0] == "ST":
                yield segments
            return
        for value in document.values():
            yield from typed_sets(value, depth + 1)


def _loop(fields: Any, first: str, depth: int = 0) -> Iterator[Segment]:
    """The segments of one loop, the one it is named after (`first`) at its beginning."""
    if not isinstance(fields, Mapping) or depth > _DEEPEST:
        return
    named = [(name, value) for name, value in fields.items() if not _LOOP.fullmatch(name)]
    found = [each for name, value in named for each in _segments(name, value)]
    yield from sorted(found, key=lambda segment: segment[0] != first)
    for name, value in fields.items():
        loop = _LOOP.fullmatch(name)
        for each in (value if isinstance(value, list) else [value]) if loop else ():
            yield from _loop(each, loop[1] if loop else "", depth + 1)


def _segments(name: str, value: Any) -> Iterator[Segment]:
    tag = _SEGMENT.fullmatch(name)
    for each in (value if isinstance(value, list) else [value]) if tag else ():
        if isinstance(each, Mapping):
            yield [tag[1] if tag else "", *_elements(each)]


def _elements(fields: Mapping[str, Any]) -> list[str]:
    placed: dict[int, str] = {}
    for name, value in fields.items():
        found = _ELEMENT.fullmatch(name)
        if found and int(found[2]):
            placed[int(found[2])] = _written(found[1], value)
    return [placed.get(place, "") for place in range(1, max(placed, default=0) + 1)][:_MOST_ELEMENTS]


def _written(name: str, value: Any) -> str:
    """An element as X12 has it; dates and times without punctuation."""
    if isinstance(value, Mapping):
        return composite(*_elements(value))
    if isinstance(value, list):
        return "^".join(_written(name, each) for each in value)
    if not isinstance(value, str):
        return ""
    if "date" in name or "period" in name:
        return "-".join(date_text(each) for each in value.split("/")) if "/" in value else date_text(value)
    return value.replace(":", "") if "time" in name else value
