"""The verb that shows bank deposits next to remittances."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from projections.rows.deposits import DepositState
from services.cli import show
from services.cli.options import AsJson, AsOfOption, AtOption, DataOption, KnownAtOption, PracticeOption, When, reading
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


def deposits(
    state: Annotated[DepositState | None, typer.Option(help="Only deposits in this state.")] = None,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Bank deposits and the remittances they belong to."""
    with reading(data, practice, When(at, as_of, known_at)) as context:
        rows = read_deposits(context, state)
    if json:
        show.as_json(rows)
    else:
        show.table("Deposits", [_shown(row) for row in rows], COLUMNS)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    first = (row["deposits"] or row["remittances"])[0]
    return row | {"state": DEPOSITS[row["state"]], "on": first["date"], "name": first["name"], "trace": first["trace"]}
