"""Shapes of payment: what one claim's answer in an 835 can look like when it is paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.demo.adjudicate import DemoEntry
from services.demo.decide import contract_prices, medicare_prices, repaid
from services.demo.payers import FOXGLOVE, LAKESHORE, MEDICARE, TAMARACK, rates
from services.demo.prices import MEDICARE as SCHEDULE
from services.demo.prices import Price, contract_lines
from services.demo.shapes import LAST_DAY, StoryShape, Where, sent
from services.demo.story import Life, Month, Tell
from services.demo.workdays import payday


def recoded(month: Month, life: Life, __: int) -> None:
    """97530 adjudicated and paid as 97110."""
    sent(life)
    claim, low = life.claim, rates(life.claim.payer, life.claim.patient.plan, life.claim.dos.isoformat())["97110"]
    prices = [
        Price(low * line.units, low * line.units) if line.procedure == "97530" else price
        for line, price in zip(claim.lines, contract_prices(claim), strict=True)
    ]
    entry = repaid(claim, life.entry, prices)
    lines = tuple(
        replace(paid, recoded_to="97110", remarks=("N22",)) if paid.line.procedure == "97530" else paid
        for paid in entry.lines
    )
    life.post(replace(entry, lines=lines))
    _underpaid(month, life, entry, "recoded")


def _underpaid(month: Month, life: Life, entry: DemoEntry, cause: str) -> None:
    for right, given in zip(life.entry.lines, entry.lines, strict=True):
        if right.allowed != given.allowed:
            month.underpaid.append((life, right.line.number, cause, right.allowed - given.allowed))


def not_echoed(_: Month, life: Life, __: int) -> None:
    sent(life)
    life.post(replace(life.entry, modifiers=False, references=False))


def crossover(_: Month, life: Life, __: int) -> None:
    """Medicare pays and forwards; the supplement pays the patient's share, all else being the prior payer's doing."""
    sent(life)
    primary = life.post(replace(life.entry, status="19", forwarded_to=FOXGLOVE.name, remarks=("MA01", "MA18")))
    lines = tuple(
        replace(
            paid,
            paid=_share(paid.cas),
            allowed=_share(paid.cas),
            remarks=(),
            cas=(("OA", "23", paid.line.charge - _share(paid.cas)),),
        )
        for paid in life.entry.lines
    )
    second = replace(life.entry, status="2", lines=lines, remarks=(), icn=f"{FOXGLOVE.number}{life.entry.icn[-9:]}")
    life.post(second, payday(FOXGLOVE, primary.paid_on), payer=FOXGLOVE)


def _share(cas: Sequence[tuple[str, str, int]]) -> int:
    return sum(amount for group, _, amount in cas if group == "PR")


def claim_level(_: Month, life: Life, __: int) -> None:
    """Adjustments at claim level, no service lines."""
    sent(life)
    totals: dict[tuple[str, str], int] = {}
    for group, reason, amount in (cas for line in life.entry.lines for cas in line.cas):
        totals[group, reason] = totals.get((group, reason), 0) + amount
    bare = tuple(replace(line, cas=()) for line in life.entry.lines)
    life.post(
        replace(life.entry, lines=bare, with_lines=False, claim_cas=tuple((g, r, a) for (g, r), a in totals.items()))
    )


def mispaid(cause: str, how: str) -> Tell:
    """Paid by other prices than those owed: `reduced` and `full` for Medicare's units, else another plan's rates."""

    def tell(month: Month, life: Life, _: int) -> None:
        sent(life)
        claim = life.claim
        if how == "reduced":
            prices = medicare_prices(claim, every_unit_reduced=True)
        elif how == "full":
            fees = [SCHEDULE[line.procedure][0] * line.units for line in claim.lines]
            prices = [Price(fee, fee) for fee in fees]
        else:
            prices = contract_lines(claim.lines, rates(claim.payer, how, claim.dos.isoformat()))
        entry = repaid(claim, life.entry, prices)
        life.post(entry)
        _underpaid(month, life, entry, cause)

    return tell


def unbalanced_claim(_: Month, life: Life, __: int) -> None:
    sent(life)
    life.post(replace(life.entry, stated_paid=life.entry.paid + 5_00))


def unbalanced_lines(_: Month, life: Life, __: int) -> None:
    """Two lines off by a dollar in opposite directions; the claim as a whole balances."""
    sent(life)
    first, second, *rest = life.entry.lines
    lines = (replace(first, paid=first.paid + 1_00), replace(second, paid=second.paid - 1_00), *rest)
    life.post(replace(life.entry, lines=lines))


PAYING = (
    StoryShape(
        name="recoded_line",
        shows="97530 paid as 97110 (SVC06)",
        where=Where(payers=(LAKESHORE,), codes=("97530",)),
        count=1,
        tell=recoded,
    ),
    StoryShape(
        name="modifiers_not_echoed",
        shows="no modifiers and no REF*6R",
        where=Where(payers=(TAMARACK,), lines=2),
        count=2,
        tell=not_echoed,
    ),
    StoryShape(
        name="crossover_19",
        shows="Medicare forwards to the supplement; OA-23 there",
        where=Where(payers=(MEDICARE,), tag="crossover", until=LAST_DAY),
        count=0,
        tell=crossover,
    ),
    StoryShape(
        name="crossover_19_slp",
        shows="the same for speech therapy",
        where=Where(payers=(MEDICARE,), tag="crossover_slp", until=LAST_DAY),
        count=0,
        tell=crossover,
    ),
    StoryShape(
        name="claim_level_adjustments",
        shows="CAS at claim level, no lines",
        where=Where(payers=(TAMARACK,)),
        count=1,
        tell=claim_level,
    ),
    StoryShape(
        name="underpaid_no_full_unit",
        shows="Medicare reduces every unit, the first too",
        where=Where(payers=(MEDICARE,), lines=2),
        count=2,
        tell=mispaid("no_full_unit", "reduced"),
    ),
    StoryShape(
        name="underpaid_wrong_plan",
        shows="GOLD patients paid by SILVER rates",
        where=Where(payers=(LAKESHORE,), plan="GOLD"),
        count=2,
        tell=mispaid("wrong_plan", "SILVER"),
    ),
    StoryShape(
        name="overpaid_missing_reduction",
        shows="Medicare pays every unit in full",
        where=Where(payers=(MEDICARE,), lines=2),
        count=1,
        tell=mispaid("overpaid_missing_reduction", "full"),
    ),
    StoryShape(
        name="overpaid_wrong_plan",
        shows="a SILVER patient paid by GOLD rates",
        where=Where(payers=(LAKESHORE,), plan="SILVER"),
        count=1,
        tell=mispaid("overpaid_wrong_plan", "GOLD"),
    ),
    StoryShape(
        name="unbalanced_claim",
        shows="CLP04 is 5.00 more than charge less adjustments",
        where=Where(payers=(TAMARACK,)),
        count=1,
        tell=unbalanced_claim,
    ),
    StoryShape(
        name="unbalanced_lines",
        shows="two lines off by 1.00, the claim right",
        where=Where(payers=(LAKESHORE,), lines=2),
        count=1,
        tell=unbalanced_lines,
    ),
)
