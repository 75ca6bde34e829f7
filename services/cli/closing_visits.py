"""Visits closed with a reason, and opened again."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from services.app_context import AppContext, open_app_context, projecting
from services.cli import show
from services.cli.options import AsJson, DataOption, PracticeOption, audited, open_desk
from services.commands.close_visits import VisitClosing
from services.commands.close_visits import close_visit as close_one
from services.commands.close_visits import reopen_visit as reopen_one
from services.core.errors import UsageError
from services.core.settings import load_settings
from services.presentation.labels import VISIT_CLOSINGS
from services.reads.read_context import ReadContext

VisitArgument = Annotated[str, typer.Argument(metavar="VISIT", help="The visit's number.")]


def close_visit(
    visit_id: VisitArgument,
    reason: Annotated[str, typer.Option("--reason", help=f"One of: {', '.join(VISIT_CLOSINGS)}.")],
    note: Annotated[str | None, typer.Option("--note", help="Explanation; required for the reason other.")] = None,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Close a visit that will not be billed: it leaves all lists until it is reopened."""
    try:
        asked = VisitClosing.model_validate({"visit_id": visit_id, "reason": reason, "note": note})
    except ValidationError:
        raise UsageError(f"--reason: use one of {', '.join(VISIT_CLOSINGS)}") from None
    told = changed(data, practice, lambda app, context, by: close_one(app, context, asked, by))
    show.as_json(told) if json else show.console.print(f"visit {visit_id} is closed", markup=False)


def reopen_visit(
    visit_id: VisitArgument,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Put a closed visit back on the lists."""
    told = changed(data, practice, lambda app, context, by: reopen_one(app, context, visit_id, by))
    show.as_json(told) if json else show.console.print(f"visit {visit_id} is {told['state']} again", markup=False)


def changed(
    data: Path | None, practice: str | None, change: Callable[[AppContext, ReadContext, str], dict[str, Any]]
) -> dict[str, Any]:
    """What a change answers, once every list shows it."""
    settings = audited(load_settings(data_dir=data, practice=practice))
    with open_app_context(settings) as running, projecting(running):
        context = open_desk(running.engine, settings, clock_now=running.clock.now())
        return change(running, context, getpass.getuser())
