"""A small office with rejected claims, two people and a queue, for what routing rules do to its work."""

from datetime import date, datetime

import pytest
from hypothesis import strategies as st

from services.commands.routing import RoutingAdmin
from services.reads.read_context import ReadContext
from services.reads.worklist_filters import Filters
from services.reads.worklists import worklist
from services.security.people import add_person
from services.store.routing_rules import RuleTerms
from tests.services.scheduler.conftest import references

AT = "2026-02-10T15:00+00:00"
REJECTED = {"stage": "payer", "category": "A7"}
WORK = {"worklist": "rejection", "by": "kim"}


def context_of(practice, at=AT):
    return ReadContext(
        engine=practice.engine, references=references(), practice="default", at=datetime.fromisoformat(at)
    )


def admin_of(practice, day="2026-02-10"):
    now = datetime.fromisoformat(f"{day}T15:00+00:00")
    return RoutingAdmin(engine=practice.engine, practice="default", by="boss", now=now, today=date.fromisoformat(day))


@pytest.fixture
def office(new_practice):
    """Three rejected claims; two people and a queue."""
    practice = new_practice("2026-02-02T14:00:00+00:00")
    for claim_id in ("ONE", "TWO", "THREE"):
        practice.sent(claim_id, "2026-02-01")
        practice.tell("claim.rejected.v1", {"claim_id": claim_id} | REJECTED, "2026-02-03T15:00:00+00:00")
    practice.fold()
    for name in ("kim", "lee"):
        add_person(practice.engine, name, "biller", ["default"], practice.clock.now(), password="correct horse battery")
    admin_of(practice).save_queue("Rejections", ["kim", "lee"])
    return practice


def rejections(practice, at=AT, **filters):
    found = worklist(context_of(practice, at), "rejection", Filters(**filters)).items
    return {item["claim_id"]: item for item in found}


def rule(**terms):
    return RuleTerms.model_validate({"name": "All rejections", "lists": ["rejection"]} | terms)


TERMS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["A", "B", "C"]),
        "rank": st.integers(1, 3),
        "to": st.sampled_from([None, "kim", "lee", "Rejections"]),
        "tags": st.sampled_from([["x"], ["y"]]),
    },
    optional={
        "lists": st.sampled_from([["rejection"], ["filing"], ["rejection", "missing_ack"]]),
        "categories": st.sampled_from([["nothing"], ["timely_filing"]]),
        "amount_min": st.sampled_from(["0", "210.00", "210.01"]),
        "amount_max": st.sampled_from(["210.00", "1000000"]),
        "age_min": st.sampled_from([0, 9, 400]),
        "age_max": st.sampled_from([9, 400]),
        "clinics": st.sampled_from([["1999999984"]]),
        "hold_until": st.sampled_from(["2026-02-20", "2026-02-01"]),
        "hold_days": st.sampled_from([1, 60]),
    },
)


def make_sense(terms):
    """Whether the bounds of random terms are in order."""
    amounts = float(terms.get("amount_min", 0)) <= float(terms.get("amount_max", 10**9))
    return amounts and terms.get("age_min", 0) <= terms.get("age_max", 9999)
