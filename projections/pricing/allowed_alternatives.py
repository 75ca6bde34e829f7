"""Amounts a payer may rightly show as allowed though they are not the price itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from events.values import ZERO, round_cents
from projections.pricing.lines import PriceStep, as_percent
from projections.pricing.medicare_payment import ALLOWED, MedicareTerms
from projections.pricing.open_lines import OpenLine
from projections.pricing.pricer import Pricer
from projections.rules.rulebook import Unknown


class AllowedAlternative:
    """The ways in which a price of one date can be shown as allowed."""

    def __init__(self, pricer: Pricer, dos: date) -> None:
        medicare = pricer.medicare(dos)
        self._terms: MedicareTerms | None = None if isinstance(medicare, Unknown) else medicare.terms

    def readings(self, line: OpenLine, price: Decimal) -> list[PriceStep]:
        """Every amount that can be stated as allowed on a line with this price, the price itself first.

        On a Medicare line the assistant's reduction may be inside the allowed amount or outside it, and may fall on
        all of it or on Medicare's share, which is what the patient's share as stated leaves; and a sequestration
        reported under another code than 253 is missing from the rebuilt amount.
        """
        terms, stated, shown = self._terms, line.stated, [PriceStep("the price", price)]
        if terms is None or stated is None or line.priced is None or line.priced.parts is None:
            return shown
        assisted = terms.assists(line.billed.modifiers)
        whole = price
        if assisted and terms.assistant_applies_to == ALLOWED:
            whole = round_cents(price / terms.assistant)
        share = max(whole - stated.patient, ZERO)
        kept = round_cents(share * terms.assistant) if assisted else share
        if assisted:
            rate = as_percent(terms.assistant)
            shown += [
                PriceStep("{} before the assistant's reduction", whole, "", (whole,)),
                PriceStep(
                    "{} less {}: Medicare's share {} is reduced to {} for the assistant",
                    whole - (share - kept),
                    "",
                    (whole, share - kept, share, rate),
                ),
                PriceStep("{} of {} for the assistant", round_cents(whole * terms.assistant), "", (rate, whole)),
            ]
        if stated.sequestration:
            return shown
        cut = round_cents(kept * terms.sequestration)
        hidden = ", less {} sequestration under another code than 253"
        return shown + [
            PriceStep(step.template + hidden, (step.figure or ZERO) - cut, "", (*step.values, cut)) for step in shown
        ]

    def reading(self, line: OpenLine, price: Decimal, limit: Decimal) -> PriceStep | None:
        """The accepted reading of this price that the line's allowed amount is, give or take the limit."""
        allowed = line.allowed
        if allowed is None:
            return None
        readings = self.readings(line, price)
        return next((step for step in readings if abs(allowed - (step.figure or ZERO)) <= limit), None)

    def shows(self, line: OpenLine, price: Decimal, limit: Decimal) -> bool:
        """Whether the line's allowed amount is this price in any accepted reading, give or take the limit."""
        return self.reading(line, price, limit) is not None
