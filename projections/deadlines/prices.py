"""Clocks that a price starts: the window to dispute one that is short, and the return of what was allowed too much.

They are known only once a claim's lines were compared with their terms, and that is done by the day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from events.followup import DisputeClosed, DisputeOpened, RefundSent
from events.values import ZERO, from_cents
from projections.claims.state import PersonAct
from projections.deadlines.base import OPEN, Case, Deadline, say_day, verdict
from projections.deadlines.records_and_refunds import refund_due
from projections.history import EventId


def price_deadlines(case: Case, rows: Iterable[Any]) -> list[Deadline]:
    """One clock for each notice, contract and state in which lines of the claim came short, or brought too much.

    `rows`: the claim's rows of line_price. Those whose price was never in question start nothing.
    """
    found = []
    for clock, asks in ((_dispute, lambda row: bool(row.state)), (_return, lambda row: row.verdict == "overpaid")):
        groups: dict[tuple[str, date, str, str], list[Any]] = {}
        for row in rows:
            if row.notice_date is not None and asks(row):
                key = (row.payer_id, row.notice_date, row.contract or "", row.state)
                groups.setdefault(key, []).append(row)
        for (payer_id, notice, *_), lines in sorted(groups.items()):
            started = _notice(case, payer_id, notice)
            found += [clock(case, started, lines)] if started is not None else []
    return found


def _dispute(case: Case, started: EventId, lines: list[Any]) -> Deadline:
    """The window that the contract gives, from the notice."""
    first, rule = lines[0], lines[0].contract or "the payer's terms"
    notice, due = first.notice_date, first.dispute_due
    steps: tuple[str, ...] = (f"No date: {rule} names no days for disputes",)
    if due is not None:
        days = (due - notice).days
        steps = (f"{rule}: {days} days from the notice", f"{say_day(notice)} + {days} days = {say_day(due)}")
    act = _ending(case, lines)
    words = "Would stop it: a dispute opened"
    if act is not None:
        words = f"Stopped: dispute {'opened' if isinstance(act.data, DisputeOpened) else 'closed'} {case.say(act.time)}"
    return Deadline(
        "dispute", first.payer_id, due, None, verdict(due, act.time, case.zone) if act else OPEN, started, notice,
        act.event if act else None, act.time if act else None, rule if due else "", steps,
        ending=(words,),
    )  # fmt: skip


def _return(case: Case, started: EventId, lines: list[Any]) -> Deadline:
    """60 days for what was allowed beyond the terms, if it proves to be a true overpayment (42 CFR 401.305)."""
    first, too_much = lines[0], -sum((from_cents(row.variance) for row in lines), ZERO)
    notice = first.notice_date
    due, rule, steps = refund_due(case.terms, notice)
    sent = next((a for a in case.acts if isinstance(a.data, RefundSent) and case.day(a.time) >= notice), None)
    words = f"{too_much} above {first.contract}; would stop it: the refund, or its being taken back"
    words = f"Stopped: refunded {case.say(sent.time)}" if sent else words
    return Deadline(
        "refund", first.payer_id, due, None, verdict(due, sent.time, case.zone) if sent else OPEN, started, notice,
        sent.event if sent else None, sent.time if sent else None, rule, steps, ending=(words,),
    )  # fmt: skip


def _notice(case: Case, payer_id: str, notice: date) -> EventId | None:
    """The event that brought the payer's answer of that day."""
    return next(
        (e.event for a in case.state.accounts if a.payer_id == payer_id for e in a.entries if e.notice_date == notice),
        None,
    )


def _ending(case: Case, rows: list[Any]) -> PersonAct | None:
    """The last dispute opened about these lines; one closed without having been opened ends the clock as well."""
    if rows[0].state in ("detected", "reviewing"):
        return None
    lines = {row.line for row in rows}
    told = [
        act for act in reversed(case.acts)
        if isinstance(act.data, DisputeOpened | DisputeClosed)
        and not (act.data.lines and lines.isdisjoint(act.data.lines))
    ]  # fmt: skip
    return next((act for act in told if isinstance(act.data, DisputeOpened)), told[0] if told else None)
