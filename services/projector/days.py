"""How a patient's day is folded: its claim lines, priced and compared together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from projections.claims.rows import item_rows
from projections.days import DayClaimLine, fold_day
from projections.keys import parse_key, year_key
from projections.reference import Reference
from projections.tables import READ_TABLES
from projections.work.pricing import pricing_items
from services.projector.folds import Folder, Ground, Projection, Row, Rows
from services.store.engine import chunks

LINE, MEMBERSHIP = READ_TABLES["claim_line"], READ_TABLES["membership"]


@dataclass
class Day:
    """A day's priced lines, and what people did about them."""

    rows: list[Row]
    work: dict[str, list[Row]]


def load_days(ground: Ground, keys: Sequence[str], _reference: Reference) -> Mapping[str, list[DayClaimLine]]:
    found: dict[str, list[DayClaimLine]] = {key: [] for key in keys}
    for part in chunks(keys):
        query = select(MEMBERSHIP.c.derived.label("day_key"), LINE).join(LINE, LINE.c.key == MEMBERSHIP.c.key)
        for row in ground.rows.execute(query.where(MEMBERSHIP.c.derived.in_(part))):
            if row.dos is not None and row.dos.isoformat() == parse_key(row.day_key).name.split("|")[0]:
                found[row.day_key].append(DayClaimLine(row, row.facts))
    for lines in found.values():
        lines.sort(key=lambda line: (line.row.claim_id, line.row.number))
    return found


def _fold(key: str, lines: Any, reference: Reference) -> Day:
    _, practice, name = parse_key(key)
    dos = date.fromisoformat(name.split("|", 1)[0])
    work = {line.row.claim_id: line.facts.get("work", []) for line in lines}
    return Day(fold_day(key, practice, dos, lines, reference, reference.comparer), work)


def _prices(key: str, day: Day, _reference: Reference) -> Rows:
    _, practice, name = parse_key(key)
    patient_id = name.split("|", 1)[1]
    derived = {
        year_key(practice, patient_id, row["dos"].year, row["bucket"]) for row in day.rows if row["bucket"] is not None
    }
    return {"line_price": day.rows, "membership": [{"key": key, "derived": name} for name in sorted(derived)]}


def _items(key: str, day: Day, reference: Reference) -> Rows:
    items = pricing_items(day.rows, day.work, reference)
    return {"work_item": item_rows(key, parse_key(key).practice, items, reference)}


DAYS = Folder(
    "day",
    load_days,
    _fold,
    (Projection("pricing", ("line_price", "membership"), _prices), Projection("worklist", ("work_item",), _items)),
)
