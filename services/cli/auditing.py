"""The audit by command line: what people and commands read and changed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.app_context import open_database
from services.cli import show
from services.cli.options import AsJson, DataOption, PracticeOption
from services.core.clock import SystemClock
from services.core.settings import load_settings
from services.presentation.audit_words import action_words
from services.security.audit import read_audit
from services.security.command_line_audit import audit_of_commands
from services.store.zone import in_recorded_zone

COLUMNS = [("at", "when"), ("who", "who"), ("role", "role"), ("action", "what"), ("ref", "ref"), ("detail", "detail")]


def audit(
    person: Annotated[str | None, typer.Option(help="Only actions of this user.")] = None,
    day: Annotated[str | None, typer.Option(help="Only this date, such as 2026-11-06.")] = None,
    limit: Annotated[int, typer.Option(help="Maximum rows.", min=1)] = 50,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Who read or changed what, newest first: pages, API and command line together.

    Example: `claimclock audit --person pat --day 2026-11-06`.
    """
    settings = load_settings(data_dir=data, practice=practice)
    engine = open_database(settings, SystemClock())
    rows = read_audit(engine, settings.practice, limit)
    if not settings.database_url:
        with audit_of_commands(settings) as commands:
            rows += read_audit(commands, settings.practice, limit)
    settings = in_recorded_zone(engine, settings)
    engine.dispose()
    wanted = [row for row in rows if person in (None, row["who"]) and (day is None or row["at"].startswith(day))]
    wanted = sorted(wanted, key=lambda row: row["at"], reverse=True)[:limit]
    show.as_json(wanted) if json else show.table("Audit", [_told(row) for row in wanted], COLUMNS)


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"at": row["at"][:16].replace("T", " "), "action": action_words(row["action"])}
