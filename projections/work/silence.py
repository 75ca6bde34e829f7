"""Lists of what did not arrive: missing acknowledgments and answers; and answers to unknown claims."""

from __future__ import annotations

from collections.abc import Sequence

from events.values import ZERO
from projections import calendar
from projections.claims.state import Account, Entry
from projections.deadlines.base import Case, Deadline, say_day
from projections.deadlines.kinds import DeadlineKind
from projections.deadlines.sent_letters import letter_item
from projections.tables.vocabulary import ClaimStatus, EntryKind, ListKind
from projections.work.filing import at_risk, filing_limit, outer_filing_limit
from projections.work.item import ItemDraft, WorkItem, discipline_of

_MISSING = {
    "ack_syntax": ("No 999 for the file", "Check that the file was received; if not, resubmit"),
    "ack_clearinghouse": ("No clearinghouse report", "Ask the clearinghouse for the claim's status"),
    "ack_payer": (
        "No payer acknowledgment (277CA)",
        "Ask the payer whether it received the claim; if not, resubmit",
    ),
    "payer_response": ("No response from the payer", "Ask the payer for the claim's status"),
}


def missing_ack_items(case: Case, found: Sequence[Deadline]) -> list[ItemDraft]:
    """The earliest silent clock of each payer's newest attempt; the list shows it once it is overdue."""
    running = [d for d in found if d.kind in _MISSING and d.runs and d.due is not None]
    drafts = []
    for account in case.state.accounts if running else ():
        mine = [d for d in running if d.payer_id == account.payer_id and _is_of_last(account, d)]
        if mine:
            first = min(mine, key=lambda d: calendar.overdue_at(d.due or calendar.LAST_DAY, case.zone))
            drafts.append(_missing(case, account, first, found))
    return drafts


def _is_of_last(account: Account, clock: Deadline) -> bool:
    """Whether it is of the newest attempt; where another payer sent the claim on, whether a reversal began it."""
    last = account.last_attempt
    return clock.attempt == last.number if last else _reversal(account, clock) is not None


def _reversal(account: Account, clock: Deadline) -> Entry | None:
    return next((e for e in account.entries if e.is_reversal and e.event == clock.started_by), None)


def _missing(case: Case, account: Account, clock: Deadline, found: Sequence[Deadline]) -> ItemDraft:
    state = case.state
    words, action = _words(account, clock)
    silent_from = calendar.overdue_at(clock.due or calendar.LAST_DAY, case.zone)
    runs = any(d.kind == DeadlineKind.TIMELY_FILING and d.payer_id == account.payer_id and d.runs for d in found)
    item = WorkItem(
        kind=ListKind.MISSING_ACK,
        claim_id=state.claim_id,
        payer_id=account.payer_id,
        patient_id=state.patient_id,
        item=f"{account.payer_id}#{clock.attempt}" if clock.attempt else account.payer_id,
        due=clock.due,
        lost_on=filing_limit(found, account.payer_id) if runs else None,
        outer_limit=outer_filing_limit(found, account.payer_id) if runs else None,
        amount_at_risk=at_risk(case, account),
        category=clock.kind,
        discipline=discipline_of(state, account),
        reason=words,
        next_action=action,
        snoozed_until=silent_from,
        explanation=clock.explanation,
        clocks=(clock.kind,),
    )
    return ItemDraft(item, silent_from)


def _words(account: Account, clock: Deadline) -> tuple[str, str]:
    """Reason and next step. After a reversal the payer did answer, and owes a corrected remittance."""
    reversal = _reversal(account, clock)
    if reversal is not None:
        back = f"took back {abs(reversal.paid):.2f}" if reversal.paid else "withdrew its decision"
        words = f"The payer {back} on {say_day(reversal.notice_date)}; no corrected remittance since"
        return words, "Ask the payer why, and when it will process the claim again"
    words, action = _MISSING[clock.kind]
    return f"{words} (attempt {clock.attempt})", action


def letter_answer_items(case: Case, found: Sequence[Deadline]) -> list[ItemDraft]:
    """A letter of ours without an answer; the list shows it once the day has passed on which one was due."""
    letters = [d for d in found if d.kind == DeadlineKind.LETTER_ANSWER and d.runs]
    return [_unanswered(case, d) for d in letters if d.due and d.started_by]


def _unanswered(case: Case, clock: Deadline) -> ItemDraft:
    state = case.state
    account = next((a for a in state.accounts if a.payer_id == clock.payer_id), None)
    silent_from = calendar.overdue_at(clock.due or calendar.LAST_DAY, case.zone)
    item = WorkItem(
        kind=ListKind.MISSING_ACK,
        claim_id=state.claim_id,
        payer_id=clock.payer_id,
        patient_id=state.patient_id,
        item=letter_item(clock.started_by or ("", "")),
        due=clock.due,
        lost_on=None,
        amount_at_risk=max(state.answered_balance, ZERO),
        category=clock.kind,
        discipline=discipline_of(state, account),
        reason=clock.steps[0],
        next_action="Ask the payer whether it received the letter and when it will answer",
        snoozed_until=silent_from,
        explanation=("No last day: the payer's own terms decide how long it may take", *clock.explanation),
        clocks=(clock.kind,),
    )
    return ItemDraft(item, silent_from)


def unmatched_items(case: Case) -> list[ItemDraft]:
    """A claim known only from what others say of it: one item for each payer."""
    if case.state.status != ClaimStatus.UNMATCHED:
        return []
    if not case.state.accounts and case.state.status_reports:
        return [_unmatched_status(case)]
    return [_unmatched(case, account) for account in case.state.accounts]


def _unmatched_status(case: Case) -> ItemDraft:
    """A payer reported the status of a claim that nobody submitted here."""
    state, last = case.state, case.state.status_reports[-1]
    item = WorkItem(
        kind=ListKind.UNMATCHED,
        claim_id=state.claim_id,
        payer_id=last.payer,
        patient_id=state.patient_id,
        item="status",
        due=None,
        lost_on=None,
        amount_at_risk=ZERO,
        category="unmatched_status",
        discipline=discipline_of(state),
        reason="A status answer (277) for a claim that this practice did not submit",
        next_action="Find the claim it belongs to, or import its 837",
        explanation=("Known only from the payer: no submission of this claim was imported",),
    )
    return ItemDraft(item, last.received_at)


def _unmatched(case: Case, account: Account) -> ItemDraft:
    state = case.state
    entries = [e for e in account.entries if e.kind != EntryKind.PREDETERMINATION]
    paid = sum((e.paid for e in entries), ZERO)
    told = [e.received_at for e in entries]
    told += [ack.received_at for t in account.attempts for ack in t.acks]
    told += [rejection.received_at for t in account.attempts for rejection in t.rejections]
    since = min(told, default=calendar.LAST_INSTANT)
    if entries and all(e.kind == EntryKind.REJECTION for e in entries):
        category, reason = ("unmatched_ack", "Returned as unprocessable: a claim that this practice did not submit")
    elif entries:
        category, reason = (
            "unmatched_payment",
            f"Paid {paid:.2f} on a claim that this practice did not submit",
        )
    else:
        category, reason = (
            "unmatched_ack",
            "Acknowledgment or rejection of a claim that this practice did not submit",
        )
    item = WorkItem(
        kind=ListKind.UNMATCHED,
        claim_id=state.claim_id,
        payer_id=account.payer_id,
        patient_id=state.patient_id,
        item=account.payer_id,
        due=None,
        lost_on=None,
        amount_at_risk=abs(paid) or max((e.charge for e in entries), default=ZERO),
        category=category,
        discipline=discipline_of(state, account),
        reason=reason,
        next_action="Find the claim it belongs to, or import its 837; until then the payment is unapplied",
        explanation=("Known only from the payer or the clearinghouse: no submission of this claim was imported",),
        remit=max(entries, key=lambda e: (e.received_at, e.remit)).remit if entries else None,
    )
    return ItemDraft(item, since)
