"""A paper EOB typed by a person: checked to balance, then a remittance and an answer like those of an 835."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from events.adjustment import Adjustment
from events.normal_forms import amount_form, number_form
from events.remittance import RemittanceLine
from events.values import ZERO, Code, Day, Id, Money, Name
from services.core.errors import ClaimclockError

SOURCE = "claimclock/paper"
_NAME_LENGTH = 32
_OF_THE_CHECK = {"check_number", "payment_date", "check_total", "denied"}


EXAMPLE = {
    "claim_id": "BT1",
    "payer_id": "ACME",
    "check_number": "90017",
    "payment_date": "2026-02-01",
    "charge": "100.00",
    "paid": "32.00",
    "lines": [
        {
            "number": 1,
            "procedure": "97530",
            "units": "1",
            "charge": "100.00",
            "paid": "32.00",
            "dos": "2026-01-15",
            "adjustments": [
                {"group": "CO", "reason": "45", "amount": "60.00"},
                {"group": "PR", "reason": "2", "amount": "8.00"},
            ],
        }
    ],
}


class UnbalancedEobError(ClaimclockError):
    """The amounts of a typed EOB do not add up; nothing was saved."""

    http_status = 422


class PaperEob(BaseModel):
    """One claim of a paper EOB as a person typed it. Amounts in dollars; `denied`: nothing was allowed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    claim_id: Id
    payer_id: Name
    check_number: Name
    payment_date: Day
    check_total: Money | None = None
    status_code: Code = "1"
    payer_claim_number: Name | None = None
    denied: bool = False
    charge: Money
    paid: Money
    adjustments: tuple[Adjustment, ...] = ()
    remark_codes: tuple[Code, ...] = ()
    lines: tuple[RemittanceLine, ...] = ()


def paper_events(eob: PaperEob, by: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The remittance and the answer as CloudEvents. Raises UnbalancedEobError, naming what is off and by how much."""
    _check(eob)
    remit = _remit(eob)
    told = eob.model_dump(mode="json", exclude_none=True, exclude=_OF_THE_CHECK)
    entry: dict[str, Any] = {**told, "remit": remit, "entered_by": by}
    kind = "claim.denied.v1" if eob.denied else "payment.posted.v1"
    at = datetime.combine(eob.payment_date, time(), zone).astimezone(UTC).isoformat()
    head = {"remit": remit, "payer": {"id": eob.payer_id}, "entered_by": by}
    return [
        _event("remittance.received.v1", eob.check_number, at, head, _name(eob, "remittance")),
        _event(kind, eob.claim_id, at, entry, _name(eob, "entry")),
    ]


def _remit(eob: PaperEob) -> dict[str, Any]:
    """All claims that are typed of one check are one remittance; its total is only what the paper says of the check."""
    remit = {
        "key": f"paper-{_digest('check', eob)}",
        "trace_number": eob.check_number,
        "payer_identifier": eob.payer_id,
        "payment_date": eob.payment_date.isoformat(),
    }
    return remit if eob.check_total is None else remit | {"total_paid": amount_form(eob.check_total)}


def _event(kind: str, subject: str, at: str, data: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": name,
        "source": SOURCE,
        "type": kind,
        "subject": subject,
        "time": at,
        "data": data,
    }


def _name(eob: PaperEob, part: str) -> str:
    """The same EOB typed twice is one."""
    if part == "remittance":
        return _digest(part, eob, amount_form(eob.check_total))
    return _digest(part, eob, eob.claim_id, *sorted(str(line.dos) for line in eob.lines), amount_form(eob.paid))


def _digest(part: str, eob: PaperEob, *mine: str) -> str:
    about = (number_form(eob.payer_id), number_form(eob.check_number), str(eob.payment_date))
    return hashlib.sha256("\0".join((part, *about, *mine)).encode()).hexdigest()[:_NAME_LENGTH]


def _check(eob: PaperEob) -> None:
    if eob.denied and eob.paid:
        raise UnbalancedEobError(f"a denial pays nothing; the EOB says {eob.paid:.2f}")
    for place, line in enumerate(eob.lines, 1):
        _balances(f"line {line.number or place}", line.charge, line.paid, line.adjustments)
    inside = tuple(a for line in eob.lines for a in line.adjustments)
    _balances("the claim", eob.charge, eob.paid, (*eob.adjustments, *inside))
    if eob.lines and sum((line.charge for line in eob.lines), ZERO) != eob.charge:
        raise UnbalancedEobError(f"the lines' charges do not add up to the claim's charge of {eob.charge:.2f}")


def _balances(what: str, charge: Decimal, paid: Decimal, adjustments: tuple[Adjustment, ...]) -> None:
    off = charge - sum((a.amount for a in adjustments), ZERO) - paid
    if off:
        raise UnbalancedEobError(f"{what}: charge less adjustments differs from the amount paid by {off:.2f}")
