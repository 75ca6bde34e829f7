"""How a patient-year is folded: from the priced lines and unbilled visits of its days, and payers' own figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, Table, Text, cast, select, type_coerce

from events.claim import KX
from events.values import from_cents, to_cents
from projections.history import LoggedEvent, effective_events
from projections.keys import Key, parse_key, parse_year
from projections.readiness.kx import fold_kx
from projections.readiness.rows import KNOWN_COLUMNS, KnownVisit, read_visit
from projections.rows.claims import item_rows
from projections.tables.columns import from_micros
from projections.tables.money import ThresholdRow
from projections.tables.price_facts import ThresholdUse
from projections.tables.tables import READ_TABLES
from projections.tables.threshold_facts import ThresholdExplanation
from projections.terms.terms_in_force import Reference
from projections.thresholds.fold import BucketLine, Threshold, fold_threshold
from projections.work.threshold import threshold_items
from services.projector.folds import FoldContext, KeyProjector, Projection, Rows
from services.store.dialect import StoreDialect, dialect_of
from services.store.log import histories

PRICE, READINESS, MEMBERSHIP = READ_TABLES["line_price"], READ_TABLES["readiness"], READ_TABLES["membership"]
LINE = (
    PRICE.c.claim_id,
    PRICE.c.ref,
    PRICE.c.line,
    PRICE.c.procedure,
    PRICE.c.modifiers,
    PRICE.c.dos,
    type_coerce(PRICE.c.sent_at, BigInteger),
    cast(PRICE.c.use, Text),
    PRICE.c.expected_allowed,
)
NO_USE = ThresholdUse(finalized=(), in_flight=False, denied=False, attempt=None)
VISIT = [READINESS.c[name] for name in KNOWN_COLUMNS]


class LoadedYears(NamedTuple):
    lines: list[BucketLine]
    balances: list[LoggedEvent]
    visits: list[KnownVisit]


class FoldedYear(NamedTuple):
    """A year folded, and what it was folded from."""

    threshold: Threshold
    lines: Sequence[BucketLine]
    visits: Sequence[KnownVisit]


def load_years(context: FoldContext, keys: Sequence[str], reference: Reference) -> Mapping[str, Any]:
    """Each year's priced lines and visits, and the balances observed for its patient under any name."""
    lines = _members(context, PRICE, LINE, keys)
    rows = _members(context, READINESS, VISIT, keys)
    visits = {key: [read_visit(row) for row in found] for key, found in rows.items()}
    observed = _balances(context, keys, reference)
    return {key: LoadedYears([_line(tuple(row[2:])) for row in lines[key]], observed[key], visits[key]) for key in keys}


def _members(context: FoldContext, table: Table, columns: Sequence[Any], keys: Sequence[str]) -> dict[str, list[Any]]:
    """The rows of each year's days that count in its bucket, without what its fold has no use for."""
    found: dict[str, list[Any]] = {key: [] for key in keys}
    buckets = {key: parse_year(key).bucket for key in keys}
    dialect = dialect_of(context.rows)
    query = _rows_of_years(dialect, table, tuple(columns))
    for row in context.rows.execute(query, dialect.given(keys)).all():
        if row[1] == buckets[row[0]]:
            found[row[0]].append(row)
    return found


@cache
def _rows_of_years(dialect: StoreDialect, table: Table, columns: tuple[Any, ...]) -> Select[Any]:
    wanted = [MEMBERSHIP.c.derived, table.c.bucket.label("counts_in"), *columns]
    query = select(*wanted).join_from(MEMBERSHIP, table, table.c.key == MEMBERSHIP.c.key)
    return query.where(
        dialect.among_given(MEMBERSHIP.c.derived), *dialect.of_practices(MEMBERSHIP.c.practice, table.c.practice)
    )


def _balances(context: FoldContext, keys: Sequence[str], reference: Reference) -> dict[str, list[Any]]:
    wanted = {
        year.key: [str(Key("patient", year.practice, p)) for p in sorted(reference.patient_names(year.patient_id))]
        for year in map(parse_year, keys)
    }
    found = histories(context.log, {name for names in wanted.values() for name in names}, context.cut)
    return {
        key: effective_events((h for name in names for h in found[name]), reference.zone)
        for key, names in wanted.items()
    }


def fold_year(key: str, given: LoadedYears, reference: Reference) -> FoldedYear:
    return FoldedYear(
        fold_threshold(parse_year(key), given.lines, given.balances, reference), given.lines, given.visits
    )


@lru_cache(maxsize=20_000)  # of values only: each of a year's lines is read again whenever one of them changes
def _line(row: tuple[Any, ...]) -> BucketLine:
    claim_id, ref, number, procedure, modifiers, dos, sent_at, use, expected = row
    facts = ThresholdUse.from_text(use) if use else NO_USE
    return BucketLine(
        claim_id=claim_id,
        ref=ref,
        number=number,
        procedure=procedure,
        has_kx=KX in modifiers.split(),
        dos=dos,
        sent_at="" if sent_at is None else from_micros(sent_at).isoformat(),
        finalized=facts.finalized,
        in_flight=facts.in_flight,
        expected=None if expected is None else from_cents(expected),
        denied=facts.denied,
        charge=facts.charge,
        attempt=facts.attempt,
        sent_without_kx=facts.sent_without_kx,
        work=facts.work,
    )


def _threshold(key: str, year: FoldedYear, _reference: Reference) -> Rows:
    threshold = year.threshold
    if not threshold.projected and not threshold.observed and len(threshold.explanation) <= 1:
        return {}
    row: ThresholdRow = {
        "key": key,
        "practice": parse_key(key).practice,
        "patient_id": threshold.patient_id,
        "year": threshold.year,
        "bucket": threshold.bucket,
        "confirmed": to_cents(threshold.confirmed),
        "pending": to_cents(threshold.pending),
        "projected": to_cents(threshold.projected),
        "band": threshold.band,
        "lines_missing_kx": [line.to_json() for line in threshold.lines_missing_kx],
        "forecast": threshold.forecast_basis.to_json() if threshold.forecast_basis else None,
        "explanation": _explained(threshold).to_json(),
    }
    return {"threshold": [row]}


def _explained(threshold: Threshold) -> ThresholdExplanation:
    return ThresholdExplanation(
        steps=threshold.explanation,
        crossing=threshold.crossing,
        needless_kx=threshold.lines_needless_kx,
        kx_unknown=threshold.lines_kx_unknown,
        observed=threshold.observed,
        limits=threshold.limits,
    )


def _items(key: str, year: FoldedYear, reference: Reference) -> Rows:
    items = threshold_items(year.threshold, year.lines, reference)
    return {"work_item": item_rows(key, parse_key(key).practice, items, reference)}


def _findings(key: str, year: FoldedYear, reference: Reference) -> Rows:
    practice = parse_key(key).practice
    rows, items = fold_kx(key, practice, year.threshold, year.visits, reference)
    return {"finding": rows, "work_item": item_rows(key, practice, items, reference)}


YEARS = KeyProjector(
    kind="year",
    load=load_years,
    prepare=fold_year,
    projections=(
        Projection(name="threshold", tables=("threshold",), fold=_threshold),
        Projection(name="worklist", tables=("work_item",), fold=_items, kinds=("threshold",)),
        Projection(name="findings", tables=("finding", "work_item"), fold=_findings, kinds=("readiness",)),
    ),
    reads=frozenset({"line_price", "readiness"}),
    follows=frozenset({"patient"}),
)
