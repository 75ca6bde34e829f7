"""Files as their publishers deliver them: CSV, tab-separated text, fixed-width text, workbooks, and ZIPs of these."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from services.contracts.cells import Cell, text_of
from services.core.errors import UsageError
from services.core.workbooks import WorkbookError, opened_workbook

HEAD = 40  # rows that show what a file is
LARGEST = 1 << 30  # bytes of one unpacked file: CMS's largest, a volume of the PTP edits, has about a tenth of it
_ZIP, _DEEPEST = b"PK\x03\x04", 2
_SKIPPED = (".pdf", ".doc", ".docx", ".rtf", ".htm", ".html", ".xml", ".ppt", ".pptx")
_BEST_FIRST = (".csv", ".txt", ".xlsx", ".xlsm", ".toml")
SheetCells = list[str]


class RuleFileError(UsageError):
    """A published file that cannot be used; the message names the file, the place, and what to do."""


@dataclass(frozen=True)
class Sheet:
    """One table of a file: the worksheet's title (empty for text) and its rows of trimmed cells."""

    title: str
    rows: Iterator[SheetCells]


@dataclass(frozen=True)
class PublishedFile:
    """One file, given by itself or out of a ZIP (`name` is then ZIP/member). `opened` starts it from the beginning."""

    name: str
    opened: Callable[[], BinaryIO]

    @property
    def stem(self) -> str:
        """The file's own name in capital letters, without folders and ending."""
        return Path(self.name).stem.upper()

    @cached_property
    def beginning(self) -> bytes:
        with self.opened() as stream:
            return stream.read(1 << 16)

    @property
    def is_workbook(self) -> bool:
        return self.beginning.startswith(_ZIP)

    @cached_property
    def head(self) -> list[SheetCells]:
        """The first rows of the first table."""
        return next((list(islice(sheet.rows, HEAD)) for sheet in self.sheets()), [])

    @cached_property
    def says(self) -> str:
        """The text of the first rows in capital letters, cells apart by |, blanks single."""
        return " | ".join(" ".join(cell.split()).upper() for row in self.head for cell in row if cell)

    def sheets(self) -> Iterator[Sheet]:
        """Every table of the file, one after the other. Raises RuleFileError."""
        if self.is_workbook:
            yield from self._worksheets()
        else:
            yield Sheet("", self._text_rows())

    def rows(self) -> Iterator[SheetCells]:
        """All rows of all tables."""
        for sheet in self.sheets():
            yield from sheet.rows

    def lines(self) -> Iterator[str]:
        """The lines of a text file; old ones end their lines with carriage returns alone."""
        with self.opened() as stream:
            text = io.TextIOWrapper(stream, encoding=self._encoding, errors="replace", newline=None)
            for line in text:
                yield line.rstrip("\n")

    @cached_property
    def _encoding(self) -> str:
        """CMS writes Latin-1 now and then."""
        try:
            self.beginning[:-4].decode("utf-8-sig")
        except UnicodeDecodeError:
            return "latin-1"
        return "utf-8-sig"

    def _text_rows(self) -> Iterator[SheetCells]:
        sample = self.beginning.decode(self._encoding, "replace")
        tabs, commas = sample.count("\t"), sample.count(",")
        if tabs > commas / 4 and tabs:
            return ([cell.strip().strip('"').strip() for cell in line.split("\t")] for line in self.lines())
        return ([cell.strip() for cell in row] for row in csv.reader(self.lines()))

    def _worksheets(self) -> Iterator[Sheet]:
        with self.opened() as stream:
            try:
                with opened_workbook(stream) as book:
                    for sheet in book.worksheets:
                        sheet.reset_dimensions()  # some publishers state wrong ones
                        rows = (
                            [text_of(cast("Cell", cell)) for cell in row] for row in sheet.iter_rows(values_only=True)
                        )
                        yield Sheet(sheet.title, rows)
            except WorkbookError as error:
                raise RuleFileError(f"{self.name}: {error}") from None


def published_files(paths: Iterable[Path]) -> Iterator[PublishedFile]:
    """Every readable file; of one ZIP the same file in several forms comes once. Raises RuleFileError."""
    for path in paths:
        try:
            with path.open("rb") as stream:
                begins = stream.read(4)
        except OSError as error:
            raise RuleFileError(f"{path.name or path}: {error.strerror or 'cannot be read'}") from None
        given = PublishedFile(path.name, _opener(path))
        yield from _members(given, 0) if begins == _ZIP else (given,)


def uploaded_file(name: str, body: bytes) -> Iterator[PublishedFile]:
    """The same for bytes that came over HTTP."""
    given = PublishedFile(Path(name).name or "upload", lambda: io.BytesIO(body))
    yield from _members(given, 0) if body.startswith(_ZIP) else (given,)


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def _members(given: PublishedFile, depth: int) -> Iterator[PublishedFile]:
    """What a ZIP holds; a workbook is a ZIP too, and is itself the file."""
    with given.opened() as stream:
        try:
            archive = zipfile.ZipFile(stream)
            infos = [info for info in archive.infolist() if not info.is_dir()]
        except zipfile.BadZipFile:
            raise RuleFileError(f"{given.name}: the ZIP is damaged; download it again") from None
    if any(info.filename == "[Content_Types].xml" for info in infos):
        yield given
        return
    for info in _one_form_each(infos):
        if info.file_size > LARGEST:
            raise RuleFileError(f"{given.name}: {info.filename} has {info.file_size:,} bytes, more than any such file")
        member = PublishedFile(f"{given.name}/{info.filename}", _unpacker(given, info.filename))
        nested = info.filename.lower().endswith(".zip") and depth < _DEEPEST
        yield from _members(member, depth + 1) if nested else (member,)


def _one_form_each(infos: Iterable[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Of the same name with several endings the one that reads best; papers are left out."""
    best: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        path = Path(info.filename)
        if path.suffix.lower() in _SKIPPED or path.name.startswith((".", "~")) or "__MACOSX" in path.parts:
            continue
        key = str(path.with_suffix("")).upper()
        if key not in best or _rank(path) < _rank(Path(best[key].filename)):
            best[key] = info
    return list(best.values())


def _rank(path: Path) -> int:
    suffix = path.suffix.lower()
    return _BEST_FIRST.index(suffix) if suffix in _BEST_FIRST else len(_BEST_FIRST)


def _unpacker(given: PublishedFile, member: str) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        with given.opened() as stream, zipfile.ZipFile(stream) as archive:
            return io.BytesIO(archive.read(member))

    return opened
