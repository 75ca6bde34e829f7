"""Workbooks (XLSX) that somebody else made: opened within limits; whatever is wrong with one is one kind of error."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

LARGEST = 512 << 20  # bytes of all parts of a workbook once they are unpacked; texts of cells are held in memory
# What openpyxl raises for XML that it did not expect is seldom an error of its own.
_DAMAGED: tuple[type[Exception], ...] = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,  # of XML, whichever parser reads it
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
_NO_WORKBOOK = "it is not a workbook; save the sheet as .xlsx or CSV"
_PROTECTED = "the workbook is protected by a password or of an old kind (.xls); save it as .xlsx without one, or as CSV"
_DAMAGE = "the workbook is damaged; open it in a spreadsheet program, and save it as .xlsx or CSV"
_OLD_CONTAINER = bytes.fromhex("d0cf11e0a1b11ae1")  # [MS-CFB] 2.2: holds .xls, and a workbook under a password


class WorkbookError(ValueError):
    """A workbook that cannot be read; the message says what to do."""


@contextmanager
def opened_workbook(source: Path | BinaryIO) -> Iterator[Workbook]:
    """The workbook, its values instead of formulas. Raises WorkbookError, also for what is found while it is read."""
    try:
        with nullcontext(source) if not isinstance(source, Path) else source.open("rb") as stream:
            _check_kind(stream)
            _check_size(stream)
            workbook = load_workbook(stream, read_only=True, data_only=True)
            try:
                yield workbook
            finally:
                workbook.close()
    except WorkbookError:
        raise
    except _DAMAGED as error:
        raise WorkbookError(_DAMAGE) from error


def _check_kind(stream: BinaryIO) -> None:
    start = stream.read(len(_OLD_CONTAINER))
    stream.seek(0)
    if start == _OLD_CONTAINER:
        raise WorkbookError(_PROTECTED)
    if not start.startswith(b"PK"):
        raise WorkbookError(_NO_WORKBOOK)


def _check_size(stream: BinaryIO) -> None:
    with zipfile.ZipFile(stream) as parts:
        if sum(part.file_size for part in parts.infolist()) > LARGEST:
            raise WorkbookError(f"the workbook unpacks to more than {LARGEST >> 20} MB; split it, or save it as CSV")
