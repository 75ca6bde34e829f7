"""Until when a payment that came short can be contested.

Original Medicare: the amount payable is part of the initial determination (42 CFR 405.920, 405.924(b)), so that a
redetermination can be asked for within 120 days of receipt (405.942) and a reopening for any reason within one year
(405.980(c)(1)): the first is due, with the second the money is lost. Other payers: the contract's days for disputes,
else those of the payer's policy, else no date.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from events.term_words import Anchor
from projections.deadlines.anchors import NOTICE_WORDS, AnchorDay
from projections.deadlines.base import say_day
from projections.deadlines.kinds import DeadlineKind, appeal_kind
from projections.deadlines.reckoning import Reckoning, reckon, reckon_cautious
from projections.rules.policies import Dates, PayerTerms, Terms
from projections.rules.programs import ORIGINAL_MEDICARE
from projections.rules.windows import Window

DISPUTE, REDETERMINATION = DeadlineKind.DISPUTE, appeal_kind(1)  # kinds of the clock


class ShortNotice(NamedTuple):
    """A notice that allowed too little. `dispute_due` is what the contract says, `contract` what the price is from."""

    payer: PayerTerms
    on: date
    dos: date
    contract: str | None
    dispute_due: date | None


class Contest(NamedTuple):
    """`due`: the next step by then; `lost_on`: the last remedy's end; `latest`: the legal end of the clock `kind`."""

    kind: str
    due: date | None
    latest: date | None
    lost_on: date | None
    rule: str
    steps: tuple[str, ...]


def contest(terms: Terms, notice: ShortNotice) -> Contest:
    """Until when, and by which rule, with the sum in words."""
    if notice.payer.program == ORIGINAL_MEDICARE:
        return _medicare(terms, notice)
    due, rule = notice.dispute_due, notice.contract or "the payer's terms"
    if due is not None:
        days = (due - notice.on).days
        steps = (f"{rule}: {days} days from the notice", f"{say_day(notice.on)} + {days} days = {say_day(due)}")
        return Contest(DISPUTE, due, None, due, rule, steps)
    term = terms.window("dispute", notice.payer, Dates(notice.on, notice.dos))
    if isinstance(term, Window):
        ends = reckon(term, lambda anchor: _day(anchor, notice), terms)
        return Contest(DISPUTE, ends.due, None, ends.due, ends.rule, ends.steps)
    return Contest(DISPUTE, None, None, None, "", (f"No date: {rule} states no time limit for disputes",))


def _medicare(terms: Terms, notice: ShortNotice) -> Contest:
    dates = Dates(notice.on, notice.dos)
    first = reckon_cautious(terms.appeal(notice.payer, 1, dates), lambda anchor: _day(anchor, notice), terms)
    last: Reckoning = reckon(terms.reopening(notice.payer, dates), lambda anchor: _day(anchor, notice), terms)
    steps = (*first.steps, *(f"Reopening for any reason: {step}" for step in last.steps))
    ends = [day for day in (first.latest, last.due) if day is not None]
    return Contest(REDETERMINATION, first.due, first.latest, max(ends, default=None), first.rule, steps)


def _day(anchor: Anchor, notice: ShortNotice) -> AnchorDay:
    if anchor in (Anchor.DOS, Anchor.LAST_DOS):
        return AnchorDay(notice.dos, "the date of service")
    if anchor in (Anchor.DISCHARGE, Anchor.SUBMISSION, Anchor.ELIGIBILITY_NOTICE, Anchor.RECOUPMENT):
        return AnchorDay(None, f"the {anchor}", hidden=True)
    return AnchorDay(notice.on, NOTICE_WORDS)
