"""What the clocks said by themselves."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli import show
from services.cli.options import (
    AsJson,
    AsOfOption,
    AtOption,
    DataOption,
    KnownAtOption,
    LimitOption,
    PayerOption,
    PracticeOption,
    When,
    payer_of,
    reading,
)
from services.reads.alerts import alerts as read_alerts
from services.scheduler.states import states

COLUMNS = [
    ("raised_at", "raised"),
    ("about", "claim, visit or rules"),
    ("payer", "payer"),
    ("clock", "clock"),
    ("step", "step"),
    ("due", "due"),
    ("amount", "at risk"),
    ("to", "to"),
    ("assignee", "who"),
    ("delivery", "webhook"),
]


def alerts(
    payer: PayerOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Also alerts of deadlines that have ended since.")] = False,
    limit: LimitOption = None,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Alerts raised by `claimclock serve`, newest first: days before money is lost, hours since a rejection.

    Examples: `claimclock alerts`, `claimclock alerts --all --json`.
    """
    with reading(data, practice, When(at, as_of, known_at)) as context:
        found = read_alerts(context, payer=payer_of(context, payer), everything=everything, limit=limit)
        with context.engine.connect() as connection:
            known = states(connection, context.practice, [alert["id"] for alert in found])
    rows = [alert | {"delivery": known.get(alert["id"])} for alert in found]
    if json:
        show.as_json(rows)
    else:
        show.table("Alerts", show.local(rows, context.references.zone), COLUMNS, None if limit else 40)
