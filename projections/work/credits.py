"""The overpayment list: money that is not ours, whose it is, and the day it has to be back."""

from __future__ import annotations

from collections.abc import Sequence

from projections.claims.repeat_facts import RepeatedEntry
from projections.claims.state import Account
from projections.deadlines.base import Case, Deadline
from projections.deadlines.credits import Credit, CreditKind, credits_of
from projections.deadlines.kinds import DeadlineKind
from projections.deadlines.refunds import hold_until
from projections.tables.vocabulary import ListKind
from projections.work.filing import as_day
from projections.work.item import ItemDraft, WorkItem, discipline_of

_RETURN = "Report and refund it, or let the payer recover it; do not apply it elsewhere unless the payer agrees"
_WORDS = {
    CreditKind.VOIDED: ("Payment on a voided claim", _RETURN),
    CreditKind.PAID_TWICE: ("The payer paid twice", _RETURN),
    CreditKind.ADDED_LINE: (
        "The payer paid for a line that this claim did not bill",
        "Find out which claim the line belongs to; refund what belongs to none",
    ),
    CreditKind.OVERPAID: ("Payer overpayment", _RETURN),
    CreditKind.PATIENT: ("Patient overpayment", "Refund the patient or apply it to an open balance"),
    CreditKind.IN_DOUBT: ("Unconfirmed credit", "Resolve it with the payer first; do not refund yet"),
}


def paid_again(repeat: RepeatedEntry) -> str:
    """Names both payments of an answer that came twice."""
    first = f"trace {repeat.first_trace or 'unknown'} of {repeat.first_date or 'an unknown day'}"
    again = f"trace {repeat.again_trace or 'unknown'} of {repeat.again_date or 'an unknown day'}"
    return f"the payment of {first} was reported again under {again}, probably a reissued check"


def overpayment_items(case: Case, found: Sequence[Deadline]) -> list[ItemDraft]:
    """Every credit that is still here."""
    clocks = {d.payer_id: d for d in found if d.kind == DeadlineKind.REFUND}
    drafts = []
    for credit in credits_of(case):
        clock = clocks.get(credit.payer_id)
        if credit.amount > 0 and (credit.doubt or (clock is not None and clock.runs)):
            drafts.append(_item(case, credit, None if credit.doubt else clock))
    return drafts


def _item(case: Case, credit: Credit, clock: Deadline | None) -> ItemDraft:
    state = case.state
    account = next((a for a in state.accounts if a.payer_id == credit.payer_id and credit.payer_id), None)
    hold = hold_until(case, account) if account else None
    reason, action = _WORDS[credit.kind]
    if account is not None and state.reissued:
        reason = f"{reason}: {paid_again(state.reissued[-1])}"
    item = WorkItem(
        kind=ListKind.OVERPAYMENT,
        claim_id=state.claim_id,
        payer_id=credit.payer_id,
        patient_id=state.patient_id,
        item=credit.payer_id or "patient",
        due=clock.due if clock else None,
        lost_on=as_day(clock.due) if clock else None,
        amount_at_risk=credit.amount,
        category=credit.kind,
        discipline=discipline_of(state, account),
        reason=reason,
        next_action=action,
        snoozed_until=hold,
        explanation=_explanation(case, credit, clock, account),
        clocks=(clock.kind,) if clock else (),
    )
    return ItemDraft(item, credit.start)


def _explanation(case: Case, credit: Credit, clock: Deadline | None, account: Account | None) -> tuple[str, ...]:
    whose = f"payer {credit.payer_id}" if credit.payer_id else "the patient"
    owner = f"Owed to {whose}; a credit since {credit.words}"
    steps = [owner, *(clock.explanation if clock else (credit.doubt,))]
    hold = hold_until(case, account) if account else None
    if hold is not None:
        steps.append(f"Two payments are posted and a reversal may still come; listed from {case.say(hold)}")
    return tuple(steps)
