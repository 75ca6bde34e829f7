"""What one payer's part of a day is judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from projections.pricing.allowed_alternatives import AllowedAlternative
from projections.pricing.lines import PricedLine, PriceLine
from projections.pricing.pricer import NOTHING_ASSUMED, Assumption, Pricer
from projections.pricing.remit import Roles
from projections.pricing.verdicts import Tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class PricingCase:
    """The terms, the payer and the day, and how far amounts may lie apart; `why_unknown` where that is not known."""

    pricer: Pricer
    payer_id: str
    dos: date
    tolerance: Tolerance
    roles: Roles
    why_unknown: str = ""

    def price(self, lines: Sequence[PriceLine], assume: Assumption = NOTHING_ASSUMED) -> tuple[PricedLine, ...]:
        if assume is NOTHING_ASSUMED:
            return self.pricer.as_billed(lines, self.dos, self.payer_id)
        return self.pricer(lines, self.dos, self.payer_id, assume=assume)

    @property
    def rightful(self) -> AllowedAlternative:
        """The ways in which this day's prices can rightly be shown."""
        return AllowedAlternative(self.pricer, self.dos)
