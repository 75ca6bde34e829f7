"""Read tables of bank deposits and of how they match remittances. Money is in whole cents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypedDict

from pydantic import Field as JsonField
from sqlalchemy import Index
from sqlmodel import Field

from projections.tables.columns import Row, TableModel, cents, json_list, word
from projections.tables.records import Dollars, JsonRecord
from projections.tables.vocabulary import DepositState


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedTransfer(JsonRecord):
    """A deposit or a remittance in a match. `amount`: dollars.

    `typed`: entered by hand; `replaced`: what the bank's own line, or the 835, counts in the place of.
    """

    key: str
    on: Annotated[date | None, JsonField(alias="date")]
    amount: Dollars
    trace: str | None
    name: str | None
    method: str | None
    typed: bool
    replaced: bool = False


class DepositTable(TableModel, table=True):
    """Money that reached the bank account. Written by deposit keys.

    `typed`: a person entered it by hand. `work`: what people did about its item.
    """

    __tablename__ = "deposit"

    key: str = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    deposit_id: str
    on: date
    amount: int = cents()
    trace: str | None
    sender: str | None
    name: str | None
    method: str
    typed: bool
    work: list[Row] | None = json_list("projections.tables.work_acts.WorkDone")


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
    work: list[Row] | None


class DepositMatchTable(TableModel, table=True):
    """Deposits and remittances that belong together, or one of them alone.

    Written by the keys of a trace number (what has it) and of a month (what is left). `name`: the key of its first
    deposit, else of its remittance; `on`: the date of that; `matched_by`: trace, amount and date, or sum of a day.
    """

    __tablename__ = "deposit_match"
    __table_args__ = (Index("deposit_match_by_state", "practice", "state", "on"),)

    key: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    state: DepositState = word()
    matched_by: str
    on: date | None
    deposited: int = cents()
    remitted: int = cents()
    deposits: list[Row] | None = json_list("projections.tables.deposits.MatchedTransfer")
    remittances: list[Row] | None = json_list("projections.tables.deposits.MatchedTransfer")


class DepositMatchRow(TypedDict):
    """A row of `DepositMatchTable`."""

    key: str
    name: str
    practice: str
    state: DepositState
    matched_by: str
    on: date | None
    deposited: int
    remitted: int
    deposits: list[Row] | None
    remittances: list[Row] | None
