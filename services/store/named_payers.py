"""How files name payers: an index over the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, select

from projections.cut import NO_CUT, Cut
from projections.tables.columns import Row
from projections.tables.tables import table_of
from services.store.dialect import dialect_of
from services.store.submission_names import SentClaim
from services.store.tables import NamedPayer

PAYER = table_of(NamedPayer)
KEY = ("practice", "identifier", "name", "indicator", "event_type")


class StatedPayer(NamedTuple):
    """A payer as one type of event names it."""

    identifier: str
    name: str
    indicator: str
    event_type: str


def payer_rows(one: SentClaim) -> list[Row]:
    """The payers that an event names."""
    kind, when = one.data.event.name, {"time": one.time, "recorded_at": one.recorded_at}
    named = [(one.practice, p.identifier, p.name, p.indicator, kind) for p in one.data.mentioned_payers()]
    return [dict(zip(KEY, key, strict=True)) | when for key in named]


def record_payers(connection: Connection, logged: Iterable[SentClaim]) -> None:
    """Files every payer that events just logged name. The caller commits."""
    found: dict[tuple[str, ...], Row] = {}
    for one in logged:
        for row in payer_rows(one):
            key = tuple(row[name] for name in KEY)
            if key not in found or row["time"] < found[key]["time"]:
                found[key] = row
    if found:  # sorted, so that two workers never wait for each other in a circle
        rows = [found[key] for key in sorted(found)]
        connection.execute(dialect_of(connection).insert_ignore(PAYER, *KEY), rows)


def stated_payers(connection: Connection, practice: str, cut: Cut = NO_CUT) -> list[StatedPayer]:
    """All that the cut lets through, in the order of their identifiers."""
    query = select(PAYER).where(PAYER.c.practice == practice).order_by(*(PAYER.c[name] for name in KEY))
    return [
        StatedPayer(row.identifier, row.name, row.indicator, row.event_type)
        for row in connection.execute(query)
        if (cut.as_of is None or row.time <= cut.as_of) and (cut.known_at is None or row.recorded_at <= cut.known_at)
    ]
