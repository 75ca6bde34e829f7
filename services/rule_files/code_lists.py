"""Lists of codes: CMS's therapy code list, the lists of X12 (which a licensee brings), the order file of ICD-10-CM."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from services.rule_files.columns import CODE, FileRow, day_in, rows_below, year_in
from services.rule_files.packs import FileKind, Reading, Standing, Values, pack_content, period, set_into
from services.rule_files.published import PublishedFile, RuleFileError

_THERAPY = {"code": r"^(CPT|HCPCS|CODE)", "disposition": r"DISPOSITION|STATUS|ALWAYS|TYPE OF THERAPY|INDICATOR"}
_LIST = {
    "code": r"^CODE( VALUE)?$|(REASON|REMARK|STATUS|CATEGORY) CODE$",
    "meaning": r"DESCRIPTION|DEFINITION|MEANING|MESSAGE",
    "start": r"START|EFFECTIVE",
    "stop": r"STOP|END|DEACTIVAT|TERMINAT",
}
_ORDER = re.compile(r"\d{5} (?P<code>[A-Z0-9]{3,7}) +(?P<billable>[01]) (?P<short>.{60}) (?P<long>.*)")
X12_LISTS = {
    FileKind.CARC: ("Claim adjustment reason codes (CARC)", r"[A-Z]?\d{1,3}"),
    FileKind.RARC: ("Remittance advice remark codes (RARC)", r"(M|MA|N)\d{1,4}"),
    FileKind.CATEGORY: ("Claim status categories", r"[A-Z]\d{1,2}"),
    FileKind.STATUS: ("Claim status codes", r"\d{1,4}"),
}


def read_therapy(files: Sequence[PublishedFile], standing: Standing) -> list[Reading]:
    """Which codes are always or sometimes therapy in a year. Raises RuleFileError.

    The list does not say which codes are timed: a code new to us takes that from the note.
    """
    return [_therapy(file, standing) for file in files]


def _therapy(file: PublishedFile, standing: Standing) -> Reading:
    year = year_in(file.says) or year_in(file.name) or standing.year
    if year is None:
        raise RuleFileError(f"{file.name}: it does not say its year; give --year")
    stated = dict(_dispositions(file))
    if not stated:
        raise RuleFileError(f"{file.name}: no code with its disposition below the header")
    known = standing.periods("modifiers")
    if not known:
        raise RuleFileError(f"{file.name}: the pack 'modifiers' is not in force, on which a code list is set")
    values = dict(known[-1]["values"])
    rows = [dict(row) | {"therapy": stated.get(row["code"], row["therapy"])} for row in values["rows"]]
    new = sorted(stated.keys() - {row["code"] for row in rows})
    rows += [{"code": code, "therapy": stated[code], "unit_minutes": "note"} for code in new]
    rows = [row if row["code"] in stated or row.get("deleted") else row | {"listed": "no"} for row in rows]
    content = pack_content(
        standing,
        pack_id="modifiers",
        kind="modifiers",
        label=f"{year}",
        periods=set_into(known, period(date(year, 1, 1), None, values | {"rows": rows})),
        source=f"CMS therapy code list and dispositions, {file.name}; CMS Pub 100-04 ch. 5 §20",
    )
    notes = (f"new codes, timed or not as the note has it: {', '.join(new)}",) if new else ()
    return Reading(
        kind=FileKind.THERAPY,
        files=(file.name,),
        title="Therapy code list",
        covers=f"{year}",
        content=content,
        rows=len(stated),
        kept=len(stated),
        why="every code",
        notes=notes,
    )


def _dispositions(file: PublishedFile) -> Iterator[tuple[str, str]]:
    """Code and always or sometimes; a plus sign after a code is CMS's mark for sometimes."""
    for row in rows_below(file, _THERAPY):
        match = re.fullmatch(r"([0-9A-Z]\d{3}[0-9A-Z])\s*([+*]*)", row["code"].strip())
        if match and CODE.fullmatch(match[1]):
            said = row["disposition"].lower()
            sometimes = "sometimes" in said or ("always" not in said and "+" in match[2])
            yield match[1], "sometimes" if sometimes else "always"


def x12_reader(kind: FileKind):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """The reader of one list of X12."""

    def read(files: Sequence[PublishedFile], standing: Standing) -> list[Reading]:
        return [_x12_list(kind, file, standing) for file in files]

    return read


def _x12_list(kind: FileKind, file: PublishedFile, standing: Standing) -> Reading:
    """Codes with the publisher's wording, which stays in the practice's own log. Raises RuleFileError."""
    title, shape = X12_LISTS[kind]
    rows = [_code(row) for row in rows_below(file, _LIST, ("start", "stop")) if re.fullmatch(shape, row["code"])]
    if not rows:
        raise RuleFileError(f"{file.name}: no code of the list below the header")
    content = pack_content(
        standing,
        pack_id=f"x12.{kind}",
        kind="licensed_codes",
        label=f"{standing.today:%Y-%m}",
        basis="notice_date",
        source=f"X12 {title}, as delivered to the practice under its license, {file.name}",
        periods=[period(date(2000, 1, 1), None, {"list": str(kind), "rows": rows})],
    )
    ended = sum(bool(row["stop"]) for row in rows)
    return Reading(
        kind=kind,
        files=(file.name,),
        title=title,
        covers=f"as read on {standing.today.isoformat()}",
        content=content,
        rows=len(rows),
        kept=len(rows),
        why="every code, in the words of its publisher, for this practice alone",
        notes=(f"{ended} of them have ended",) if ended else (),
    )


def _code(row: FileRow) -> dict[str, str]:
    start, stop = day_in(row["start"]), day_in(row["stop"])
    return {
        "code": row["code"].upper(),
        "meaning": " ".join(row["meaning"].split()),
        "start": start.isoformat() if start else "",
        "stop": stop.isoformat() if stop else "",
    }


def read_icd10(files: Sequence[PublishedFile], standing: Standing) -> list[Reading]:
    """Which diagnosis codes exist and are billable in a fiscal year, and their side. Raises RuleFileError."""
    return [_order(file, standing) for file in files]


def _order(file: PublishedFile, standing: Standing) -> Reading:
    year = year_in(file.stem) or year_in(file.name) or standing.year
    if year is None:
        raise RuleFileError(f"{file.name}: it does not say its fiscal year; give --year")
    codes: dict[str, list[str]] = {"billable": [], "headings": [], "right": [], "left": []}
    for line in file.lines():
        for name, code in _classified(line):
            codes[name].append(code)
    if not codes["billable"]:
        raise RuleFileError(f"{file.name}: no billable code in the columns of an order file")
    starts = date(year, 4, 1) if re.search(r"APR", file.name.upper()) else date(year - 1, 10, 1)
    values: Values = {name: " ".join(found) for name, found in codes.items()}
    content = pack_content(
        standing,
        pack_id="icd10cm",
        kind="icd10cm",
        label=f"FY{year}",
        periods=set_into(standing.periods("icd10cm"), period(starts, date(year, 10, 1), values)),
        source=f"ICD-10-CM order file of fiscal year {year}, {file.name} (NCHS and CMS)",
    )
    return Reading(
        kind=FileKind.ICD10,
        files=(file.name,),
        title="ICD-10-CM order file",
        covers=f"fiscal year {year}",
        content=content,
        rows=len(codes["billable"]) + len(codes["headings"]),
        kept=len(codes["billable"]),
        why="every billable code; headings are kept to name a code that was cut short",
    )


def _classified(line: str) -> Iterator[tuple[str, str]]:
    """The lists a line's code belongs to; its side is what the long description says of one side alone."""
    match = _ORDER.match(line.ljust(80))
    if match is None:
        return
    if match["billable"] == "0":
        yield "headings", match["code"]
        return
    yield "billable", match["code"]
    sides = set(re.findall(r"\b(right|left)\b", match["long"].lower()))
    if len(sides) == 1:
        yield sides.pop(), match["code"]
