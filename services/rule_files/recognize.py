"""What a published file is, recognized by its content; by its name only where publishers write it nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.rule_files.code_lists import X12_LISTS
from services.rule_files.edits import action_of
from services.rule_files.figures import parsed
from services.rule_files.packs import FileKind
from services.rule_files.published import PublishedFile

_ICD_LINE = re.compile(r"\d{5} [A-Z]\d[0-9A-Z]\S* +[01] ")
_ZIP_LINE = re.compile(r"[A-Z]{2}\d{10}[0-9A-Z]{2}[ A-Z]")
_X12_TITLES = {
    FileKind.CARC: r"CLAIM ADJUSTMENT REASON|(?<![A-Z])CARCS?(?![A-Z])",
    FileKind.RARC: r"REMITTANCE ADVICE REMARK|(?<![A-Z])RARCS?(?![A-Z])",
    FileKind.CATEGORY: r"CLAIM STATUS CATEGOR",
    FileKind.STATUS: r"CLAIM STATUS CODE",
}


@dataclass(frozen=True)
class RefusedFile:
    """Why a file is not taken. `expected`: it comes along in a ZIP with files that are taken, and is no fault there."""

    name: str
    reason: str
    expected: bool = False


def recognize(file: PublishedFile) -> FileKind | RefusedFile:
    """The kind of a file, or why it is none of those known."""
    if parsed(file) is not None:
        return FileKind.FIGURES
    says, named = file.says, file.name.upper()
    first = "" if file.is_workbook else file.beginning[:200].decode("latin-1")
    return (
        _other_fee_schedule(file, says, named)
        or _lines(first)
        or _fee_schedule(says)
        or _edits(file, says, named)
        or _list(file, says, named)
        or RefusedFile(file.name, "not one of the files known (docs/rule-packs.md lists them); say which with --as")
    )


def _other_fee_schedule(file: PublishedFile, says: str, named: str) -> RefusedFile | None:
    """Files of the fee schedule's ZIP that price nothing in outpatient therapy, refused by name."""
    if "ANES" in file.stem or ("ANESTHESIA" in says and "CONVERSION" in says):
        return RefusedFile(file.name, "anesthesia conversion factors price no therapy service", expected=True)
    if "OPPSCAP" in file.stem or ("OPPS" in says and "CAP" in says and "HCPCS" in says and "RVU" not in says):
        return RefusedFile(file.name, "OPPS caps bind imaging services, no therapy service", expected=True)
    if (
        re.search(r"CCIOPH|OUTPATIENT[- _]HOSPITAL|HOSPITAL[- _]PTP", named)
        or "OUTPATIENT HOSPITAL SERVICES MUE" in says
    ):
        return RefusedFile(file.name, "edits of outpatient hospitals; give the practitioner file", expected=True)
    if "DME SUPPLIER" in says or "DME_SUPPLIER" in named or "DMESUPPLIER" in named:
        return RefusedFile(file.name, "unit maximums of equipment suppliers; give the practitioner file", expected=True)
    if "RVU" in file.stem and not file.is_workbook and "," not in file.beginning[:4000].decode("latin-1"):
        return RefusedFile(file.name, "fixed columns; give the CSV or XLSX of the same ZIP", expected=True)
    return None


def _lines(first: str) -> FileKind | None:
    """Fixed-width files have no headings: their lines decide."""
    if _ICD_LINE.match(first):
        return FileKind.ICD10
    return FileKind.ZIP if _ZIP_LINE.match(first) else None


def _fee_schedule(says: str) -> FileKind | None:
    if "GPCI" in says and "LOCALITY" in says:
        return FileKind.GPCI
    if re.search(r"HCPCS", says) and "RVU" in says and re.search(r"\bMOD\b|MODIFIER", says):
        return FileKind.RVU
    if "COUNTIES" in says and ("LOCALITY" in says or "FEE SCHEDULE AREA" in says):
        return FileKind.LOCALITY
    return FileKind.ZIP if "ZIP" in says and "CARRIER" in says and "LOCALITY" in says else None


def _edits(file: PublishedFile, says: str, named: str) -> FileKind | RefusedFile | None:
    if "MUE" in says and ("VALUE" in says or "ADJUDICATION INDICATOR" in says):
        practitioner = "PRACTITIONER" in says or "PRACTITIONER" in named
        return FileKind.MUE if practitioner else _unsaid(file, FileKind.MUE)
    if not re.search(r"COLUMN ?(1|ONE)\b.*COLUMN ?(2|TWO)\b", says):
        return None
    practitioner = bool(re.search(r"CCIPRA|PRACTITIONER|(?<![A-Z])PRA(?![A-Z])", named)) or "PRACTITIONER" in says
    changes = "DELETION" not in says or any(action_of(s.title) for s in _titles(file)) or action_of(file.stem)
    kind = FileKind.PTP_CHANGES if changes else FileKind.PTP
    return kind if practitioner else _unsaid(file, kind)


def _titles(file: PublishedFile):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return file.sheets() if file.is_workbook else ()


def _unsaid(file: PublishedFile, kind: FileKind) -> RefusedFile:
    return RefusedFile(
        file.name, f"it does not say whether it is for practitioners or for hospitals; if the former, add --as {kind}"
    )


def _list(file: PublishedFile, says: str, named: str) -> FileKind | None:
    if "DISPOSITION" in says or re.search(r"THERAPY CODE LIST|THERAPY_CODE", f"{says} {named}"):
        return FileKind.THERAPY
    text = f"{file.stem.replace('_', ' ').replace('-', ' ')} | {says[:1500]}"
    for kind, pattern in _X12_TITLES.items():
        if re.search(pattern, text):
            return kind
    return _by_codes(file) if "DESCRIPTION" in says and "CODE" in says else None


def _by_codes(file: PublishedFile) -> FileKind | None:
    """A list without a title: remark codes and categories show by their shape, bare numbers could be two lists."""
    codes = [row[0] for row in file.head[1:] if row and row[0]]
    fitting = [
        kind
        for kind in (FileKind.RARC, FileKind.CATEGORY)
        if codes and all(re.fullmatch(X12_LISTS[kind][1], code) for code in codes)
    ]
    return fitting[0] if len(fitting) == 1 else None
