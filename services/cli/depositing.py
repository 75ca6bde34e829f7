"""The verb that shows bank deposits next to remittances, and enters one by hand."""

from __future__ import annotations

import getpass
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from projections.tables.vocabulary import DepositState
from services.app_context import open_app_context, projecting
from services.cli import show
from services.cli.options import (
    AsJson,
    AsOfOption,
    AtOption,
    DataOption,
    KnownAtOption,
    PracticeOption,
    When,
    audited,
    reading,
)
from services.commands.enter_deposit import TypedDeposit, enter_deposit
from services.core.errors import UsageError
from services.core.settings import load_settings
from services.presentation.labels import DEPOSITS
from services.reads.deposits import deposits as read_deposits

COLUMNS = [
    ("state", "state"),
    ("on", "date"),
    ("name", "payer"),
    ("trace", "trace"),
    ("deposited", "deposited"),
    ("remitted", "remittance"),
    ("difference", "difference"),
]
_MONEY = "To add: "


def deposits(
    act: Annotated[str, typer.Argument(help="list, or add to enter a deposit manually.")] = "list",
    state: Annotated[DepositState | None, typer.Option(help="Only deposits in this state.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Maximum rows.")] = None,
    date: Annotated[str | None, typer.Option(help=f"{_MONEY}the date it reached the bank, such as 2026-03-18.")] = None,
    amount: Annotated[str | None, typer.Option(help=f"{_MONEY}dollars and cents.")] = None,
    method: Annotated[str, typer.Option(help=f"{_MONEY}check, eft or card.")] = "check",
    trace: Annotated[str | None, typer.Option(help=f"{_MONEY}check number or EFT trace.")] = None,
    payer: Annotated[str | None, typer.Option(help=f"{_MONEY}the payer's name.")] = None,
    number: Annotated[int, typer.Option(help=f"{_MONEY}a number, if a day has identical deposits.")] = 1,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Bank deposits and the remittances they belong to.

    Examples: `claimclock deposits --state money_without_era`, `claimclock deposits add --date 2026-03-18
    --amount 150.00 --trace 90017 --payer "ACME HEALTH"`.
    """
    if act == "add":
        given = {"date": date, "amount": amount, "method": method, "trace": trace, "payer_name": payer}
        _add(given | {"number": number}, json=json, data=data, practice=practice)
        return
    if act != "list":
        raise UsageError("deposits takes list or add")
    with reading(data, practice, When(at, as_of, known_at)) as context:
        rows = read_deposits(context, state, count=limit)
    if json:
        show.as_json(rows)
    else:
        show.table("Deposits", [_shown(row) for row in rows], COLUMNS)


def _add(given: dict[str, Any], *, json: bool, data: DataOption, practice: PracticeOption) -> None:
    try:
        deposit = TypedDeposit.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        faults = (f"--{fault['loc'][0]}: {fault['msg']}" for fault in error.errors(include_url=False))
        raise UsageError(f"deposits add: {'; '.join(faults)}") from None
    settings = audited(load_settings(data_dir=data, practice=practice))
    with open_app_context(settings) as app, projecting(app):
        told = enter_deposit(app, deposit, getpass.getuser())
    show.as_json(told) if json else show.console.print(f"entered a deposit of {deposit.amount:.2f}", markup=False)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    first = (row["deposits"] or row["remittances"])[0]
    return row | {"state": DEPOSITS[row["state"]], "on": first["date"], "name": first["name"], "trace": first["trace"]}
