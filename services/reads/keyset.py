"""Pages of a list by what it is ordered by: no row is skipped or comes twice while others come and go."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, false, or_

from projections.tables.columns import UtcInstant
from services.core.errors import UsageError


class OrderedBy(NamedTuple):
    """A column of an order. It is never null."""

    column: ColumnElement[Any]
    descending: bool = False


@dataclass(frozen=True)
class ListPage:
    """Some rows of a list as JSON, and where the next page begins; None at the end."""

    items: list[dict[str, Any]]
    next_cursor: str | None


class ListCursorError(UsageError):
    """The cursor is one of another list, or of none."""


def page_rows(
    connection: Connection, query: Select[Any], order: Sequence[OrderedBy], limit: int | None, cursor: str | None
) -> tuple[list[Row[Any]], str | None]:
    """Rows of a query in an order that distinguishes all of them, and the cursor of the next page.

    Raises ListCursorError. Without a limit there is one page.
    """
    labels = [one.column.label(f"order_{place}") for place, one in enumerate(order)]
    query = query.add_columns(*labels)
    if cursor is not None:
        query = query.where(_behind(order, _values(order, cursor)))
    query = query.order_by(*(one.column.desc() if one.descending else one.column.asc() for one in order))
    rows = list(connection.execute(query if limit is None else query.limit(limit + 1)))
    if limit is None or len(rows) <= limit:
        return rows, None
    return rows[:limit], json.dumps([_plain(getattr(rows[limit - 1], label.name)) for label in labels])


def _behind(order: Sequence[OrderedBy], values: Sequence[Any]) -> ColumnElement[bool]:
    """Later in the first column, or the same there and later in the rest."""
    found: ColumnElement[bool] = false()
    for one, value in zip(reversed(order), reversed(values), strict=True):
        later = one.column < value if one.descending else one.column > value
        found = or_(later, and_(one.column == value, found))
    return found


def _values(order: Sequence[OrderedBy], cursor: str) -> list[Any]:
    try:
        told = json.loads(cursor)
        return [_typed(one.column, value) for one, value in zip(order, told, strict=True)]
    except (ValueError, TypeError):
        raise ListCursorError("invalid cursor") from None


def _typed(column: ColumnElement[Any], value: Any) -> Any:
    if isinstance(column.type, UtcInstant):
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise TypeError("a day of another list")
        return instant
    kind = column.type.python_type
    if kind is date:
        return date.fromisoformat(value)
    if not isinstance(value, kind):
        raise TypeError("a value of another list")
    return value


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
