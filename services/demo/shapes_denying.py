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
        "ncci_97",
        "97530 denied beside 97140, CO-97",
        Where((MEDICARE,), codes=("97530", "97140")),
        1,
        ncci("97", ("M80",)),
    ),
    StoryShape(
        "ncci_236",
        "97530 denied beside 97140, CO-236",
        Where((TAMARACK,), codes=("97530", "97140")),
        1,
        ncci("236", ("N19",)),
    ),
    StoryShape(
        "unprocessable_ma130",
        "MA130 in an 835; one of two sent again and paid",
        Where((MEDICARE,), until=EARLY),
        2,
        unprocessable,
    ),
    StoryShape(
        "unprocessable_fresh",
        "MA130 two hours before the demo's clock",
        Where((MEDICARE,), since=date(2026, 10, 20), until=date(2026, 10, 22)),
        1,
        unprocessable,
    ),
    StoryShape(
        "denied_50", "all lines denied: not medically necessary", Where((MEDICARE,)), 2, denied("CO", "50", ("N180",))
    ),
    StoryShape("denied_197", "all lines denied: authorization", Where((LAKESHORE,)), 3, denied("CO", "197")),
    StoryShape("denied_18", "duplicate of a claim that was paid", Where((CEDAR,), until=EARLY), 1, duplicate_denial),
    StoryShape(
        "denied_status_4",
        "CLP02 4: the payer does not know the patient",
        Where((TAMARACK,)),
        1,
        denied("CO", "31", ("N382",), status="4"),
    ),
    StoryShape("denied_11", "diagnosis does not support the service", Where((TAMARACK,)), 1, denied("CO", "11")),
    StoryShape(
        "records_requested", "CO-252: records asked for", Where((LAKESHORE,)), 1, denied("CO", "252", ("N706",))
    ),
    StoryShape(
        "line_denied", "one line denied beside paid ones", Where((MEDICARE, LAKESHORE), lines=2), 3, line_denied
    ),
    StoryShape(
        "kx_denied_co",
        "no KX above the threshold: CO-119",
        Where(tag="kx_pt_missing", since=date(2026, 10, 14), until=date(2026, 10, 16)),
        2,
        kx_denied("CO"),
    ),
    StoryShape(
        "kx_denied_pr",
        "no KX above the threshold: PR-119",
        Where(tag="kx_ot_missing", since=date(2026, 10, 14), until=date(2026, 10, 14)),
        1,
        kx_denied("PR"),
    ),
    StoryShape(
        "kx_missing_in_flight",
        "no KX above the threshold, not yet answered",
        Where(tag="kx_pt_missing", since=date(2026, 10, 28), until=date(2026, 10, 28)),
        1,
        answered,
    ),
)
