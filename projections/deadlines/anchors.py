"""The day a window is counted from: where each anchor of a term is found in what is known of a claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from events.claim import VOID_CLAIM
from events.coverage import NoticeReceived
from events.term_words import Anchor
from projections.claims.state import Account, Entry
from projections.deadlines.base import Case
from projections.history import EventId


class AnchorDay(NamedTuple):
    """`on` is None where the day is not known; `words` name it for people. `event` brought it.

    `received`: when a notice of that day reached us. `hidden`: it may have been without our knowing, so that a window
    counted from it may be over.
    """

    on: date | None
    words: str
    event: EventId | None = None
    received: date | None = None
    hidden: bool = False


class Opened(NamedTuple):
    """What opened a window: the notice it is about, and at a higher level the decision appealed; or a letter.

    `days` are the dates of service it is about, where they are others than the claim's.
    """

    notice: AnchorDay | None = None
    decision: AnchorDay | None = None
    letter: AnchorDay | None = None
    days: Sequence[date] = ()


NOTICE_WORDS = "the notice (remittance date)"


def notice_day(case: Case, entry: Entry, words: str = NOTICE_WORDS) -> AnchorDay:
    return AnchorDay(entry.notice_date, words, entry.event, case.day(entry.received_at))


def find_anchor(case: Case, account: Account, anchor: Anchor, opened: Opened) -> AnchorDay:
    """The day an anchor means for this account and what opened the window."""
    return _FINDERS[anchor](case, account, opened)


def service_days(account: Account, opened: Opened) -> Sequence[date]:
    """The dates of service a window is about, in order."""
    return sorted(opened.days or set(account.billed_days))


def _first_dos(_case: Case, account: Account, opened: Opened) -> AnchorDay:
    days = service_days(account, opened)
    return AnchorDay(days[0] if days else None, "the date of service")


def _last_dos(_case: Case, account: Account, opened: Opened) -> AnchorDay:
    days = service_days(account, opened)
    return AnchorDay(days[-1] if days else None, "the last date of service")


def _discharge(_case: Case, account: Account, _opened: Opened) -> AnchorDay:
    return AnchorDay(account.discharged_on, "the discharge", hidden=account.discharged_on is None)


def _submission(case: Case, account: Account, _opened: Opened) -> AnchorDay:
    sent = [attempt for attempt in account.attempts if attempt.frequency != VOID_CLAIM]
    if not sent:
        return AnchorDay(None, "the first submission")
    return AnchorDay(case.day(sent[0].sent_at), "the first submission", sent[0].event)


def _notice(case: Case, account: Account, opened: Opened) -> AnchorDay:
    return opened.notice or opened.letter or primary_notice(case, account)


def _receipt(case: Case, account: Account, opened: Opened) -> AnchorDay:
    return opened.decision or _notice(case, account, opened)


def _by_decision(opened: Opened) -> bool:
    """Whether the payer itself decided before the window began; a filing limit runs before that."""
    return bool(opened.notice or opened.decision or opened.letter)


def _first_notice(case: Case, account: Account, opened: Opened) -> AnchorDay:
    decisions = [entry for entry in account.entries if entry.is_decision]
    if not decisions or not _by_decision(opened):
        return _notice(case, account, opened)
    first = min(decisions, key=lambda entry: (entry.notice_date, entry.received_at, entry.event))
    return notice_day(case, first, "the first notice (remittance date)")


def _latest_notice(case: Case, account: Account, opened: Opened) -> AnchorDay:
    standing = account.standing_entries
    if not standing or not _by_decision(opened):
        return _notice(case, account, opened)
    latest = max(standing, key=lambda entry: (entry.notice_date, entry.received_at, entry.event))
    return notice_day(case, latest, "the latest notice (remittance date)")


def _payment(case: Case, account: Account, opened: Opened) -> AnchorDay:
    return _notice(case, account, opened)._replace(words="the payment date")


def _primary(case: Case, account: Account, _opened: Opened) -> AnchorDay:
    return primary_notice(case, account)


def primary_notice(case: Case, account: Account) -> AnchorDay:
    """The first effective notice of the payer before this one."""
    words = "the earlier payer's notice"
    accounts = case.state.accounts  # a payer never billed yet is none of them: it comes after all
    before = accounts[: accounts.index(account)] if account in accounts else accounts
    for earlier in reversed(before):
        if earlier.standing_entries:
            first = min(earlier.standing_entries, key=lambda entry: (entry.notice_date, entry.received_at, entry.event))
            return notice_day(case, first, words)
    return AnchorDay(None, words)


def _eligibility(case: Case, account: Account, opened: Opened) -> AnchorDay:
    """The first notice that came after the service: one before it changed nothing for this claim."""
    days = service_days(account, opened)
    found = [
        AnchorDay(act.data.dated, "the eligibility notice", act.event, act.data.received_on)
        for act in case.acts
        if isinstance(act.data, NoticeReceived) and act.data.kind == "eligibility"
    ]
    found += [
        AnchorDay(notice.dated, "the eligibility notice", notice.event)
        for notice in case.reference.eligibility_notices(case.state.patient_id)
    ]
    after = [day for day in found if day.on is not None and (not days or day.on >= days[0])]
    return min(after, key=lambda day: (day.on, day.event), default=AnchorDay(None, "the eligibility notice"))


def _letter(_case: Case, _account: Account, opened: Opened) -> AnchorDay:
    return opened.letter or AnchorDay(None, "the recoupment letter")


_FINDERS: Mapping[Anchor, Callable[[Case, Account, Opened], AnchorDay]] = {
    Anchor.DOS: _first_dos,
    Anchor.LAST_DOS: _last_dos,
    Anchor.DISCHARGE: _discharge,
    Anchor.SUBMISSION: _submission,
    Anchor.NOTICE: _notice,
    Anchor.FIRST_NOTICE: _first_notice,
    Anchor.LATEST_NOTICE: _latest_notice,
    Anchor.DECISION: _receipt,
    Anchor.RECEIPT: _receipt,
    Anchor.NOTICE_RECEIPT: _notice,
    Anchor.PAYMENT: _payment,
    Anchor.PRIMARY_NOTICE: _primary,
    Anchor.ELIGIBILITY_NOTICE: _eligibility,
    Anchor.RECOUPMENT: _letter,
}
