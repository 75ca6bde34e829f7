"""Which payment locality a county or a ZIP code belongs to: CMS's county crosswalk and its five-digit ZIP file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from services.rule_files.columns import next_quarter, quarter_in, rows_below, year_in
from services.rule_files.packs import FileKind, Reading, Standing, Values, pack_content, period, set_into
from services.rule_files.published import PublishedFile, RuleFileError

_COUNTIES = {
    "contractor": r"CONTRACTOR|^MAC$|CARRIER",
    "number": r"LOCALITY( NUMBER)?$",
    "state": r"^STATE",
    "area": r"FEE SCHEDULE AREA|LOCALITY NAME",
    "counties": r"COUNT(Y|IES)",
}
_ZIPS = {
    "zip": r"^ZIP( ?CODE)?$",
    "contractor": r"^CARRIER|CONTRACTOR",
    "number": r"^(PRICING )?LOCALITY$",
    "quarter": r"YEAR/? ?(QTR|QUARTER)",
}
_FIXED = re.compile(r"(?P<state>[A-Z]{2})(?P<zip>\d{5})(?P<contractor>\d{5})(?P<number>[0-9A-Z]{2})(?P<rest>.*)")


def read_counties(files: Sequence[PublishedFile], standing: Standing) -> list[Reading]:
    """Localities with their counties in words, so that a practice finds its own. Raises RuleFileError."""
    return [_counties(file, standing) for file in files]


def _counties(file: PublishedFile, standing: Standing) -> Reading:
    short = re.search(r"(?<!\d)(\d\d)LOCCO", file.stem)
    year = year_in(file.says) or (2000 + int(short[1]) if short else None) or year_in(file.name) or standing.year
    if year is None:
        raise RuleFileError(f"{file.name}: it does not say its year; give --year")
    rows: list[Values] = []
    state = ""
    for row in rows_below(file, _COUNTIES):
        state = row["state"] or state  # the state is in the first of its rows only
        if re.fullmatch(r"\d{4,5}", row["contractor"]) and row["counties"]:
            rows.append(
                {
                    "locality": f"{row['contractor'].zfill(5)}-{row['number'].strip('*').zfill(2)}",
                    "state": state.title(),
                    "name": row["area"].strip("* ").title(),
                    "counties": row["counties"].title(),
                }
            )
    if not rows:
        raise RuleFileError(f"{file.name}: no locality with counties below the header")
    content = pack_content(
        standing,
        pack_id=f"cms.locality.{year}",
        kind="locality",
        label=f"{year}",
        periods=[period(date(year, 1, 1), date(year + 1, 1, 1), {"rows": rows})],
        source=f"CMS locality and county crosswalk, {file.name}; 42 CFR 414.4",
    )
    return Reading(
        kind=FileKind.LOCALITY,
        files=(file.name,),
        title="Localities and their counties",
        covers=f"{year}",
        content=content,
        rows=len(rows),
        kept=len(rows),
        why="every locality",
    )


def read_zips(files: Sequence[PublishedFile], standing: Standing) -> list[Reading]:
    """ZIP codes by locality, for a quarter. Raises RuleFileError."""
    return [_zips(file, standing) for file in files]


def _zips(file: PublishedFile, standing: Standing) -> Reading:
    grouped: dict[str, list[str]] = {}
    stated = ""
    count = 0
    for code, locality, quarter in _fixed(file) if _FIXED.match(_first(file)) else _sheet(file):
        grouped.setdefault(locality, []).append(code)
        stated, count = quarter or stated, count + 1
    if not grouped:
        raise RuleFileError(f"{file.name}: no ZIP code with a locality")
    starts = _quarter_of(stated) or quarter_in(file.name)
    if starts is None:
        raise RuleFileError(f"{file.name}: it does not say its quarter; name it like ZIP5_OCT2026.txt")
    rows = [{"locality": name, "zips": " ".join(sorted(set(zips)))} for name, zips in sorted(grouped.items())]
    label = f"{starts.year}Q{starts.month // 3 + 1}"
    periods = set_into(standing.periods("cms.zip"), period(starts, next_quarter(starts), {"rows": rows}))
    content = pack_content(
        standing,
        pack_id="cms.zip",
        kind="zip_locality",
        label=label,
        periods=periods,
        source=f"CMS ZIP code to carrier locality file, {file.name}",
    )
    return Reading(
        kind=FileKind.ZIP,
        files=(file.name,),
        title="ZIP codes and their localities",
        covers=label,
        content=content,
        rows=count,
        kept=count,
        why="every ZIP code",
    )


def _first(file: PublishedFile) -> str:
    return "" if file.is_workbook else next(iter(file.lines()), "")


def _fixed(file: PublishedFile) -> Iterator[tuple[str, str, str]]:
    """Eighty columns: state, ZIP, carrier, locality; the year and quarter are at the end (20264)."""
    for line in file.lines():
        if match := _FIXED.match(line):
            end = re.search(r"(20\d\d[1-4])\s*$", match["rest"])
            yield match["zip"], f"{match['contractor']}-{match['number']}", end[1] if end else ""


def _sheet(file: PublishedFile) -> Iterator[tuple[str, str, str]]:
    for row in rows_below(file, _ZIPS, optional=("quarter",)):
        if re.fullmatch(r"\d{3,5}", row["zip"]) and row["contractor"]:
            yield row["zip"].zfill(5), f"{row['contractor'].zfill(5)}-{row['number'].zfill(2)}", row["quarter"]


def _quarter_of(text: str) -> date | None:
    return date(int(text[:4]), 3 * int(text[4]) - 2, 1) if re.fullmatch(r"20\d\d[1-4]", text) else None
