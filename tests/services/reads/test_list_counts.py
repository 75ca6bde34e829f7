"""Figures next to the lists."""

from datetime import datetime
from decimal import Decimal

from services.reads.list_counts import lost_already, tallies
from services.reads.read_context import ReadContext
from tests.services.scheduler.conftest import references


def test_a_claim_on_two_lists_is_counted_once_with_its_money(new_practice):
    practice = new_practice()
    for claim_id in ("ONE", "TWO"):
        practice.sent(claim_id, "2025-03-10")
        practice.tell("claim.rejected.v1", {"claim_id": claim_id, "stage": "payer", "category": "A7"})
    context = ReadContext(
        engine=practice.engine,
        references=references(),
        practice="default",
        at=datetime.fromisoformat("2026-04-01T12:00+00:00"),
    )
    found = lost_already(context)
    assert (found.items, found.amount) == (2, Decimal("420.00"))  # rejection and filing of two claims of 210.00
    assert tallies(context, ["rejection"])["rejection"].amount == Decimal("420.00")
