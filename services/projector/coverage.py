"""How a patient's coverage is folded: from the readiness of the visits, the claim lines, and what payers said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, Text, cast, select

from events.coverage import CoverageFact
from events.followup import WorkFact
from projections.history import effective_events
from projections.keys import Key, parse_key
from projections.readiness.coverage import fold_coverage
from projections.readiness.coverage_use import CoverageRows
from projections.readiness.rows import KNOWN_COLUMNS, read_visit
from projections.rows.claims import item_rows
from projections.tables.tables import READ_TABLES
from projections.terms.terms_in_force import Reference
from services.projector.folds import FoldContext, KeyProjector, Projection, Rows
from services.projector.remittances import as_loaded
from services.store.dialect import StoreDialect, dialect_of
from services.store.log import histories

READINESS, LINE, MEMBERSHIP = READ_TABLES["readiness"], READ_TABLES["claim_line"], READ_TABLES["membership"]
VISIT_COLUMNS = (*KNOWN_COLUMNS, "plan")
FACTS = "facts"  # as text: of all lines of a patient, only those that an item is about are read
LINE_COLUMNS = ("claim_id", "number", "payer_id", "dos", "procedure", "units", "charge", "modifiers", "status", FACTS)


def load_coverage(context: FoldContext, keys: Sequence[str], reference: Reference) -> Mapping[str, CoverageRows]:
    """Visits, claim lines and payers' answers of each patient, under every name the patient has."""
    names = {
        key: [
            str(Key("patient", parse_key(key).practice, p))
            for p in sorted(reference.patient_names(parse_key(key).name))
        ]
        for key in keys
    }
    found = histories(context.log, {name for several in names.values() for name in several}, context.cut)
    told = {
        key: [
            e
            for e in effective_events((h for name in several for h in found[name]), reference.zone)
            if isinstance(e.data, CoverageFact | WorkFact)
        ]
        for key, several in names.items()
    }
    visits, lines = _rows(context, READINESS, VISIT_COLUMNS, keys), _rows(context, LINE, LINE_COLUMNS, keys)
    return {
        key: CoverageRows([read_visit(v, with_plan=True) for v in visits[key]], lines[key], told[key]) for key in keys
    }


def _rows(context: FoldContext, table: Table, columns: tuple[str, ...], keys: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {key: [] for key in keys}
    dialect = dialect_of(context.rows)
    for row in context.rows.execute(_query(dialect, table, columns), dialect.given(keys)).all():
        found[row.derived].append(row)
    return found


@cache  # of the table and its columns only
def _query(dialect: StoreDialect, table: Table, columns: tuple[str, ...]) -> Select[Any]:
    wanted = [MEMBERSHIP.c.derived, *(_column(table, name) for name in columns)]
    joined = select(*wanted).join_from(MEMBERSHIP, table, table.c.key == MEMBERSHIP.c.key)
    return joined.where(
        dialect.among_given(MEMBERSHIP.c.derived), *dialect.of_practices(MEMBERSHIP.c.practice, table.c.practice)
    )


def _column(table: Table, name: str) -> ColumnElement[Any]:
    return cast(table.c[name], Text).label(name) if name == FACTS else table.c[name]


def _items(key: str, rows: CoverageRows, reference: Reference) -> Rows:
    _, practice, patient_id = parse_key(key)
    return {"work_item": item_rows(key, practice, fold_coverage(patient_id, rows, reference), reference)}


COVERAGE = KeyProjector(
    kind="coverage",
    load=load_coverage,
    prepare=as_loaded,
    projections=(Projection(name="coverage", tables=("work_item",), fold=_items),),
    reads=frozenset({"readiness", "claim_line"}),
    follows=frozenset({"patient"}),
)
