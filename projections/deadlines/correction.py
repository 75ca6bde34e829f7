"""The windows in which a decided claim may be corrected: the payer's corrected-claim window, and the reopening year."""

from __future__ import annotations

from events.claim import REPLACEMENT
from events.followup import REOPENING_REQUESTED, WorkResolved
from projections.claims.state import Account, Entry
from projections.deadlines.anchors import Opened, find_anchor, notice_day
from projections.deadlines.base import Case, Deadline, DueBy, Ended, clock, payer_of, say_day, verdict
from projections.deadlines.kinds import VOID, DeadlineKind
from projections.deadlines.proof import proof_of
from projections.deadlines.reckoning import Reckoning, reckon
from projections.rules.policies import Dates, Missing, NotGranted, Term

_DISCRETION = "At the contractor's discretion; a refusal cannot be appealed"
_NO_LIMIT = (
    "This is the limit for reopening for any reason",
    "No last day: a clerical error that made a decision unfavorable can be reopened at any time (42 CFR 405.980(c)(3))",
)


def corrected_deadline(case: Case, account: Account, notice: Entry) -> Deadline:
    """The window for a corrected claim (frequency 7) after a notice; void where the payer takes none."""
    term = case.terms.corrected(payer_of(account), notice_dates(account, notice))
    if isinstance(term, NotGranted):
        none = DueBy(None, term.rule, (f"Terms of payer {account.payer_id}: {term.reason}",))
        kind, by, at = DeadlineKind.CORRECTED_CLAIM, notice.event, notice.notice_date
        return clock(kind, account.payer_id, none, Ended(state=VOID), by=by, at=at)
    reckoned = _notice_end(case, account, term, notice)
    sent = [
        attempt
        for attempt in account.attempts
        if attempt.frequency == REPLACEMENT and case.day(attempt.sent_at) >= notice.notice_date
    ]
    proof = proof_of(case, account, sent, reckoned.counts, sent[0].sent_at) if sent else None
    ended = Ended("What stops it: a corrected claim (frequency 7) that the payer accepts")
    if proof:
        ended = Ended(proof.words, proof.event, proof.at, verdict(reckoned.due, proof.on, case.zone))
    by, at = reckoned.started_by or notice.event, reckoned.started_on or notice.notice_date
    return clock(DeadlineKind.CORRECTED_CLAIM, account.payer_id, reckoned, ended, by=by, at=at)


def reopening_deadline(case: Case, account: Account, notice: Entry, *, clerical: bool = False) -> Deadline | None:
    """The window for asking that a decided claim be reopened (42 CFR 405.980(c)); None where no rule grants it.

    `clerical`: our own clerical error made the determination unfavorable; then there is no last day.
    """
    term = case.terms.reopening(payer_of(account), notice_dates(account, notice))
    if isinstance(term, NotGranted) or (isinstance(term, Missing) and not term.rule):
        return None
    reckoned = _notice_end(case, account, term, notice)
    asked = next(
        (
            a
            for a in case.acts
            if isinstance(a.data, WorkResolved)
            and a.data.resolution in REOPENING_REQUESTED
            and a.time >= notice.received_at
        ),
        None,
    )
    ended = Ended("What stops it: the request for reopening")
    if asked:
        state = verdict(None if clerical else reckoned.due, asked.time, case.zone)
        ended = Ended(f"Stopped: requested on {say_day(case.day(asked.time))}", asked.event, asked.time, state)
    by, at = reckoned.started_by or notice.event, reckoned.started_on or notice.notice_date
    window = clock(DeadlineKind.REOPENING, account.payer_id, reckoned, ended, by=by, at=at)
    return window._replace(steps=(*reckoned.steps, *(_NO_LIMIT if clerical else ()), _DISCRETION), unlimited=clerical)


def _notice_end(case: Case, account: Account, term: Term, notice: Entry) -> Reckoning:
    """The end of a window that a notice opens."""
    days = () if account.billed_days else tuple(line.dos for line in notice.lines if line.dos)
    opened = Opened(notice=notice_day(case, notice), days=days)
    return reckon(term, lambda anchor: find_anchor(case, account, anchor, opened), case.terms)


def notice_dates(account: Account, notice: Entry) -> Dates:
    """The dates by which the terms for a notice are chosen."""
    days = list(account.billed_days) or [line.dos for line in notice.lines if line.dos]
    return Dates(notice.notice_date, min(days, default=None))
