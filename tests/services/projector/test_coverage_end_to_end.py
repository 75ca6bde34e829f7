"""Authorizations and eligibility answers fold with the visits they are about, in whatever order they arrive."""

from itertools import permutations

import pytest

from services.projector.replay import verify
from tests.services.projector.conftest import dump, make_projector, project


def event(number, kind, subject, data, time="2026-03-03T10:00:00Z", **more):
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "test",
        "type": kind,
        "subject": subject,
        "time": time,
        "data": data,
    } | more


VISIT = event(
    1,
    "visit.documented.v1",
    "V1",
    {
        "visit_id": "V1",
        "patient_id": "P1",
        "payer_id": "ACME",
        "discipline": "PT",
        "dos": "2026-03-02",
        "timed": [{"procedure": "97110", "minutes": 30}],
        "total_minutes": 30,
    },
)
AUTHORIZATION = event(
    2,
    "authorization.recorded.v1",
    "A1",
    {"number": "A1", "payer_id": "60054", "patient_id": "OLD", "from": "2026-03-01", "to": "2026-06-30", "visits": 2},
)
LINK = event(3, "identity.linked.v1", "P1", {"kind": "patient", "from": "OLD", "to": "P1"})
POLICY = event(
    4, "policy.published.v1", "ACME", {"payer_id": "ACME", "identifiers": ["60054"], "authorization_required": True}
)
INACTIVE = event(
    5, "eligibility.checked.v1", "P1", {"patient_id": "P1", "payer_id": "ACME", "on": "2026-03-02", "active": False}
)
EVENTS = [VISIT, AUTHORIZATION, LINK, POLICY, INACTIVE]


def items(engine):
    rows = dump(engine)["work_item"]
    return sorted((row[1], row[3]) for row in rows if row[1] in ("authorization", "eligibility"))


@pytest.mark.parametrize("order", list(permutations(EVENTS))[::17])
def test_coverage_counts_in_whatever_order_it_arrives(new_engine, order):
    engine = new_engine()
    project(engine, list(order), sizes=(1,))
    assert items(engine) == [("authorization", "authorization A1"), ("eligibility", "V1 eligibility")]
    assert verify(engine, make_projector(engine).references) == []


def test_an_authorization_taken_back_leaves_the_visit_without_one(new_engine):
    engine = new_engine()
    project(engine, EVENTS, sizes=(1,))
    taken_back = event(6, "event.withdrawn.v1", "A1", {"source": "test", "id": "e2", "by": "d.osei", "why": "typo"})
    project(engine, [taken_back], start=6)
    assert items(engine) == [("authorization", "V1 authorization"), ("eligibility", "V1 eligibility")]
    assert verify(engine, make_projector(engine).references) == []
