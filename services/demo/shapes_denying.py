"""Shapes of refusal: claims and lines denied, and claims found unprocessable in an 835."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from services.demo.adjudicate import deny, deny_lines
from services.demo.decide import decide, deny_and_reprice, icn
from services.demo.payers import CEDAR, LAKESHORE, MEDICARE, TAMARACK
from services.demo.shapes import StoryShape, Where, sent
from services.demo.story import Life, Month, Tell
from services.demo.workdays import workday


def unprocessable(_: Month, life: Life, index: int) -> None:
    """MA130: in MOA for the first, as a line remark for the others; the second is sent again and paid."""
    sent(life)
    entry = deny(life.claim, life.entry.icn, "CO", "16" if index == 0 else "4", () if index == 0 else ("MA130",))
    life.post(replace(entry, remarks=("MA130", "N382") if index == 0 else ()))
    if index == 1:
        life.accepted(life.send(workday(life.postings[-1].paid_on, 0)))
        life.post(life.entry)


def denied(group: str, reason: str, remarks: Sequence[str] = (), status: str = "1") -> Tell:
    def tell(_: Month, life: Life, __: int) -> None:
        sent(life)
        moa = ("MA01",) if life.claim.payer == MEDICARE else ()
        entry = deny(life.claim, life.entry.icn, group, reason, remarks)
        life.post(replace(entry, status=status, remarks=moa))

    return tell


def duplicate_denial(_: Month, life: Life, __: int) -> None:
    """Paid; sent again as an original by mistake; the second is denied as a duplicate."""
    sent(life)
    paid = life.post(life.entry)
    life.accepted(life.send(workday(paid.paid_on, 0), file="F"))
    life.post(deny(life.claim, icn(life.claim, 1), "OA", "18", ("N522",)))


def line_denied(_: Month, life: Life, __: int) -> None:
    sent(life)
    numbers = (life.claim.lines[-1].number,)
    judge = deny_and_reprice if life.claim.payer == MEDICARE else deny_lines
    life.post(judge(life.entry, numbers, "CO", "151", ("N362",)))


def ncci(reason: str, remarks: Sequence[str]) -> Tell:
    """Billed without the 59; the payer denies the activities line billed with manual therapy."""

    def tell(_: Month, life: Life, __: int) -> None:
        plain = tuple(
            replace(line, modifiers=tuple(m for m in line.modifiers if m != "59")) for line in life.claim.lines
        )
        life.claim = replace(life.claim, lines=plain)
        life.entry = decide(life.claim)
        sent(life)
        numbers = tuple(line.number for line in plain if line.procedure == "97530")
        judge = deny_and_reprice if life.claim.payer == MEDICARE else deny_lines
        life.post(judge(life.entry, numbers, "CO", reason, remarks))

    return tell


def kx_denied(group: str) -> Tell:
    def tell(_: Month, life: Life, __: int) -> None:
        sent(life)
        life.post(replace(deny(life.claim, life.entry.icn, group, "119", ("N362",)), remarks=("MA01",)))

    return tell


def answered(_: Month, life: Life, __: int) -> None:
    """The ordinary story, under a name of its own."""
    life.ordinary()


EARLY = date(2026, 10, 9)
DENYING = (
    StoryShape(
        name="ncci_97",
        shows="97530 denied beside 97140, CO-97",
        where=Where(payers=(MEDICARE,), codes=("97530", "97140")),
        count=1,
        tell=ncci("97", ("M80",)),
    ),
    StoryShape(
        name="ncci_236",
        shows="97530 denied beside 97140, CO-236",
        where=Where(payers=(TAMARACK,), codes=("97530", "97140")),
        count=1,
        tell=ncci("236", ("N19",)),
    ),
    StoryShape(
        name="unprocessable_ma130",
        shows="MA130 in an 835; one of two sent again and paid",
        where=Where(payers=(MEDICARE,), until=EARLY),
        count=2,
        tell=unprocessable,
    ),
    StoryShape(
        name="unprocessable_fresh",
        shows="MA130 two hours before the demo's clock",
        where=Where(payers=(MEDICARE,), since=date(2026, 10, 20), until=date(2026, 10, 22)),
        count=1,
        tell=unprocessable,
    ),
    StoryShape(
        name="denied_50",
        shows="all lines denied: not medically necessary",
        where=Where(payers=(MEDICARE,)),
        count=2,
        tell=denied("CO", "50", ("N180",)),
    ),
    StoryShape(
        name="denied_197",
        shows="all lines denied: authorization",
        where=Where(payers=(LAKESHORE,)),
        count=3,
        tell=denied("CO", "197"),
    ),
    StoryShape(
        name="denied_18",
        shows="duplicate of a claim that was paid",
        where=Where(payers=(CEDAR,), until=EARLY),
        count=1,
        tell=duplicate_denial,
    ),
    StoryShape(
        name="denied_status_4",
        shows="CLP02 4: the payer does not know the patient",
        where=Where(payers=(TAMARACK,)),
        count=1,
        tell=denied("CO", "31", ("N382",), status="4"),
    ),
    StoryShape(
        name="denied_11",
        shows="diagnosis does not support the service",
        where=Where(payers=(TAMARACK,)),
        count=1,
        tell=denied("CO", "11"),
    ),
    StoryShape(
        name="records_requested",
        shows="CO-252: records asked for",
        where=Where(payers=(LAKESHORE,)),
        count=1,
        tell=denied("CO", "252", ("N706",)),
    ),
    StoryShape(
        name="line_denied",
        shows="one line denied beside paid ones",
        where=Where(payers=(MEDICARE, LAKESHORE), lines=2),
        count=3,
        tell=line_denied,
    ),
    StoryShape(
        name="kx_denied_co",
        shows="no KX above the threshold: CO-119",
        where=Where(tag="kx_pt_missing", since=date(2026, 10, 14), until=date(2026, 10, 16)),
        count=2,
        tell=kx_denied("CO"),
    ),
    StoryShape(
        name="kx_denied_pr",
        shows="no KX above the threshold: PR-119",
        where=Where(tag="kx_ot_missing", since=date(2026, 10, 14), until=date(2026, 10, 14)),
        count=1,
        tell=kx_denied("PR"),
    ),
    StoryShape(
        name="kx_missing_in_flight",
        shows="no KX above the threshold, not yet answered",
        where=Where(tag="kx_pt_missing", since=date(2026, 10, 28), until=date(2026, 10, 28)),
        count=1,
        tell=answered,
    ),
)
