"""Whether the sums of an 835 come out (TR3 005010X221A1, section 1.10.2: balancing).

- line: SVC02 less its adjustments is SVC03
- claim: CLP03 less all adjustments is CLP04
- lines: where there are any, SVC02 add up to CLP03, and SVC03 less what was adjusted on the claim to CLP04; else one
  is missing
- patient: the adjustments of group PR add up to CLP05, where that is stated, and not on reversals
- remittance: the sum of CLP04 less the sum of the PLB amounts is BPR02
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from events.remittance import PREDETERMINATION, REVERSAL
from events.values import ZERO
from services.intake.remittance_claim import RemittanceClaim


class BalanceDifference(NamedTuple):
    """A sum that does not come out. `line` is the line's number, else its place in the claim."""

    where: str
    stated: Decimal
    computed: Decimal
    line: int | None = None

    def data(self, claim_id: str | None = None, ordinal: int | None = None) -> dict[str, Any]:
        """As JSON; `difference` is stated less computed."""
        named = {"claim_id": claim_id, "ordinal": ordinal, "line": self.line}
        return {
            "where": self.where,
            "stated": str(self.stated),
            "computed": str(self.computed),
            "difference": str(self.stated - self.computed),
            **{name: value for name, value in named.items() if value is not None},
        }


def claim_differences(claim: RemittanceClaim) -> list[BalanceDifference]:
    """What is off inside one claim, lines first."""
    found = _missing_lines(claim)
    taken_off, patient = claim.taken_off, claim.patient_part
    for place, line in enumerate(claim.lines, 1):
        taken_off += line.taken_off
        patient += line.patient_part
        charge, paid = line.service.charge, line.service.paid
        if charge - line.taken_off != paid:
            found.append(BalanceDifference("line", paid, charge - line.taken_off, line.number or place))
    if claim.charge - taken_off != claim.paid:
        found.append(BalanceDifference("claim", claim.paid, claim.charge - taken_off))
    stated = claim.patient_responsibility
    if stated is not None and claim.status != REVERSAL and stated != patient:
        found.append(BalanceDifference("patient", stated, patient))
    return found


def _missing_lines(claim: RemittanceClaim) -> list[BalanceDifference]:
    """Lines that the claim's own totals want and the file does not have."""
    if not claim.lines or claim.status == PREDETERMINATION:
        return []
    charged = ZERO
    for line in claim.lines:
        charged += line.service.charge
    if charged == claim.charge:
        return []
    paid = sum((line.service.paid for line in claim.lines), ZERO) - claim.taken_off
    found = [BalanceDifference("lines", claim.charge, charged)]
    return [*found, *([BalanceDifference("lines_paid", claim.paid, paid)] if paid != claim.paid else [])]


def breaks_balance(differences: list[BalanceDifference]) -> bool:
    """Whether money is affected. A patient share that does not add up alone changes no payment."""
    return any(difference.where != "patient" for difference in differences)
