"""The secondary list: claims whose next payer is ours to bill, and those sent on to a payer that does not answer."""

from __future__ import annotations

from collections.abc import Sequence

from projections import calendar
from projections.claims.state import NextPayer, TurnStep
from projections.deadlines.base import Case, Deadline, say_day
from projections.work.filing import as_day
from projections.work.item import ItemDraft, WorkItem, discipline_of
from projections.work.kinds import ListKind


def secondary_items(case: Case, found: Sequence[Deadline]) -> list[ItemDraft]:
    """What is to be done about the next payer; nothing once it was billed."""
    turn = case.state.next_payer
    if turn is None or turn.step == TurnStep.BILLED:
        return []
    clock = next((d for d in found if d.runs and d.attempt is None and d.payer_id == turn.account.payer_id), None)
    if turn.step == TurnStep.FORWARDED:
        return [_sent_on(case, turn, clock)]
    return [_to_bill(case, turn, clock, kind) for kind in (ListKind.SECONDARY, ListKind.FILING)]


def _to_bill(case: Case, turn: NextPayer, clock: Deadline | None, kind: ListKind) -> ItemDraft:
    payer, notice = turn.account.payer_id, turn.after.notice_date
    due = as_day(clock.due) if clock else None
    steps = (
        f"The earlier payer's notice of {say_day(notice)} leaves {turn.share:.2f}; it did not send the claim on",
        f"The claim names payer {payer} next (sequence {turn.account.sequence})",
        *(clock.explanation if clock else ()),
    )
    item = WorkItem(
        kind=kind,
        claim_id=case.state.claim_id,
        payer_id=payer,
        patient_id=case.state.patient_id,
        item=f"next {payer}",
        due=due,
        lost_on=due,
        amount_at_risk=turn.share,
        category="next_payer",
        discipline=discipline_of(case.state),
        reason=f"{turn.share:.2f} is for payer {payer} to decide; not billed yet",
        next_action=f"Bill payer {payer} with the earlier payer's notice; the patient owes nothing until it answers",
        explanation=steps,
        clocks=(clock.kind,) if clock else (),
    )
    return ItemDraft(item, turn.after.received_at)


def _sent_on(case: Case, turn: NextPayer, clock: Deadline | None) -> ItemDraft:
    payer = turn.account.payer_id
    due = clock.due if clock else None
    who = f"payer {payer}" if payer else "a payer that the notice does not name"
    item = WorkItem(
        kind=ListKind.SECONDARY,
        claim_id=case.state.claim_id,
        payer_id=payer,
        patient_id=case.state.patient_id,
        item=f"sent on {payer}",
        due=due,
        lost_on=None,
        amount_at_risk=turn.share,
        category="crossover",
        discipline=discipline_of(case.state),
        reason=f"Sent on to {who}; no response yet",
        next_action="Ask this payer for the claim's status; bill it if it never had the claim",
        snoozed_until=calendar.overdue_at(due, case.zone) if due else None,
        explanation=(
            f"The notice of {say_day(turn.after.notice_date)} says that the claim was sent on",
            *(clock.explanation if clock else ("No date: the notice does not name the payer",)),
        ),
        clocks=(clock.kind,) if clock else (),
    )
    return ItemDraft(item, turn.after.received_at)
