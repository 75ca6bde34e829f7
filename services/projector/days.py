"""How a patient's day is folded: its claim lines priced and compared together, its visits together with its claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, select

from projections.disciplines import BUCKETS
from projections.keys import coverage_key, episode_key, parse_day, parse_key, therapist_day_key, year_key
from projections.readiness.day import fold_readiness, read_day
from projections.readiness.parties import StoredVisit
from projections.rows.claims import item_rows
from projections.rows.day_prices import DayClaimLine, fold_day
from projections.rows.membership import belongs_to
from projections.rows.pricing_items import pricing_items
from projections.tables.line_facts import LineFacts
from projections.tables.money import LinePriceRow
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import ListKind
from projections.terms.terms_in_force import MEDICARE, Reference
from services.projector.folds import FoldContext, KeyProjector, Projection, Rows
from services.store.dialect import StoreDialect, dialect_of

PRICED = (ListKind.UNDERPAYMENT, ListKind.OVERPAYMENT)
LINE, VISIT, MEMBERSHIP = READ_TABLES["claim_line"], READ_TABLES["visit"], READ_TABLES["membership"]


class LoadedDays(NamedTuple):
    """The claim lines and visits of one patient and day."""

    lines: list[DayClaimLine]
    visits: list[StoredVisit]


@dataclass
class FoldedDay:
    """A day's priced lines, and what was loaded."""

    rows: list[LinePriceRow]
    loaded: LoadedDays


def load_days(context: FoldContext, keys: Sequence[str], _reference: Reference) -> Mapping[str, LoadedDays]:
    found = {key: LoadedDays([], []) for key in keys}
    for row in _members(context, LINE, keys):
        found[row.day_key].lines.append(DayClaimLine(row, LineFacts.from_json(row.facts)))
    for row in _members(context, VISIT, keys):
        found[row.day_key].visits.append(StoredVisit.read(row))
    for loaded in found.values():
        loaded.lines.sort(key=lambda line: (line.row.claim_id, line.row.number))
    return found


def _members(context: FoldContext, table: Table, keys: Sequence[str]) -> list[Any]:
    """The rows whose keys belong to these days and whose own date is the day's."""
    days = {key: parse_day(key).dos for key in keys}
    dialect = dialect_of(context.rows)
    rows = context.rows.execute(_rows_of_days(dialect, table), dialect.given(keys)).all()
    return [row for row in rows if row.dos == days[row.day_key]]


@cache
def _rows_of_days(dialect: StoreDialect, table: Table) -> Select[Any]:
    query = select(MEMBERSHIP.c.derived.label("day_key"), table).join(table, table.c.key == MEMBERSHIP.c.key)
    return query.where(
        dialect.among_given(MEMBERSHIP.c.derived), *dialect.of_practices(MEMBERSHIP.c.practice, table.c.practice)
    )


def _fold(key: str, loaded: LoadedDays, reference: Reference) -> FoldedDay:
    return FoldedDay(fold_day(parse_day(key), loaded.lines, reference), loaded)


def _prices(key: str, day: FoldedDay, _reference: Reference) -> Rows:
    _, practice, patient_id, _ = parse_day(key)
    derived = {
        year_key(practice, patient_id, row["dos"].year, row["bucket"]) for row in day.rows if row["bucket"] is not None
    }
    for visit, facts in day.loaded.visits:
        derived |= {episode_key(practice, patient_id, visit.discipline), coverage_key(practice, patient_id)}
        if facts.therapist_id:
            derived.add(therapist_day_key(practice, facts.therapist_id, visit.dos))
        if visit.payer_id == MEDICARE:
            derived.add(year_key(practice, patient_id, visit.dos.year, BUCKETS[visit.discipline]))
    return {"line_price": day.rows, "membership": belongs_to(key, derived)}


def _items(key: str, day: FoldedDay, reference: Reference) -> Rows:
    items = pricing_items(day.rows, day.loaded.lines, reference)
    return {"work_item": item_rows(key, parse_key(key).practice, items, reference)}


def _findings(key: str, day: FoldedDay, reference: Reference) -> Rows:
    folded = fold_readiness(read_day(parse_day(key), day.loaded, day.rows, reference), reference)
    items = item_rows(key, parse_key(key).practice, folded.unbilled, reference)
    return {"finding": folded.findings, "readiness": folded.readiness, "work_item": items}


DAYS = KeyProjector(
    kind="day",
    load=load_days,
    prepare=_fold,
    projections=(
        Projection(name="pricing", tables=("line_price", "membership"), fold=_prices),
        Projection(name="worklist", tables=("work_item",), fold=_items, kinds=PRICED),
        Projection(
            name="findings", tables=("finding", "readiness", "work_item"), fold=_findings, kinds=(ListKind.UNBILLED,)
        ),
    ),
    reads=frozenset({"claim_line", "visit"}),
)
