"""Underpayment and overpayment items, from what a day's lines were paid next to what they should have been."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from events.values import from_cents
from projections.claims.flags import PAYER_CREDIT, UNSURE
from projections.deadlines.base import DueBy
from projections.deadlines.prices import allowed_too_much
from projections.deadlines.refunds import OverpaidSince, refund_due, with_program
from projections.deadlines.underpayments import Contest, ShortNotice, contest
from projections.disciplines import disciplines_named
from projections.rows.day_prices import DayClaimLine, line_item
from projections.rows.payer_facts import stored_payer
from projections.tables.line_facts import CreditReview
from projections.tables.money import LinePriceRow
from projections.tables.price_facts import PriceExplanation
from projections.tables.vocabulary import SHORT, DisputeState, ListKind, PriceCause, PriceVerdict
from projections.terms.terms_in_force import Reference
from projections.work.item import ItemDraft, WorkItem
from projections.work.people import with_people

CLOSED = (DisputeState.INVALID, DisputeState.WRITTEN_OFF, DisputeState.RECOVERED)
ACTIONS = {
    DisputeState.DETECTED: "Check the contract, then dispute with the steps below",
    DisputeState.REVIEWING: "Finish the review, then dispute or close it as invalid",
    DisputeState.DISPUTED: "Follow up the dispute with the payer",
}
NO_NOTICE = DueBy(None, "", ("No date: when the payer's notice was dated is not known",))
CLOCKS = {"underpayment": "dispute", "overpayment": "refund"}


def pricing_items(rows: Iterable[LinePriceRow], lines: Iterable[DayClaimLine], reference: Reference) -> list[WorkItem]:
    """One item for each row of line_price that asks for one. `lines`: the day's, with what people did about them."""
    stored = {(line.row.claim_id, line.row.number): line for line in lines}
    stored |= {(claim_id, 0): line for (claim_id, _), line in stored.items()}  # a claim answered as a whole
    items = []
    for row in rows:
        short = row["verdict"] in SHORT and (row["variance"] or 0) > 0
        if row["state"] in CLOSED or not (short or row["verdict"] == PriceVerdict.OVERPAID):
            continue
        line = stored[row["claim_id"], row["line"]]
        flags = line.facts.flags
        if not UNSURE.isdisjoint(flags):
            continue  # nobody returns or disputes what the payer's own figures do not support
        if not short and (PAYER_CREDIT in flags or _found_not_owed(row, line)):
            continue  # a claim's credit is returned as one: a line that was paid twice is no second overpayment
        item = _underpaid(row, line, reference) if short else _overpaid(row, line, reference)
        draft = ItemDraft(item, line.answered_at(row["line"], row["sequence"]))
        items += with_people([draft], line.facts.work, reference.zone)
    return items


def _item(row: LinePriceRow, kind: ListKind, lost_on: date | None, reason: str, action: str) -> WorkItem:
    """`lost_on` is the day that is due, too, where nothing earlier is."""
    disciplines = disciplines_named(row["modifiers"].split())
    return WorkItem(
        kind=kind,
        claim_id=row["claim_id"],
        payer_id=row["payer_id"],
        patient_id=row["patient_id"],
        item=line_item(row["line"], row["sequence"]),
        due=lost_on,
        lost_on=lost_on,
        amount_at_risk=abs(from_cents(row["variance"])),
        category=row["cause"],
        discipline=disciplines[0] if disciplines else None,
        reason=reason,
        next_action=action,
        explanation=tuple(map(str, PriceExplanation.from_json(row["explanation"]).steps)),
        clocks=() if row["state"] == DisputeState.DISPUTED else (CLOCKS[kind],),
        payer_sequence=row["sequence"],
    )


def _underpaid(row: LinePriceRow, line: DayClaimLine, reference: Reference) -> WorkItem:
    billed = line.row.procedure
    recoded = row["verdict"] == PriceVerdict.RECODED
    said = _as_billed(row) if recoded else _text(row["expected_allowed"])
    reason = (
        f"{_service(row, billed)}: allowed {_text(row['allowed'])}, "
        f"contract: {said}{' for what was billed' if recoded else ''}, {_text(row['variance'])} short"
    )
    found = _contest(row, line, reference)
    action = ACTIONS[DisputeState(row["state"]) or DisputeState.DETECTED]
    item = _item(row, ListKind.UNDERPAYMENT, found.lost_on, reason + _likely(row), action)
    clocks = (found.kind,) if item.clocks else ()
    return replace(item, due=found.due, clocks=clocks, explanation=(*item.explanation, *found.steps))


def _as_billed(row: LinePriceRow) -> str:
    amount = PriceExplanation.from_json(row["explanation"]).as_billed
    return "unknown" if amount is None else f"{amount:.2f}"


def _contest(row: LinePriceRow, line: DayClaimLine, reference: Reference) -> Contest:
    payer = line.payer(row["payer_id"])
    notice = row["notice_date"] or row["dos"]
    return contest(reference.terms, ShortNotice(payer, notice, row["dos"], row["contract"], row["dispute_due"]))


def _service(row: LinePriceRow, billed: str) -> str:
    """The line with the code and units decided on; for a code that was not billed, what the payer made of it."""
    if not row["line"]:
        return "the claim as a whole"
    recoded = row["verdict"] == PriceVerdict.RECODED
    code = f"{billed} paid as {row['procedure']}" if recoded else f"{row['procedure']} ×{row['units']}"
    return f"Line {row['line']}: {code}"


def _likely(row: LinePriceRow) -> str:
    cause = row["cause"]
    return f"; likely cause: {cause.replace('_', ' ')}" if cause and cause != PriceCause.UNEXPLAINED else ""


def _overpaid(row: LinePriceRow, line: DayClaimLine, reference: Reference) -> WorkItem:
    billed = line.row.procedure
    reason = (
        f"{_service(row, billed)}: allowed {_text(row['allowed'])}, "
        f"contract: {_text(row['expected_allowed'])}, {_text(-(row['variance'] or 0))} too much"
    )
    due, _, steps = _return_by(row, line, reference)
    action = "Confirm against the contract; report and refund a true overpayment"
    item = _item(row, ListKind.OVERPAYMENT, due, reason + _likely(row), action)
    return replace(item, explanation=(*item.explanation, *steps))


def _reviews(row: LinePriceRow, line: DayClaimLine) -> list[CreditReview]:
    return line.facts.credit_words.about(row["payer_id"], line.answered_at(row["line"], row["sequence"]))


def _found_not_owed(row: LinePriceRow, line: DayClaimLine) -> bool:
    """Whether the last word of a person about this payer's credit is that nothing is owed."""
    reviews = _reviews(row, line)
    return bool(reviews) and reviews[-1].finding == "not_owed"


def _return_by(row: LinePriceRow, line: DayClaimLine, reference: Reference) -> DueBy:
    """By the same rule as the clock on the claim's page."""
    notice = row["notice_date"]
    if notice is None:
        return NO_NOTICE
    indicator = stored_payer(line.facts, row["payer_id"]).indicator
    payer = with_program(reference.terms, line.payer(row["payer_id"]), indicator, notice)
    since = OverpaidSince(payer, notice, allowed_too_much(notice, row["contract"]))
    return refund_due(reference.terms, since, row["dos"], _reviews(row, line))


def _text(cents: int | None) -> str:
    return "unknown" if cents is None else f"{from_cents(cents):.2f}"
