"""Amounts a payer may rightly show as allowed though they are not the expected amount itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from events.values import round_cents
from projections.pricing.chain import ALLOWED
from projections.pricing.open_lines import OpenLine
from projections.pricing.pricer import Pricer
from projections.rulebook import Unknown


def rightful_readings(pricer: Pricer, line: OpenLine, dos: date) -> list[Decimal]:
    """Other amounts a payer may rightly show as allowed on a Medicare line.

    The assistant's reduction may be inside the allowed amount or outside it, and may fall on all of it or on
    Medicare's share; and a sequestration reported under another code than 253 is missing from the rebuilt amount.
    """
    priced = line.priced
    if priced is None or priced.parts is None or priced.expected_allowed is None:
        return []
    allowed, parts = priced.expected_allowed, priced.parts
    readings = [allowed - parts.sequestration] if parts.sequestration else []
    medicare = pricer.medicare(dos)
    if parts.assistant_cut and not isinstance(medicare, Unknown):
        terms = medicare.terms
        whole = allowed + parts.assistant_cut if terms.assistant_applies_to == ALLOWED else allowed
        share = whole - round_cents(whole * terms.coinsurance)
        readings += [
            whole,
            whole - (share - round_cents(share * terms.assistant)),
            round_cents(whole * terms.assistant),
        ]
    return readings
