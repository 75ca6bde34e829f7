"""What a later payer owes once the earlier ones have answered.

Sources: 42 CFR 411.33 for Medicare as secondary payer; for contracts, coordination of benefits at the lesser of the
patient's share and what the contract leaves above the earlier payments.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from events.claim import payer_place
from events.values import ZERO, round_cents
from projections.pricing.case import PricingCase
from projections.pricing.lines import PricedLine
from projections.pricing.open_lines import OpenLine
from projections.pricing.verdicts import Tolerance
from projections.tables.vocabulary import PriceVerdict

NO_PRIOR = "what the earlier payer answered is not known"


def judge_later_payer(case: PricingCase, group: Sequence[OpenLine], day: Sequence[OpenLine]) -> None:
    """Judge one secondary or tertiary payer's lines: what it owed against what it paid and left to the patient."""
    for line, price in zip(group, case.price([line.adjudicated for line in group]), strict=True):
        line.priced = price
        if line.stated is None:
            continue
        if line.refused:
            line.judge_refusal()
            continue
        _judge(line, price, _prior(line, day), case.tolerance)
        if case.why_unknown and line.verdict in (PriceVerdict.UNDERPAID, PriceVerdict.OVERPAID):
            line.judge(PriceVerdict.UNKNOWN, evidence=(case.why_unknown,))


def _judge(line: OpenLine, price: PricedLine, prior: list[OpenLine], tolerance: Tolerance) -> None:
    assert line.stated is not None
    taken_on = line.stated.rebuilt
    line.stated = line.stated._replace(allowed=taken_on, stated=None)
    if not prior:
        line.judge(PriceVerdict.UNKNOWN, evidence=(NO_PRIOR,))
        return
    left = prior[-1].stated.patient if prior[-1].stated else ZERO
    paid = sum((answer.paid for earlier in prior if (answer := earlier.answer)), ZERO)
    note = f"the earlier payers paid {paid} and left {left} to the patient; this payer covered {taken_on}"
    line.notes.append(note)
    limit = tolerance.line(line.adjudicated.units, left)
    if price.expected_allowed is None:
        line.expected = left if abs(left - taken_on) <= limit else None
        matched = line.expected is not None
        line.judge(
            PriceVerdict.AS_EXPECTED if matched else price.problem or PriceVerdict.NO_CONTRACT,
            evidence=() if matched else (price.reason or "",),
        )
        return
    line.expected = _owed(line, price, prior, paid, left)
    short = line.expected - taken_on
    line.judge(
        PriceVerdict.AS_EXPECTED
        if abs(short) <= limit
        else PriceVerdict.UNDERPAID
        if short > 0
        else PriceVerdict.OVERPAID
    )


def _prior(line: OpenLine, day: Sequence[OpenLine]) -> list[OpenLine]:
    """The same line's answers by earlier payers, in their order."""
    mine = payer_place(line.sequence)
    same = (line.billed.claim, line.billed.number)
    earlier = [
        other
        for other in day
        if other.stated is not None
        and (other.billed.claim, other.billed.number) == same
        and payer_place(other.sequence) < mine
    ]
    return sorted(earlier, key=lambda other: payer_place(other.sequence))


def _owed(line: OpenLine, price: PricedLine, prior: list[OpenLine], paid: Decimal, left: Decimal) -> Decimal:
    assert price.expected_allowed is not None
    if price.contract is not None:
        room = max(price.expected_allowed - paid, ZERO)
        owed = min(left, room)
        line.notes.append(f"owed: the lesser of {left} and {price.expected_allowed} - {paid}, which is {owed}")
        return owed
    return _medicare_owes(line, price, prior, paid)


def _medicare_owes(line: OpenLine, price: PricedLine, prior: list[OpenLine], paid: Decimal) -> Decimal:
    """The least of charge less paid, Medicare's own payment, and the higher allowed less paid (42 CFR 411.33)."""
    assert price.parts is not None
    allowed = price.expected_allowed or ZERO
    higher = max(allowed, prior[0].allowed or ZERO)
    own = (price.expected_paid or ZERO) + price.parts.sequestration
    charge = line.billed.charge if line.billed.charge is not None else higher
    owed = round_cents(max(min(charge - paid, own, higher - paid), ZERO))
    line.notes.append(
        f"Medicare as a later payer owes the least of {charge} - {paid}, its own {own}, and {higher} - {paid}: {owed}"
    )
    return owed
