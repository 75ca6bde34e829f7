"""Where a payer put the day's full unit: which claim got it depends on arrival, so the day is weighed as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from events.values import ZERO
from projections.pricing.allowed_alternatives import AllowedAlternative
from projections.pricing.case import PricingCase
from projections.pricing.lines import PricedLine
from projections.pricing.open_lines import OpenLine, Unit
from projections.pricing.pricer import Assumption
from projections.pricing.verdicts import Tolerance
from projections.tables.vocabulary import PriceCause, PriceVerdict

WAITING = "another claim of this day has no response yet and may have received the full unit"


def full_unit_elsewhere(
    case: PricingCase, flagged: Sequence[Unit], units: Sequence[Unit], group: Sequence[OpenLine]
) -> None:
    """Settle differences that vanish when the full unit is put on another line of the billing group's day."""
    for billing_npi in dict.fromkeys(unit.lines[0].billed.billing_npi for unit in flagged if _competes(unit)):
        rivals = [unit for unit in units if _competes(unit) and unit.lines[0].billed.billing_npi == billing_npi]
        if any(not unit.settled for unit in rivals):
            _search(case, rivals, [line for line in group if line.billed.billing_npi == billing_npi])


def _competes(unit: Unit) -> bool:
    line = unit.single
    return line is not None and line.priced is not None and line.priced.full_units is not None


def _search(case: PricingCase, rivals: list[Unit], group: list[OpenLine]) -> None:
    lines = [unit.lines[0].adjudicated for unit in rivals]
    due = next((unit for unit in rivals if (priced := unit.lines[0].priced) and priced.full_units), None)
    rightful = case.rightful
    for holder in [*(rival for rival in rivals if rival is not due), None]:
        key = "" if holder is None else holder.lines[0].billed.key
        prices = {p.key: p for p in case.price(lines, Assumption(full_on=key))}
        if not all(_matches(rival, prices, case.tolerance, rightful) for rival in rivals):
            continue
        if holder is None:
            _wait_for_the_rest(case, rivals, group)
        else:
            brought = sum((p.expected_allowed or ZERO for p in prices.values()), ZERO)
            _weigh(rivals, due, holder, brought, case.tolerance)
        return
    if due is not None:
        _between_equals(case, rivals, due)


def _between_equals(case: PricingCase, rivals: list[Unit], due: Unit) -> None:
    """The full unit on another line of the same worth, while a third line is off by itself: only the two are settled.

    The day brings the same either way, so that neither is short and neither is over.
    """
    lines = [unit.lines[0].adjudicated for unit in rivals]
    expected = sum((unit.expected for unit in rivals), ZERO)
    for holder in (rival for rival in rivals if rival is not due):
        prices = {p.key: p for p in case.price(lines, Assumption(full_on=holder.lines[0].billed.key))}
        if sum((p.expected_allowed or ZERO for p in prices.values()), ZERO) != expected:
            continue
        if all(_matches(unit, prices, case.tolerance, case.rightful) for unit in (due, holder)):
            _weigh([due, holder], due, holder, due.expected + holder.expected, case.tolerance)
            return


def _matches(unit: Unit, prices: Mapping[str, PricedLine], tolerance: Tolerance, rightful: AllowedAlternative) -> bool:
    expected = prices[unit.lines[0].billed.key].expected_allowed
    return expected is not None and rightful.shows(unit.lines[0], expected, unit.limit(tolerance))


def _weigh(rivals: list[Unit], due: Unit | None, holder: Unit, brought: Decimal, tolerance: Tolerance) -> None:
    """The full unit sits on `holder` instead of `due`: is the day as a whole short?"""
    expected = sum((unit.expected for unit in rivals), ZERO)
    short = expected - brought
    claims = len({unit.lines[0].billed.claim for unit in rivals})
    note = f"the day's full unit was paid on {_place(holder)}; the day brought {brought} of {expected} expected"
    limit = tolerance.total(claims, expected)
    for unit in rivals:
        if not unit.settled:
            unit.finish(_verdict(unit, due, short, limit), _cause(unit, due, short, limit), note=note)


def _verdict(unit: Unit, due: Unit | None, short: Decimal, limit: Decimal) -> PriceVerdict:
    """Only the line that was due the full unit is blamed; what the other got too much is no overpayment of its own."""
    if unit is not due or abs(short) <= limit:
        return PriceVerdict.AS_EXPECTED
    return PriceVerdict.UNDERPAID if short > 0 else PriceVerdict.OVERPAID


def _cause(unit: Unit, due: Unit | None, short: Decimal, limit: Decimal) -> PriceCause | None:
    return PriceCause.FULL_UNIT_ELSEWHERE if unit is due and abs(short) > limit else None


def _place(unit: Unit) -> str:
    line = unit.lines[0].billed
    return f"line {line.number} ({line.procedure})" + (f" of claim {line.claim}" if line.claim else "")


def _wait_for_the_rest(case: PricingCase, rivals: list[Unit], group: list[OpenLine]) -> None:
    """No unit was paid in full: that can be right while another claim of the day is still with the payer."""
    waiting = [line.billed for line in group if line.answer is None]
    if any(p.full_units is not None for p in case.price(waiting)):
        for unit in rivals:
            if not unit.settled:
                unit.finish(PriceVerdict.UNKNOWN, evidence=(WAITING,))
