"""The filing list: every claim whose filing clock runs, missed ones until they are written off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from events.values import ZERO
from projections.claims.state import Account
from projections.deadlines.base import Case, Deadline, say_day
from projections.deadlines.kinds import DeadlineKind
from projections.tables.vocabulary import ClaimStatus, ListKind
from projections.work.item import EVER, ItemDraft, WorkItem, discipline_of

# A row is read on any day, so its words hold on both sides of the limit.
LIMIT = "by the filing limit; after that only with proof of timely filing, else write off"


def filing_items(case: Case, found: Sequence[Deadline]) -> list[ItemDraft]:
    if case.state.status == ClaimStatus.UNMATCHED:
        return []
    running = {d.payer_id: d for d in found if d.kind == DeadlineKind.TIMELY_FILING and d.runs}
    return [
        _item(case, a, running[a.payer_id])
        for a in case.state.accounts
        if a.payer_id in running and (a.attempts or a.carried)
    ]


def _item(case: Case, account: Account, deadline: Deadline) -> ItemDraft:
    state, last = case.state, account.last_attempt
    if last is None or (not last.seen and account.carried):
        reason = "No response is known"
        action = f"Check claim status: the payer must have received it {LIMIT}"
    elif last.rejections:
        reason = f"Attempt {last.number} was rejected: the claim is not filed yet"
        action = f"Correct and resubmit {LIMIT}"
    elif last.acks:
        reason = f"Attempt {last.number} submitted, not accepted by the payer yet"
        action = f"No payer acceptance (277CA A2) yet: check claim status; the payer must receive it {LIMIT}"
    else:
        reason = f"Attempt {last.number} submitted, no response yet"
        action = f"Check that the file was received; if not, resubmit {LIMIT}"
    day = as_day(deadline.due)
    if day is None and deadline.latest is not None:
        reason += f"; no later than {say_day(deadline.latest)}: your own limit has not been entered and may be shorter"
        action += ". Enter this payer's filing limit (Payers)"
    item = WorkItem(
        kind=ListKind.FILING,
        claim_id=state.claim_id,
        payer_id=account.payer_id,
        patient_id=state.patient_id,
        item=account.payer_id,
        due=day,
        lost_on=day,
        amount_at_risk=at_risk(case, account),
        category="timely_filing",
        discipline=discipline_of(state, account),
        reason=reason,
        next_action=action,
        explanation=deadline.explanation,
        clocks=(deadline.kind,),
        outer_limit=outer_filing_limit((deadline,), account.payer_id),
    )
    return ItemDraft(item, account.attempts[0].sent_at if account.attempts else EVER)


def as_day(due: date | datetime | None) -> date | None:
    return None if isinstance(due, datetime) else due


def filing_limit(found: Sequence[Deadline], payer_id: str) -> date | None:
    """The last filing day with this payer, whether or not its clock was stopped: a new claim has to meet it again."""
    return next((as_day(d.due) for d in found if d.kind == DeadlineKind.TIMELY_FILING and d.payer_id == payer_id), None)


def outer_filing_limit(found: Sequence[Deadline], payer_id: str) -> date | None:
    """Where the filing limit is not known, the day beyond which the law lets it be no later."""
    clocks = (d for d in found if d.kind == DeadlineKind.TIMELY_FILING and d.payer_id == payer_id)
    return next((as_day(d.latest) for d in clocks if d.due is None), None)


def at_risk(case: Case, account: Account) -> Decimal:
    """What this payer still has to decide on: what it owes, behind another payer all that is open; else the charge."""
    state = case.state
    open_amount = state.answered_balance if account is state.accounts[0] else state.balance
    if open_amount > ZERO:
        return open_amount
    return (account.attempts[-1].total_charge if account.attempts else ZERO) or state.charge
