"""A payer that is nearly always right: now and then it denies, and now and then it errs in a known way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from services.demo import payers
from services.demo.adjudicate import DemoEntry, contract_line, deny, deny_lines, medicare_line, pay
from services.demo.decide import icn, medicare_prices
from services.demo.prices import Price, Share, contract_lines
from services.demo.world import DemoClaim

PAID_RIGHT = ""
OLD_RATE, NO_FULL_UNIT, DOWNCODED, WRONG_PLAN = "old_rate", "no_full_unit", "downcoded", "wrong_plan"
DENIED_CLAIMS, DENIED_LINES, ERRS = 0.02, 0.02, 0.05  # shares of claims, of claims, of claims that could be got wrong
_NEW_CEDAR = date(2026, 7, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A decision: the entry, the error in it if any, what was owed per line, and the deductible it used up."""

    entry: DemoEntry
    cause: str
    owed: tuple[int, ...]
    deducted: int


def judge(random: Random, claim: DemoClaim, prices: Sequence[Price], deductible: int, *, shared_day: bool) -> Judged:
    """Decide a claim. `prices` are Medicare's; contracts price the others.

    On a day with several claims of one patient Medicare neither denies nor errs: it would show on the other claim too.
    """
    owed = prices or contract_lines(claim.lines, _rates(claim, claim.patient.plan))
    drawn = random.random()
    if drawn < DENIED_CLAIMS and not shared_day:
        return _judged(_refused(claim), PAID_RIGHT, owed, deductible)
    if drawn < DENIED_CLAIMS + DENIED_LINES and len(claim.lines) > 1 and not prices:
        entry = deny_lines(_paid(claim, owed, deductible), (len(claim.lines),), "CO", "151", ("N362",))
        return _judged(entry, PAID_RIGHT, owed, deductible)
    cause, given = _error(random, claim, owed, shared_day=shared_day)
    entry = _paid(claim, given, deductible)
    if cause == DOWNCODED:
        entry = _show_recoding(entry)
    return _judged(entry, cause, owed, deductible)


def _judged(entry: DemoEntry, cause: str, owed: Sequence[Price], deductible: int) -> Judged:
    used = sum(amount for line in entry.lines for _, reason, amount in line.cas if reason == "1")
    assert used <= deductible
    return Judged(entry=entry, cause=cause, owed=tuple(price.allowed for price in owed), deducted=used)


def _paid(claim: DemoClaim, prices: Sequence[Price], deductible: int) -> DemoEntry:
    patient = claim.patient
    share = Share(deductible, patient.copay, patient.coinsurance)
    if claim.payer == payers.MEDICARE:
        return pay(claim, icn(claim), prices, share, medicare_line)
    return replace(pay(claim, icn(claim), prices, share, contract_line), remarks=())


def _refused(claim: DemoClaim) -> DemoEntry:
    if claim.payer == payers.MEDICARE:
        return deny(claim, icn(claim), "CO", "50", ("N180",))
    return replace(deny(claim, icn(claim), "CO", "197"), remarks=())


def _error(random: Random, claim: DemoClaim, owed: Sequence[Price], *, shared_day: bool) -> tuple[str, Sequence[Price]]:
    """The error this claim lends itself to, seldom made."""
    if shared_day or random.random() >= ERRS:
        return PAID_RIGHT, owed
    if claim.payer == payers.MEDICARE:
        return NO_FULL_UNIT, medicare_prices(claim, every_unit_reduced=True)
    if claim.payer == payers.CEDAR:
        stale = claim.dos >= _NEW_CEDAR and "97110" in claim.codes
        return (OLD_RATE, contract_lines(claim.lines, payers.old_cedar_rates())) if stale else (PAID_RIGHT, owed)
    if claim.patient.plan == "GOLD" and random.random() < 0.5:
        return WRONG_PLAN, contract_lines(claim.lines, _rates(claim, "SILVER"))
    return _downcoded(claim, owed) if "97530" in claim.codes else (PAID_RIGHT, owed)


def _downcoded(claim: DemoClaim, owed: Sequence[Price]) -> tuple[str, Sequence[Price]]:
    low = _rates(claim, claim.patient.plan)["97110"]
    return DOWNCODED, [
        Price(low * line.units, low * line.units) if line.procedure == "97530" else price
        for line, price in zip(claim.lines, owed, strict=True)
    ]


def _show_recoding(entry: DemoEntry) -> DemoEntry:
    lines = tuple(
        replace(paid, recoded_to="97110", remarks=("N22",)) if paid.line.procedure == "97530" else paid
        for paid in entry.lines
    )
    return replace(entry, lines=lines)


def _rates(claim: DemoClaim, plan: str) -> dict[str, int]:
    return payers.rates(claim.payer, plan, claim.dos.isoformat())
