"""Published files in, packs out: each file recognized, the volumes of one table read together."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from projections.rules.rulebook import RulePackError, read_pack
from services.rule_files.code_lists import read_icd10, read_therapy, x12_reader
from services.rule_files.edits import read_mue, read_ptp, read_ptp_changes
from services.rule_files.fee_schedule import read_gpci, read_rvu
from services.rule_files.figures import read_figures
from services.rule_files.localities import read_counties, read_zips
from services.rule_files.packs import FileKind, Reading, Standing, codes_of
from services.rule_files.published import PublishedFile, RuleFileError
from services.rule_files.recognize import RefusedFile, recognize

FileReader = Callable[[Sequence[PublishedFile], Standing], list[Reading]]
READERS: Mapping[FileKind, FileReader] = MappingProxyType(
    {  # in this order: a later one may build on an earlier
        FileKind.THERAPY: read_therapy,
        FileKind.RVU: read_rvu,
        FileKind.GPCI: read_gpci,
        FileKind.LOCALITY: read_counties,
        FileKind.ZIP: read_zips,
        FileKind.PTP: read_ptp,
        FileKind.PTP_CHANGES: read_ptp_changes,
        FileKind.MUE: read_mue,
        FileKind.FIGURES: read_figures,
        FileKind.ICD10: read_icd10,
        **{kind: x12_reader(kind) for kind in (FileKind.CARC, FileKind.RARC, FileKind.CATEGORY, FileKind.STATUS)},
    }
)


def read_published(
    files: Iterable[PublishedFile], standing: Standing, taken_as: FileKind | None = None
) -> tuple[list[Reading], list[RefusedFile]]:
    """The packs that files make, and the files that make none. `taken_as` overrides what each seems to be.

    A pack built by one file is used for the next. Raises RuleFileError where a known file is broken.
    """
    grouped: dict[FileKind, list[PublishedFile]] = {}
    refused: list[RefusedFile] = []
    for file in files:
        kind = taken_as or _safely(file)
        if isinstance(kind, RefusedFile):
            refused.append(kind)
        else:
            grouped.setdefault(kind, []).append(file)
    found: list[Reading] = []
    for kind, reader in READERS.items():
        if kind in grouped:
            readings, standing = _read(reader, grouped[kind], standing)
            found += readings
    return found, refused


def _safely(file: PublishedFile) -> FileKind | RefusedFile:
    try:
        return recognize(file)
    except RuleFileError as error:
        return RefusedFile(file.name, error.message.removeprefix(f"{file.name}: "))
    except (csv.Error, zipfile.BadZipFile, UnicodeError, ValueError) as error:
        return RefusedFile(file.name, f"it cannot be read as text, a table or a workbook ({type(error).__name__})")


def _read(reader: FileReader, files: Sequence[PublishedFile], standing: Standing) -> tuple[list[Reading], Standing]:
    names = ", ".join(file.name for file in files)
    try:
        readings = reader(files, standing)
        made = {str(r.content["pack_id"]): read_pack(r.content) for r in readings}
    except RulePackError as error:
        raise RuleFileError(f"{names}: {error}") from None
    except (csv.Error, zipfile.BadZipFile, UnicodeError, KeyError, ValueError) as error:
        raise RuleFileError(f"{names}: it cannot be read ({type(error).__name__})") from error
    codes = standing.codes | codes_of(made.values())
    return readings, replace(standing, packs={**standing.packs, **made}, codes=codes)
