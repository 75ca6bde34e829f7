"""Clocks that a payer's letter starts: the rebuttal of a demand, the appeal that stops recoupment, the peer-to-peer.

Original Medicare: a rebuttal within 15 days of the demand letter (42 CFR 405.374(a)); an appeal at level 1 that the
contractor has within 30 days of it keeps the money from being taken (42 CFR 405.379, recoupment begins on day 41 at the
earliest); the appeal itself has its own window. Other payers: by their policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from events.coverage import NoticeReceived
from events.followup import PEER_TO_PEER, REBUTTAL_SENT, AppealFiled, WorkResolved
from projections.claims.state import Account, Entry, PersonAct
from projections.deadlines.anchors import AnchorDay, Opened, find_anchor, notice_day
from projections.deadlines.appeals import letter_window
from projections.deadlines.base import Case, Deadline, Ended, clock, payer_of, say_day, verdict
from projections.deadlines.correction import notice_dates
from projections.deadlines.kinds import DeadlineKind
from projections.deadlines.reckoning import Reckoning, reckon
from projections.rules.policies import Dates, Missing
from projections.rules.programs import ORIGINAL_MEDICARE
from projections.rules.windows import Window

REBUTTAL, RECOUPMENT = DeadlineKind.REBUTTAL, DeadlineKind.RECOUPMENT
_STOPS = {
    REBUTTAL: "What stops it: the rebuttal is sent",
    RECOUPMENT: "What stops it: an appeal; nothing is recouped in the meantime",
}


def letter_deadlines(case: Case) -> list[Deadline]:
    """The clocks of every demand letter about the claim."""
    found: list[Deadline] = []
    for act in case.acts:
        if isinstance(act.data, NoticeReceived) and act.data.kind == RECOUPMENT:
            found += _demand(case, act, act.data)
    return found


def _demand(case: Case, act: PersonAct, letter: NoticeReceived) -> list[Deadline]:
    account = _payer_that_paid(case)
    if account is None:
        return []
    day = AnchorDay(letter.dated, "the demand letter", act.event, letter.received_on)
    answered = _resolution(case, act, REBUTTAL_SENT)
    appealed = next((a for a in case.acts if isinstance(a.data, AppealFiled) and a.data.filed_on >= letter.dated), None)
    found = [
        _clock(case, account, day, REBUTTAL, answered),
        _clock(case, account, day, RECOUPMENT, appealed),
    ]
    if account.program == ORIGINAL_MEDICARE:
        window = letter_window(case, account, day, act.event)
        found.append(_ended(case, window, appealed) if appealed else window)
    return found


def _payer_that_paid(case: Case) -> Account | None:
    """A letter names the claim, not the payer: the newest payment is what it asks back."""
    paid = [(e.notice_date, e.received_at, a) for a in case.state.accounts for e in a.entries if e.is_decision]
    return max(paid, key=lambda pair: pair[:2])[2] if paid else case.state.current


def _clock(case: Case, account: Account, day: AnchorDay, kind: DeadlineKind, act: PersonAct | None) -> Deadline:
    on = day.on or date.max
    dates = Dates(on, min(account.billed_days, default=None))
    term = case.terms.window(kind, payer_of(account), dates)
    reckoned: Reckoning = reckon(
        term, lambda anchor: find_anchor(case, account, anchor, Opened(letter=day)), case.terms
    )
    by = reckoned.started_by or day.event
    window = clock(kind, account.payer_id, reckoned, Ended(_STOPS[kind]), by=by, at=on)
    return _ended(case, window, act) if act else window


def _ended(case: Case, window: Deadline, act: PersonAct) -> Deadline:
    day = case.day(act.time)
    if isinstance(act.data, AppealFiled):
        day = act.data.received_on or act.data.filed_on
    state = verdict(window.limit, day, case.zone)
    return window._replace(state=state, ended_by=act.event, ended_at=act.time, ending=(f"Stopped on {say_day(day)}",))


def _resolution(case: Case, since: PersonAct, words: Sequence[str]) -> PersonAct | None:
    told = (a for a in case.acts if isinstance(a.data, WorkResolved) and a.data.resolution in words)
    return next((a for a in told if a.time >= since.time), None)


def peer_to_peer_deadline(case: Case, account: Account, notice: Entry) -> Deadline | None:
    """The window in which a physician of the payer is talked to about a denial; None where no policy grants one."""
    term = case.terms.window("peer_to_peer", payer_of(account), notice_dates(account, notice))
    if not isinstance(term, Window) and not (isinstance(term, Missing) and term.rule):
        return None
    opened = Opened(notice=notice_day(case, notice))
    reckoned = reckon(term, lambda anchor: find_anchor(case, account, anchor, opened), case.terms)
    ended = Ended("What stops it: the call is requested (resolution peer_to_peer_requested)")
    by, at = reckoned.started_by or notice.event, reckoned.started_on or notice.notice_date
    window = clock(DeadlineKind.PEER_TO_PEER, account.payer_id, reckoned, ended, by=by, at=at)
    asked = next(
        (
            a
            for a in case.acts
            if isinstance(a.data, WorkResolved) and a.data.resolution in PEER_TO_PEER and a.time >= notice.received_at
        ),
        None,
    )
    return _ended(case, window, asked) if asked else window
