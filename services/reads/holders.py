"""Who has an item of work and whether it rests: one answer for lists, figures, alerts, messages and exports.

A person's act wins, then the first rule in force on the day of the read that fits (see `routing`). A query takes the
conditions from `routing_of`, and is given their values by `bind`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from projections.tables.tables import READ_TABLES
from services.reads.read_context import ReadContext
from services.reads.routing import awake, holder, routing_values, rules_of

ITEM = READ_TABLES["work_item"]


@dataclass(frozen=True, kw_only=True)
class Routing:
    """The routing rules in force at the instant of a read, for queries over the table of items or an alias of it."""

    values: dict[str, Any]

    def holder(self, item: Any = ITEM.c) -> ColumnElement[Any]:
        """The person or queue that has an item; null where nobody has it."""
        return holder(item, frozenset(self.values))

    def awake(self, item: Any = ITEM.c) -> ColumnElement[bool]:
        """Neither snoozed nor held back by a rule: what the worklists show."""
        return awake(item, frozenset(self.values))

    def bind(self, query: Select[Any]) -> Select[Any]:
        """The query with the values that the conditions are asked with."""
        return query.params(**self.values)

    def items(self) -> Select[Any]:
        """Every column of an item, `assignee` being who has it."""
        columns = [column for column in ITEM.c if column.name != "assignee"]
        return select(*columns, self.holder().label("assignee"))


def routing_of(context: ReadContext) -> Routing:
    """The routing of the practice of a read, on its day."""
    values = {"practice": context.practice, "at": context.at, "today": context.today}
    return Routing(values=values | routing_values(context, rules_of(context)))
