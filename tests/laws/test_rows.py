"""What the type checker is told of rows is what the database has."""

import importlib
import pkgutil
from datetime import date, datetime
from typing import get_args, get_origin, get_type_hints

import pytest
from sqlalchemy import JSON

import projections.tables
from events.values import Fact
from projections.tables.columns import LISTED, RECORD, Row, TableModel, UtcInstant
from projections.tables.records import JsonRecord
from projections.tables.tables import READ_TABLES
from projections.tables.work_acts import WorkDone

MODULES = [
    importlib.import_module(f"projections.tables.{module.name}")
    for module in pkgutil.iter_modules(projections.tables.__path__)
]
MODELS = {
    str(model.__tablename__): (model, module)
    for module in MODULES
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, TableModel) and model is not TableModel
    if model.__module__ == module.__name__
}


def record_of(column):
    """What a JSON column keeps: a class, or a list of one."""
    module, _, name = column.info[RECORD].rpartition(".")
    kept = getattr(importlib.import_module(module), name)
    return list[kept] if column.info.get(LISTED) else kept


def test_every_read_table_has_its_model():
    assert MODELS.keys() == READ_TABLES.keys()


@pytest.mark.parametrize("name", sorted(READ_TABLES))
def test_a_typed_row_has_the_columns_of_its_table(name):
    model, module = MODELS[name]
    row = getattr(module, model.__name__.removesuffix("Table") + "Row")
    hints = get_type_hints(row)
    columns = {column.name: column for column in READ_TABLES[name].columns}
    assert list(hints) == list(columns)
    declared = get_type_hints(model)
    assert hints == {field: declared[field] for field in hints}
    for field, hint in hints.items():
        column = columns[field]
        python = datetime if isinstance(column.type, UtcInstant) else column.type.python_type
        if python in (int, str, bool, date, datetime):
            assert hint == (python | None if column.nullable else python), f"{name}.{field}"


JSON_COLUMNS = [
    pytest.param(column, id=f"{name}.{column.name}")
    for name, table in READ_TABLES.items()
    for column in table.columns
    if isinstance(column.type, JSON)
]


@pytest.mark.parametrize("column", JSON_COLUMNS)
def test_a_json_column_names_what_it_keeps(column):
    """A frozen record, an event's data, an act of a person or a sentence, or a list of one of them."""
    record = record_of(column)
    listed = get_origin(record) is list
    kept = get_args(record)[0] if listed else record
    assert isinstance(kept, type)
    assert issubclass(kept, JsonRecord | Fact | WorkDone) or (listed and kept is str)
    model, _ = MODELS[column.table.name]
    stored = list[str] if kept is str else list[Row] if listed else Row
    assert get_type_hints(model)[column.name] == stored | None
