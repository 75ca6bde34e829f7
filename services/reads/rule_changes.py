"""What a changed rule pack would change: its own values, and the claims and lists judged by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from projections.rules.rulebook import Pack
from projections.tables.tables import READ_TABLES
from projections.terms.terms_in_force import Reference

# What people look at; names of packs and explanations change with every version and are left out.
LOOKED_AT: Mapping[str, tuple[str, ...]] = {
    "claim": ("status", "payer_balance", "patient_balance"),
    "deadline": ("kind", "payer_id", "due", "attempt"),
    "line_price": ("line", "sequence", "expected_allowed", "variance", "verdict", "cause"),
    "finding": ("visit_id", "line", "attempt", "is_current", "rule", "grade", "message", "change", "worth"),
    "work_item": ("kind", "item", "due", "lost_on", "amount_at_risk", "category", "reason", "next_action"),
}
FINISHED = ("closed", "voided", "written_off")
PackValues = dict[str, Any]


def value_changes(old: Pack | None, new: Pack) -> list[PackValues]:
    """[{period, path, old, new}]: by the first day of a period and the place of the value in it."""
    before = {str(p.effective_from): p for p in old.periods} if old else {}
    after = {str(p.effective_from): p for p in new.periods}
    changes: list[PackValues] = []
    for period in sorted(before.keys() | after.keys()):
        first = _flat({"until": before[period].effective_to, **before[period].values}) if period in before else {}
        then = _flat({"until": after[period].effective_to, **after[period].values}) if period in after else {}
        changes += [
            {"period": period, "path": path, "old": first.get(path), "new": then.get(path)}
            for path in sorted(first.keys() | then.keys())
            if first.get(path) != then.get(path)
        ]
    return changes


def _flat(value: Any, path: str = "") -> PackValues:
    """Every plain value by its place; rows of a table by what is in their first columns."""
    found: PackValues = {}
    if isinstance(value, Mapping):
        for name, each in value.items():
            found |= _flat(each, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for name, each in zip(_row_names(value), value, strict=True):
            found |= _flat(each, f"{path}[{name}]")
    elif value is not None:
        found[path] = str(value)
    return found


def _row_names(rows: Sequence[Any]) -> list[str]:
    """A row is known by its first column; by more of them where that is not enough; else by its place."""
    for width in range(1, 5):
        names = [" ".join(map(str, list(row.values())[:width])) if isinstance(row, Mapping) else "" for row in rows]
        if "" not in names and len(set(names)) == len(names):
            return names
    return [str(place) for place in range(len(rows))]


def with_packs(reference: Reference, packs: Iterable[Pack]) -> Reference:
    """The terms as they would be with these packs in the place of those of their ids."""
    changed = {pack.pack_id: pack for pack in packs}
    return replace(reference, rules=reference.rules.with_packs(changed.values()))


def claim_changes(before: Connection, after: Connection, practice: str) -> list[PackValues]:
    """Open claims and visits not billed yet whose rows differ: [{claim_id, visit_id, status, changes}].

    `changes` counts by table the rows that would be gone and those that would be new.
    """
    found: dict[tuple[str, str], dict[str, dict[str, int]]] = {}
    status = dict(_statuses(before, practice)) | dict(_statuses(after, practice))
    for table in LOOKED_AT:
        today, then = _told(table, before, practice), _told(table, after, practice)
        for whose in today.keys() | then.keys():
            gone, new = today.get(whose, set()), then.get(whose, set())
            if gone != new:
                counts = {"gone": len(gone - new), "new": len(new - gone)}
                found.setdefault(whose, {})[table] = counts
    return [
        {"claim_id": claim_id or None, "visit_id": visit_id or None, "status": status.get(claim_id), "changes": changes}
        for (claim_id, visit_id), changes in sorted(found.items())
        if status.get(claim_id) not in FINISHED
    ]


def band_changes(before: Connection, after: Connection, practice: str) -> list[PackValues]:
    """Patients whose band would be another: [{patient_id, year, bucket, old, new}]."""
    today, then = _bands(before, practice), _bands(after, practice)
    return [
        {"patient_id": whose[0], "year": whose[1], "bucket": whose[2], "old": today.get(whose), "new": then.get(whose)}
        for whose in sorted(today.keys() | then.keys())
        if today.get(whose) != then.get(whose)
    ]


def _bands(rows: Connection, practice: str) -> dict[tuple[str, int, str], str]:
    year = READ_TABLES["threshold"]
    query = select(year.c.patient_id, year.c.year, year.c.bucket, year.c.band).where(year.c.practice == practice)
    return {(row.patient_id, row.year, row.bucket): row.band for row in rows.execute(query)}


def _statuses(rows: Connection, practice: str) -> Iterator[tuple[str, str]]:
    claim = READ_TABLES["claim"]
    for row in rows.execute(select(claim.c.claim_id, claim.c.status).where(claim.c.practice == practice)):
        yield row.claim_id, row.status


def _told(name: str, rows: Connection, practice: str) -> dict[tuple[str, str], set[tuple[Any, ...]]]:
    """Each claim's rows of a table, as far as people look at them; what is about no claim yet goes by its visit."""
    table = READ_TABLES[name]
    visit = table.c.get("visit_id") if name == "finding" else table.c.get("item") if name == "work_item" else None
    columns = [
        table.c.claim_id,
        *([visit.label("whose")] if visit is not None else []),
        *(table.c[column] for column in LOOKED_AT[name]),
    ]
    told: dict[tuple[str, str], set[tuple[Any, ...]]] = {}
    for row in rows.execute(select(*columns).where(table.c.practice == practice)):
        whose = "" if row.claim_id or visit is None else str(row.whose or "").split(" ", 1)[0]
        told.setdefault((row.claim_id or "", whose), set()).add(tuple(row[len(columns) - len(LOOKED_AT[name]) :]))
    return told
