"""Amounts a payer may rightly show as allowed though they are not the expected amount itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from events.values import round_cents
from projections.pricing.chain import ALLOWED
from projections.pricing.lines import ZERO
from projections.pricing.open_lines import OpenLine
from projections.pricing.pricer import Pricer
from projections.rulebook import Unknown


def rightful_readings(pricer: Pricer, line: OpenLine, dos: date) -> list[Decimal]:
    """Other amounts that can stand as allowed on a Medicare line that was paid as it should be.

    The assistant's reduction may be inside the allowed amount or outside it, and may fall on all of it or on
    Medicare's share, which is what the patient's share as stated leaves; and a sequestration reported under another
    code than 253 is missing from the rebuilt amount.
    """
    priced, stated = line.priced, line.stated
    medicare = pricer.medicare(dos)
    if priced is None or priced.parts is None or priced.expected_allowed is None or stated is None:
        return []
    if isinstance(medicare, Unknown):
        return []
    terms, whole = medicare.terms, priced.expected_allowed
    assisted = bool(priced.parts.assistant_cut)
    if assisted and terms.assistant_applies_to == ALLOWED:
        whole += priced.parts.assistant_cut
    share = max(whole - stated.patient, ZERO)
    kept = round_cents(share * terms.assistant) if assisted else share
    shown = [whole, whole - (share - kept), round_cents(whole * terms.assistant)] if assisted else [whole]
    if stated.sequestration:
        return shown
    return shown + [amount - round_cents(kept * terms.sequestration) for amount in shown]
