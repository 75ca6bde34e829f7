"""Lines that the payer rolled up: one line's charge moved onto another and paid there (005010X221A1 §1.10.2.6).

Such lines are one matter: the sum of their prices is compared with the sum of what was allowed for them. The comparison
stands on the line that took the charge on; each other one is expected to bring what was allowed under its own number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from events.values import ZERO
from projections.pricing.case import PricingCase
from projections.pricing.lines import PricedLine, PriceStep, unpriced
from projections.pricing.open_lines import OpenLine
from projections.rules.adjustments import rolled_sets
from projections.tables.vocabulary import PriceVerdict

MOVED = "the payer rolled this line into line {}: its price of {} counts there"
TAKEN_ON = "line {}, {}, which the payer rolled together with this one, is priced at"
ALLOWED_THERE = "less what was allowed under line {} itself"
TOGETHER = "expected under this line"
DIFFERS = "compared as one with the lines that the payer rolled together with it"


def roll_together(case: PricingCase, group: Sequence[OpenLine]) -> list[OpenLine]:
    """Prices each set of lines that was rolled up as one. Returns those that are compared by it.

    Left alone: lines that share one amount anyway, and a line without a price of its own where that is for no one else.
    """
    sets = list(_sets(group))
    if not sets:
        return []
    prices = {price.key: price for price in case.price([line.billed for line in group])}
    found: list[OpenLine] = []
    for lines in sets:
        own = [prices[line.billed.key] for line in lines]
        if any(price.pool is not None for price in own) or any(line.allowed is None for line in lines):
            continue
        found += _as_one(lines, own)
    return found


def _sets(group: Sequence[OpenLine]) -> Iterable[list[OpenLine]]:
    """Lines of a claim that were rolled together, the one that took the others' charge on first."""
    for claim in dict.fromkeys(line.billed.claim for line in group):
        own = [(line, line.answer) for line in group if line.billed.claim == claim and line.answer is not None]
        for raised, bundled in rolled_sets([answer for _, answer in own]):
            yield [own[place][0] for place in (*raised, *(one for one in bundled if one not in raised))]


def _as_one(lines: Sequence[OpenLine], own: Sequence[PricedLine]) -> list[OpenLine]:
    """Lays the sum of the prices, less what was allowed under the other lines, on the first of them."""
    first, price = lines[0], own[0]
    missing = next((one for one in own if one.expected_allowed is None), None)
    if missing is not None:
        first.priced = unpriced(
            first.billed,
            missing.problem or PriceVerdict.UNKNOWN,
            missing.reason or "a price is not known",
            missing.rule_names,
        )
        return [first]
    steps = list(price.steps)
    expected, patient, paid = price.expected_allowed or ZERO, price.expected_patient, price.expected_paid
    for line, other in zip(lines[1:], own[1:], strict=True):
        expected += (other.expected_allowed or ZERO) - (line.allowed or ZERO)
        steps.append(PriceStep(TAKEN_ON, other.expected_allowed, "", (line.billed.number, line.billed.procedure)))
        if line.allowed:
            steps.append(PriceStep(ALLOWED_THERE, line.allowed, "", (line.billed.number,)))
            patient = paid = None
        patient, paid = _sum(patient, other.expected_patient), _sum(paid, other.expected_paid)
        line.priced = _moved(line, other, first)
    first.priced = replace(
        price,
        line=first.billed,
        expected_allowed=expected,
        expected_patient=patient,
        expected_paid=paid,
        steps=(*steps, PriceStep(TOGETHER, expected)),
        parts=None,
    )
    return list(lines)


def _moved(line: OpenLine, price: PricedLine, onto: OpenLine) -> PricedLine:
    """A line whose price counts elsewhere: nothing more is expected under it than was allowed."""
    step = PriceStep(MOVED, line.allowed, "", (onto.billed.number, price.expected_allowed))
    return replace(
        price,
        expected_allowed=line.allowed,
        expected_patient=None if line.allowed else ZERO,
        expected_paid=None if line.allowed else ZERO,
        steps=(*price.steps, step),
        parts=None,
    )


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other
