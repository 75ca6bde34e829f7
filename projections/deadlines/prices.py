"""Clocks that a price starts: the window to dispute one that is short, and the return of what was allowed too much.

They are known only once a claim's lines were compared with their terms, and that is done by the day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from events.followup import AppealFiled, DisputeClosed, DisputeOpened, RefundSent
from events.values import ZERO, from_cents
from projections.claims.state import PersonAct
from projections.deadlines.base import OPEN, Case, Deadline, payer_of, verdict
from projections.deadlines.refunds import refund_due
from projections.deadlines.underpayments import REDETERMINATION, ShortNotice, contest
from projections.history import EventId
from projections.rules.policies import PayerTerms


def price_deadlines(case: Case, rows: Iterable[Any], known: Sequence[Deadline] = ()) -> list[Deadline]:
    """One clock for each notice, contract and state in which lines of the claim came short, or brought too much.

    `rows`: the claim's rows of line_price. Those whose price was never in question start nothing. `known`: the claim's
    own clocks; an appeal that runs from the same notice already is not counted twice.
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
    twice = {(d.kind, d.started_by) for d in known if d.runs}
    return [d for d in found if (d.kind, d.started_by) not in twice]


def _dispute(case: Case, started: EventId, lines: list[Any]) -> Deadline:
    """The window in which what came short can be contested, from the notice."""
    first = lines[0]
    payer = next((payer_of(a) for a in case.state.accounts if a.payer_id == first.payer_id), PayerTerms(first.payer_id))
    notice = ShortNotice(payer, first.notice_date, min(row.dos for row in lines), first.contract, first.dispute_due)
    found = contest(case.terms, notice)
    act, filed = _ending(case, lines), _appealed(case, notice) if found.kind == REDETERMINATION else None
    limit, words = found.latest or found.due, "Would stop it: a dispute opened"
    if found.kind == REDETERMINATION:
        words = "Would stop it: the appeal at this level"
    ended: PersonAct | None = filed or act
    if ended is not None and ended is filed:
        words = f"Stopped: appeal filed {case.say(ended.time)}"
    elif act is not None:
        words = f"Stopped: dispute {'opened' if isinstance(act.data, DisputeOpened) else 'closed'} {case.say(act.time)}"
    return Deadline(
        found.kind,
        first.payer_id,
        found.due,
        found.latest,
        verdict(limit, ended.time, case.zone) if ended else OPEN,
        started,
        notice.on,
        ended.event if ended else None,
        ended.time if ended else None,
        found.rule,
        found.steps,
        ending=(words,),
    )


def _appealed(case: Case, notice: ShortNotice) -> PersonAct | None:
    filed = (act for act in case.acts if isinstance(act.data, AppealFiled) and act.data.level == 1)
    return next((act for act in filed if isinstance(act.data, AppealFiled) and act.data.filed_on >= notice.on), None)


def _return(case: Case, started: EventId, lines: list[Any]) -> Deadline:
    """60 days for what was allowed beyond the terms, if it proves to be a true overpayment (42 CFR 401.305)."""
    first, too_much = lines[0], -sum((from_cents(row.variance) for row in lines), ZERO)
    notice = first.notice_date
    due, rule, steps = refund_due(case.terms, first.payer_id, notice)
    sent = next((a for a in case.acts if isinstance(a.data, RefundSent) and case.day(a.time) >= notice), None)
    words = f"{too_much} above {first.contract}; would stop it: the refund, or its being taken back"
    words = f"Stopped: refunded {case.say(sent.time)}" if sent else words
    return Deadline(
        "refund",
        first.payer_id,
        due,
        None,
        verdict(due, sent.time, case.zone) if sent else OPEN,
        started,
        notice,
        sent.event if sent else None,
        sent.time if sent else None,
        rule,
        steps,
        ending=(words,),
    )


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
        act
        for act in reversed(case.acts)
        if isinstance(act.data, DisputeOpened | DisputeClosed)
        and not (act.data.lines and lines.isdisjoint(act.data.lines))
    ]
    return next((act for act in told if isinstance(act.data, DisputeOpened)), told[0] if told else None)
