"""Frozen records for the JSON columns: how a value is written into one and read back, and nothing else.

A field with a default is left out of the JSON while it has it. A stored name that says too little has a plainer one in
the code (`alias`), so that rows written earlier are read as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Self

from pydantic import PlainSerializer, TypeAdapter

from projections.tables.columns import Row

StoredInstant = Annotated[datetime, PlainSerializer(datetime.isoformat)]
Dollars = Annotated[Decimal, PlainSerializer(lambda amount: f"{amount:.2f}", str)]


class JsonRecord:
    """Base of the frozen dataclasses that a JSON column holds."""

    __slots__ = ()

    def to_json(self) -> Row:
        """As the column keeps it."""
        kind: Any = type(self)  # mypy takes no type with __slots__ for hashable
        stored: Row = _adapter(kind).dump_python(self, mode="json", by_alias=True, exclude_defaults=True)
        return stored

    @classmethod
    def from_json(cls, stored: Any) -> Self:
        """What `to_json` made. Raises pydantic.ValidationError on anything else."""
        kind: Any = cls
        record: Self = _adapter(kind).validate_python(stored)
        return record

    @classmethod
    def from_text(cls, stored: str) -> Self:
        """The same from the column's text. Raises as `from_json` does."""
        kind: Any = cls
        record: Self = _adapter(kind).validate_json(stored)
        return record

    @classmethod
    def list_from_json(cls, stored: Iterable[Any] | None) -> tuple[Self, ...]:
        """A column that holds a list of records; without any where it is NULL."""
        return tuple(cls.from_json(one) for one in stored or ())


@cache  # one for each record type: building it takes milliseconds
def _adapter(record: Any) -> TypeAdapter[Any]:
    return TypeAdapter(record)
