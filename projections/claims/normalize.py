"""Answers read for what they say, whatever name a publisher gave them: the codes of the payer decide.

A 277CA category that refuses is no acknowledgment (A3, A4, A6, A7, A8; of a 999: R, M, W, X). An answer that
allowed nothing and has MA130 or N704 is no denial: the claim was unprocessable, no initial determination was made
(42 CFR 405.926). A reversal takes back (005010X221A1 §1.10.2.8): where a payer forgot the signs, they are put right;
group CR, which release 5010 dropped, is read as what it reverses. Negative amounts under any other status take back
as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, count
from typing import Any, TypeVar

from events.adjustment import Adjustment
from events.claim import REFUSED, SYNTAX_REFUSED, ClaimAcknowledged, ClaimSubmitted, RejectionCode
from events.remittance import (
    PREDETERMINATION,
    UNPROCESSABLE,
    ClaimDenied,
    ClaimRejected,
    PaymentPosted,
    PaymentReversed,
    RemittanceLine,
)
from events.values import ZERO
from projections.history import LoggedEvent, OfKinds, stated_day
from projections.pricing.remit import rebuild_allowed
from projections.terms.terms_in_force import Reference

PATIENT_SHARE = frozenset({"1", "2", "3"})  # CARC: deductible, coinsurance, copayment
_may_mean_otherwise = OfKinds(ClaimSubmitted, ClaimAcknowledged, ClaimDenied, PaymentPosted, PaymentReversed)
T = TypeVar("T", PaymentReversed, RemittanceLine)


def normalized(event: LoggedEvent, reference: Reference) -> LoggedEvent:
    """The event as its codes mean it."""
    data = event.data
    if not _may_mean_otherwise(data):
        return event
    if repeats_line_numbers(data):
        return replace(event, data=_numbered_apart(data))
    if isinstance(data, ClaimAcknowledged):
        refused = SYNTAX_REFUSED if data.stage == "syntax" else REFUSED
        return replace(event, data=_refusal(data)) if data.category in refused else event
    if isinstance(data, (ClaimDenied, PaymentPosted)):
        if _is_unprocessable(data, event, reference):
            return replace(event, data=_returned(data))
        if _takes_back(data):
            data = PaymentReversed.model_construct(**_fields(data))
    if isinstance(data, PaymentReversed):
        return replace(event, data=_taken_back(data))
    return event


def repeats_line_numbers(data: Any) -> bool:
    """Whether two lines of a claim have one number, by which answers are matched."""
    return isinstance(data, ClaimSubmitted) and len({line.number for line in data.lines}) < len(data.lines)


def _numbered_apart(data: ClaimSubmitted) -> ClaimSubmitted:
    """The first line of a number keeps it; further ones take the numbers after the highest, in their order."""
    taken: set[int] = set()
    free = count(max(line.number for line in data.lines) + 1)
    lines = []
    for line in data.lines:
        number = next(free) if line.number in taken else line.number
        taken.add(number)
        lines.append(line if number == line.number else line.model_copy(update={"number": number}))
    return data.model_copy(update={"lines": tuple(lines)})


def _takes_back(data: ClaimDenied | PaymentPosted) -> bool:
    return data.status_code != PREDETERMINATION and (data.charge < ZERO or data.paid < ZERO)


def _fields(data: ClaimDenied | PaymentPosted) -> dict[str, Any]:
    return {name: getattr(data, name) for name in type(data).model_fields}


def _refusal(data: ClaimAcknowledged) -> ClaimRejected:
    code = RejectionCode(code_list="999" if data.stage == "syntax" else "277", category=data.category)
    return ClaimRejected(
        claim_id=data.claim_id,
        attempt=data.attempt,
        stage=data.stage,
        codes=(code,),
        occurred_on=data.effective_on,
        submission=data.submission,
    )


def _is_unprocessable(data: ClaimDenied | PaymentPosted, event: LoggedEvent, reference: Reference) -> bool:
    if data.paid or data.status_code == PREDETERMINATION:
        return False
    if UNPROCESSABLE.isdisjoint(chain(data.remark_codes, *(line.remark_codes for line in data.lines))):
        return False
    if any(line.paid or line.allowed for line in data.lines):
        return False
    adjusted = (*data.adjustments, *(a for line in data.lines for a in line.adjustments))
    roles = reference.comparer.roles(stated_day(event, reference.zone))
    return rebuild_allowed(ZERO, ZERO, adjusted, roles).amount == ZERO


def _taken_back(data: PaymentReversed) -> PaymentReversed:
    """Charge, payment and adjustments as negated amounts that balance; as stated where no change of signs does it."""
    lines = tuple(_negated(line, line.adjustments) for line in data.lines)
    inside = tuple(a for line in lines for a in line.adjustments)
    whole = _negated(data, data.adjustments, inside)
    return data if whole is data and lines == data.lines else whole.model_copy(update={"lines": lines})


def _negated(part: T, adjustments: Sequence[Adjustment], inside: Sequence[Adjustment] = ()) -> T:
    """A claim or line of a reversal; `inside`: what its lines already say."""
    stated = tuple(_group_reversed(a) for a in adjustments)
    charge, paid = -abs(part.charge), -abs(part.paid)
    left = charge - paid - sum((a.amount for a in inside), ZERO)
    for told in (stated, tuple(a.model_copy(update={"amount": -a.amount}) for a in stated)):
        if sum((a.amount for a in told), ZERO) == left:
            if (charge, paid, told) == (part.charge, part.paid, adjustments):
                return part
            return part.model_copy(update={"charge": charge, "paid": paid, "adjustments": told})
    return part if stated == adjustments else part.model_copy(update={"adjustments": stated})


def _group_reversed(adjustment: Adjustment) -> Adjustment:
    if adjustment.group != "CR":
        return adjustment
    return adjustment.model_copy(update={"group": "PR" if adjustment.reason in PATIENT_SHARE else "CO"})


def _returned(data: ClaimDenied | PaymentPosted) -> ClaimRejected:
    reasons = dict.fromkeys(a.reason for a in chain(data.adjustments, *(line.adjustments for line in data.lines)))
    remarks = dict.fromkeys(chain(data.remark_codes, *(line.remark_codes for line in data.lines)))
    codes = [RejectionCode(code_list="carc", status=reason) for reason in reasons]
    codes += [RejectionCode(code_list="rarc", status=remark) for remark in remarks]
    rejection = {
        "attempt": None,
        "stage": "payer",
        "codes": tuple(codes),
        "message": None,
        "submission": None,
        "occurred_on": data.remit.payment_date,
    }
    return ClaimRejected.model_construct(**_fields(data) | rejection)
