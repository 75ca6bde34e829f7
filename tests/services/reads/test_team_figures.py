"""The team's work and the manager's week: counted once, undone acts not at all, nothing of a patient in it."""

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from services.presentation.weekly_summary import mail_body, summary_document, weekly_rows
from services.reads.manager_figures import expected_cash, lost_by_month, weekly
from services.reads.read_context import ReadContext
from services.reads.team import first_touch, workload
from services.store.log import LOG
from services.store.tables import BY_PEOPLE
from tests.services.scheduler.conftest import references

REJECTED = {"stage": "payer", "category": "A7"}


def context_of(practice, at="2026-02-10T15:00+00:00"):
    return ReadContext(
        engine=practice.engine, references=references(), practice="default", at=datetime.fromisoformat(at)
    )


@pytest.fixture
def worked(new_practice):
    """Two rejected claims: one held and done by kim, one that nobody holds; an act that was taken back."""
    practice = new_practice("2026-02-02T14:00:00+00:00")
    for claim_id in ("CANARY-ONE", "CANARY-TWO"):
        practice.sent(claim_id, "2026-02-01")
        practice.tell("claim.rejected.v1", {"claim_id": claim_id} | REJECTED, "2026-02-03T15:00:00+00:00")
    work = {"claim_id": "CANARY-ONE", "worklist": "rejection", "by": "kim"}
    practice.tell("work.assigned.v1", work | {"worklist": "today", "assignee": "kim"}, "2026-02-03T18:00:00+00:00")
    practice.tell("work.resolved.v1", work | {"resolution": "reason_identified"}, "2026-02-03T19:00:00+00:00")
    undone = practice.tell("work.noted.v1", work | {"note": "oops"}, "2026-02-04T19:00:00+00:00")
    taken_back = {"source": undone["source"], "id": undone["id"], "by": "kim"}
    practice.tell("event.withdrawn.v1", taken_back, "2026-02-04T19:05:00+00:00")
    practice.fold()
    return practice


def test_work_is_counted_by_who_holds_it_and_by_who_did_it(worked):
    found = {row["person"]: row for row in workload(context_of(worked))["people"]}
    assert set(found) == {"kim", None}
    assert (found["kim"]["claims"], found[None]["claims"]) == (1, 1)
    assert (found["kim"]["acts"], found["kim"]["done"]) == (2, 1), "what was taken back does not count"
    assert found[None]["acts"] == 0


def test_a_claim_on_two_lists_is_one_claim_with_its_money_once(worked):
    (row,) = [row for row in workload(context_of(worked))["people"] if row["person"] is None]
    assert row["amount"] == "210.00"
    assert row["open"] >= row["claims"] == 1


def test_the_first_touch_is_the_first_act_after_the_rejection(worked):
    assert first_touch(context_of(worked)) == {"rejected": 2, "touched": 1, "median_hours": "3.0"}


def test_an_appeals_decision_belongs_to_who_filed_it(worked):
    appeal = {"claim_id": "CANARY-ONE", "level": 1, "filed_on": "2026-02-05", "by": "lee"}
    worked.tell("appeal.filed.v1", appeal, "2026-02-05T15:00:00+00:00")
    decision = {"claim_id": "CANARY-ONE", "level": 1, "decided_on": "2026-02-08", "outcome": "overturned", "by": "kim"}
    worked.tell("appeal.decided.v1", decision, "2026-02-08T15:00:00+00:00")
    found = {row["person"]: row for row in workload(context_of(worked))["people"]}
    assert (found["lee"]["appeals_decided"], found["lee"]["overturned"]) == (1, 1)
    assert found["kim"]["appeals_decided"] == 0


def test_a_week_is_counts_and_sums_alone(worked):
    week = weekly(context_of(worked, "2026-02-08T15:00+00:00"))
    assert (week["this"]["rejected"], week["this"]["acts"], week["before"]["acts"]) == (2, 2, 0)
    text = mail_body(week, "default", "https://claims.example/team")
    assert "CANARY" not in text + str(week) + str(summary_document(week, "default", "2026-02-08").as_json())
    assert "Claims rejected: 2 (week before: 0)" in text
    assert all(len(row) == 3 for row in weekly_rows(week))


def test_months_without_a_loss_are_shown_too(new_practice):
    practice = new_practice("2026-02-02T14:00:00+00:00")
    practice.sent("OLD", "2025-01-15")
    practice.tell("claim.rejected.v1", {"claim_id": "OLD"} | REJECTED, "2025-01-20T15:00:00+00:00")
    practice.fold()
    found = lost_by_month(context_of(practice))
    assert len(found) == 12
    assert [row["month"] for row in found][-1] == "2026-02"
    (lost,) = [row for row in found if row["claims"]]
    assert (lost["month"], lost["amount"], lost["reasons"]) == ("2026-01", "210.00", {"expired_rejection": 1})


def test_cash_is_expected_where_price_and_pace_are_known(new_practice):
    practice = new_practice("2026-02-02T14:00:00+00:00")
    practice.sent("WAITS", "2026-02-01")
    practice.fold()
    told = expected_cash(context_of(practice))
    assert len(told["weeks"]) == 8
    assert (sum(row["claims"] for row in told["weeks"]), told["late"]["claims"], told["unknown"]) == (0, 0, 1)
    practice.sent("PAID", "2026-01-05")
    practice.answered("payment.posted.v1", "PAID", "2026-01-19", [], paid="60.00", dos="2026-01-05")
    practice.fold()
    told = expected_cash(context_of(practice))
    known = [row for row in told["weeks"] if row["claims"]]
    assert told["unknown"] + len(known) + told["late"]["claims"] == 1
    assert all(Decimal(row["amount"]) > 0 for row in known)


def test_what_people_did_is_read_through_an_index_of_its_own(worked):
    with worked.engine.connect() as connection:
        query = select(LOG.c.data).where(
            BY_PEOPLE, LOG.c.practice == "default", LOG.c.type.in_(["work.noted.v1"]), LOG.c.time > worked.clock.now()
        )
        text = query.compile(connection, compile_kwargs={"literal_binds": True})
        plan = " ".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))
    assert "event_log_by_people" in plan


def test_an_appeal_taken_back_is_not_who_filed_it(worked):
    appeal = {"claim_id": "CANARY-TWO", "level": 1, "filed_on": "2024-02-05"}
    worked.tell("appeal.filed.v1", appeal | {"by": "lee"}, "2024-02-05T15:00:00+00:00")
    undone = worked.tell("appeal.filed.v1", appeal | {"by": "max"}, "2024-02-06T15:00:00+00:00")
    taken_back = {"source": undone["source"], "id": undone["id"], "by": "max"}
    worked.tell("event.withdrawn.v1", taken_back, "2024-02-07T15:00:00+00:00")
    decision = {"claim_id": "CANARY-TWO", "level": 1, "decided_on": "2026-02-08", "outcome": "upheld", "by": "kim"}
    worked.tell("appeal.decided.v1", decision, "2026-02-08T15:00:00+00:00")
    found = {row["person"]: row for row in workload(context_of(worked))["people"]}
    assert (found["lee"]["appeals_decided"], found["lee"]["overturned"]) == (1, 0)
    assert "max" not in found
