"""The verb that brings in the open claims of a system used before."""

from __future__ import annotations

import getpass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from services.app_context import open_app_context, projecting
from services.cli import show
from services.cli.options import AsJson, DataOption, PracticeOption, audited
from services.commands.carry_over import OpenClaimsError, OpenClaimsList
from services.commands.carry_over import carry_over as bring_in
from services.core.errors import UsageError
from services.core.settings import load_settings
from services.intake.open_claim_columns import FIELDS

REFUSED_COLUMNS = [("row", "row"), ("reason", "reason")]
SHOWN = 20  # refused rows named on the screen; --json has more


def carry_over(
    path: Annotated[Path, typer.Argument(help="The list of open claims, CSV or XLSX.")],
    source: Annotated[str, typer.Option(help="Name of the system it comes from (your choice).")],
    as_of: Annotated[str, typer.Option(help="The date of the list, such as 2026-02-28.")],
    column: Annotated[
        list[str] | None,
        typer.Option(help=f"HEADING=FIELD, for headings that are not recognized. Fields: {', '.join(FIELDS)}."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be imported.")] = False,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Imports the open claims from your previous system, from its own list.

    Each row states a claim as of a date; later or earlier 837s and 835s of the claim replace it. Importing the same
    list again changes nothing. Example:
    `claimclock carry-over open.csv --source "Old system" --as-of 2026-02-28 --dry-run`.
    """
    asked = OpenClaimsList(path=path, source=source, as_of=_day(as_of), columns=_columns(column or []))
    settings = audited(load_settings(data_dir=data, practice=practice))
    with open_app_context(settings) as app, projecting(app):
        try:
            told = bring_in(app, asked, by=getpass.getuser(), dry_run=dry_run)
        except OpenClaimsError as error:
            if error.rows and not json:
                show.table("First rows of the list", _rows(error), [(str(n), "") for n in range(len(error.rows[0]))])
            raise
    show.as_json(told) if json else _show(told)


def _rows(error: OpenClaimsError) -> list[dict[str, Any]]:
    return [{str(n): cell for n, cell in enumerate(row)} for row in error.rows]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of {text}: use a date such as 2026-02-28") from None


def _columns(given: list[str]) -> dict[str, str]:
    pairs = [text.rpartition("=") for text in given]
    wrong = [field or heading for heading, _, field in pairs if not heading or field not in FIELDS]
    if wrong:
        raise UsageError(f"--column {wrong[0]}: write HEADING=FIELD; fields are {', '.join(FIELDS)}")
    return {heading: field for heading, _, field in pairs}


def _show(told: dict[str, Any]) -> None:
    done = "imported" if told["published"] else "would be imported"
    typer.echo(f"{told['new']:,} claims {done}, {told['known']:,} already known; {told['balance']} open in the list")
    typer.echo("Columns: " + ", ".join(f"{heading} = {field}" for field, heading in told["columns"].items()))
    if told["unused_columns"]:
        typer.echo("Columns not used: " + ", ".join(told["unused_columns"]) + " (map one with --column HEADING=FIELD)")
    if told["skipped"]:
        typer.echo("Rows that are not claims: " + ", ".join(f"{n} ({why})" for why, n in told["skipped"].items()))
    if told["refused_count"]:
        show.table(f"Refused: {told['refused_count']}", told["refused"][:SHOWN], REFUSED_COLUMNS)
