"""Clocks on money to return.

Medicare: report and return within 60 days of identifying the overpayment; a timely, good-faith investigation of
related overpayments suspends that for at most 180 days (42 CFR 401.305(a)(2), (b)). Medicaid: 60 days from
identification (42 U.S.C. 1320a-7k(d)). Other payers by their terms, else no date. A patient's credit has no date.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from events.followup import RefundSent
from events.values import ZERO
from projections import calendar
from projections.claims.state import Account
from projections.deadlines.anchors import AnchorDay
from projections.deadlines.base import Case, Deadline, DueBy, Ended, clock, payer_of, say_day, verdict
from projections.deadlines.credit_reviews import credit_words
from projections.deadlines.credits import Credit, CreditKind, credits_of
from projections.deadlines.kinds import VOID, DeadlineKind
from projections.deadlines.reckoning import reckon
from projections.history import EventId
from projections.rules.policies import Dates, Missing, NotGranted, PayerTerms, Terms
from projections.rules.programs import program_of
from projections.rules.rulebook import Ruling
from projections.tables.line_facts import CreditReview
from projections.tables.vocabulary import ClaimStatus


def refund_deadlines(case: Case) -> list[Deadline]:
    """One clock for each credit that is sure: of a payer, or of the patient."""
    return [_refund(case, credit) for credit in credits_of(case) if credit.kind != CreditKind.IN_DOUBT]


def _refund(case: Case, credit: Credit) -> Deadline:
    reviews = credit_words(case.state).about(credit.payer_id, credit.start)
    due = _due(case, credit, reviews)
    ended = _ended(case, credit, reviews, due.due)
    return clock(DeadlineKind.REFUND, credit.payer_id, due, ended, by=credit.event, at=credit.start)


def _ended(case: Case, credit: Credit, reviews: Sequence[CreditReview], due: date | None) -> Ended:
    settled = (case.state.answered_balance if credit.payer_id else case.state.patient_balance) >= ZERO
    last = reviews[-1] if reviews else None
    if last is not None and last.finding == "not_owed" and not settled:
        return Ended(not_owed(last), last.event, last.at, VOID)
    returned = _returned(case, credit) if settled else None
    if returned is not None:
        event, at, words = returned
        return Ended(words, event, at, verdict(due, at, case.zone))
    return Ended(f"Credit {credit.amount:.2f}; what stops it: the refund or the payer's recoupment")


def _returned(case: Case, credit: Credit) -> tuple[EventId, datetime, str] | None:
    """The last refund or recoupment since the credit began."""
    found = [
        (act.event, act.time, f"Stopped: refunded {case.say(act.time)}")
        for act in case.acts
        if isinstance(act.data, RefundSent) and act.time >= credit.start
    ]
    if credit.payer_id:
        found += [
            (taken.event, taken.received_at, f"Stopped: the payer recouped it with its remittance of {taken.on}")
            for taken in case.state.recoupments
            if taken.received_at >= credit.start and taken.amount > ZERO
        ]
    return max(found, key=lambda one: (one[1], one[0]), default=None)


def _due(case: Case, credit: Credit, reviews: Sequence[CreditReview]) -> DueBy:
    if not credit.payer_id:
        return DueBy(None, "", (f"The patient's credit since {credit.words}", "No date: no law sets one"))
    account = next(a for a in case.state.accounts if a.payer_id == credit.payer_id)
    since = OverpaidSince(terms_of(case.terms, account, case.day(credit.start)), case.day(credit.start), credit.words)
    return refund_due(case.terms, since, case.state.dos, reviews)


class OverpaidSince(NamedTuple):
    """Since when a payer's money is here that may be too much. `words`: what it began with."""

    payer: PayerTerms
    on: date
    words: str


def terms_of(terms: Terms, account: Account, on: date) -> PayerTerms:
    """The payer of an account, with its program also where only its name or the claim's own indicator says it."""
    return with_program(terms, payer_of(account), account.indicator, on)


def with_program(terms: Terms, payer: PayerTerms, indicator: str | None, on: date) -> PayerTerms:
    """The payer with the program that its terms, its name or the claim filing indicator states."""
    program = terms.program(payer, on) or program_of(terms.rules, on, payer.payer_id, None, indicator)
    return payer._replace(program=program)


def refund_due(terms: Terms, since: OverpaidSince, dos: date | None, reviews: Sequence[CreditReview] = ()) -> DueBy:
    """When the money has to be back. `reviews`: what people found about it, by their own dates."""
    program = terms.program(since.payer, since.on)
    ruling = terms.pack("refund", since.on, since.payer._replace(program=program))
    if ruling is None:
        return _by_terms(terms, since, dos)
    found = [review for review in reviews if review.finding == "identified"]
    start = found[-1].on if found else since.on
    words = (
        f"the day the overpayment was identified, as {found[-1].by} recorded"
        if found
        else f"{since.words}, the day the credit first appeared: no date of identification is recorded"
    )
    return _by_law(ruling, start, words, _investigation(reviews, ruling))


def not_owed(review: CreditReview) -> str:
    return f"Not an overpayment, as {review.by} recorded on {say_day(review.on)}"


def _investigation(reviews: Sequence[CreditReview], ruling: Ruling) -> tuple[date, date, bool] | None:
    """Begin and end of an investigation that suspends the clock, and whether it ended by a person's word."""
    most = int(ruling.values.get("suspended_at_most", 0))
    begun = next((review.on for review in reviews if review.finding == "investigation_begun"), None)
    if begun is None or not most:
        return None
    ended = next((r.on for r in reviews if r.finding == "investigation_ended" and r.on >= begun), None)
    limit = calendar.add_days(begun, most)
    return (begun, min(ended, limit), True) if ended else (begun, limit, False)


def _by_law(ruling: Ruling, start: date, words: str, investigation: tuple[date, date, bool] | None) -> DueBy:
    days = int(ruling.values["length"])
    due = calendar.add_days(start, days)
    steps = [f"{ruling.name}: {days} days from {words}", f"{say_day(start)} + {days} days = {say_day(due)}"]
    if investigation is not None and investigation[0] <= due:
        begun, ended, told = investigation
        suspended = max((ended - max(begun, start)).days, 0)
        due += timedelta(days=suspended)
        until = f"until it ended on {say_day(ended)}" if told else f"until {say_day(ended)} at the latest"
        steps.append(f"Suspended by the investigation started on {say_day(begun)}, {until}: {suspended} days more")
        steps.append(f"Report and return by {say_day(due)}")
    return DueBy(due, ruling.name, tuple(steps))


def _by_terms(terms: Terms, since: OverpaidSince, dos: date | None) -> DueBy:
    term = terms.window("refund", since.payer, Dates(since.on, dos))
    if isinstance(term, NotGranted) or (isinstance(term, Missing) and not term.rule):
        said = "No date: the payer's contract, its policy or state law decides, and none is recorded here"
        return DueBy(None, "", (f"Credit since {since.words}", said))
    reckoned = reckon(term, lambda _anchor: AnchorDay(since.on, since.words, None, since.on), terms)
    return DueBy(reckoned.due, reckoned.rule, reckoned.steps)


def hold_until(case: Case, account: Account) -> datetime | None:
    """A corrected payment may precede the reversal of the first: until then a double payment raises no alarm."""
    paid = [entry for entry in account.standing_entries if entry.paid > ZERO]
    if len(paid) < 2 or case.state.status == ClaimStatus.VOIDED:
        return None
    newest = max(paid, key=lambda entry: entry.received_at)
    ruling = case.terms.pack("refund_hold", case.day(newest.received_at))
    days = ruling.values.get("length") if ruling else None
    return calendar.add_hours(newest.received_at, 24 * days) if isinstance(days, int) else None
