"""The likely cause of a difference, with its evidence."""

from __future__ import annotations

from collections.abc import Sequence

from events.values import CENT, ZERO, round_cents
from projections.pricing.allowed_alternatives import AllowedAlternative
from projections.pricing.case import PricingCase
from projections.pricing.hypotheses import Hypotheses, Hypothesis
from projections.pricing.lines import HUNDRED, ONE
from projections.pricing.open_lines import Unit
from projections.pricing.shares import largest_remainder
from projections.tables.vocabulary import PriceCause, PriceVerdict

_UNEXPLAINED = Hypothesis(PriceCause.UNEXPLAINED, "no known terms give this amount", {})


def name_causes(case: PricingCase, flagged: Sequence[Unit], units: Sequence[Unit]) -> None:
    """Judge the flagged units under- or overpaid.

    The first hypothesis that explains every difference of the day wins; else each takes the first that explains it.
    """
    rightful = case.rightful
    found: dict[int, Hypothesis] = {}
    for hypothesis in Hypotheses(case).of_day(flagged, units):
        explained = [id(unit) for unit in flagged if _explains(hypothesis, unit, rightful)]
        for key in explained:
            found.setdefault(key, hypothesis)
        if len(explained) == len(flagged):
            found = dict.fromkeys(explained, hypothesis)
            break
    common = _common_percent([unit for unit in flagged if id(unit) not in found])
    for unit in flagged:
        hypothesis = found.get(id(unit)) or common or _UNEXPLAINED
        _share_again(unit)
        unit.finish(None, hypothesis.cause, (hypothesis.evidence,))
        _clear_the_even(unit)


def _explains(hypothesis: Hypothesis, unit: Unit, rightful: AllowedAlternative) -> bool:
    amounts = [hypothesis.amounts.get(line.billed.key) for line in unit.lines]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return False
    amount, close = sum(known, ZERO), CENT * max(unit.units, ONE)
    if abs(amount - unit.expected) <= close:
        return False
    if unit.single is not None:
        return rightful.shows(unit.single, amount, close)
    return abs(amount - unit.allowed) <= close


def _common_percent(units: Sequence[Unit]) -> Hypothesis | None:
    """One percentage that turns every expected amount into the allowed one; for a single line only a round one."""
    expected = sum((unit.expected for unit in units), ZERO)
    allowed = sum((unit.allowed for unit in units), ZERO)
    if not expected or not allowed:
        return None
    tenths = (allowed / expected * 1000).to_integral_value()
    if len(units) == 1 and tenths % 50:
        return None
    percent = tenths / 10
    fits = all(
        abs(round_cents(unit.expected * percent / HUNDRED) - unit.allowed) <= CENT * max(unit.units, ONE)
        for unit in units
    )
    text = f"the amount is {percent.normalize():f}% of what was expected"
    return Hypothesis(PriceCause.PERCENT_SHORT, text, {}) if fits else None


def _share_again(unit: Unit) -> None:
    """Lines that share one amount, split by the payer in its own way, carry the difference in that proportion."""
    if len(unit.lines) > 1 and unit.total is None and not _split_alike(unit):
        weights = [max(line.allowed or ZERO, ZERO) for line in unit.lines]
        for line, share in zip(unit.lines, largest_remainder(unit.expected, weights), strict=True):
            line.expected = share


def _split_alike(unit: Unit) -> bool:
    """Whether no line lies on the other side of its share than the sum does: then the shares are the payer's too."""
    sign = 1 if unit.variance > 0 else -1
    return all(
        line.allowed is not None and sign * ((line.expected_price or ZERO) - line.allowed) >= -CENT
        for line in unit.lines
    )


def _clear_the_even(unit: Unit) -> None:
    """Of lines that share one amount, those that got their share are not blamed for the others."""
    if len(unit.lines) == 1 or unit.total is not None:
        return
    even = [
        one
        for one in unit.lines
        if one.expected is not None and one.allowed is not None and abs(one.expected - one.allowed) <= CENT
    ]
    for line in even if len(even) < len(unit.lines) else ():
        line.notes.append(f"the total is off by {unit.variance}; this line carries its share")
        line.judge(PriceVerdict.AS_EXPECTED)
