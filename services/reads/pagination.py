"""Where the next page of a list begins: right after a row, identified by what the list is ordered by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, tuple_


def after(order: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """Rows behind the one at a `place`. All of `order` ascends and is never null."""
    return tuple_(*order) > tuple_(*(bindparam(f"after_{n}", type_=one.type) for n, one in enumerate(order)))


def place(values: Sequence[Any]) -> dict[str, Any]:
    """A row's values of what its list is ordered by, as `after` asks for them."""
    return {f"after_{n}": value for n, value in enumerate(values)}
