"""What is next for a claim, or for an item without one: one answer for lists, pages, API, exports and letters.

It is the most urgent item that is shown, by the one order of all lists; without any, what is awaited of others, by the
clock that ends first; else nothing. It never says less than a list the claim is on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from projections.tables.columns import NEVER
from projections.work.kinds import ORDER

US, PAYER, NOBODY = "practice", "payer", "nobody"
# What is awaited while its clock runs, and what we do once that is over.
AWAITED: Mapping[str, tuple[str, str]] = {
    "ack_syntax": ("Waiting for the file's 999", "Ask the clearinghouse for the file's 999"),
    "ack_clearinghouse": ("Waiting for the clearinghouse's report", "Ask the clearinghouse for its report"),
    "ack_payer": (
        "Waiting for the payer's acknowledgment (277CA)",
        "Check claim status: the payer has not acknowledged",
    ),
    "payer_response": ("Waiting for the payer's decision", "Check claim status: the payer's decision is overdue"),
    "letter_answer": ("Waiting for an answer to the letter", "Follow up: the answer to the letter is overdue"),
}
NOTHING = "Nothing to do"


class NextStep(NamedTuple):
    """`what` by whom, by when (`due`, at the latest `lost_on`), why.

    `by`: the name of the person or queue that has the item, else practice, payer or nobody.
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


def next_step(items: Iterable[Any], clocks: Iterable[Any], at: datetime) -> NextStep:
    """The next step at an instant. `items`: rows of work_item, of all lists; `clocks`: rows of deadline that run.

    For a claim all of its rows; for an item without a claim that item alone.
    """
    shown = [item for item in items if item.snoozed_until is None or item.snoozed_until <= at]
    if shown:
        return _of_item(min(shown, key=lambda item: _order(item, at)), at)
    awaited = [clock for clock in clocks if clock.kind in AWAITED]
    if awaited:
        first = min(awaited, key=lambda clock: (clock.overdue_at, clock.kind))
        waits, acts = AWAITED[first.kind]
        late = _overdue(first, at)
        why = f"The claim is on no list; the deadline runs by {first.rule}" if first.rule else "The claim is on no list"
        return NextStep(acts if late else waits, US if late else PAYER, first.due, None, late, why)
    return NextStep(NOTHING, NOBODY, None, None, overdue=False, why="The claim is on no list and nothing is awaited")


def _overdue(row: Any, at: datetime) -> bool:
    return row.overdue_at is not None and row.overdue_at <= at


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
