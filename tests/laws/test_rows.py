"""What the type checker is told of rows is what the database has."""

import importlib
import pkgutil
from datetime import date, datetime
from typing import get_type_hints

import pytest

import projections.tables
from projections.tables.columns import TableModel, UtcInstant
from projections.tables.tables import READ_TABLES

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
