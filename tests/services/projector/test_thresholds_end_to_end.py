"""From events to the threshold rows: what counts, in which bucket and year, and what a late rule changes."""

from sqlalchemy import select

from projections.tables.tables import READ_TABLES
from services.projector import adopt_rule_packs as adopt
from tests.services.projector.conftest import project

PAID = {
    "claim_id": "A1",
    "payer_id": "MEDICARE",
    "status_code": "1",
    "charge": "450.00",
    "paid": "0.00",
    "remit": {"trace_number": "T1", "payment_date": "2026-01-20", "total_paid": "0.00"},
}


def event(number, kind, time, data):
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "test",
        "type": kind,
        "subject": "A1",
        "time": time,
        "data": data,
    }


def line(number, modifier, *adjustments, paid="0.00"):
    billed = {
        "number": number,
        "procedure": "97530",
        "modifiers": [modifier],
        "units": 1,
        "charge": "150.00",
        "dos": "2025-12-31",
    }
    told = [{"group": group, "reason": reason, "amount": amount} for group, reason, amount in adjustments]
    return billed, billed | {"paid": paid, "adjustments": told}


def story():
    """Sent on 1 January by the clock of Greenwich, still 31 December here; deductible, coinsurance, a denied line."""
    lines = [
        line(1, "GN", ("CO", "45", "117.65"), ("PR", "1", "32.35")),
        line(2, "GO", ("CO", "45", "117.65"), ("PR", "2", "6.47"), ("CO", "253", "0.52"), paid="25.36"),
        line(3, "GP", ("CO", "50", "150.00")),
    ]
    claim = {
        "claim_id": "A1",
        "patient_id": "P1",
        "payer_id": "MEDICARE",
        "total_charge": "450.00",
        "diagnoses": ["M25.561"],
        "lines": [billed for billed, _ in lines],
    }
    return [
        event(1, "claim.submitted.v1", "2026-01-01T03:00:00Z", claim),
        event(
            2,
            "payment.posted.v1",
            "2026-01-21T15:00:00Z",
            PAID | {"paid": "25.36", "lines": [answer for _, answer in lines]},
        ),
    ]


def thresholds(engine):
    with engine.connect() as connection:
        rows = connection.execute(select(READ_TABLES["threshold"])).mappings().all()
    return {(row["year"], row["bucket"]): (row["confirmed"], row["band"]) for row in rows if row["confirmed"]}


def test_allowed_amounts_count_by_modifier_and_year_of_service(new_engine):
    engine = new_engine()
    project(engine, story())
    assert thresholds(engine) == {(2025, "PT_SLP"): (3235, "ok"), (2025, "OT"): (3235, "ok")}


def test_a_rule_published_late_judges_again_and_says_so(new_engine):
    engine = new_engine()
    project(engine, story())
    pack = {
        "pack_id": "kx",
        "kind": "kx",
        "version": "house",
        "basis": "dos",
        "source": "ours",
        "confidence": "H",
        "periods": [{"effective_from": "2025-01-01", "values": {"threshold": "30.00", "review": "3000.00"}}],
    }
    project(engine, [adopt.adoption(pack, "2026-02-05T14:00:00Z", "default", adopt.OWN)], start=2)
    assert thresholds(engine)[2025, "PT_SLP"] == (3235, "kx_required")
    with engine.connect() as connection:
        told = connection.scalars(select(READ_TABLES["threshold"].c.explanation)).all()
    assert all("kx@house" in str(explanation) for explanation in told)


def test_a_threshold_item_is_assigned_and_resolved(new_engine):
    engine, items = new_engine(), READ_TABLES["work_item"]
    used = {
        "patient_id": "P1",
        "bucket": "PT_SLP",
        "year": 2026,
        "used_amount": "2470.00",
        "as_of": "2026-03-01",
        "source": "portal",
    }
    billed = {
        "number": 1,
        "procedure": "97530",
        "modifiers": ["GP"],
        "units": 2,
        "charge": "150.00",
        "dos": "2026-03-02",
    }
    claim = {"claim_id": "A1", "patient_id": "P1", "payer_id": "MEDICARE", "total_charge": "150.00", "lines": [billed]}
    acts = [("assigned", {"assignee": "lee"}), ("resolved", {"resolution": "done"})]
    project(
        engine,
        [
            event(1, "therapy.balance_observed.v1", "2026-03-01T15:00:00Z", used) | {"subject": "P1"},
            event(2, "claim.submitted.v1", "2026-03-03T15:00:00Z", claim),
        ],
    )
    found = []
    for number, (kind, said) in enumerate(acts, 3):
        about = {"claim_id": "A1", "worklist": "threshold", "item": "2026 PT_SLP", "by": "kim"}
        project(engine, [event(number, f"work.{kind}.v1", f"2026-03-0{number + 1}T15:00:00Z", about | said)])
        with engine.connect() as connection:
            open_items = select(items.c.assignee).where(items.c.kind == "threshold", items.c.done.is_(None))
            found.append(connection.scalars(open_items).all())
    assert found == [["lee"], []]
