"""What is next for a claim: one answer, which the list, the claim's page, the API and exports all give.

It is the most urgent item that is shown, by the one order of all lists; without any, what is awaited of others, by the
clock that ends first; else nothing. It never says less than a list the claim is on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from projections.deadlines import Deadline, is_overdue
from projections.tables.tables import NEVER
from projections.work.kinds import ORDER

US, PAYER, NOBODY = "practice", "payer", "nobody"
AWAITED: Mapping[str, str] = {
    "ack_syntax": "The 999 of the file is awaited",
    "ack_clearinghouse": "The clearinghouse's report is awaited",
    "ack_payer": "The payer's acknowledgment (277CA) is awaited",
    "payer_response": "The payer's decision is awaited",
    "letter_answer": "The answer to the letter is awaited",
}
NOTHING = "Nothing is to be done"


class NextStep(NamedTuple):
    """`what` by whom (`by`: a person's name, practice, payer or nobody), by when (`due`, at the latest `lost_on`), why.

    `worklist` and `item` name the item it comes from; None where it comes from no list.
    """

    what: str
    by: str
    due: str | None
    lost_on: str | None
    overdue: bool
    why: str
    worklist: str | None = None
    item: str | None = None

    def as_json(self) -> dict[str, Any]:
        return self._asdict()


def next_step(items: Iterable[Any], clocks: Sequence[Deadline], at: datetime, zone: ZoneInfo) -> NextStep:
    """The next step at an instant. `items`: the claim's rows of work_item, of all lists; `clocks`: its deadlines."""
    shown = [item for item in items if item.snoozed_until is None or item.snoozed_until <= at]
    if shown:
        return _of_item(min(shown, key=lambda item: _order(item, at)), at)
    awaited = [clock for clock in clocks if clock.runs and clock.due is not None and clock.kind in AWAITED]
    if awaited:
        first = min(awaited, key=lambda clock: (str(clock.due)[:10], clock.kind))
        why = first.steps[0] if first.steps else ""
        due = first.due.isoformat() if first.due else None
        return NextStep(AWAITED[first.kind], PAYER, due, None, is_overdue(first, at, zone), why)
    return NextStep(NOTHING, NOBODY, None, None, overdue=False, why="No list has the claim and no answer is awaited")


def _overdue(item: Any, at: datetime) -> bool:
    return item.overdue_at is not None and item.overdue_at <= at


def _order(item: Any, at: datetime) -> tuple[Any, ...]:
    return tuple(not _overdue(item, at) if name == "overdue" else getattr(item, name) for name in ORDER)


def _of_item(item: Any, at: datetime) -> NextStep:
    return NextStep(
        item.next_action,
        item.assignee or US,
        item.due,
        None if item.lost_on == NEVER else item.lost_on.isoformat(),
        _overdue(item, at),
        item.reason,
        item.kind,
        item.item,
    )
