"""Whether this installation can work, and what to fix where it cannot."""

from __future__ import annotations

import typer

from services.cli import show
from services.cli.options import AsJson, DataOption, PracticeOption
from services.core.settings import load_settings
from services.reads.doctor import CheckState, examine

COLUMNS = [("part", "part"), ("state", "state"), ("found", "found"), ("fix", "what to do")]


def doctor(json: AsJson = False, data: DataOption = None, practice: PracticeOption = None) -> None:
    """Checks settings, packages, data directory, database and stream; starts and changes nothing.

    Exit status 1 if something does not work. Example: `claimclock doctor --json`.
    """
    findings = examine(load_settings(data_dir=data, practice=practice))
    rows = [finding.as_json() for finding in findings]
    if json:
        show.as_json(rows)
    else:
        show.table("This installation", rows, COLUMNS)
    if any(finding.state is CheckState.FAILED for finding in findings):
        raise typer.Exit(1)
