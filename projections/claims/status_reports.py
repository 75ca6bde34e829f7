"""What payers answered when they were asked where a claim stands (277): it informs, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from events.claim import ClaimStatusReported
from projections.history import EventId, LoggedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """What a payer answered to a status inquiry. `effective_on` is the payer's date; `paid`: what it says it paid."""

    event: EventId
    received_at: datetime
    effective_on: date
    category: str
    status: str
    entity: str | None
    payer: str
    payer_claim_number: str | None
    message: str | None
    paid: Decimal | None

    @property
    def is_pending(self) -> bool:
        """The payer has the claim and has not decided it (X12 external code list 507, categories P)."""
        return self.category.startswith("P")


def status_reports(history: Iterable[LoggedEvent]) -> tuple[StatusReport, ...]:
    """Every status reported of a claim, in business order; the last one is what the payer last said."""
    return tuple(_report(event) for event in history if isinstance(event.data, ClaimStatusReported))


def _report(event: LoggedEvent) -> StatusReport:
    data: ClaimStatusReported = event.data
    about = data.about
    return StatusReport(
        event=event.name,
        received_at=event.time,
        effective_on=data.effective_on,
        category=data.category,
        status=data.status,
        entity=data.entity,
        payer=(about.payer_name or about.payer_id or "") if about else "",
        payer_claim_number=data.payer_claim_number,
        message=data.message,
        paid=data.paid,
    )
