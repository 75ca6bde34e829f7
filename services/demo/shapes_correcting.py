"""Shapes of a second thought: reversals, corrections, replacements, voids, split claims."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from services.demo.adjudicate import denied_line, deny_lines, reverse
from services.demo.decide import icn
from services.demo.payers import CEDAR, LAKESHORE, MEDICARE
from services.demo.shapes import StoryShape, Where, sent
from services.demo.story import Life, Month
from services.demo.workdays import payday, workday


def reversal_and_correction(_: Month, life: Life, __: int) -> None:
    sent(life)
    wrong = deny_lines(life.entry, (2,), "CO", "4", ("N519",))
    first = life.post(wrong)
    second = first.paid_on + timedelta(days=7)
    life.post(reverse(wrong), second)
    life.post(replace(life.entry, icn=icn(life.claim, 1)), second)


def correction_before_reversal(_: Month, life: Life, __: int) -> None:
    sent(life)
    wrong = deny_lines(life.entry, (1,), "CO", "50", ("N180",))
    first = life.post(wrong)
    again = payday(MEDICARE, first.paid_on - timedelta(days=9))
    second = life.post(replace(life.entry, icn=icn(life.claim, 1)), again)
    life.post(reverse(wrong), payday(MEDICARE, second.paid_on - timedelta(days=12)))


def reversal_only(_: Month, life: Life, __: int) -> None:
    sent(life)
    first = life.post(life.entry)
    life.post(reverse(life.entry), first.paid_on + timedelta(days=14))


def split_claim(_: Month, life: Life, __: int) -> None:
    """277CA A5, then two CLPs with one CLP01 in two remittances, each with its own number and lines."""
    first = life.send(life.claim.dos)
    life.exchange_says(first)
    life.payer_says(first, "A5", "20")
    one, rest = life.entry.lines[:1], life.entry.lines[1:]
    posting = life.post(replace(life.entry, lines=one, remarks=("MA15",)))
    life.post(
        replace(life.entry, lines=rest, icn=icn(life.claim, 1), remarks=("MA15",)), posting.paid_on + timedelta(days=7)
    )


def predetermination(_: Month, life: Life, __: int) -> None:
    sent(life)
    decided = payday(life.claim.payer, life.claim.dos)
    estimate = tuple(denied_line(line, "OA", "101") for line in life.claim.lines)
    life.post(replace(life.entry, status="25", lines=estimate, icn=icn(life.claim, 9)), decided)
    life.post(life.entry, decided + timedelta(days=7))


def replacement(_: Month, life: Life, __: int) -> None:
    """Frequency 7 after a denied line; the payer reverses and pays again."""
    sent(life)
    wrong = deny_lines(life.entry, (2,), "CO", "4", ("N519",))
    posting = life.post(wrong)
    seven = life.send(workday(posting.paid_on, 1), frequency="7", original=life.entry.icn)
    life.exchange_says(seven)
    life.payer_says(seven, icn=icn(life.claim, 1))
    decided = life.post(reverse(wrong)).paid_on
    life.post(replace(life.entry, icn=icn(life.claim, 1)), decided)


def void_then_payment(_: Month, life: Life, __: int) -> None:
    """Frequency 8 on its way to the payer, which pays the claim all the same."""
    sent(life)
    payment = life.post(life.entry)
    eight = life.send(workday(life.claim.dos, 3), frequency="8", original=life.entry.icn)
    assert eight.sent.date() < payment.paid_on
    life.exchange_says(eight)
    life.payer_says(eight, icn=icn(life.claim, 1))


EARLY = date(2026, 10, 9)
CORRECTING = (
    StoryShape(
        name="replacement_7",
        shows="frequency 7 to a commercial payer, reversed and paid anew",
        where=Where(payers=(LAKESHORE,), until=EARLY, lines=2),
        count=1,
        tell=replacement,
    ),
    StoryShape(
        name="reversal_and_correction",
        shows="reversed and corrected in one 835",
        where=Where(payers=(LAKESHORE,), lines=2),
        count=1,
        tell=reversal_and_correction,
    ),
    StoryShape(
        name="correction_before_reversal",
        shows="the correction comes a remittance before the reversal",
        where=Where(payers=(MEDICARE,), until=date(2026, 10, 6)),
        count=1,
        tell=correction_before_reversal,
    ),
    StoryShape(
        name="reversal_only",
        shows="reversed, never corrected",
        where=Where(payers=(CEDAR,), until=EARLY),
        count=1,
        tell=reversal_only,
    ),
    StoryShape(
        name="split_claim",
        shows="277CA A5 and two CLPs in two remittances",
        where=Where(payers=(LAKESHORE,), lines=3),
        count=1,
        tell=split_claim,
    ),
    StoryShape(
        name="predetermination_25",
        shows="an estimate that counts no money, then the payment",
        where=Where(payers=(LAKESHORE,)),
        count=1,
        tell=predetermination,
    ),
    StoryShape(
        name="void_then_payment",
        shows="frequency 8, and the payer pays the voided claim",
        where=Where(payers=(CEDAR,)),
        count=1,
        tell=void_then_payment,
    ),
)
