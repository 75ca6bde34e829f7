"""Shapes of whole remittances: provider adjustments, zero totals, wrong totals, unknown claims, copies, cut files."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from services.demo.adjudicate import deny, reverse
from services.demo.cloud_events import DESK, dollars, event
from services.demo.decide import repaid
from services.demo.payers import CEDAR, LAKESHORE, MEDICARE, TAMARACK, rates
from services.demo.prices import contract_lines
from services.demo.shapes import StoryShape, Where, sent
from services.demo.story import Life, Month
from services.demo.workdays import payday


def take_back_deferred(month: Month, life: Life, __: int) -> None:
    """Reversed now, collected later: WO negative next to the reversal, positive in the next remittance."""
    sent(life)
    first = life.post(life.entry)
    reversed_on = payday(MEDICARE, first.paid_on - timedelta(days=9))
    posting = life.post(reverse(life.entry), reversed_on)
    month.note(posting.remit).adjustments.append(("WO", life.entry.icn, -life.entry.paid))
    collected = ("MEDICARE", payday(MEDICARE, reversed_on - timedelta(days=12)), "")
    month.note(collected).adjustments.append(("WO", life.entry.icn, life.entry.paid))


def balance_forward(month: Month, life: Life, __: int) -> None:
    """A remittance that would be negative: FB carries the debt into the next one."""
    sent(life)
    first = life.post(life.entry)
    posting = life.post(reverse(life.entry), first.paid_on + timedelta(days=14), lane="FB")
    month.note(posting.remit).adjustments.append(("FB", "", -life.entry.paid))
    following = ("CEDAR", posting.paid_on + timedelta(days=7), "")
    month.note(following).adjustments.append(("FB", "", life.entry.paid))


def refund_acknowledged(month: Month, life: Life, __: int) -> None:
    """Overpaid; our refund check is acknowledged: 72 negative next to WO positive, no money moves."""
    sent(life)
    claim = life.claim
    entry = repaid(claim, life.entry, contract_lines(claim.lines, rates(claim.payer, "GOLD", claim.dos.isoformat())))
    first = life.post(entry)
    over = entry.paid - life.entry.paid
    refunded = datetime.combine(first.paid_on + timedelta(days=4), time(11))
    month.desk.append(
        event(
            (DESK, "refund-0001"),
            "refund.sent.v1",
            claim.claim_id,
            refunded,
            {
                "claim_id": claim.claim_id,
                "amount": dollars(over),
                "reason": "paid by another plan's rates",
                "by": "n.abara",
            },
        )
    )
    note = month.note(("LAKESHORE", first.paid_on + timedelta(days=14), ""))
    note.adjustments += [("WO", entry.icn, over), ("72", entry.icn, -over)]


def interest(month: Month, life: Life, __: int) -> None:
    sent(life)
    posting = life.post(life.entry, payday(LAKESHORE, life.claim.dos) + timedelta(days=7))
    month.note(posting.remit).adjustments.append(("L6", life.entry.icn, -1_37))


def zero_remittance(month: Month, life: Life, index: int) -> None:
    """Nothing paid, BPR04 NON; the payer uses one trace number for all such notices."""
    sent(life)
    first = payday(TAMARACK, date(2026, 10, 1))
    entry = deny(life.claim, life.entry.icn, "CO", "204", ("N130",))
    posting = life.post(replace(entry, remarks=()), first + timedelta(days=7 * index), lane="NON")
    month.note(posting.remit).trace = "602550000000"


def unbalanced_remittance(month: Month, life: Life, __: int) -> None:
    sent(life)
    posting = life.post(life.entry, lane="U")
    month.note(posting.remit).off_by = 10_00


def unmatched(month: Month, life: Life, __: int) -> None:
    """In addition to its own payment, one for a claim this clinic never sent and one with no claim number at all."""
    life.ordinary()
    posting = life.postings[0]
    strangers = []
    for number, claim_id in enumerate(("OLD-77120", "0"), 1):
        claim = replace(life.claim, claim_id=claim_id)
        entry = replace(life.entry, claim=claim, icn=f"{claim.payer.number}2599{number:05d}0")
        stranger = Life(claim=claim, entry=entry, tag="stranger")
        stranger.postings.append(replace(posting, entry=replace(entry, received=posting.paid_on - timedelta(days=9))))
        strangers.append(stranger)
    month.lives += strangers


def delivered_twice(month: Month, life: Life, __: int) -> None:
    """Two remittances fetched again from a portal: one file, two interchanges, other control numbers."""
    life.ordinary()
    key = life.postings[0].remit
    others = [
        posting.remit
        for other in month.lives
        for posting in other.postings
        if posting.payer == LAKESHORE and posting.remit[2] == "" and posting.paid_on > key[1]
    ]
    second = min(others, key=lambda item: item[1])
    month.redelivered.append(((key, second), datetime.combine(second[1], time(13, 20))))


def cut_short(month: Month, life: Life, __: int) -> None:
    """The download broke; the whole file is fetched two hours later."""
    life.ordinary()
    key = life.postings[0].remit
    month.cut_short.append((key, datetime.combine(key[1], time(8, 40))))


EARLY = date(2026, 10, 9)
REMITS = (
    StoryShape(
        name="plb_wo_deferred",
        shows="WO negative beside a reversal, positive when collected",
        where=Where(payers=(MEDICARE,), until=date(2026, 10, 6)),
        count=1,
        tell=take_back_deferred,
    ),
    StoryShape(
        name="plb_fb",
        shows="FB carries a negative remittance forward",
        where=Where(payers=(CEDAR,), until=date(2026, 10, 2)),
        count=1,
        tell=balance_forward,
    ),
    StoryShape(
        name="plb_72",
        shows="refund acknowledged: 72 with WO",
        where=Where(payers=(LAKESHORE,), until=EARLY, plan="SILVER"),
        count=1,
        tell=refund_acknowledged,
    ),
    StoryShape(
        name="plb_l6",
        shows="interest: added by L6, not a claim payment",
        where=Where(payers=(LAKESHORE,)),
        count=1,
        tell=interest,
    ),
    StoryShape(
        name="zero_remittance",
        shows="BPR04 NON, twice, with one trace number",
        where=Where(payers=(TAMARACK,), until=date(2026, 10, 7)),
        count=2,
        tell=zero_remittance,
    ),
    StoryShape(
        name="unbalanced_remittance",
        shows="BPR02 is 10.00 more than the claims",
        where=Where(payers=(LAKESHORE,)),
        count=1,
        tell=unbalanced_remittance,
    ),
    StoryShape(
        name="unmatched_payment",
        shows="money for a claim never sent, and for claim number 0",
        where=Where(payers=(LAKESHORE,)),
        count=1,
        tell=unmatched,
    ),
    StoryShape(
        name="duplicate_835",
        shows="two remittances again in one file under new ISA13",
        where=Where(payers=(CEDAR,)),
        count=1,
        tell=delivered_twice,
    ),
    StoryShape(
        name="truncated_835",
        shows="an 835 cut short, fetched again whole",
        where=Where(payers=(TAMARACK,)),
        count=1,
        tell=cut_short,
    ),
)
