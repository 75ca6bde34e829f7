"""One next step: whatever happened, it contradicts no list that the claim, or the visit, is on."""

import shutil
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from projections.work.kinds import KINDS, ListKind
from services.reads.claims import claim_page
from services.reads.export_rows import with_claims
from services.reads.next_steps import next_steps_of, step_in_order
from services.reads.read_context import ReadContext
from services.reads.worklist_filters import Filters
from services.reads.worklists import worklist
from services.store.engine import open_engine
from tests.properties import property_run
from tests.services.scheduler.conftest import Practice, references

DOS = "2026-01-12"
POLICY = {"payer_id": "ACME", "version": 1, "authorization_required": True, "filing": {"length": 120}}
POLICY |= {"appeals": [{"level": 1, "length": 90, "anchor": "notice"}], "visit_limits": [{"visits": 2}]}
LISTS = [kind for kind in KINDS if kind != ListKind.TODAY]
numbers = count(1)


@pytest.fixture(scope="module")
def clinic(empty_database, tmp_path_factory):
    """A practice that the examples share: each has patients and claims of its own."""
    path = tmp_path_factory.mktemp("steps") / "steps.db"
    shutil.copy(empty_database, path)
    engine = open_engine(f"sqlite:///{path}")
    practice = Practice(engine, "2026-01-05T14:00:00+00:00")
    practice.tell("policy.published.v1", POLICY)
    yield practice
    engine.dispose()


def visit(practice, name, payer, day):
    data = {"visit_id": f"V-{name}-{day}", "patient_id": f"P-{name}", "payer_id": payer, "discipline": "PT", "dos": day}
    data |= {"therapist_id": "T1", "timed": [{"procedure": "97110", "minutes": 30}], "total_minutes": 30}
    practice.tell("visit.documented.v1", data, f"{day}T18:00:00+00:00")


def refused(practice, name, payer, kind="claim.denied.v1", paid="0.00", reason="50"):
    adjustments = [{"group": "CO", "reason": reason, "amount": f"{210 - float(paid):.2f}"}]
    practice.answered(kind, name, "2026-02-10", adjustments, paid, dos=DOS, payer_id=payer)


def act(practice, kind, **data):
    practice.tell(kind, data, "2026-03-01T15:00:00+00:00")


STEPS = {
    "visit": lambda p, n, payer: visit(p, n, payer, "2026-01-14"),
    "older visit": lambda p, n, payer: visit(p, n, payer, "2025-12-02"),
    "sent": lambda p, n, payer: p.sent(n, DOS, payer=payer),
    "rejected": lambda p, n, _: act(p, "claim.rejected.v1", claim_id=n, stage="payer", category="A7"),
    "acknowledged": lambda p, n, _: act(p, "claim.acknowledged.v1", claim_id=n, stage="payer", category="A2"),
    "denied": refused,
    "not authorized": lambda p, n, payer: refused(p, n, payer, reason="197"),
    "underpaid": lambda p, n, payer: refused(p, n, payer, "payment.posted.v1", "20.00", "45"),
    "overpaid": lambda p, n, payer: refused(p, n, payer, "payment.posted.v1", "900.00", "45"),
    "records": lambda p, n, _: act(p, "records.requested.v1", claim_id=n, due_on="2026-03-20"),
    "appealed": lambda p, n, _: act(p, "appeal.filed.v1", claim_id=n, level=1, filed_on="2026-03-01"),
    "inactive": lambda p, n, payer: act(
        p, "eligibility.checked.v1", patient_id=f"P-{n}", payer_id=payer, on="2026-01-02", active=False
    ),
    "assigned": lambda p, n, _: act(p, "work.assigned.v1", claim_id=n, worklist="today", by="ann", assignee="bob"),
    "snoozed": lambda p, n, _: act(
        p, "work.snoozed.v1", claim_id=n, worklist="denial", by="ann", until="2026-04-20T00:00:00Z"
    ),
    "closed": lambda p, n, _: act(
        p, "work.resolved.v1", claim_id=n, worklist="today", by="ann", resolution="done", note="called"
    ),
}
INSTANTS = st.sampled_from([1, 20, 60, 120, 400, 900]).map(
    lambda days: datetime.fromisoformat("2026-02-01T12:00:00+00:00") + timedelta(days=days)
)


def place(row):
    """Where a row stands among others: what is lost first, then what is overdue."""
    return (row["lost_on"] or "9999", not row["overdue"])


@property_run(40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from(["MEDICARE", "ACME", "NIX"])), max_size=6),
    INSTANTS,
)
def test_the_next_step_contradicts_no_list(clinic, history, at):
    name = f"C{next(numbers)}"
    for step, payer in history:
        STEPS[step](clinic, name, payer)
    context = ReadContext(engine=clinic.engine, references=references(), practice="default", at=at)
    mine = [
        row
        for kind in LISTS
        for row in worklist(context, kind).items
        if name in (row["claim_id"], (row["patient_id"] or "").removeprefix("P-"))
    ]
    steps = next_steps_of(context, [name])
    for row in mine:
        assert not (row["overdue"] and "wait" in row["next_action"].lower())
        step = row["next_step"]
        if row["claim_id"] is None:
            assert (step["what"], step["due"], step["lost_on"]) == (row["next_action"], row["due"], row["lost_on"])
            continue
        assert step == steps[row["claim_id"]].as_json()
        assert step["worklist"] is not None
        assert place(step) <= place(row)
        assert row["next_action"] in step_in_order(row)
    shown = [row for row in worklist(context, filters=Filters()).items if row["claim_id"] == name]
    assert len(shown) == any(row["claim_id"] == name for row in mine)
    for row in shown:
        assert (row["kind"], row["item"], row["next_action"]) == (
            row["next_step"]["worklist"],
            row["next_step"]["item"],
            row["next_step"]["what"],
        )
        assert next(with_claims(context, [row]))["next_step"] == row["next_step"]["what"]
    if not shown:
        assert steps[name].worklist is None
        assert (steps[name].by == "practice") == steps[name].overdue
    if any(step in ("sent", "denied", "rejected") for step, _ in history):
        assert claim_page(context, name)["next_step"] == steps[name].as_json()
