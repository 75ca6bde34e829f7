"""CMS's national relative value file (PPRRVU) and geographic indices (GPCI) as packs. Numbers alone, no descriptor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from services.rule_files.columns import CODE, FileRow, number_in, rows_below, year_in
from services.rule_files.packs import FileKind, Reading, Standing, Values, pack_content, period, set_into
from services.rule_files.published import PublishedFile, RuleFileError

THERAPY_INDICATOR = "5"  # multiple procedure: the therapy reduction
STATUSES: Values = {"payable": ["A", "R", "T"], "bundled": ["B", "P"], "not_paid": ["I", "N"]}
_RELEASES = {"JAN": ("A", 1), "APR": ("B", 4), "JUL": ("C", 7), "OCT": ("D", 10)}
_RVU_COLUMNS = {
    "procedure": r"^HCPCS$",
    "modifier": r"^MOD(IFIER)?$",
    "status": r"STATUS CODE$",
    "work": r"WORK RVU$",
    "pe": r"NON-?FAC\w* PE RVU$",
    "pe_facility": r"(^|IMPLEMENTED )FAC\w* PE RVU$",
    "facility_na": r"(^|IMPLEMENTED )FAC\w* NA INDICATOR$",
    "mp": r"^MP RVU$",
    "multiple_procedure": r"MULT PROC$",
    "factor": r"CONV\w* FACTOR$",
}
_GPCI_COLUMNS = {
    "contractor": r"CONTRACTOR|^MAC$",
    "state": r"^STATE$",
    "number": r"LOCALITY NUMBER",
    "name": r"LOCALITY NAME",
    "work": r"(PW|WORK) GPCI(?!.*WITHOUT)",
    "unfloored": r"(PW|WORK) GPCI.*WITHOUT",
    "pe": r"PE GPCI",
    "mp": r"MP GPCI",
}


def read_rvu(files: Sequence[PublishedFile], standing: Standing) -> list[Reading]:
    """One pack for each year among the files; of two editions of a year the lower factor is that of non-QPs.

    Raises RuleFileError.
    """
    years: dict[int, list[PublishedFile]] = {}
    for file in files:
        years.setdefault(_year(file, standing), []).append(file)
    return [_rvu_year(year, editions, standing) for year, editions in sorted(years.items())]


def _rvu_year(year: int, files: Sequence[PublishedFile], standing: Standing) -> Reading:
    editions = [(file, *_services(file, standing)) for file in files]
    editions.sort(key=lambda edition: (_qualifying(edition[0]), edition[2]))
    file, rows, factor, listed = editions[0]
    if _qualifying(file):
        raise RuleFileError(f"{file.name}: the edition for qualifying participants; give the nonQPP file as well")
    values: Values = {"conversion_factor": factor}
    if len(editions) > 1:
        values["conversion_factor_qp"] = editions[-1][2]
    elif any("conversion_factor_qp" in p["values"] for p in standing.periods(f"cms.pfs.{year}")):
        values |= _known_qp(year, standing, factor)
    letter, starts = _release(file, year)
    periods, notes = _yearly(
        year, starts, values | STATUSES | {"listed": " ".join(sorted(listed)), "rows": rows}, standing
    )
    content = pack_content(
        standing,
        pack_id=f"cms.pfs.{year}",
        kind="pfs",
        label=f"RVU{year % 100:02d}{letter}",
        periods=periods,
        source=f"CMS national physician fee schedule relative value file, {file.name}",
    )
    if "conversion_factor_qp" not in values:
        notes.append("no edition for qualifying participants was given: their factor stays unknown")
    return Reading(
        kind=FileKind.RVU,
        files=tuple(f.name for f, *_ in editions),
        title="National relative value file (PPRRVU)",
        covers=f"{year}, release {letter}",
        content=content,
        rows=len(listed),
        kept=len(rows),
        why="services under the therapy reduction, the therapy code list and what the practice billed",
        notes=tuple(notes),
    )


def _known_qp(year: int, standing: Standing, factor: str) -> Values:
    """The second factor as it is, where the first did not change."""
    for known in standing.periods(f"cms.pfs.{year}"):
        if known["values"].get("conversion_factor") == factor and "conversion_factor_qp" in known["values"]:
            return {"conversion_factor_qp": known["values"]["conversion_factor_qp"]}
    return {}


def _yearly(year: int, starts: date, values: Values, standing: Standing) -> tuple[list[Values], list[str]]:
    """The year's periods. A later release counts from its quarter where there is an earlier one, else from January."""
    new_year, ends = date(year, 1, 1), date(year + 1, 1, 1)
    known = standing.periods(f"cms.pfs.{year}")
    if any(p["values"].get("rows") for p in known):
        return set_into(known, period(starts, ends, values)), []
    factors = [p for p in known if p["values"].get("conversion_factor")]
    if any(p["values"]["conversion_factor"] == values["conversion_factor"] for p in factors):
        own = {name: value for name, value in values.items() if not name.startswith("conversion_factor")}
        return [p | {"values": p["values"] | own} for p in factors], []  # a factor may change within the year
    notes = []
    if factors:
        known_factor = factors[-1]["values"]["conversion_factor"]
        notes.append(f"the conversion factor {values['conversion_factor']} takes the place of {known_factor}")
    return [period(new_year, ends, values)], notes


def _year(file: PublishedFile, standing: Standing) -> int:
    named = re.search(r"RVU(?:20)?(\d\d)(?!\d)", file.stem)
    year = year_in(file.says) or (2000 + int(named[1]) if named else None) or year_in(file.name) or standing.year
    if year is None:
        raise RuleFileError(f"{file.name}: it does not say its year; give --year")
    return year


def _release(file: PublishedFile, year: int) -> tuple[str, date]:
    """The letter of a release and the first day of its quarter; January where nothing says otherwise."""
    whole = file.name.upper()
    if match := re.search(r"RVU\d\d([A-D])(?![A-Z])", whole):
        letter, month = next(r for r in _RELEASES.values() if r[0] == match[1])
        return letter, date(year, month, 1)
    text = f"{file.stem} {file.says[:600]}"
    found = next((name for name in _RELEASES if re.search(rf"(?<![A-Z]){name}", text)), "JAN")
    letter, month = _RELEASES[found]
    return letter, date(year, month, 1)


def _qualifying(file: PublishedFile) -> bool:
    text = f"{file.stem} {file.says[:600]}"
    return bool(re.search(r"(?<!NON)(?<!NON[-_ ])QPP?(?![A-Z])", text)) and not re.search(r"NON[-_ ]?QP", text)


def _services(file: PublishedFile, standing: Standing) -> tuple[list[Values], str, set[str]]:
    """The kept services, the one conversion factor, and the codes of all services in the file."""
    factors: set[str] = set()
    rows: list[Values] = []
    listed: set[str] = set()
    for row in rows_below(file, _RVU_COLUMNS, optional=("pe_facility", "facility_na")):
        if not CODE.fullmatch(row["procedure"]):
            continue
        listed.add(row["procedure"])
        factors.add(row["factor"])
        if not row["modifier"] and (
            row["multiple_procedure"] == THERAPY_INDICATOR or row["procedure"] in standing.codes
        ):
            rows.append(_service(file, row, standing))
    if not rows:
        raise RuleFileError(f"{file.name}: no therapy service below the header")
    if len(factors) != 1:
        raise RuleFileError(f"{file.name}: one conversion factor is expected, not {len(factors)}")
    return rows, number_in(file, FileRow(0, [factors.pop()], {"conversion factor": 0}), "conversion factor"), listed


def _service(file: PublishedFile, row: FileRow, standing: Standing) -> dict[str, str]:
    """A service; `pe_facility` is empty where CMS calls the facility amount not applicable."""
    facility = (
        "" if row["facility_na"].upper() == "NA" or not row["pe_facility"] else number_in(file, row, "pe_facility")
    )
    return {
        "procedure": row["procedure"],
        "status": row["status"],
        **{part: number_in(file, row, part) for part in ("work", "pe", "mp")},
        "pe_facility": facility,
        "multiple_procedure": row["multiple_procedure"],
        "instead": _instead(row["procedure"], standing),
    }


def _instead(code: str, standing: Standing) -> str:
    """The code Medicare wants instead, which the file does not say, as a pack in force has it."""
    pack = standing.packs.get("modifiers")
    rows = pack.periods[-1].values.get("rows", ()) if pack else ()
    return next((str(row.get("instead", "")) for row in rows if row["code"] == code), "")


def read_gpci(files: Sequence[PublishedFile], standing: Standing) -> list[Reading]:
    """The geographic indices, with the 1.0 floor of the work index where the file has it. Raises RuleFileError."""
    return [_gpci(file, standing) for file in files]


def _gpci(file: PublishedFile, standing: Standing) -> Reading:
    year = year_in(file.says) or year_in(file.name) or standing.year
    if year is None:
        raise RuleFileError(f"{file.name}: it does not say its year; give --year")
    optional = ("work", "unfloored")
    rows = [
        _locality(file, row)
        for row in rows_below(file, _GPCI_COLUMNS, optional)
        if re.fullmatch(r"\d{4,5}", row["contractor"])
    ]
    if not rows:
        raise RuleFileError(f"{file.name}: no locality below the header")
    values: dict[str, Any] = {"rows": rows}
    content = pack_content(
        standing,
        pack_id=f"cms.gpci.{year}",
        kind="gpci",
        label=f"{year}",
        periods=[period(date(year, 1, 1), date(year + 1, 1, 1), values)],
        source=f"CMS geographic practice cost indices, {file.name}; 42 CFR 414.26",
    )
    return Reading(
        kind=FileKind.GPCI,
        files=(file.name,),
        title="Geographic practice cost indices (GPCI)",
        covers=f"{year}",
        content=content,
        rows=len(rows),
        kept=len(rows),
        why="every locality",
    )


def _locality(file: PublishedFile, row: FileRow) -> dict[str, str]:
    """`work` is the index with the floor; the floor is a statute that lapses and is extended, so both are kept."""
    found = {
        "locality": f"{row['contractor'].zfill(5)}-{row['number'].zfill(2)}",
        "state": row["state"].upper(),
        "name": re.sub(r"[*\s]+", " ", row["name"]).strip().title(),
        **{part: number_in(file, row, part) for part in ("pe", "mp")},
    }
    given = "work" if row.has("work") else "unfloored"
    if not row.has(given):
        raise RuleFileError(f"{file.name}: no column for the work index")
    found["work"] = number_in(file, row, given)
    if row.has("unfloored"):
        found["work_without_floor"] = number_in(file, row, "unfloored")
    return found
