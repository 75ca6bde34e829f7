"""Whether the rows are what the log says, and the log what it was."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from services.app_context import open_database
from services.cli import show
from services.cli.options import AsJson, DataOption, PracticeOption, open_desk
from services.cli.writing import bar
from services.core.clock import SystemClock
from services.core.errors import ClaimclockError
from services.core.settings import load_settings
from services.projector.replay import Mismatch
from services.projector.replay import verify as run_verify
from services.store.seals import Break, first_break, unsealed
from services.store.zone import in_recorded_zone

COLUMNS = [("table", "table"), ("key", "key"), ("found", "found")]
SAYS = {
    "altered": "was altered since it was sealed", "missing": "was taken out since it was sealed",
    "added": "was put in since it was sealed", "identity": "is filed under another identity since it was sealed",
    "seal": "and those after it are covered by a seal that was changed or taken out",
}  # fmt: skip


class DifferenceError(ClaimclockError):
    """The read tables are not what the log says, or the log not what it was."""


def verify(json: AsJson = False, data: DataOption = None, practice: PracticeOption = None) -> None:
    """Folds everything anew and compares byte for byte with the read tables; checks the seals of the log.

    If the log was altered, names the first entry that does not match its seal.
    """
    settings = load_settings(data_dir=data, practice=practice)
    engine = open_database(settings, SystemClock())
    context = open_desk(engine, in_recorded_zone(engine, settings))
    with engine.connect() as connection:
        broken, left = first_break(connection), unsealed(connection)
    with bar("verifying", hidden=json) as progress:
        task = progress.task_ids[0]
        wrong = run_verify(
            engine, context.references, lambda done, known: progress.update(task, completed=done, total=known)
        )
    engine.dispose()
    if json:
        show.as_json([*_broken_json(broken), *map(asdict, wrong)])
    else:
        _tell(broken, left, wrong)
    if broken is not None:
        raise DifferenceError(f"entry {broken.position} of the log {SAYS[broken.found]}")
    if wrong:
        raise DifferenceError(f"{len(wrong)} rows differ from the log; `claimclock rebuild` fixes them")


def _broken_json(broken: Break | None) -> list[dict[str, Any]]:
    if broken is None:
        return []
    table = "seal" if broken.found == "seal" else "event_log"
    return [{"table": table, "key": str(broken.position), "source": broken.source, "id": broken.id,
             "found": broken.found}]  # fmt: skip


def _tell(broken: Break | None, left: int, wrong: list[Mismatch]) -> None:
    if broken is not None:
        name = f" (source {broken.source}, id {broken.id})" if broken.id else ""
        show.console.print(f"entry {broken.position} of the log{name} {SAYS[broken.found]}", markup=False)
    if wrong:
        show.table("Differences", [asdict(w) for w in wrong], COLUMNS)
    elif broken is None:
        open_end = f"; its last {left} entries are not sealed yet" if left else ""
        show.console.print(f"every row is what the log says, and the log is as it was sealed{open_end}")
