"""What the type checker is told of rows is what the database has."""

import ast
import importlib
import pkgutil
from datetime import date, datetime
from enum import StrEnum
from typing import get_args, get_origin, get_type_hints

import pytest
from sqlalchemy import JSON

import projections.tables
from events.values import Fact
from projections.tables.columns import LISTED, RECORD, Row, TableModel, UtcInstant
from projections.tables.records import JsonRecord
from projections.tables.tables import READ_TABLES
from projections.tables.work_acts import WorkDone
from tests.laws.code import Module, modules, refuse

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


def word_of(hint):
    """The enum of a column that holds a word of a closed vocabulary."""
    kinds = [kind for kind in (hint, *get_args(hint)) if isinstance(kind, type) and issubclass(kind, StrEnum)]
    return kinds[0] if kinds else None


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
        python = word_of(hint) or (datetime if isinstance(column.type, UtcInstant) else column.type.python_type)
        if python in (int, str, bool, date, datetime) or issubclass(python, StrEnum):
            assert hint == (python | None if column.nullable else python), f"{name}.{field}"


# Names of columns that hold a word of a few, and the columns of these names that do not: why.
CLOSED = {"status", "state", "verdict", "cause", "grade", "band", "kind"}
OPEN = {("deadline", "kind"): "a payer may have any number of appeals, each a clock of its own"}


def test_a_column_of_a_closed_vocabulary_is_typed_by_its_enum():
    found = {
        (name, field): word_of(hint)
        for name, (model, _) in MODELS.items()
        for field, hint in get_type_hints(model).items()
        if field in CLOSED
    }
    assert {column for column, word in found.items() if word is None} == OPEN.keys()


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


def words_of_columns():
    """Name of a column -> the words of every enum that a column of this name has."""
    found = {}
    for model, _ in MODELS.values():
        for field, hint in get_type_hints(model).items():
            if word := word_of(hint):
                found.setdefault(field, set()).update(kind.value for kind in word)
    return found


ANYWHERE = {"status", "verdict", "cause", "grade", "band"}  # names that only such columns and what is made of them have


def named(node):
    """The column that an expression reads: `TABLE.c.verdict`, or `row.verdict` and `row["verdict"]` of some names."""
    if isinstance(node, ast.Attribute):
        column = isinstance(node.value, ast.Attribute) and node.value.attr == "c"
        return node.attr if column or node.attr in ANYWHERE else None
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return node.slice.value if node.slice.value in ANYWHERE else None
    return None


def literals(nodes):
    return {part.value for node in nodes for part in ast.walk(node) if isinstance(part, ast.Constant)}


def bare_words(module, words):
    for node in module.nodes(ast.Compare, ast.Call):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
        else:
            of = node.func
            sides = [of.value, *node.args] if isinstance(of, ast.Attribute) and of.attr in {"in_", "not_in"} else []
        for name in filter(None, map(named, sides)):
            stated = literals(side for side in sides if named(side) is None)
            if stated & words.get(name, set()):
                yield f"{module.at(node)} compares {name} with {sorted(map(str, stated))}: use its enum"


def test_no_column_of_a_closed_vocabulary_is_compared_with_a_bare_word():
    words = words_of_columns()
    read = [module for module in modules("projections", "services") if "/migrations/" not in module.name]
    refuse(offender for module in read for offender in bare_words(module, words))


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ('PRICE.c.verdict == "denied"', True),
        ("PRICE.c.verdict == PriceVerdict.DENIED", False),
        ('ATTEMPT.c.verdict.in_(("met", "missed"))', True),
        ('row["status"] in ("denied", "paid")', True),
        ('row.status != "paid"', True),
        ('entry.status == "22"', False),
        ('endpoint.state == "open"', False),
    ],
)
def test_the_law_sees_a_bare_word(tmp_path, monkeypatch, code, refused):
    path = tmp_path / "sample.py"
    path.write_text(code, "utf-8")
    monkeypatch.setattr(Module, "at", lambda *_: "here")
    monkeypatch.setattr(Module, "name", "sample")
    assert bool(list(bare_words(Module(path), words_of_columns()))) == refused
