"""Payments of a payer without any 837 are one row for each check; from its first 837 on, each is a row of its own."""

from datetime import datetime
from decimal import Decimal

import pytest

from services.reads.list_counts import tally
from services.reads.read_context import ReadContext
from services.reads.worklists import items_of, worklist
from tests.services.scheduler.conftest import references

FIRST = {"trace_number": "CHK1", "payment_date": "2026-02-02", "total_paid": "150.00"}
SECOND = {"trace_number": "CHK2", "payment_date": "2026-02-03", "total_paid": "30.00"}


@pytest.fixture
def paid(new_practice):
    """Two checks of one payer over claims nobody sent: three payments and one."""
    practice = new_practice()
    for claim_id, remit, amount in (
        ("A1", FIRST, "50.00"),
        ("A2", FIRST, "40.00"),
        ("A3", FIRST, "60.00"),
        ("B1", SECOND, "30.00"),
    ):
        practice.answered("payment.posted.v1", claim_id, "2026-02-04", [], paid=amount, remit=remit, payer_id="CEDAR")
    practice.fold()
    return practice


def context_of(practice):
    return ReadContext(
        engine=practice.engine,
        references=references(),
        practice="default",
        at=datetime.fromisoformat("2026-02-10T12:00+00:00"),
    )


def rows(practice, kind="unmatched", **more):
    return worklist(context_of(practice), kind, **more).items


def test_a_check_is_one_row_with_its_sum(paid):
    told = rows(paid)
    assert [(row["claim_id"], row["payments"], row["amount_at_risk"]) for row in told] == [
        ("A1", 3, "150.00"),
        ("B1", 1, "30.00"),
    ]
    assert "CHK1 of Feb 2, 2026: 3 payments over $150.00; no 837 to this payer is on file" in told[0]["reason"]
    assert "import its 837" in told[0]["next_action"]
    assert len(rows(paid, "today")) == 2
    found = tally(context_of(paid), "unmatched")
    assert (found.items, found.amount) == (2, Decimal("180.00"))


def test_the_claims_own_page_keeps_its_item(paid):
    for claim_id in ("A1", "A2", "A3", "B1"):
        assert [item["kind"] for item in items_of(context_of(paid), claim_id)] == ["unmatched"]


def test_pages_of_a_list_go_on_after_a_check(paid):
    first = worklist(context_of(paid), "unmatched", limit=1)
    rest = worklist(context_of(paid), "unmatched", limit=1, cursor=first.next_cursor)
    assert [row["claim_id"] for row in (*first.items, *rest.items)] == ["A1", "B1"]
    assert rest.next_cursor is None


def test_what_a_person_closed_does_not_hide_the_rest_of_its_check(paid):
    act = {"claim_id": "A1", "worklist": "unmatched", "by": "kim", "resolution": "worked_elsewhere"}
    paid.tell("work.resolved.v1", act, "2026-02-09T15:00:00+00:00")
    paid.fold()
    assert [(row["claim_id"], row["payments"]) for row in rows(paid)] == [("A2", 2), ("B1", 1)]


def test_the_first_837_to_the_payer_makes_each_payment_a_row(paid):
    paid.sent("OTHER", "2026-02-05", payer="CEDAR")
    paid.fold()
    told = rows(paid)
    assert sorted(row["claim_id"] for row in told) == ["A1", "A2", "A3", "B1"]
    assert all("payments" not in row for row in told)
    assert tally(context_of(paid), "unmatched").items == 4


def test_a_payer_known_by_its_filing_indicator_is_one_too(new_practice):
    """Medicare's contractor answers under its own number; the claim's filing indicator (MB) says that it is Medicare."""
    practice = new_practice()
    for number in (1, 2):
        practice.answered(
            "payment.posted.v1",
            f"M{number}",
            "2026-02-04",
            [],
            paid="50.00",
            remit=FIRST,
            payer_id="1990000102",
            claim_filing_indicator="MB",
        )
    practice.fold()
    assert [(row["payer_id"], row["payments"]) for row in rows(practice)] == [("MEDICARE", 2)]
