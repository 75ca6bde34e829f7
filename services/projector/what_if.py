"""The history under other terms: what would change, with the live rows untouched.

Contracts and policies change no claim's own facts, so days and claims are folded again from the live rows and compared
with them. Rule packs may change anything: then everything is folded next to the live tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table, select

from events.contract import ContractPublished
from events.event_data import EventData
from events.terms import PolicyPublished
from events.values import from_cents
from projections.keys import parse_key
from projections.rules.rulebook import Pack
from projections.tables.columns import Row, has_prefix
from projections.tables.tables import READ_TABLES
from projections.terms.terms_in_force import Reference
from services.projector.folds import FoldContext, KeyProjector
from services.projector.marking import affected
from services.projector.refold import fold
from services.projector.registry import KEY_PROJECTORS
from services.projector.replay import scratch
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
    """All changes, and their sums by payer, code and month."""

    changes: list[WhatIfChange] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        prices = [c for c in self.changes if c.table == "line_price"]
        return {
            "lines": len(prices),
            "deadlines": self._count("deadline"),
            "work_items": self._count("work_item"),
            "opened": sum(_short(c.after) and not _short(c.before) for c in prices),
            "closed": sum(_short(c.before) and not _short(c.after) for c in prices),
            "groups": _groups(prices),
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
    if after.rules is not before.rules:
        return Diff(list(_kept(_beside(connection, practice, after, progress), period)))
    contracts, policies = _added(before.contracts, after.contracts), _added(before.policies, after.policies)
    standing = _affected(connection, practice, [*contracts, *policies])
    keys = {"day": _days_of(connection, standing)}
    if policies:
        keys["claim"] = [key for key in standing if parse_key(key).kind == "claim"]
    return Diff(list(_kept(_again(connection, after, keys, progress), period)))


def _kept(changes: Iterable[WhatIfChange], period: WhatIfPeriod) -> Iterator[WhatIfChange]:
    return (change for change in changes if period.holds(change.row.get("dos")))


def _again(
    connection: Connection, after: Reference, keys: Mapping[str, Sequence[str]], progress: WhatIfProgress | None
) -> Iterator[WhatIfChange]:
    context = FoldContext(connection, connection)
    done, total = 0, sum(map(len, keys.values()))
    for kind, names in keys.items():
        for part in chunks(names, AT_ONCE):
            yield from _fold_part(context, KEY_PROJECTORS[kind], part, after)
            done += len(part)
            if progress:
                progress(done, total)


def _added(before: tuple[T, ...], after: tuple[T, ...]) -> tuple[T, ...]:
    return after[len(before) :]


def _affected(connection: Connection, practice: str, terms: Iterable[EventData]) -> list[str]:
    """The keys that would be folded again were the terms published."""
    queries = {query for term in terms for query in affected(practice, term)}
    return sorted({key for query in queries for key in connection.scalars(query)})


def _days_of(connection: Connection, keys: Sequence[str]) -> list[str]:
    found: set[str] = set()
    for part in chunks(keys):
        days = select(MEMBERSHIP.c.derived).where(MEMBERSHIP.c.key.in_(part), has_prefix(MEMBERSHIP.c.derived, "day|"))
        found |= set(connection.scalars(days))
    return sorted(found)


def _fold_part(
    context: FoldContext, key_projector: KeyProjector, keys: Sequence[str], after: Reference
) -> Iterator[WhatIfChange]:
    folded = fold(key_projector, key_projector.load(context, keys, after), after)
    for name in COMPARED:
        if name in key_projector.tables:
            table = READ_TABLES[name]
            stored = _rows(context.rows, select(table).where(table.c.key.in_(keys)))
            yield from _compare(table, stored, folded.rows.get(name, ()))


def _rows(connection: Connection, query: Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _compare(table: Table, before: Iterable[Row], after: Iterable[Mapping[str, Any]]) -> Iterator[WhatIfChange]:
    """Rows by their natural name; explanations are no difference of their own."""
    names = COMPARED[table.name]
    columns = [c.name for c in table.columns if c.name not in ("key", "seq", "explanation")]
    old = {tuple(row[n] for n in names): {c: row[c] for c in columns} for row in before}
    new = {tuple(row[n] for n in names): {c: row.get(c) for c in columns} for row in after}
    for name in sorted(old.keys() | new.keys(), key=repr):
        if old.get(name) != new.get(name):
            yield WhatIfChange(table.name, old.get(name), new.get(name))


def _beside(
    connection: Connection, practice: str, after: Reference, progress: WhatIfProgress | None
) -> Iterator[WhatIfChange]:
    anew = scratch(connection, practice, after, progress=progress)
    with anew.connect() as rows:
        for name in COMPARED:
            table = READ_TABLES[name]
            query = select(table).where(table.c.practice == practice)
            yield from _compare(table, _rows(connection, query), _rows(rows, query))
    anew.dispose()


def _short(row: Row | None) -> bool:
    return row is not None and row["verdict"] == "underpaid"


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
