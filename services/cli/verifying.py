"""Whether the rows are what the log says, and the log what it was."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from services.app_context import open_database
from services.cli import show
from services.cli.options import AsJson, DataOption, PracticeOption, open_desk
from services.cli.writing import bar
from services.core.clock import SystemClock
from services.core.errors import ClaimclockError
from services.core.settings import Settings, load_settings
from services.projector.verification import Damage, Verification, storage_damages
from services.store.engine import closing_engine, open_engine
from services.store.row_seals import unsealed_rows
from services.store.seals import unsealed
from services.store.zone import in_recorded_zone

COLUMNS = [("table", "table"), ("key", "key"), ("message", "what is wrong")]
SHOWN = 200  # on a screen; the JSON holds all


class DifferenceError(ClaimclockError):
    """The read tables are not what the log says, or the log not what it was."""


def verify(
    json: AsJson = False,
    restored: Annotated[
        bool,
        typer.Option("--restored", help="After restoring a backup on purpose: trust its seals again."),
    ] = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Verifies the database: recalculates everything and compares; checks seals, indexes, raw files and audit entries.

    If the log was altered, names the first entry that does not match its seal.
    """
    settings = load_settings(data_dir=data, practice=practice)
    try:
        found = _verified(settings, restored=restored, hidden=json)
    except DBAPIError:
        found = _Found(_storage_damages(settings))
        if not found.damages:
            raise
        sys.stderr.write("not checked: everything else, until the database can read what its own check found damaged\n")
    for note in found.unchecked:
        sys.stderr.write(f"not checked: {note}\n")
    if json:
        show.as_json([damage.as_json() for damage in found.damages])
    else:
        _show(found.damages, found.left)
    if found.damages:
        raise DifferenceError(_summary(found.damages))


@dataclass(frozen=True)
class _Found:
    """`left`: entries without a seal yet; `unchecked`: what could not be checked, in words."""

    damages: Sequence[Damage]
    left: int = 0
    unchecked: Sequence[str] = ()


def _verified(settings: Settings, *, restored: bool, hidden: bool) -> _Found:
    """Every check. Raises DBAPIError where the database is so damaged that it cannot be worked with."""
    engine = open_database(settings, SystemClock())
    settings = in_recorded_zone(engine, settings)
    context = open_desk(engine, settings)
    with bar("verifying", hidden=hidden) as progress:
        task = progress.task_ids[0]
        verification = Verification(
            engine=engine,
            settings=settings,
            references=context.references,
            progress=lambda done, known: progress.update(task, completed=done, total=known),
        )
        if restored:
            verification.remember(restored=True)
        damages = list(verification.damages())
    with engine.connect() as connection:
        left = unsealed(connection) + unsealed_rows(connection)
    if not damages:
        verification.remember()
    unchecked = verification.unchecked()
    engine.dispose()
    return _Found(damages, left, unchecked)


def _storage_damages(settings: Settings) -> list[Damage]:
    with closing_engine(open_engine(settings.database)) as engine, engine.connect() as connection:
        return list(storage_damages(connection))


def _show(damages: Sequence[Damage], left: int) -> None:
    for damage in damages:
        if damage.table == "event_log":
            name = f" (source {damage.source}, id {damage.id})" if damage.id else ""
            show.console.print(f"entry {damage.key} of the log{name}: {damage.message}", markup=False)
    if damages:
        show.table("Differences", [damage.as_json() for damage in damages[:SHOWN]], COLUMNS)
        if len(damages) > SHOWN:
            show.console.print(f"and {len(damages) - SHOWN} more")
        return
    open_end = f"; its last {left} entries are not sealed yet" if left else ""
    show.console.print(f"every row matches the log, and the log matches its seals{open_end}")


def _summary(damages: Sequence[Damage]) -> str:
    """Says what to do, and names tables only: a key may be a claim number."""
    tables = ", ".join(sorted({damage.table for damage in damages}))
    fixed = sum(damage.rebuilt for damage in damages)
    advice = (
        "`claimclock rebuild` fixes them"
        if fixed == len(damages)
        else (f"`claimclock rebuild` fixes {fixed} of them; for the others, restore a backup or import the files again")
    )
    return f"{len(damages)} differences in {tables}: {advice}"
