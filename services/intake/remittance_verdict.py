"""Which event one claim of an 835 becomes. The adjustment reasons decide, not CLP02 and not a payment of zero."""

from __future__ import annotations

from decimal import Decimal
from itertools import chain

from events.remittance import DENIED_STATUS, NOT_OURS, PREDETERMINATION, REVERSAL
from projections.rules.adjustment_codes import ReasonCodes
from services.intake.remittance_claim import RemittanceClaim
from services.intake.shared_segments import Adjusted

REVERSED, POSTED = "payment.reversed.v1", "payment.posted.v1"
UNDECIDED = (PREDETERMINATION, NOT_OURS)  # a price in advance; sent on to the payer whose claim it is
DENIED, REJECTED = "claim.denied.v1", "claim.rejected.v1"


def verdict(claim: RemittanceClaim, codes: ReasonCodes) -> str:
    """The event type of a claim, by what the practice's rulebook says of its codes."""
    if claim.status == REVERSAL:
        return REVERSED
    if claim.status in UNDECIDED or claim.paid or any(line.service.paid for line in claim.lines):
        return POSTED
    reasons = {_bare(a.reason) for a in adjustments(claim) if a.amount}
    if _stated_allowed(claim) or reasons & codes.patient_share:
        return POSTED
    if remarks(claim) & codes.unprocessable:
        return REJECTED
    denied = bool(reasons - codes.contractual) if reasons else claim.status == DENIED_STATUS
    return DENIED if denied else POSTED


def adjustments(claim: RemittanceClaim) -> chain[Adjusted]:
    """Claim-level and line-level adjustments together."""
    return chain(claim.adjustments, *(line.adjustments for line in claim.lines))


def remarks(claim: RemittanceClaim) -> set[str]:
    """Every remark code on the claim and on its lines."""
    return {code.upper() for code in chain(claim.remarks, *(line.remarks for line in claim.lines))}


def rejection_codes(claim: RemittanceClaim) -> list[dict[str, str]]:
    """The reasons of an unprocessable claim, each once: adjustment reasons first, then remarks."""
    carcs = dict.fromkeys(a.reason for a in adjustments(claim) if a.reason)
    rarcs = dict.fromkeys(chain(claim.remarks, *(line.remarks for line in claim.lines)))
    return [{"list": "carc", "status": code} for code in carcs] + [{"list": "rarc", "status": code} for code in rarcs]


def _stated_allowed(claim: RemittanceClaim) -> bool:
    stated: list[Decimal | None] = [claim.allowed, *(line.allowed for line in claim.lines)]
    return any(stated)


def _bare(reason: str) -> str:
    """Some payers pad reason codes with zeros."""
    return reason.lstrip("0").upper() or reason
