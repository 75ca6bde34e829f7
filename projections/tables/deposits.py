"""Read tables of bank deposits and of how they match remittances. Money is in whole cents."""

from __future__ import annotations

from datetime import date
from typing import Any, TypedDict

from sqlalchemy import Index
from sqlmodel import Field

from projections.tables.columns import TableModel, cents, json_column


class DepositTable(TableModel, table=True):
    """Money that reached the bank account. Written by deposit keys.

    `typed`: a person entered it by hand. `work`: what people did about its item.
    """

    __tablename__ = "deposit"

    key: str = Field(primary_key=True)
    practice: str
    deposit_id: str
    on: date
    amount: int = cents()
    trace: str | None
    sender: str | None
    name: str | None
    method: str
    typed: bool
    work: Any = json_column()


class DepositRow(TypedDict):
    """A row of `DepositTable`."""

    key: str
    practice: str
    deposit_id: str
    on: date
    amount: int
    trace: str | None
    sender: str | None
    name: str | None
    method: str
    typed: bool
    work: Any


class DepositMatchTable(TableModel, table=True):
    """Deposits and remittances that belong together, or one of them alone.

    Written by the keys of a trace number (what has it) and of a month (what is left). `name`: the key of its first
    deposit, else of its remittance; `on`: the date of that; `matched_by`: trace, amount and date, or sum of a day.
    """

    __tablename__ = "deposit_match"
    __table_args__ = (Index("deposit_match_by_state", "practice", "state", "on"),)

    key: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    practice: str
    state: str
    matched_by: str
    on: date | None
    deposited: int = cents()
    remitted: int = cents()
    deposits: Any = json_column()
    remittances: Any = json_column()


class DepositMatchRow(TypedDict):
    """A row of `DepositMatchTable`."""

    key: str
    name: str
    practice: str
    state: str
    matched_by: str
    on: date | None
    deposited: int
    remitted: int
    deposits: Any
    remittances: Any
