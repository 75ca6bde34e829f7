"""Amounts a payer may rightly show as allowed though they are not the price itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from events.values import ZERO, round_cents
from projections.pricing.chain import ALLOWED, MedicareTerms
from projections.pricing.open_lines import OpenLine
from projections.pricing.pricer import Pricer
from projections.rulebook import Unknown


class Rightful:
    """The ways in which a price of one date can be shown as allowed."""

    def __init__(self, pricer: Pricer, dos: date) -> None:
        medicare = pricer.medicare(dos)
        self._terms: MedicareTerms | None = None if isinstance(medicare, Unknown) else medicare.terms

    def readings(self, line: OpenLine, price: Decimal) -> list[Decimal]:
        """Every amount that can stand as allowed on a line with this price, the price itself first.

        On a Medicare line the assistant's reduction may be inside the allowed amount or outside it, and may fall on
        all of it or on Medicare's share, which is what the patient's share as stated leaves; and a sequestration
        reported under another code than 253 is missing from the rebuilt amount.
        """
        terms, stated = self._terms, line.stated
        if terms is None or stated is None or line.priced is None or line.priced.parts is None:
            return [price]
        assisted = terms.assists(line.billed.modifiers)
        whole = price
        if assisted and terms.assistant_applies_to == ALLOWED:
            whole = round_cents(price / terms.assistant)
        share = max(whole - stated.patient, ZERO)
        kept = round_cents(share * terms.assistant) if assisted else share
        shown = [price]
        if assisted:
            shown += [whole, whole - (share - kept), round_cents(whole * terms.assistant)]
        if stated.sequestration:
            return shown
        return shown + [amount - round_cents(kept * terms.sequestration) for amount in shown]

    def shows(self, line: OpenLine, price: Decimal, limit: Decimal) -> bool:
        """Whether the line's allowed amount is this price in any rightful reading, give or take the limit."""
        allowed = line.allowed
        return allowed is not None and any(abs(allowed - shown) <= limit for shown in self.readings(line, price))
