"""CMS's National Correct Coding Initiative files: procedure-to-procedure edits, their quarterly changes, unit maximums.

An edit carries its own dates: one volume holds the whole past of its pairs. The deletion date is its last day; an edit
deleted on the day it began never judged anything, and indicator 9 says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from services.rule_files.columns import CODE, FileRow, day_in, next_quarter, quarter_in, rows_below, table_below
from services.rule_files.packs import FileKind, Reading, Standing, Values, pack_content, period, set_into
from services.rule_files.published import PublishedFile, RuleFileError

FIRST = date(1996, 1, 1)  # no edit is older
_PTP = {
    "column1": r"^COLUMN ?(1|ONE)",
    "column2": r"^COLUMN ?(2|TWO)",
    "effective": r"EFFECTIVE",
    "deleted": r"DELETION",
    "indicator": r"MODIFIER",
}
_CHANGES = {
    "column1": r"COLUMN ?(1|ONE)",
    "column2": r"COLUMN ?(2|TWO)",
    "effective": r"EFFECTIVE|DATE",
    "indicator": r"MODIFIER|CURRENT CCMI|CCMI",
    "deleted": r"DELETION",
}
_MUE = {"procedure": r"HCPCS|CPT", "value": r"MUE VALUE", "mai": r"ADJUDICATION INDICATOR|^MAI"}
_WHY = "pairs of which both codes are on the therapy code list or were billed by the practice"
_WRITTEN = "NCCI Policy Manual"  # rules in words, which are no rows of the published table
PairRow = dict[str, str]


def read_ptp(files: Sequence[PublishedFile], standing: Standing) -> list[Reading]:
    """All volumes given as one table. It is whole for the codes within its volumes. Raises RuleFileError."""
    starts = _quarter(files, standing)
    rows: list[PairRow] = []
    ranges: list[list[str]] = []
    seen = 0
    for file in files:
        first = last = ""
        for row in rows_below(file, _PTP):
            if not CODE.fullmatch(row["column1"]):
                continue
            seen += 1
            first, last = first or row["column1"], row["column1"]
            if row["column1"] in standing.codes and row["column2"] in standing.codes:
                rows += _pair(row)
        if not first:
            raise RuleFileError(f"{file.name}: no pair of codes below the header")
        ranges.append([first, last])
    values = _table_values(standing) | {
        "volumes": sorted(ranges),
        "codes": " ".join(sorted(standing.codes)),
        "read_from": starts.isoformat(),
        "read_through": (next_quarter(starts) - timedelta(days=1)).isoformat(),
        "rows": [*_written(standing), *_unique(rows)],
    }
    return [_ptp_reading(FileKind.PTP, files, standing, starts, values, seen, len(rows))]


def _ptp_reading(
    kind: FileKind, files: Sequence[PublishedFile], standing: Standing, starts: date, values: Values, *counts: int
) -> Reading:
    seen, kept = counts
    label = f"{starts.year}Q{starts.month // 3 + 1}"
    content = pack_content(
        standing,
        pack_id="ncci",
        kind="ncci",
        label=label,
        periods=[period(FIRST, None, values)],
        source=f"CMS NCCI practitioner procedure-to-procedure edits, {', '.join(f.name for f in files)}",
    )
    title = "NCCI practitioner pairs (PTP)" if kind is FileKind.PTP else "NCCI practitioner pairs, quarterly changes"
    return Reading(
        kind=kind,
        files=tuple(f.name for f in files),
        title=title,
        covers=label,
        content=content,
        rows=seen,
        kept=kept,
        why=_WHY,
        notes=tuple(_gaps(values, standing)),
    )


def _gaps(values: Values, standing: Standing) -> Iterator[str]:
    """Codes we know that no volume given reaches: for these, that a pair is not listed says nothing."""
    volumes = values.get("volumes", [])
    if missing := sorted(code for code in standing.codes if not any(a <= code <= b for a, b in volumes)):
        some = ", ".join(missing[:6]) + (" ..." if len(missing) > 6 else "")
        yield f"no volume given holds {some} as the first code: give all volumes of the quarter to have a full table"


def _pair(row: FileRow) -> list[PairRow]:
    starts, last = day_in(row["effective"]) or FIRST, day_in(row["deleted"])
    if row["indicator"] == "9" or (last is not None and last <= starts):
        return []
    ends = "" if last is None else (last + timedelta(days=1)).isoformat()
    return [_row(row["column1"], row["column2"], row["indicator"], starts.isoformat(), ends)]


def _row(first: str, second: str, indicator: str, effective: str, deleted: str = "") -> PairRow:
    return {
        "column1": first,
        "column2": second,
        "modifier_indicator": indicator[:1],
        "effective": effective,
        "deleted": deleted,
        "disciplines": "",
        "default_on": "yes",
        "source": "CMS NCCI PTP edits",
        "confidence": "H",
    }


def _unique(rows: Iterable[PairRow]) -> list[PairRow]:
    """Volumes may be given twice, in two forms."""
    once = {(row["column1"], row["column2"], row["effective"]): row for row in rows}
    return [once[key] for key in sorted(once)]


def _table_values(standing: Standing) -> Values:
    """Everything of the table in force but its rows: which modifiers separate, since when on either column."""
    known = standing.periods("ncci")
    return {name: value for name, value in known[-1]["values"].items() if name != "rows"} if known else {}


def _written(standing: Standing) -> list[PairRow]:
    known = standing.periods("ncci")
    rows = known[-1]["values"].get("rows", ()) if known else ()
    return [dict(row) for row in rows if str(row.get("source", "")).startswith(_WRITTEN)]


def _quarter(files: Sequence[PublishedFile], standing: Standing) -> date:
    """The quarter the names or titles state, else that of today: NCCI files carry it nowhere within."""
    found = {q for file in files if (q := quarter_in(file.name) or quarter_in(file.says[:800]))}
    if len(found) > 1:
        raise RuleFileError(f"{', '.join(f.name for f in files)}: files of different quarters; import one at a time")
    if found:
        return found.pop()
    standing.problems.append(
        f"{files[0].name}: it does not say its quarter; taken as the one of {standing.today.isoformat()}"
    )
    return standing.today.replace(month=standing.today.month - (standing.today.month - 1) % 3, day=1)


def read_ptp_changes(files: Sequence[PublishedFile], standing: Standing) -> list[Reading]:
    """Additions, deletions and changed indicators of a quarter, on top of the full table in force.

    Raises RuleFileError where there is none, for changes alone are no table.
    """
    base = standing.periods("ncci")
    if not base or "volumes" not in base[-1]["values"]:
        raise RuleFileError(f"{files[0].name}: quarterly changes need the full table first; import all its volumes")
    starts = _quarter(files, standing)
    rows = {(r["column1"], r["column2"], r["effective"]): dict(r) for r in base[-1]["values"]["rows"]}
    seen = kept = 0
    for action, row in _changes(files):
        seen += 1
        if row["column1"] in standing.codes and row["column2"] in standing.codes:
            kept += 1
            _apply(rows, action, row, starts)
    values = dict(base[-1]["values"]) | {
        "rows": [rows[key] for key in sorted(rows)],
        "read_from": starts.isoformat(),
        "read_through": (next_quarter(starts) - timedelta(days=1)).isoformat(),
    }
    return [_ptp_reading(FileKind.PTP_CHANGES, files, standing, starts, values, seen, kept)]


def _changes(files: Sequence[PublishedFile]) -> Iterator[tuple[str, FileRow]]:
    """Each changed pair with what happens to it, as its worksheet, file name or title says."""
    for file in files:
        for sheet in file.sheets():
            action = action_of(sheet.title) or action_of(file.stem) or action_of(file.says[:400])
            if action:
                rows = table_below(sheet.rows, _CHANGES, ("effective", "indicator", "deleted"))
                yield from ((action, row) for row in rows if CODE.fullmatch(row["column1"]))


def action_of(text: str) -> str | None:
    """add, delete or change, from a worksheet's title or a file's name."""
    upper = text.upper()
    found = {
        "add": "ADDITION" in upper or "ADDS" in upper,
        "delete": "DELETION" in upper and "DATE" not in upper,
        "change": "CHANGE" in upper or "REVISION" in upper,
    }
    named = [name for name, holds in found.items() if holds]
    return named[0] if len(named) == 1 else None


def _apply(rows: dict[tuple[str, str, str], PairRow], action: str, row: FileRow, quarter: date) -> None:
    first, second = row["column1"], row["column2"]
    starts = day_in(row["effective"]) or quarter
    standing = [key for key, known in rows.items() if key[:2] == (first, second) and not known["deleted"]]
    if action == "add":
        rows[first, second, starts.isoformat()] = _row(first, second, row["indicator"], starts.isoformat())
        return
    ends = (day_in(row["deleted"]) or quarter - timedelta(days=1)) + timedelta(days=1)
    for key in standing:
        rows[key]["deleted"] = (quarter if action == "change" else ends).isoformat()
    if action == "change":
        rows[first, second, quarter.isoformat()] = _row(first, second, row["indicator"], quarter.isoformat())


def read_mue(files: Sequence[PublishedFile], standing: Standing) -> list[Reading]:
    """The practitioner unit maximums of a quarter; the file holds no dates. Raises RuleFileError."""
    starts = _quarter(files, standing)
    found: dict[str, Values] = {}
    seen = 0
    for file in files:
        for row in rows_below(file, _MUE):
            if CODE.fullmatch(row["procedure"]) and row["value"].isdigit():
                seen += 1
                if row["procedure"] in standing.codes:
                    found[row["procedure"]] = {"procedure": row["procedure"], "units": row["value"], "mai": _mai(row)}
    if not seen:
        raise RuleFileError(f"{files[0].name}: no unit maximum below the header")
    label = f"{starts.year}Q{starts.month // 3 + 1}"
    values: Values = {"rows": [found[code] for code in sorted(found)]}
    content = pack_content(
        standing,
        pack_id="mue",
        kind="mue",
        label=label,
        periods=set_into(standing.periods("mue"), period(starts, next_quarter(starts), values)),
        source=f"CMS NCCI practitioner medically unlikely edits, {', '.join(f.name for f in files)}",
    )
    return [
        Reading(
            kind=FileKind.MUE,
            files=tuple(f.name for f in files),
            title="NCCI practitioner unit maximums (MUE)",
            covers=label,
            content=content,
            rows=seen,
            kept=len(found),
            why="codes on the therapy code list or billed by the practice",
        )
    ]


def _mai(row: FileRow) -> str:
    found = re.search(r"[123]", row["mai"])
    return found[0] if found else ""
