"""Clocks that a price starts: the window to dispute one that is short, and the return of what was allowed too much.

They are known only once a claim's lines were compared with their terms, and that is done by the day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from events.followup import AppealFiled, DisputeClosed, DisputeOpened, RefundSent
from events.values import ZERO, from_cents
from projections.claims.flags import PAYER_CREDIT, UNSURE
from projections.claims.state import Account, Entry, PersonAct
from projections.deadlines.base import Case, Deadline, Ended, clock, payer_of, say_day, verdict
from projections.deadlines.credit_reviews import credit_words
from projections.deadlines.kinds import VOID, DeadlineKind
from projections.deadlines.refunds import OverpaidSince, not_owed, refund_due, terms_of
from projections.deadlines.underpayments import REDETERMINATION, ShortNotice, contest
from projections.rules.policies import PayerTerms
from projections.tables.line_facts import CreditReview
from projections.tables.vocabulary import DisputeState, PriceVerdict


def price_deadlines(case: Case, rows: Iterable[Any], known: Sequence[Deadline] = ()) -> list[Deadline]:
    """One clock for each notice, contract and state in which lines of the claim came short, or brought too much.

    `rows`: the claim's rows of line_price. Those whose price was never in question start nothing. `known`: the claim's
    own clocks; an appeal that runs from the same notice already is not counted twice.
    """
    if not UNSURE.isdisjoint(case.state.flags):
        return []  # nobody returns or disputes what the payer's own figures do not support
    found = []
    credit = PAYER_CREDIT in case.state.flags  # returned as one, by its own clock
    returns = (lambda _: False) if credit else (lambda row: row.verdict == PriceVerdict.OVERPAID)
    for window, asks in ((_dispute, lambda row: bool(row.state)), (_return, returns)):
        groups: dict[tuple[str, date, str, str], list[Any]] = {}
        for row in rows:
            if row.notice_date is not None and asks(row):
                key = (row.payer_id, row.notice_date, row.contract or "", row.state)
                groups.setdefault(key, []).append(row)
        for (payer_id, notice, *_), lines in sorted(groups.items()):
            started = _notice(case, payer_id, notice)
            found += [window(case, started, lines)] if started is not None else []
    twice = {(d.kind, d.started_by) for d in known if d.runs}
    return [d for d in found if (d.kind, d.started_by) not in twice]


def _dispute(case: Case, started: Started, lines: list[Any]) -> Deadline:
    """The window in which what came short can be contested, from the notice."""
    first = lines[0]
    payer = next((payer_of(a) for a in case.state.accounts if a.payer_id == first.payer_id), PayerTerms(first.payer_id))
    notice = ShortNotice(payer, first.notice_date, min(row.dos for row in lines), first.contract, first.dispute_due)
    found = contest(case.terms, notice)
    act, filed = _ending(case, lines), _appealed(case, notice) if found.kind == REDETERMINATION else None
    words = "a dispute opened" if found.kind != REDETERMINATION else "the appeal at this level"
    ended = Ended(f"What stops it: {words}")
    if by := filed or act:
        words = "appeal filed" if filed else f"dispute {'opened' if isinstance(by.data, DisputeOpened) else 'closed'}"
        state = verdict(found.latest or found.due, by.time, case.zone)
        ended = Ended(f"Stopped: {words} {case.say(by.time)}", by.event, by.time, state)
    event = started.entry.event
    return clock(found.kind, first.payer_id, found, ended, by=event, at=notice.on, latest=found.latest)


def _appealed(case: Case, notice: ShortNotice) -> PersonAct | None:
    filed = (act for act in case.acts if isinstance(act.data, AppealFiled) and act.data.level == 1)
    return next((act for act in filed if isinstance(act.data, AppealFiled) and act.data.filed_on >= notice.on), None)


def _return(case: Case, started: Started, lines: list[Any]) -> Deadline:
    """60 days for what was allowed beyond the terms, if it proves to be a true overpayment (42 CFR 401.305)."""
    first, too_much = lines[0], -sum((from_cents(row.variance) for row in lines), ZERO)
    notice = first.notice_date
    since = OverpaidSince(
        terms_of(case.terms, started.account, notice), notice, allowed_too_much(notice, first.contract)
    )
    reviews = credit_words(case.state).about(first.payer_id, started.entry.received_at)
    due = refund_due(case.terms, since, min(row.dos for row in lines), reviews)
    ended = _returned(case, notice, reviews, due.due)
    if ended is None:
        ended = Ended(f"{too_much} above {first.contract}; what stops it: the refund or the payer's recoupment")
    return clock(DeadlineKind.REFUND, first.payer_id, due, ended, by=started.entry.event, at=notice)


def allowed_too_much(notice: date, contract: str | None) -> str:
    """What began a credit that only the terms show."""
    return f"the notice of {say_day(notice)}, which allowed more than {contract or 'the terms'}"


def _returned(case: Case, notice: date, reviews: Sequence[CreditReview], due: date | None) -> Ended | None:
    """How the clock ended: by a refund, or by a person's word that nothing is owed."""
    sent = next((a for a in case.acts if isinstance(a.data, RefundSent) and case.day(a.time) >= notice), None)
    if sent is not None:
        state = verdict(due, sent.time, case.zone)
        return Ended(f"Stopped: refunded {case.say(sent.time)}", sent.event, sent.time, state)
    if reviews and reviews[-1].finding == "not_owed":
        return Ended(not_owed(reviews[-1]), reviews[-1].event, reviews[-1].at, VOID)
    return None


class Started(NamedTuple):
    """The answer that a clock runs from, and whose it is."""

    account: Account
    entry: Entry


def _notice(case: Case, payer_id: str, notice: date) -> Started | None:
    """The payer's answer of that day."""
    mine = ((a, e) for a in case.state.accounts if a.payer_id == payer_id for e in a.entries)
    return next((Started(account, entry) for account, entry in mine if entry.notice_date == notice), None)


def _ending(case: Case, rows: list[Any]) -> PersonAct | None:
    """The last dispute opened about these lines; one closed without having been opened ends the clock as well."""
    if rows[0].state in (DisputeState.DETECTED, DisputeState.REVIEWING):
        return None
    lines = {row.line for row in rows}
    told = [
        act
        for act in reversed(case.acts)
        if isinstance(act.data, DisputeOpened | DisputeClosed)
        and not (act.data.lines and lines.isdisjoint(act.data.lines))
    ]
    return next((act for act in told if isinstance(act.data, DisputeOpened)), told[0] if told else None)
