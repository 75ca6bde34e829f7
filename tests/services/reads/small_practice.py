"""Histories of a small practice, step by step, through the whole fold: what reaches each of the lists."""

import shutil
from itertools import count

import pytest

from projections.tables.vocabulary import ListKind
from projections.work.kinds import KINDS
from services.store.engine import open_engine
from tests.services.scheduler.conftest import Practice

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


def visit(practice, name, payer, day, **more):
    data = {"visit_id": f"V-{name}-{day}", "patient_id": f"P-{name}", "payer_id": payer, "discipline": "PT", "dos": day}
    data |= {"therapist_id": "T1", "timed": [{"procedure": "97110", "minutes": 30}], "total_minutes": 30}
    practice.tell("visit.documented.v1", data | more, f"{day}T18:00:00+00:00")


def refused(practice, name, payer, kind="claim.denied.v1", paid="0.00", reason="50"):
    adjustments = [{"group": "CO", "reason": reason, "amount": f"{210 - float(paid):.2f}"}]
    practice.answered(kind, name, "2026-02-10", adjustments, paid, dos=DOS, payer_id=payer)


def act(practice, event_type, /, **data):
    practice.tell(event_type, data, "2026-03-01T15:00:00+00:00")


def bare_plan(day):
    return {"established_on": day, "order_on_file": False}


def shared_by_next(practice, name, payer, **more):
    """A first payer's answer that leaves a share to the next one."""
    practice.sent(name, DOS, payer=payer, other_payers=[{"payer_id": "SECOND", "sequence": "S"}])
    adjustments = [
        {"group": "PR", "reason": "2", "amount": "42.00"},
        {"group": "CO", "reason": "45", "amount": "18.00"},
    ]
    practice.answered("payment.posted.v1", name, "2026-02-10", adjustments, "150.00", dos=DOS, payer_id=payer, **more)


def authorized(practice, name, payer):
    told = {"number": f"A-{name}", "payer_id": payer, "patient_id": f"P-{name}", "visits": 2}
    act(practice, "authorization.recorded.v1", from_day="2026-01-01", **told)


def near_the_threshold(practice, name, _payer):
    told = {"patient_id": f"P-{name}", "bucket": "PT_SLP", "year": 2026, "used_amount": "2470.00"}
    act(practice, "therapy.balance_observed.v1", as_of="2026-01-10", source="portal", **told)


def of_a_whole_file(practice, name, _payer):
    told = {"submission": {"interchange": name, "group": name, "set": "0001", "reference": f"B-{name}"}}
    act(practice, "submission.rejected.v1", stage="payer", category="A3", **told)


def taken_back(practice, name, _payer):
    """A provider adjustment that names no claim here."""
    remit = {
        "trace_number": f"R-{name}",
        "payment_date": "2026-02-20",
        "total_paid": "-50.00",
        "payer_identifier": "1ACME",
    }
    adjustments = [{"reason": "WO", "reference": f"NONE-{name}", "amount": "50.00"}]
    act(practice, "remittance.received.v1", remit=remit, claim_count=0, provider_adjustments=adjustments)


def deposited(practice, name, _payer):
    told = {"deposit_id": f"D-{name}", "date": "2026-02-12", "amount": "77.00", "method": "eft", "trace": f"X-{name}"}
    act(practice, "deposit.received.v1", **told)


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
    "nothing owed by the payer": lambda p, n, payer: refused(p, n, payer, "payment.posted.v1", "210.00", "45"),
    "reversed": lambda p, n, payer: p.answered(
        "payment.reversed.v1",
        n,
        "2026-02-25",
        [],
        "-60.00",
        dos=DOS,
        payer_id=payer,
        status_code="22",
        charge="-210.00",
    ),
    "share of the next payer": shared_by_next,
    "sent on": lambda p, n, payer: shared_by_next(p, n, payer, status_code="19"),
    "near the threshold": near_the_threshold,
    "authorized": authorized,
    "planned": lambda p, n, payer: visit(p, n, payer, "2026-01-16", plan_of_care=bare_plan("2026-01-16")),
    "planned long ago": lambda p, n, payer: visit(p, n, payer, "2025-10-01", plan_of_care=bare_plan("2025-10-01")),
    "seen again": lambda p, n, payer: visit(p, n, payer, "2025-12-28", plan_of_care=bare_plan("2025-10-01")),
    "without minutes": lambda p, n, payer: visit(p, n, payer, "2026-01-17", timed=[], total_minutes=0),
    "without a payer": lambda p, n, _: visit(p, n, "", "2026-01-18"),
    "demand letter": lambda p, n, payer: act(
        p, "notice.received.v1", claim_id=n, payer_id=payer, kind="recoupment", dated="2026-02-26"
    ),
    "letter of ours": lambda p, n, _: act(
        p,
        "letter.sent.v1",
        claim_id=n,
        claim_ids=[n],
        kind="appeal",
        sha256="0" * 64,
        by="ann",
        answer_due="2026-04-01",
    ),
    "file rejected": of_a_whole_file,
    "taken back": taken_back,
    "deposited": deposited,
    "status asked": lambda p, n, payer: act(
        p, "claim.status_reported.v1", claim_id=n, payer_id=payer, category="F1", effective_on="2026-02-27"
    ),
    "patient paid": lambda p, n, _: act(p, "patient.paid.v1", claim_id=n, amount="500.00"),
    "written off": lambda p, n, _: act(p, "claim.written_off.v1", claim_id=n, reason="small"),
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
