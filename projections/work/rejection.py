"""The rejection list: one item for each rejected attempt that nobody sent again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from events.claim import VOID_CLAIM
from projections.claims.state import Account, Attempt, Rejection
from projections.deadlines.base import Case, Deadline, payer_of
from projections.deadlines.kinds import VOID, DeadlineKind
from projections.deadlines.rejections import how_to_resend, item_name, replaces
from projections.rules.adjustment_codes import DenialJudgment
from projections.rules.claim_status_words import StatusTable
from projections.tables.vocabulary import ListKind
from projections.work.filing import as_day, at_risk, filing_limit, outer_filing_limit
from projections.work.item import ItemDraft, WorkItem, discipline_of, earliest

NOTHING_SAID = "submission"  # a rejection whose codes do not say what it is about
_WHERE = {
    "syntax": "the file check (999)",
    "clearinghouse": "the clearinghouse",
    "payer": "the payer",
}


def rejection_items(case: Case, found: Sequence[Deadline]) -> list[ItemDraft]:
    running = [
        d for d in found if d.kind in (DeadlineKind.REJECTION_REASON, DeadlineKind.REJECTION_RESUBMIT) and d.runs
    ]
    if not running:
        return []
    drafts = []
    for account in case.state.accounts:
        for attempt in account.attempts:
            mine = [d for d in running if d.payer_id == account.payer_id and d.attempt == attempt.number]
            if attempt.rejections and any(d.kind == DeadlineKind.REJECTION_RESUBMIT for d in mine):
                draft = _item(case, account, attempt, mine, _limit(found, account, attempt))
                drafts.append(replace(draft, item=replace(draft.item, outer_limit=_outer(found, account, attempt))))
    return drafts


def _limit(found: Sequence[Deadline], account: Account, attempt: Attempt) -> date | None:
    """The day a new claim is too late; of a replacement, when the decided claim can be corrected no more."""
    if attempt.frequency == VOID_CLAIM:
        return None
    if not replaces(account, attempt):
        return filing_limit(found, account.payer_id)
    clocks = [
        d
        for d in found
        if d.kind in (DeadlineKind.CORRECTED_CLAIM, DeadlineKind.REOPENING) and d.payer_id == account.payer_id
    ]
    return next((as_day(d.due) for d in clocks if d.state != VOID), None)


def _outer(found: Sequence[Deadline], account: Account, attempt: Attempt) -> date | None:
    if attempt.frequency == VOID_CLAIM or replaces(account, attempt):
        return None
    return outer_filing_limit(found, account.payer_id)


def _item(
    case: Case, account: Account, attempt: Attempt, clocks: Sequence[Deadline], lost_on: date | None
) -> ItemDraft:
    state = case.state
    rejection = max(attempt.rejections, key=lambda r: r.received_at)
    judgment = _judgment(case, account, rejection)
    identified = not any(d.kind == DeadlineKind.REJECTION_REASON for d in clocks)
    statuses = case.terms.claim_statuses(case.day(rejection.received_at))
    if judgment and judgment.workflow == "new_claim":
        action = judgment.next_action
    elif identified and (step := statuses.next_step(rejection.codes)):
        action = f"{step}; then {how_to_resend(account, attempt)}"
    else:
        action = f"{'Correct' if identified else 'Record the reason, correct'} and {how_to_resend(account, attempt)}"
    item = WorkItem(
        kind=ListKind.REJECTION,
        claim_id=state.claim_id,
        payer_id=account.payer_id,
        patient_id=state.patient_id,
        item=item_name(account, attempt),
        due=earliest([d.due for d in clocks if d.due], case.zone),
        lost_on=lost_on,
        amount_at_risk=at_risk(case, account),
        category=judgment.category if judgment else _about(rejection, statuses),
        discipline=discipline_of(state, account),
        reason=_reason(attempt, rejection, judgment, statuses),
        next_action=action,
        explanation=tuple(dict.fromkeys(step for d in clocks for step in d.explanation)),
        clocks=tuple(d.kind for d in clocks),
    )
    return ItemDraft(item, min(r.received_at for r in attempt.rejections))


def _judgment(case: Case, account: Account, rejection: Rejection) -> DenialJudgment | None:
    """What the code table says of a rejection that came in a remittance; its reason codes are from that list."""
    day = case.day(rejection.received_at)
    for code in rejection.codes:
        if code.code_list.lower() == "carc" and code.status:
            program = case.terms.program(payer_of(account), day)
            return case.terms.denials(day).judge(code.category or "", code.status, rejection.remark_codes, program)
    return None


def _about(rejection: Rejection, statuses: StatusTable) -> str:
    """What the first code that says so is about; else no more than that the submission was not taken."""
    return next((about for code in rejection.codes if (about := statuses.about(code))), NOTHING_SAID)


def _reason(attempt: Attempt, rejection: Rejection, judgment: DenialJudgment | None, statuses: StatusTable) -> str:
    told = [judgment.meaning] if judgment else []
    told += [text for text in (statuses.in_words(rejection.codes), rejection.message) if text]
    where = "the payer, in a remittance" if rejection.from_remittance else _WHERE[rejection.stage]
    return f"Attempt {attempt.number} rejected by {where}" + (f": {'; '.join(told)}" if told else "")
