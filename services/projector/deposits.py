"""How deposits are folded, and matched with remittances: by trace number, and what is left by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, select

from projections.history import LoggedEvent
from projections.keys import kind_of, parse_key
from projections.rows.claims import item_rows
from projections.rows.deposit_items import deposit_items
from projections.rows.deposit_rows import (
    deposit_keys,
    deposit_row,
    match_rows,
    matched_keys,
    month_keys,
    month_matches,
    month_of,
    months_around,
    months_reached,
    traced_matches,
    transfer_of_deposit,
    transfer_of_remittance,
)
from projections.rows.deposits import DepositMatch, Transfer
from projections.rows.membership import belongs_to
from projections.tables.tables import READ_TABLES
from projections.terms.terms_in_force import Reference
from services.projector.folds import FoldContext, KeyProjector, Projection, Rows
from services.projector.remittances import as_loaded, load_history
from services.store.dialect import StoreDialect, dialect_of

DEPOSIT, REMITTANCE = READ_TABLES["deposit"], READ_TABLES["remittance"]
MATCH, MEMBERSHIP = READ_TABLES["deposit_match"], READ_TABLES["membership"]


class LoadedMoney(NamedTuple):
    """The deposits and remittances of a key, those apart that a trace number matched already."""

    deposits: list[Transfer]
    remittances: list[Transfer]
    matched: set[str]


class FoldedMoney(NamedTuple):
    """The matches of a key; `banked`: whether any deposit is near, so that one may be missed."""

    matches: list[DepositMatch]
    banked: bool


def _deposit(key: str, history: Sequence[LoggedEvent], reference: Reference) -> Rows:
    row = deposit_row(key, history, reference)
    if row is None:
        return {}
    derived = deposit_keys(row["practice"], row["trace"], row["on"])
    return {"deposit": [row], "membership": belongs_to(key, derived)}


def load_money(context: FoldContext, keys: Sequence[str], _reference: Reference) -> Mapping[str, LoadedMoney]:
    """What belongs to each trace number, or to each month and what is around it.

    Where no deposit is near, each remittance stands alone, and those of other months say nothing.
    """
    found = {key: LoadedMoney([], [], set()) for key in keys}
    months = {key: parse_key(key).name for key in keys if kind_of(key) == "deposit_month"}
    for row in _members(context, DEPOSIT, keys):
        found[row.derived].deposits.append(transfer_of_deposit(row))
    for row in _members(context, REMITTANCE, keys):
        money, month = found[row.derived], months.get(row.derived)
        if month is None or money.deposits or month_of(row.payment_date) == month:
            money.remittances.append(transfer_of_remittance(row))
    for row in _members(context, MATCH, keys):
        found[row.derived].matched.update(matched_keys([row]))
    return found


def _members(context: FoldContext, table: Table, keys: Sequence[str]) -> list[Any]:
    dialect = dialect_of(context.rows)
    return list(context.rows.execute(_query(dialect, table), dialect.given(keys)).all())


@cache
def _query(dialect: StoreDialect, table: Table) -> Select[Any]:
    joined = select(MEMBERSHIP.c.derived, table).join_from(MEMBERSHIP, table, table.c.key == MEMBERSHIP.c.key)
    return joined.where(
        dialect.among_given(MEMBERSHIP.c.derived), *dialect.of_practices(MEMBERSHIP.c.practice, table.c.practice)
    )


def _of_trace(_key: str, money: LoadedMoney, _reference: Reference) -> FoldedMoney:
    return FoldedMoney(traced_matches(money.deposits, money.remittances), bool(money.deposits))


def _of_month(key: str, money: LoadedMoney, _reference: Reference) -> FoldedMoney:
    deposits = [one for one in money.deposits if one.key not in money.matched]
    remittances = [one for one in money.remittances if one.key not in money.matched]
    return FoldedMoney(month_matches(parse_key(key).name, deposits, remittances), bool(money.deposits))


def _traced_rows(key: str, money: FoldedMoney, _reference: Reference) -> Rows:
    """The matches, and the months that no longer look for what is in them."""
    found = [one for match in money.matches for one in match.everything]
    deposits = {one.key for match in money.matches for one in (*match.deposits, *match.copies)}
    seen = {month for one in found for month in (months_around if one.key in deposits else months_reached)(one.on)}
    months = month_keys(parse_key(key).practice, seen)
    return {"deposit_match": match_rows(key, money.matches), "membership": belongs_to(key, months)}


def _month_rows(key: str, money: FoldedMoney, _reference: Reference) -> Rows:
    return {"deposit_match": match_rows(key, money.matches)}


def _items(key: str, money: FoldedMoney, reference: Reference) -> Rows:
    items = deposit_items(money.matches, reference.zone, banked=money.banked)
    return {"work_item": item_rows(key, parse_key(key).practice, items, reference)}


_WORK = Projection(name="deposit work", tables=("work_item",), fold=_items)
_MONEY = frozenset({"deposit", "remittance", "deposit_match"})
DEPOSITS = KeyProjector(
    kind="deposit",
    load=load_history,
    prepare=as_loaded,
    projections=(Projection(name="deposits", tables=("deposit", "membership"), fold=_deposit),),
)
DEPOSIT_TRACES = KeyProjector(
    kind="deposit_trace",
    load=load_money,
    prepare=_of_trace,
    projections=(Projection(name="deposit matches", tables=("deposit_match", "membership"), fold=_traced_rows), _WORK),
    reads=_MONEY,
)
DEPOSIT_MONTHS = KeyProjector(
    kind="deposit_month",
    load=load_money,
    prepare=_of_month,
    projections=(Projection(name="deposit months", tables=("deposit_match",), fold=_month_rows), _WORK),
    reads=_MONEY,
)
