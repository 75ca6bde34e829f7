"""Amounts taken off a charge, and sums that do not come out."""

from __future__ import annotations

from events.values import Code, Fact, Integer, Money, Name, Units


class Adjustment(Fact):
    """One CAS entry: group code (CO, PR, OA, PI), claim adjustment reason code, amount taken off the charge."""

    group: Code
    reason: Code
    amount: Money
    quantity: Units | None = None


class Difference(Fact):
    """A sum that is off. `where`: line, lines or lines_paid (a line is missing), claim, patient or remittance."""

    where: Name
    stated: Money
    computed: Money
    difference: Money
    claim_id: Name | None = None
    ordinal: Integer | None = None
    line: Integer | None = None
