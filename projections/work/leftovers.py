"""What no other list would show: money that stays open after an answer, and money taken back that was never seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from events.values import ZERO
from projections import calendar
from projections.claims.state import Account, Entry
from projections.deadlines.base import Case, Deadline
from projections.tables.vocabulary import ClaimStatus, ListKind
from projections.work.item import ItemDraft, WorkItem, discipline_of

# While one of these runs the claim comes onto a list by itself, at the latest when it is overdue.
AWAITED = ("ack_syntax", "ack_clearinghouse", "ack_payer", "payer_response", "timely_filing")
FIND_PAYMENT = "Find the remittance with the payment and import it, or ask the payer; this amount is in no balance"

UNPAIRED_REVERSAL = "reversal_pending"  # category: what takes back a payment that was never seen here


def open_balance_items(case: Case, found: Sequence[Deadline], drafts: Sequence[ItemDraft]) -> list[ItemDraft]:
    """The payer's open money, where neither an item nor a clock would ever ask for it."""
    state = case.state
    account = next((one for one in state.accounts if one.standing_entries), None)
    if account is None or state.answered_balance <= ZERO:
        return []
    asked = any(draft.item.kind != ListKind.OVERPAYMENT for draft in drafts)
    awaited = any(d.runs and d.due is not None and d.kind in AWAITED for d in found)
    return [] if asked or awaited else [_open_balance(case, account)]


def _open_balance(case: Case, account: Account) -> ItemDraft:
    state = case.state
    newest = max(account.standing_entries, key=lambda entry: (entry.notice_date, entry.received_at))
    steps: tuple[str, ...] = (
        f"Charge {state.charge:.2f}; all but {state.answered_balance:.2f} is paid, adjusted or the patient's share",
        f"Newest notice: {newest.notice_date}",
    )
    category, reason = "open_balance", f"The payer's response leaves {state.answered_balance:.2f} unexplained"
    if state.recouped:
        category = "recouped"
        reason = f"The payer recouped {state.recouped:.2f} of this claim without reversing it"
        steps = (*steps, *(f"{r.on}: {r.reason} {r.amount:.2f}, reference {r.reference}" for r in state.recoupments))
    item = WorkItem(
        kind=ListKind.MISSING_ACK,
        claim_id=state.claim_id,
        payer_id=account.payer_id,
        patient_id=state.patient_id,
        item=f"open {account.payer_id}",
        due=newest.notice_date,
        lost_on=None,
        amount_at_risk=state.answered_balance,
        category=category,
        discipline=discipline_of(state, account),
        reason=reason,
        next_action="Ask the payer about it, or send a corrected claim",
        explanation=steps,
    )
    return ItemDraft(item, newest.received_at)


def unpaired_reversal_items(case: Case) -> list[ItemDraft]:
    """One item for each payer that took back more than it is known to have paid."""
    if case.state.status == ClaimStatus.UNMATCHED:
        return []  # listed with its whole amount already
    return [_unpaired(case, account) for account in case.state.accounts if _unpaired_entries(account)]


def _unpaired_entries(account: Account) -> list[Entry]:
    return [entry for entry in account.entries if entry.unpaired]


def _unpaired(case: Case, account: Account) -> ItemDraft:
    entries, state = _unpaired_entries(account), case.state
    amount = -sum((entry.unpaired for entry in entries), ZERO)
    first: date = min(entry.notice_date for entry in entries)
    since: datetime = min((entry.received_at for entry in entries), default=calendar.LAST_INSTANT)
    steps = tuple(
        f"{entry.notice_date}: recouped {-entry.paid:.2f}, of which {-entry.unpaired:.2f} matches no payment on file"
        for entry in entries
    )
    item = WorkItem(
        kind=ListKind.UNMATCHED,
        claim_id=state.claim_id,
        payer_id=account.payer_id,
        patient_id=state.patient_id,
        item=f"reversal {account.payer_id}",
        due=first,
        lost_on=None,
        amount_at_risk=amount,
        category=UNPAIRED_REVERSAL,
        discipline=discipline_of(state, account),
        reason=f"The payer recouped {amount:.2f} with no payment on file",
        next_action=FIND_PAYMENT,
        explanation=steps,
    )
    return ItemDraft(item, since)
