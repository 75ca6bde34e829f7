"""The history under other terms: what would change, with the live rows untouched.

What publishing would mark is folded into memory, with all that shares a day, a year or an episode with it, and compared
with the live rows: so the answer is what publishing does. Rule packs may change anything: then all is folded so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table, select

from events.contract import ContractPublished
from events.event_data import EventData
from events.terms import PolicyPublished
from events.values import from_cents
from projections.rules.rulebook import Pack
from projections.tables.columns import Row
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import PriceVerdict
from projections.terms.terms_in_force import Reference
from services.projector.marking import affected
from services.projector.replay import STALE, scratch, with_neighbors
from services.store.engine import chunks

MEMBERSHIP = READ_TABLES["membership"]
COMPARED = {
    "line_price": ("claim_id", "line", "sequence"),
    "deadline": ("claim_id", "kind", "payer_id", "attempt"),
    "work_item": ("claim_id", "kind", "item"),
}
AT_ONCE = 1000
T = TypeVar("T")
WhatIfProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class WhatIfChange:
    """A row of one table before and after; None where there is none."""

    table: str
    before: Row | None
    after: Row | None

    @property
    def row(self) -> Row:
        return self.after or self.before or {}


@dataclass(frozen=True)
class WhatIfPeriod:
    """Dates of service looked at, both inclusive."""

    start: date | None = None
    end: date | None = None

    def holds(self, day: date | None) -> bool:
        return day is None or ((self.start is None or self.start <= day) and (self.end is None or day <= self.end))


ALL_DAYS = WhatIfPeriod()


@dataclass
class Diff:
    """All changes, and their sums by payer, code and month. `failed`: keys that these terms could not judge."""

    changes: list[WhatIfChange] = field(default_factory=list)
    failed: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, Any]:
        prices = [c for c in self.changes if c.table == "line_price"]
        return {
            "lines": len(prices),
            "deadlines": self._count("deadline"),
            "work_items": self._count("work_item"),
            "opened": sum(_short(c.after) and not _short(c.before) for c in prices),
            "closed": sum(_short(c.before) and not _short(c.after) for c in prices),
            "underpaid": _underpaid(prices),
            "groups": _groups(prices),
            "not_judged": len(self.failed),
            "deadlines_moved": _moved(c for c in self.changes if c.table == "deadline"),
        }

    def _count(self, table: str) -> int:
        return sum(change.table == table for change in self.changes)


def changed_reference(
    reference: Reference,
    contracts: Iterable[ContractPublished] = (),
    policies: Iterable[PolicyPublished] = (),
    packs: Iterable[Pack] = (),
) -> Reference:
    """The terms with others added; a later version of a contract, policy or pack takes the place of the earlier."""
    extra = {pack.pack_id: pack for pack in packs}
    rules = reference.rules.with_packs(extra.values()) if extra else reference.rules
    return replace(
        reference,
        rules=rules,
        contracts=(*reference.contracts, *contracts),
        policies=(*reference.policies, *policies),
    )


def what_if(
    connection: Connection,
    practice: str,
    before: Reference,
    after: Reference,
    *,
    period: WhatIfPeriod = ALL_DAYS,
    progress: WhatIfProgress | None = None,
) -> Diff:
    """What the whole history would look like under other terms, row by row next to today's."""
    marked = None
    if after.rules is before.rules:
        added = [*_added(before.contracts, after.contracts), *_added(before.policies, after.policies)]
        marked = _affected(connection, practice, added, before)
    diff = _beside(connection, practice, after, marked, progress)
    diff.changes = list(_kept(diff.changes, period))
    return diff


def _kept(changes: Iterable[WhatIfChange], period: WhatIfPeriod) -> Iterator[WhatIfChange]:
    return (change for change in changes if period.holds(change.row.get("dos")))


def _added(before: tuple[T, ...], after: tuple[T, ...]) -> tuple[T, ...]:
    return after[len(before) :]


def _affected(connection: Connection, practice: str, terms: Iterable[EventData], before: Reference) -> list[str]:
    """The keys that would be folded again were the terms published."""
    queries = {query for term in terms for query in affected(practice, term, before)}
    return sorted({key for query in queries for key in connection.scalars(query)})


def _rows(connection: Connection, query: Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _compare(
    table: Table, before: Iterable[Row], after: Iterable[Mapping[str, Any]], failed: AbstractSet[str]
) -> Iterator[WhatIfChange]:
    """Rows by their natural name; explanations are no difference of their own, nor is what could not be folded."""
    names = COMPARED[table.name]
    columns = [c.name for c in table.columns if c.name not in ("key", "seq", "explanation")]
    old = {tuple(row[n] for n in names): {c: row[c] for c in columns} for row in before if row["key"] not in failed}
    new = {tuple(row[n] for n in names): {c: row.get(c) for c in columns} for row in after if row["key"] not in failed}
    for name in sorted(old.keys() | new.keys(), key=repr):
        if old.get(name) != new.get(name):
            yield WhatIfChange(table.name, old.get(name), new.get(name))


def _beside(
    connection: Connection,
    practice: str,
    after: Reference,
    marked: Sequence[str] | None,
    progress: WhatIfProgress | None,
) -> Diff:
    """`marked`: the keys that publishing would mark; None for all."""
    keys, looked_at = None, None
    if marked is not None:
        keys, made_of_them = with_neighbors(connection, set(marked))
        looked_at = {*marked, *made_of_them}
    anew = scratch(connection, practice, after, keys=keys, progress=progress)
    with anew.connect() as rows:
        found = Diff(failed=frozenset(rows.scalars(select(STALE.c.key))))
        for name in COMPARED:
            table = READ_TABLES[name]
            found.changes += _compare(
                table,
                _rows_of(connection, table, practice, looked_at),
                _rows_of(rows, table, practice, looked_at),
                found.failed,
            )
    anew.dispose()
    return found


def _rows_of(connection: Connection, table: Table, practice: str, keys: AbstractSet[str] | None) -> list[Row]:
    if keys is None:
        return _rows(connection, select(table).where(table.c.practice == practice))
    return [
        row for part in chunks(sorted(keys)) for row in _rows(connection, select(table).where(table.c.key.in_(part)))
    ]


def _short(row: Row | None) -> bool:
    return row is not None and row["verdict"] == PriceVerdict.UNDERPAID


def _underpaid(prices: Sequence[WhatIfChange]) -> dict[str, Any]:
    """What becomes of the underpaid lines among those priced differently: how many, and dollars short.

    `new`: short only then; `more`, `less`: short before and then, by how much the shortfall rises or falls; `closed`:
    short only before. So before + new + more - less - closed is after.
    """
    sums = {name: [0, 0] for name in ("before", "after", "new", "more", "less", "closed")}
    for change in prices:
        old, new = _dollars_short(change.before), _dollars_short(change.after)
        was, will = _short(change.before), _short(change.after)
        kinds = {
            "before": (was, old),
            "after": (will, new),
            "new": (will and not was, new),
            "closed": (was and not will, old),
            "more": (was and will and new > old, new - old),
            "less": (was and will and new < old, old - new),
        }
        for name, (counts, cents) in kinds.items():
            if counts:
                sums[name] = [sums[name][0] + 1, sums[name][1] + cents]
    return {name: {"lines": lines, "amount": f"{from_cents(cents):.2f}"} for name, (lines, cents) in sums.items()}


def _groups(prices: Iterable[WhatIfChange]) -> list[dict[str, Any]]:
    """Dollars by payer, code and month of service."""
    sums: dict[tuple[str, str, str], list[int]] = {}
    for change in prices:
        row = change.row
        name = (row["payer_id"], row["procedure"], row["dos"].strftime("%Y-%m"))
        entry = sums.setdefault(name, [0, 0, 0, 0, 0])
        entry[0] += 1
        entry[1] += (change.before or {}).get("expected_allowed") or 0
        entry[2] += (change.after or {}).get("expected_allowed") or 0
        entry[3] += _dollars_short(change.before)
        entry[4] += _dollars_short(change.after)
    return [
        {
            "payer_id": payer,
            "procedure": code,
            "month": month,
            "lines": n,
            **{
                name: f"{from_cents(cents):.2f}"
                for name, cents in zip(
                    ("expected_before", "expected_after", "underpaid_before", "underpaid_after"),
                    cents_list,
                    strict=True,
                )
            },
        }
        for (payer, code, month), (n, *cents_list) in sorted(sums.items())
    ]


def _dollars_short(row: Row | None) -> int:
    return int(row["variance"] or 0) if row is not None and _short(row) else 0


def _moved(changes: Iterable[WhatIfChange]) -> list[dict[str, Any]]:
    """Deadlines that would fall on another day, by payer and clock."""
    sums: dict[tuple[str, str], list[int]] = {}
    for change in changes:
        row = change.row
        entry = sums.setdefault((row["payer_id"], row["kind"]), [0, 0, 0])
        old, new = (change.before or {}).get("due"), (change.after or {}).get("due")
        entry[0] += 1
        entry[1] += bool(old and new and new < old)
        entry[2] += bool(old and new and new > old)
    return [
        {"payer_id": payer, "kind": kind, "changed": n, "earlier": earlier, "later": later}
        for (payer, kind), (n, earlier, later) in sorted(sums.items())
    ]
