"""Column types of our own: text that orders by bytes, instants that are always UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ColumnElement, Dialect, String, Table, Text, TextClause, and_
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field, SQLModel
from sqlmodel.main import SQLModelMetaclass
from sqlmodel.sql.sqltypes import AutoString

Row = dict[str, Any]  # of a read table, by column name
NEVER = date(9999, 12, 31)  # sorts after every real date, so that one index serves the order of a list
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RECORD, LISTED = "record", "listed"  # what a JSON column keeps, in the `info` of the column
MICROSECOND = timedelta(microseconds=1)


class ByteText(TypeDecorator[str]):
    """Text that compares and orders by the bytes of its UTF-8, whatever language a database was set up for.

    PostgreSQL orders by the collation of the database unless a column says otherwise: in en_US.UTF-8, `|` does not
    count at first sight, and whatever relies on the order of keys finds nothing. SQLite orders by bytes anyway.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        return dialect.type_descriptor(String(collation="C" if dialect.name == "postgresql" else None))


class _TableOnly(SQLModelMetaclass):
    """Makes the table of a class and no mapper: no row is ever an object, and mappers would slow every start."""

    def __init__(self, name: str, bases: tuple[type, ...], given: dict[str, Any], **options: Any) -> None:
        if not options.get("table"):
            super().__init__(name, bases, given, **options)
            return
        columns = [self.__dict__[field] for field in self.model_fields]
        for field, column in zip(self.model_fields, columns, strict=True):
            column.name = column.key = field
        stated: Any = self
        more = list(getattr(self, "__table_args__", ()))
        settings = more.pop() if more and isinstance(more[-1], dict) else {}
        table = stated.__table_cls__(stated.__tablename__, stated.metadata, *columns, *more, **settings)
        type.__setattr__(self, "__table__", table)


class TableModel(SQLModel, metaclass=_TableOnly):
    """Base of every table: its columns of text are `ByteText`. Nothing is validated by it, so no validator is built."""

    model_config = {"defer_build": True}

    @classmethod
    def __table_cls__(cls, *arguments: Any, **options: Any) -> Table:
        for column in arguments:
            if isinstance(column, Column) and isinstance(column.type, (AutoString, Text)):
                column.type = ByteText()
        return Table(*arguments, **options)


def only_where(condition: TextClause) -> Any:
    """Options of an index over some rows only, for tables made from their classes: those are SQLite's.

    On PostgreSQL migrations make the tables, and say the same; to say it here loads its dialect at every start.
    """
    return {"sqlite_where": condition}


def word(*, primary_key: bool = False) -> Any:
    """A column of a closed vocabulary, whose field is typed by its `StrEnum`: the database keeps the bare word."""
    return Field(primary_key=primary_key, sa_type=ByteText)


def optional_word() -> Any:
    return Field(default=None, sa_type=ByteText, nullable=True)


def cents() -> Any:
    """A column of money."""
    return Field(sa_type=BigInteger)


def optional_cents() -> Any:
    return Field(default=None, sa_type=BigInteger, nullable=True)


def instant() -> Any:
    return Field(sa_type=UtcInstant)


def optional_instant() -> Any:
    return Field(default=None, sa_type=UtcInstant, nullable=True)


def json_column(record: str) -> Any:
    """A column that keeps what `record` reads: a frozen record, or an event's data, by module and name.

    Named, not imported: every command loads the tables, and records bring the typed events, which are slow to import.
    Its row types say `Row`: a row holds the JSON; a reader that needs a field makes the record of it.
    """
    return Field(default=None, sa_column=Column(JSON(none_as_null=True), info={RECORD: record}))


def json_list(record: str) -> Any:
    """As `json_column`, of a list of them. Its row types say `list[Row]`."""
    return Field(default=None, sa_column=Column(JSON(none_as_null=True), info={RECORD: record, LISTED: True}))


def has_prefix(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """Whether a text begins with this one. Read from an index; no character of the prefix is a wildcard.

    Raises TypeError for a column that does not order by bytes: a range over it would be empty in many a language.
    """
    if not isinstance(column.type, ByteText):
        raise TypeError(f"{column} does not order by bytes: its table must be a TableModel")
    kept = prefix.rstrip(_LAST)
    if not kept:
        return column >= prefix
    after = ord(kept[-1]) + 1
    following = kept[:-1] + chr(_AFTER_SURROGATES if after in _SURROGATES else after)
    return and_(column >= prefix, column < following)


_LAST = chr(0x10FFFF)
_SURROGATES, _AFTER_SURROGATES = range(0xD800, 0xE000), 0xE000  # no text holds one


class UtcInstant(TypeDecorator[datetime]):
    """An instant as microseconds since 1970 in UTC; the same bytes on every database. Refuses naive datetimes."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else to_micros(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else from_micros(value)


def to_micros(value: datetime) -> int:
    """Microseconds since 1970-01-01T00:00Z. Raises ValueError on a datetime without a zone."""
    if value.tzinfo is None:
        raise ValueError("an instant without a zone cannot be stored")
    return (value - EPOCH) // MICROSECOND


def from_micros(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)
