"""Every field that a publisher may rely on is declared, and says what it holds."""

from __future__ import annotations

import typing
from typing import Any

import pytest

from events.event_data import EventData
from events.registry import RANKED
from events.values import Fact


def hints_of(fact: type[Fact]) -> dict[str, Any]:
    hints = typing.get_type_hints(fact, include_extras=True)
    return {name: hints[name] for name in fact.model_fields}


def parts_of(hint: Any) -> typing.Iterator[Any]:
    """A type and everything inside it. JSON of any form (a rule pack's content) is a type of its own."""
    yield hint
    for part in typing.get_args(hint):
        yield from parts_of(part)


def facts_of(fact: type[Fact], seen: set[type[Fact]]) -> set[type[Fact]]:
    if fact not in seen:
        seen.add(fact)
        for hint in hints_of(fact).values():
            for part in parts_of(hint):
                if isinstance(part, type) and issubclass(part, Fact):
                    facts_of(part, seen)
        for part in parts_of(fact.published_as()) if issubclass(fact, EventData) else ():
            if isinstance(part, type) and issubclass(part, Fact):
                facts_of(part, seen)
    return seen


@pytest.mark.parametrize("data", RANKED, ids=lambda data: data.event.name)
def test_no_published_field_is_anything_at_all(data):
    loose = {
        f"{fact.__name__}.{name}"
        for fact in facts_of(data, set())
        for name, hint in hints_of(fact).items()
        if any(part in (object, Any) for part in parts_of(hint))
    }
    assert not loose
