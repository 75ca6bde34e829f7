"""From events to rows: clocks that start before a claim does, or with a notice that names only the patient."""

from datetime import UTC, datetime
from itertools import permutations

import pytest
from sqlalchemy import select, text

from projections.tables.tables import READ_TABLES
from services.scheduler.due import due_alerts
from services.store.engine import writing
from services.store.reference import References, ref_maker
from tests.events.samples import sample
from tests.services.projector.conftest import ZONE, project, rebuild

ITEM, DEADLINE = READ_TABLES["work_item"], READ_TABLES["deadline"]


def event(kind, subject, time, /, **data):
    return {
        "specversion": "1.0",
        "id": f"{kind}-{subject}-{time}",
        "source": "test",
        "type": kind,
        "subject": subject,
        "time": f"{time}T12:00:00Z",
        "data": data,
    }


VISIT = event(
    "visit.documented.v1",
    "V1",
    "2025-12-02",
    visit_id="V1",
    patient_id="P1",
    payer_id="MEDICARE",
    discipline="PT",
    dos="2025-12-02",
    ended_at="2025-12-02T17:00:00Z",
    timed=[{"procedure": "97530", "minutes": 30}],
)
CLOSED = event("visit.closed.v1", "V1", "2026-01-05", visit_id="V1", reason="self_pay", by="kim")
REOPENED = event("event.withdrawn.v1", "V1", "2026-01-06", source="test", id=CLOSED["id"], by="kim")


def unbilled(engine):
    with engine.connect() as connection:
        rows = connection.execute(select(ITEM).where(ITEM.c.kind == "unbilled")).all()
    return [(row.item, row.lost_on.isoformat()) for row in rows]


@pytest.mark.parametrize(
    ("events", "listed"),
    [([VISIT], True), ([VISIT, CLOSED], False), ([CLOSED, VISIT], False), ([VISIT, CLOSED, REOPENED], True)],
)
def test_a_visit_is_listed_until_it_is_closed_and_again_when_that_is_taken_back(new_engine, events, listed):
    engine = new_engine()
    project(engine, events, sizes=(1,))
    assert unbilled(engine) == ([("V1", "2026-12-02")] if listed else [])


def test_an_unbilled_visit_alerts_like_every_filing_clock(new_engine):
    engine = new_engine()
    project(engine, [VISIT])
    with engine.connect() as connection:
        found = due_alerts(connection, References(ZONE, ref_maker(b"test")), datetime(2026, 11, 30, 18, tzinfo=UTC))
    (alert,) = [alert for alert in found if alert.worklist == "unbilled"]
    assert (alert.clock, alert.due, alert.rung.name, alert.visit_id) == ("timely_filing", "2026-12-02", "3d", "V1")
    told = alert.event(datetime(2026, 11, 30, 18, tzinfo=UTC))
    assert (told["subject"], told["data"]["visit_id"], "claim_id" in told["data"]) == ("V1", "V1", False)


LINK = event("identity.linked.v1", "PA", "2026-01-01", kind="patient", **{"from": "PA", "to": "PB"})
TERMS = event(
    "policy.published.v1", "CO", "2026-01-01", payer_id="CO", filing={"anchor": "eligibility_notice", "length": 120}
)
CLAIM = event(
    "claim.submitted.v1",
    "C1",
    "2026-01-16",
    claim_id="C1",
    patient_id="PB",
    payer_id="CO",
    total_charge="100.00",
    lines=[
        {"number": 1, "procedure": "97530", "modifiers": ["GP"], "units": 1, "charge": "100.00", "dos": "2026-01-15"}
    ],
)
NOTICE = event("notice.received.v1", "PA", "2026-02-12", patient_id="PA", kind="eligibility", dated="2026-02-10")


@pytest.mark.parametrize("order", list(permutations([LINK, TERMS, CLAIM, NOTICE]))[::5])
def test_a_notice_about_a_patient_moves_the_claims_limit_in_any_order(new_engine, order):
    engine = new_engine()
    project(engine, list(order), sizes=(1,))
    with engine.connect() as connection:
        due = connection.scalars(select(DEADLINE.c.due).where(DEADLINE.c.kind == "timely_filing")).all()
    assert due == ["2026-06-10"]


def _policy(version):
    stated = sample("policy.published.v1", payer_id="ACME", version=version, effective_from="2025-01-01", plan=...)
    return stated | {"subject": "ACME", "id": f"policy {version}"}


def _filing_due(engine):
    with engine.connect() as connection:
        rows = connection.execute(select(DEADLINE).where(DEADLINE.c.kind == "timely_filing")).all()
        assert not connection.execute(text("SELECT * FROM stale")).all()
    return [row.due for row in rows]


def test_a_logged_policy_that_can_no_longer_be_read_makes_its_deadlines_unknown(new_engine):
    """A later version of the program might not read what an earlier one logged. The older policy does not stand in."""
    engine = new_engine()
    claim = sample("claim.submitted.v1", payer_id="ACME", plan=...)
    project(engine, [claim, _policy(1), _policy(2)])
    assert [bool(due) for due in _filing_due(engine)] == [True]
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER event_log_no_update"))
        changed = "UPDATE event_log SET data = json_set(data, '$.filing.length', 'soon') WHERE id = 'policy 2'"
        connection.execute(text(changed))
    rebuild(engine)
    assert _filing_due(engine) == []  # rows are for clocks with a date; the claim says why there is none
    withdrawal = event("event.withdrawn.v1", "ACME", "2026-05-06", source=_policy(2)["source"], id="policy 2", by="kim")
    project(engine, [withdrawal], start=2)
    assert [bool(due) for due in _filing_due(engine)] == [True]
