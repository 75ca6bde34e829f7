"""Steps of a history at the practice: visits, balances, appeals, worklists, patients' money, second thoughts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.demo.cloud_events import dollars
from tests.histories.history_teller import Case, Teller

_LISTS = ("rejection", "denial", "filing", "missing_ack", "underpayment")
_PEOPLE = ("d.osei", "n.abara")


def visit(teller: Teller, case: Case) -> None:
    teller.tell("visit.documented.v1", case.visit_id, _visit(teller, case))


def amended_visit(teller: Teller, case: Case) -> None:
    """The visit once more, superseding the first report if there was one."""
    first = next(
        (e for e in teller.events if e["type"] == "visit.documented.v1" and e["subject"] == case.visit_id), None
    )
    more = {"supersedessource": first["source"], "supersedesid": first["id"]} if first else {}
    teller.tell("visit.documented.v1", case.visit_id, _visit(teller, case), **more)


def _visit(teller: Teller, case: Case) -> dict[str, Any]:
    timed = [line for line in case.lines if line["procedure"] not in {"92507", "97161"}]
    minutes = [15 * line["units"] + teller.random.randint(-4, 7) for line in timed]
    data: dict[str, Any] = {
        "visit_id": case.visit_id,
        "patient_id": case.patient_id,
        "discipline": case.discipline,
        "dos": case.dos.isoformat(),
        "payer_id": case.payer_id,
        "therapist_id": "9999998021",
        "timed": [{"procedure": line["procedure"], "minutes": minutes[at]} for at, line in enumerate(timed)],
        "untimed": [{"procedure": line["procedure"]} for line in case.lines if line not in timed],
        "total_minutes": sum(minutes) + 5,
        "diagnoses": ["M62.81"],
    }
    if teller.chance(0.8):
        data["ended_at"] = data["note_signed_at"] = f"{teller.now:%Y-%m-%dT%H:%M:%SZ}"
    return data


def balance(teller: Teller, case: Case) -> None:
    """What Medicare says was used, as of some day that need not be later than the last one reported."""
    bucket = "OT" if case.discipline == "OT" else "PT_SLP"
    as_of = (teller.now - timedelta(days=teller.random.randint(0, 20))).date()
    teller.tell(
        "therapy.balance_observed.v1",
        case.patient_id,
        {
            "patient_id": case.patient_id,
            "bucket": bucket,
            "year": case.dos.year,
            "as_of": as_of.isoformat(),
            "used_amount": dollars(teller.random.choice((0, 190_000, 219_900, 247_000, 248_000, 299_900))),
            "source": "portal",
        },
    )


def appeal(teller: Teller, case: Case) -> None:
    level = teller.random.choice((1, 1, 1, 2))
    filed = {"claim_id": case.claim_id, "level": level, "filed_on": teller.now.date().isoformat(), "reference": "R1"}
    teller.tell("appeal.filed.v1", case.claim_id, filed)
    if teller.chance(0.5):
        outcome = teller.random.choice(("upheld", "overturned", "partial"))
        decided_on = (teller.now + timedelta(days=40)).date().isoformat()
        teller.tell(
            "appeal.decided.v1",
            case.claim_id,
            {"claim_id": case.claim_id, "level": level, "decided_on": decided_on, "outcome": outcome},
        )


def work(teller: Teller, case: Case) -> None:
    random = teller.random
    kind, more = random.choice(
        (
            ("assigned", {"assignee": "n.abara"}),
            ("snoozed", {"until": teller.now.date().isoformat()}),
            ("noted", {"note": "called the payer"}),
            ("resolved", {"resolution": "reason_identified"}),
            ("resolved", {"resolution": "done"}),
        )
    )
    data = {"claim_id": case.claim_id, "worklist": random.choice(_LISTS), "by": random.choice(_PEOPLE)}
    teller.tell(f"work.{kind}.v1", case.claim_id, data | more)


def money(teller: Teller, case: Case) -> None:
    kind = teller.random.choice(("patient.paid.v1", "patient.paid.v1", "refund.sent.v1", "claim.written_off.v1"))
    amount = dollars(teller.random.randint(1, 90) * 50)
    teller.tell(kind, case.claim_id, {"claim_id": case.claim_id, "amount": amount, "by": "front desk"})


def dispute(teller: Teller, case: Case) -> None:
    teller.tell("dispute.opened.v1", case.claim_id, {"claim_id": case.claim_id, "lines": [1], "amount": "3.50"})
    if teller.chance(0.5):
        outcome = teller.random.choice(("recovered", "invalid", "written_off"))
        teller.tell("dispute.closed.v1", case.claim_id, {"claim_id": case.claim_id, "lines": [1], "outcome": outcome})


def records(teller: Teller, case: Case) -> None:
    due = (teller.now + timedelta(days=45)).date().isoformat()
    teller.tell("records.requested.v1", case.claim_id, {"claim_id": case.claim_id, "due_on": due, "reason": "notes"})


def withdrawal(teller: Teller, case: Case) -> None:
    """Something reported about this claim is withdrawn; sometimes the withdrawal is."""
    told = [event for event in teller.events if event["subject"] == case.claim_id]
    if told:
        target = teller.random.choice(told)
        teller.tell(
            "event.withdrawn.v1",
            case.claim_id,
            {
                "claim_id": case.claim_id,
                "source": target["source"],
                "id": target["id"],
                "by": "d.osei",
                "why": "mistaken",
            },
        )
