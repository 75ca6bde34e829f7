"""Workbooks that somebody made to harm, or that were damaged on the way."""

import io
import random
import zipfile
from contextlib import suppress

import pytest
from openpyxl import Workbook

from services.contracts.cells import ContractFileError
from services.contracts.files import preview_rows, read_contract_file
from services.core import workbooks
from services.core.workbooks import WorkbookError, opened_workbook
from services.intake.sheet_rows import SheetError, sheet_rows

LAUGHS = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, (b"&%c;" % (97 + n)) * 10) for n in range(9)
)


def workbook():
    book, kept = Workbook(), io.BytesIO()
    book.active.append(["Claim", "Charge"])
    book.active.append(["A1", 12.5])
    book.save(kept)
    return kept


def changed(tmp_path, part, change):
    """A workbook with one part another."""
    path = tmp_path / "list.xlsx"
    with zipfile.ZipFile(workbook()) as given, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            made.writestr(name, change(given.read(name)) if name.endswith(part) else given.read(name))
    return path


def refused(path):
    with pytest.raises(SheetError):
        list(sheet_rows(path))
    with pytest.raises(ContractFileError):
        read_contract_file(path)
    assert preview_rows(path) == []


PARTS = ["sheet1.xml", "workbook.xml", "[Content_Types].xml", "styles.xml"]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_breaks_off_is_refused_in_words(tmp_path, part):
    refused(changed(tmp_path, part, lambda xml: xml[: len(xml) // 2]))


def test_entities_that_multiply_are_refused(tmp_path):
    refused(changed(tmp_path, "sheet1.xml", lambda xml: LAUGHS + b"]>" + xml.replace(b"<v>", b"<v>&j;")))


def test_a_file_that_an_entity_names_is_not_read(tmp_path):
    (tmp_path / "secret").write_text("CANARY")
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file://%s">]>' % str(tmp_path / "secret").encode()
    path = changed(tmp_path, "sheet1.xml", lambda xml: entity + xml.replace(b"12.5", b"&e;"))
    with suppress(SheetError):
        assert "CANARY" not in str(list(sheet_rows(path)))


def test_one_that_unpacks_to_too_much_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(workbooks, "LARGEST", 1 << 20)
    path = changed(
        tmp_path, "sheet1.xml", lambda xml: xml.replace(b"</sheetData>", b"<row/>" * 200_000 + b"</sheetData>")
    )
    assert path.stat().st_size < 20_000
    refused(path)


def test_damage_of_any_kind_is_one_kind_of_error(tmp_path):
    chance, whole = random.Random(5), workbook().getvalue()
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 3, 30])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(WorkbookError), opened_workbook(io.BytesIO(bytes(data))) as book:
            for sheet in book.worksheets:
                list(sheet.iter_rows(values_only=True))


@pytest.mark.parametrize("name", ["deep.json", "long.json", "deep.toml"])
def test_contracts_nested_or_long_without_measure_are_refused_in_words(tmp_path, name):
    path = tmp_path / name
    path.write_text({"deep.json": "[" * 50_000, "long.json": "9" * 5_000, "deep.toml": "a = " + "[" * 50_000}[name])
    with pytest.raises(ContractFileError, match=name):
        read_contract_file(path)
