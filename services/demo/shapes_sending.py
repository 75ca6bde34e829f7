"""Shapes of the way in: what can happen to a claim between the clinic and the payer's adjudication."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from services.demo.payers import CEDAR, LAKESHORE, MEDICARE, TAMARACK
from services.demo.shapes import LAST_DAY, StoryShape, Where, on
from services.demo.story import Life, Month, Tell
from services.demo.workdays import workday

NOV_4, NOV_5 = date(2026, 11, 4), date(2026, 11, 5)


def again(life: Life, days: int = 1) -> None:
    """Send the claim once more some working days after the last time, accepted and paid."""
    life.accepted(life.send(workday(life.submissions[-1].sent.date(), days)))
    life.post(life.entry)


def set_rejected(_: Month, life: Life, __: int) -> None:
    life.send(life.claim.dos, set=2, syntax="R")
    again(life)


def set_rejected_open(_: Month, life: Life, __: int) -> None:
    life.send(NOV_5, file="B", syntax="R")


def exchange_reject(_: Month, life: Life, index: int) -> None:
    first = life.send(life.claim.dos)
    life.exchange_says(first, "A3", "21", entity="82", action="U")
    if index < 2:
        again(life)


def payer_reject(category: str, status: str, entity: str = "", action: str = "U", repairs: int = 0) -> Tell:
    """A rejection by the payer; the first `repairs` claims are fixed two days later, the others left lying."""

    def tell(_: Month, life: Life, index: int) -> None:
        first = life.send(life.claim.dos)
        life.exchange_says(first)
        life.payer_says(first, category, status, entity=entity, action=action)
        if index < repairs:
            again(life, 2)

    return tell


def second_rejection(_: Month, life: Life, __: int) -> None:
    first = life.send(life.claim.dos)
    life.exchange_says(first)
    life.payer_says(first, "A7", "562", entity="82", action="U")
    second = life.send(NOV_4)
    life.exchange_says(second)
    life.payer_says(second, "A6", "164", entity="IL", action="U")


def late_accept(_: Month, life: Life, __: int) -> None:
    """Two attempts; the payer turns the second away and only then reports the first as accepted."""
    first = life.send(life.claim.dos)
    life.exchange_says(first, "A3", "21", entity="82", action="U")
    second = life.send(workday(life.claim.dos, 1))
    life.exchange_says(second)
    rejected = life.payer_says(second, "A7", "562", entity="82", action="U")
    life.payer_says(first, arrives=rejected.arrives + timedelta(days=1, hours=3))


def accepted_a1_only(_: Month, life: Life, __: int) -> None:
    first = life.send(life.claim.dos)
    life.exchange_says(first)
    life.payer_says(first, "A1", "19")


def missing_277ca(_: Month, life: Life, __: int) -> None:
    life.send(life.claim.dos)


def missing_999(_: Month, life: Life, __: int) -> None:
    life.send(life.claim.dos, file="C", syntax="")


def batch_reject(month: Month, life: Life, index: int) -> None:
    first = life.send(life.claim.dos, file="D")
    if index == 0:
        month.batch_rejections.append((first, first.sent + timedelta(minutes=70), 0, 0))
    sent, arrives, charge, count = month.batch_rejections[-1]
    month.batch_rejections[-1] = (sent, arrives, charge + life.claim.charge, count + 1)
    again(life)


def line_rejected(_: Month, life: Life, __: int) -> None:
    first = life.send(life.claim.dos)
    life.exchange_says(first)
    life.payer_says(first, "A8", "453", line=2, icn=life.entry.icn)
    life.post(life.entry)


def noncompliant_category(_: Month, life: Life, __: int) -> None:
    first = life.send(life.claim.dos)
    life.accepted(first)
    life.payer_says(first, "P1", "20", file="p", arrives=life.answers[-1].arrives + timedelta(days=1))
    life.post(life.entry)


def without_reference(_: Month, life: Life, __: int) -> None:
    first = life.send(life.claim.dos)
    life.exchange_says(first)
    life.payer_says(first, echoes=False, file="n")
    life.post(life.entry)


def reject_after_accept(_: Month, life: Life, __: int) -> None:
    first = life.send(life.claim.dos)
    life.accepted(first)
    life.payer_says(first, "A7", "732", action="U", file="r", arrives=life.answers[-1].arrives + timedelta(days=2))


def paid_after_rejection(_: Month, life: Life, __: int) -> None:
    payer_reject("A7", "562", "82")(_, life, 0)
    life.post(life.entry)


def payment_before_claim(month: Month, life: Life, __: int) -> None:
    """The 837P went out by another computer and reaches us after the payer's answer."""
    first = life.send(life.claim.dos, file="E")
    life.accepted(first)
    posting = life.post(life.entry)
    month.late[first.batch] = first.sent.replace(month=posting.paid_on.month, day=posting.paid_on.day, hour=15)


def odd_claim_id(_: Month, life: Life, __: int) -> None:
    life.claim = replace(life.claim, claim_id=f"BT {life.claim.claim_id[2:5]}/{life.claim.claim_id[5:]} A")
    life.entry = replace(life.entry, claim=life.claim)
    life.ordinary()


def not_billed(month: Month, life: Life, index: int) -> None:
    gaps: tuple[dict[str, object], ...] = (
        {},
        {"note_signed_at": None},
        {"plan_of_care": {"established_on": "2026-07-20", "certified_through": "2026-10-17"}},
    )
    month.visit_changes[life.claim.claim_id] = gaps[index]


def undocumented(_: Month, life: Life, __: int) -> None:
    life.documented = False
    life.ordinary()


EARLY, LATE = date(2026, 10, 9), date(2026, 10, 26)
SENDING = (
    StoryShape(
        name="set_rejected_999",
        shows="a 999 rejects one of two sets; sent again next day, paid",
        where=on(date(2026, 10, 6)),
        count=4,
        tell=set_rejected,
    ),
    StoryShape(
        name="set_rejected_999_open",
        shows="a 999 rejects a whole file the evening before the demo's clock; the 24 hours run",
        where=on(date(2026, 10, 30)),
        count=2,
        tell=set_rejected_open,
    ),
    StoryShape(
        name="clearinghouse_reject",
        shows="clearinghouse 277CA A3; two of three sent again",
        where=Where(until=EARLY),
        count=3,
        tell=exchange_reject,
    ),
    StoryShape(
        name="payer_reject_a3",
        shows="payer 277CA A3, unworked",
        where=Where(payers=(MEDICARE,), since=LATE, until=LAST_DAY),
        count=2,
        tell=payer_reject("A3", "21"),
    ),
    StoryShape(
        name="payer_reject_a6",
        shows="payer 277CA A6, unworked",
        where=Where(payers=(CEDAR,), since=LATE, until=LAST_DAY),
        count=2,
        tell=payer_reject("A6", "164", "IL"),
    ),
    StoryShape(
        name="payer_reject_a7",
        shows="payer 277CA A7; one of two mended",
        where=Where(payers=(LAKESHORE,), since=date(2026, 10, 12)),
        count=2,
        tell=payer_reject("A7", "562", "82", repairs=1),
    ),
    StoryShape(
        name="payer_reject_a8",
        shows="payer 277CA A8, unworked",
        where=Where(payers=(TAMARACK,), since=LATE, until=LAST_DAY),
        count=1,
        tell=payer_reject("A8", "453"),
    ),
    StoryShape(
        name="category_action_disagree",
        shows="A7 with action WQ: the rejection wins",
        where=Where(payers=(TAMARACK,), since=LATE, until=LAST_DAY),
        count=1,
        tell=payer_reject("A7", "562", "82", action="WQ"),
    ),
    StoryShape(
        name="resubmitted_after_rejection",
        shows="rejected, corrected, accepted, paid",
        where=Where(until=date(2026, 10, 7)),
        count=4,
        tell=payer_reject("A7", "562", "82", repairs=4),
    ),
    StoryShape(
        name="second_rejection",
        shows="rejected twice; the newer 24 hours run at the demo's clock",
        where=Where(since=LATE, until=LAST_DAY),
        count=3,
        tell=second_rejection,
    ),
    StoryShape(
        name="late_accept_of_old_attempt",
        shows="an accept of attempt 1 arrives after the rejection of attempt 2",
        where=Where(payers=(MEDICARE,), since=date(2026, 10, 19), until=LAST_DAY),
        count=1,
        tell=late_accept,
    ),
    StoryShape(
        name="accepted_a1_only",
        shows="received, never accepted for adjudication",
        where=Where(payers=(LAKESHORE, MEDICARE), until=EARLY),
        count=2,
        tell=accepted_a1_only,
    ),
    StoryShape(
        name="missing_277ca",
        shows="a 999 and then silence",
        where=Where(since=date(2026, 10, 20), until=LAST_DAY),
        count=2,
        tell=missing_277ca,
    ),
    StoryShape(
        name="missing_999",
        shows="sent, and not even a 999",
        where=Where(payers=(CEDAR, TAMARACK), since=date(2026, 10, 22), until=LAST_DAY),
        count=1,
        tell=missing_999,
    ),
    StoryShape(
        name="batch_reject_277ca",
        shows="a 277CA rejects a whole set and names no claim; sent again, paid",
        where=on(date(2026, 10, 13)),
        count=3,
        tell=batch_reject,
    ),
    StoryShape(
        name="line_rejected_in_accepted_claim",
        shows="277CA: claim A2, one line A8",
        where=Where(payers=(CEDAR,), lines=2),
        count=1,
        tell=line_rejected,
    ),
    StoryShape(
        name="noncompliant_category",
        shows="277CA with a category that belongs to another transaction",
        where=Where(payers=(MEDICARE,)),
        count=1,
        tell=noncompliant_category,
    ),
    StoryShape(
        name="ack_without_reference",
        shows="277CA that does not echo BHT03",
        where=Where(payers=(TAMARACK,)),
        count=2,
        tell=without_reference,
    ),
    StoryShape(
        name="reject_after_accept",
        shows="same attempt, same stage, first A2 and then A7",
        where=Where(payers=(LAKESHORE,)),
        count=1,
        tell=reject_after_accept,
    ),
    StoryShape(
        name="paid_after_rejection",
        shows="a rejected claim is paid anyway",
        where=Where(payers=(MEDICARE,)),
        count=1,
        tell=paid_after_rejection,
    ),
    StoryShape(
        name="payment_before_claim",
        shows="the 835 arrives before the 837P",
        where=Where(payers=(LAKESHORE,)),
        count=1,
        tell=payment_before_claim,
    ),
    StoryShape(
        name="odd_claim_id",
        shows="a claim number with spaces and a slash",
        where=Where(payers=(MEDICARE,)),
        count=1,
        tell=odd_claim_id,
    ),
    StoryShape(
        name="visit_not_billed",
        shows="documented, no claim; one unsigned, one without a current plan of care",
        where=on(date(2026, 10, 30)),
        count=3,
        tell=not_billed,
    ),
    StoryShape(
        name="visit_undocumented",
        shows="a claim without a documented visit",
        where=Where(payers=(CEDAR, TAMARACK)),
        count=2,
        tell=undocumented,
    ),
)
