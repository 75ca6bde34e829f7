"""Responses a person must match: second copies of a remittance, answers to claims not submitted by this practice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from events.claim import SubmissionRejected, SubmissionVerdict
from events.values import ZERO
from projections.claims.repeat_facts import RepeatedEntry
from projections.claims.settlement import Candidate, decisions, settle
from projections.deadlines.base import Case
from projections.history import LoggedEvent, effective_events
from projections.tables.vocabulary import ListKind
from projections.terms.terms_in_force import Reference
from projections.work.item import EVER, ItemDraft, WorkItem

SECOND_COPY, NUMBER_SHARED = "second_copy", "number_shared"
FILE_REJECTED, FILE_ACCEPTED = "file_rejected", "file_accepted"  # of a submission that is not known here


def copy_items(case: Case) -> list[ItemDraft]:
    """One for each remittance that repeats another under a header that differs; it counts nothing meanwhile."""
    return [_copy(case, repeat) for repeat in case.state.copies]


def _copy(case: Case, repeat: RepeatedEntry) -> ItemDraft:
    state = case.state
    again, first = repeat.again_trace or "no trace", repeat.first_trace or "no trace"
    told = (
        f"Trace {again} repeats what trace {first} says of this claim: payer's claim number, lines, amounts and dates "
        f"are equal, the header is not. {repeat.paid:.2f} is not counted until someone decides"
    )
    item = WorkItem(
        kind=ListKind.UNIDENTIFIED,
        claim_id=state.claim_id,
        payer_id=state.accounts[0].payer_id if state.accounts else "",
        patient_id=state.patient_id,
        item=repeat.again,
        due=None,
        lost_on=None,
        amount_at_risk=abs(repeat.paid),
        category=SECOND_COPY,
        discipline=None,
        reason=f"A second copy of a remittance, not counted: trace {again} repeats trace {first}",
        next_action="Decide whether it is the same remittance or another payment",
        explanation=(told,),
    )
    return ItemDraft(item, repeat.received_at)


def shared_number_items(case: Case) -> list[ItemDraft]:
    """One where a claim number stands for several visits or patients: whose the money is nobody can say by it."""
    state = case.state
    if "duplicate_suspect" not in state.flags:
        return []
    entries = [entry for account in state.accounts for entry in account.entries]
    sent = [attempt.sent_at for account in state.accounts for attempt in account.attempts]
    days = sorted({line.dos for a in state.accounts for t in a.attempts for line in t.lines})
    told = f"Dates of service under this number: {', '.join(f'{day:%b} {day.day}, {day.year}' for day in days)}"
    item = WorkItem(
        kind=ListKind.UNIDENTIFIED,
        claim_id=state.claim_id,
        payer_id=state.accounts[0].payer_id if state.accounts else "",
        patient_id=state.patient_id,
        item=NUMBER_SHARED,
        due=None,
        lost_on=None,
        amount_at_risk=sum((abs(entry.paid) for entry in entries if entry.stands), ZERO),
        category=NUMBER_SHARED,
        discipline=None,
        reason="One claim number is used for several visits or patients, so its balance is not certain",
        next_action="Find out which visit each payment is for; submit each visit under a claim number of its own",
        explanation=(told, "Until then nothing on it is refunded or disputed"),
    )
    return [ItemDraft(item, max((*sent, *(entry.received_at for entry in entries)), default=EVER))]


def verdict_items(
    history: Iterable[LoggedEvent], candidates: Sequence[Candidate], reference: Reference
) -> list[WorkItem]:
    """One for each acknowledgment of a whole file that cannot be settled on one submission."""
    found = []
    standing = effective_events(history, reference.zone)
    said = decisions(standing)
    for event in standing:
        if not isinstance(event.data, SubmissionVerdict) or event.name in said:
            continue
        settled = settle(event, candidates)
        if settled.identity is None:
            found.append(_verdict(event, settled.reason))
    return found


def _verdict(event: LoggedEvent, reason: str) -> WorkItem:
    data, rejected = event.data, isinstance(event.data, SubmissionRejected)
    kind = "999" if data.stage == "syntax" else "277CA"
    numbers = (("group", data.submission.group), ("set", data.submission.set), ("batch", data.submission.reference))
    named = ", ".join(f"{label} {number}" for label, number in numbers if number)
    said = "rejected" if rejected else "accepted"
    return WorkItem(
        kind=ListKind.UNIDENTIFIED,
        claim_id="",
        payer_id=data.payer_id or "",
        patient_id=None,
        item=f"{event.source} {event.id}",
        due=None,
        lost_on=None,
        amount_at_risk=_amount(data),
        category=FILE_REJECTED if rejected else FILE_ACCEPTED,
        discipline=None,
        reason=f"A {kind} {said} a whole file that matches no submission with certainty ({named})",
        next_action="Choose the file it answers; load its 837 if it is missing, or send the claims again"
        if rejected
        else "Choose the file it answers; load its 837 if it is missing",
        explanation=(f"Not counted for any claim: {reason}", f"The {kind} names {named}"),
    )


def _amount(data: SubmissionRejected) -> Decimal:
    return data.rejected_amount or ZERO
