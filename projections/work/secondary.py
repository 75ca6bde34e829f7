"""The secondary list: claims whose next payer is ours to bill, and those sent on to a payer that does not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from projections import calendar
from projections.claims.state import NextPayer, TurnStep
from projections.deadlines.base import Case, Deadline, say_day
from projections.tables.vocabulary import ListKind
from projections.work.filing import as_day
from projections.work.item import ItemDraft, WorkItem, discipline_of
from projections.work.people import RETURN_DAYS

RESPONSE, FILING = "payer_response", "timely_filing"  # clocks


def secondary_items(case: Case, found: Sequence[Deadline]) -> list[ItemDraft]:
    """What is to be done about the next payer; nothing once it was billed."""
    turn = case.state.next_payer
    if turn is None or turn.step == TurnStep.BILLED:
        return []
    clocks = {d.kind: d for d in found if d.runs and d.attempt is None and d.payer_id == turn.account.payer_id}
    if turn.step == TurnStep.FORWARDED:
        return [_sent_on(case, turn, clocks)]
    return [_to_bill(case, turn, clocks.get(FILING), kind) for kind in (ListKind.SECONDARY, ListKind.FILING)]


def _to_bill(case: Case, turn: NextPayer, clock: Deadline | None, kind: ListKind) -> ItemDraft:
    payer, notice = turn.account.payer_id, turn.after.notice_date
    due = as_day(clock.due) if clock else None
    steps = (
        f"The earlier payer's notice of {say_day(notice)} leaves {turn.share:.2f}; it did not forward the claim",
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


def _sent_on(case: Case, turn: NextPayer, clocks: Mapping[str, Deadline]) -> ItemDraft:
    payer, response, filing = turn.account.payer_id, clocks.get(RESPONSE), clocks.get(FILING)
    due, last = (as_day(clock.due) if clock and clock.due else None for clock in (response, filing))
    who = f"payer {payer}" if payer else "a payer that the notice does not name"
    back = [calendar.overdue_at(due, case.zone)] if due else []
    back += [calendar.start_of_day(calendar.add_days(last, -RETURN_DAYS), case.zone)] if last else []
    notice = say_day(turn.after.notice_date)
    told = "it is not this payer's claim and was forwarded" if turn.carried else "the claim was forwarded"
    item = WorkItem(
        kind=ListKind.SECONDARY,
        claim_id=case.state.claim_id,
        payer_id=payer,
        patient_id=case.state.patient_id,
        item=f"forwarded {payer}",
        due=due,
        lost_on=last,
        amount_at_risk=turn.amount,
        category="crossover",
        discipline=discipline_of(case.state),
        reason=f"Forwarded to {who}; no response yet",
        next_action="Ask this payer for the claim's status; bill it if it never had the claim",
        snoozed_until=min(back, default=None) if due else None,
        explanation=(
            f"The notice of {notice} says that {told}",
            *(step for clock in (response, filing) if clock for step in clock.explanation),
            *(() if response else ("No date: the notice does not name the payer",)),
        ),
        clocks=tuple(clock.kind for clock in (response, filing) if clock),
    )
    return ItemDraft(item, turn.after.received_at)
