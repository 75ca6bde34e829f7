"""Which event one claim of an 835 becomes. The adjustment reasons decide, not CLP02 and not a payment of zero."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from events.remittance import DENIED_STATUS, PREDETERMINATION, REVERSAL, UNPROCESSABLE
from services.intake.remittance_claim import RemittanceClaim
from services.intake.shared_segments import Adjusted

REVERSED, POSTED = "payment.reversed.v1", "payment.posted.v1"
DENIED, REJECTED = "claim.denied.v1", "claim.rejected.v1"


@dataclass(frozen=True, slots=True)
class ReasonCodes:
    """How adjustment reasons (CARC, without leading zeros) and remarks (RARC) sort claims at intake.

    This only chooses the type of an event. What a code means for the person who works the claim is a rule pack's; a law
    test holds the two together.
    """

    contractual: frozenset[str]
    patient_share: frozenset[str]
    unprocessable: frozenset[str]


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Contract and fee-schedule pricing, reductions by law or programme, withholdings, and codes that only inform (another
# payer's part, reporting-only lines): X12 external code list 139. Everything else, unknown codes included, is a reason
# to deny. 24 (capitation, or another plan is responsible) is left out: such a claim has to be billed elsewhere.
DEFAULT_CODES = ReasonCodes(
    contractual=_codes(
        "23 42 44 45 59 90 94 101 102 103 104 105 130 131 132 137 139 143 144 161 172 203 223 225 235 237 245 "
        "246 253 256 A2 B10 P12 P24 W1"
    ),
    # Deductible, coinsurance, copayment, blood deductible, interest, what was paid to the patient, mental health share,
    # Medicaid share, spend-down, spending account, a share that may not be billed, low-income copayment, and deductible
    # and coinsurance of professional services in institutions.
    patient_share=_codes("1 2 3 66 85 100 122 142 178 187 209 241 247 248"),
    unprocessable=UNPROCESSABLE,
)


def verdict(claim: RemittanceClaim, codes: ReasonCodes = DEFAULT_CODES) -> str:
    """The event type of a claim."""
    if claim.status == REVERSAL:
        return REVERSED
    if claim.status == PREDETERMINATION or claim.paid or any(line.service.paid for line in claim.lines):
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
