"""The verb that shows the team's work and the manager's week."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli import show
from services.cli.options import AsJson, AtOption, DataOption, PracticeOption, When, reading
from services.presentation.weekly_summary import mail_body
from services.reads.manager_figures import expected_cash, lost_by_month, weekly
from services.reads.team import first_touch, workload

COLUMNS = [
    ("person", "person"),
    ("claims", "claims"),
    ("overdue", "overdue"),
    ("due_soon", "due in 7 days"),
    ("amount", "at risk"),
    ("acts", "actions"),
    ("done", "done"),
    ("overturned", "appeals won"),
    ("recovered", "recovered"),
]


def team(
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days back to count finished work.")] = 30,
    week: Annotated[bool, typer.Option("--week", help="Print the week as email text.")] = False,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Open and done work by person, time to first touch, money lost by month, cash expected by week."""
    with reading(data, practice, When(at, None, None)) as context:
        if week:
            told = weekly(context)
            show.as_json(told) if json else show.console.print(mail_body(told, context.practice, "/team"), markup=False)
            return
        figures: dict[str, Any] = {
            "days": days,
            **workload(context, days),
            "first_touch": first_touch(context, days),
            "lost": lost_by_month(context),
            "cash": expected_cash(context),
        }
    if json:
        show.as_json(figures)
        return
    show.table(
        "Work by person", [row | {"person": row["person"] or "unassigned"} for row in figures["people"]], COLUMNS
    )
    if figures["queues"]:
        show.table("Work by queue", figures["queues"], [("queue", "queue"), *COLUMNS[1:]])
    show.table("Lost to deadlines", figures["lost"], [("month", "month"), ("claims", "claims"), ("amount", "amount")])
    show.table(
        "Cash expected", figures["cash"]["weeks"], [("week", "week of"), ("claims", "claims"), ("amount", "amount")]
    )
