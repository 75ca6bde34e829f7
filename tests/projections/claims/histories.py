"""A claim's events in few words, and the claim folded from them."""

import itertools
from decimal import Decimal
from zoneinfo import ZoneInfo

from events.envelope import Envelope
from events.registry import understand
from projections.claims.fold import fold_claim
from projections.history import LoggedEvent
from projections.terms.terms_in_force import Reference
from services.store.shipped_rule_packs import shipped_rulebook

REFERENCE = Reference(rules=shipped_rulebook(), zone=ZoneInfo("UTC"))
NUMBERS = itertools.count(1)


def event(kind, time, **data):
    told = understand(
        Envelope(
            specversion="1.0",
            id=str(next(NUMBERS)),
            source="t",
            type=kind,
            subject="A1",
            time=time,
            data={"claim_id": "A1", **data},
        )
    )
    at = told.envelope.time
    return LoggedEvent(
        source="t", id=told.envelope.id, type=told.type, subject="A1", time=at, recorded_at=at, data=told.data
    )


def line(number=1, code="97530", charge="150.00", **more):
    return {
        "number": number,
        "procedure": code,
        "modifiers": ["GP"],
        "units": 2,
        "charge": charge,
        "dos": "2026-03-02",
        **more,
    }


def sent(time="2026-03-03T10:00:00Z", lines=None, **data):
    lines = lines or [line()]
    total = str(sum(Decimal(one["charge"]) for one in lines))
    return event(
        "claim.submitted.v1",
        time,
        **{"patient_id": "P1", "payer_id": "ACME", "total_charge": total, "lines": lines, **data},
    )


def answer(paid, adjustments, kind="payment.posted.v1", on="2026-03-20", ordinal=1, status="1", lines=None, **data):
    """One CLP with one line, unless lines are given."""
    told = [{"group": g, "reason": r, "amount": a} for g, r, a in adjustments]
    charge = str(Decimal(paid) + sum(Decimal(a) for _, _, a in adjustments))
    lines = lines or [line(charge=charge, paid=paid, adjustments=told)]
    total = str(sum(Decimal(one["charge"]) for one in lines))
    paid = str(sum(Decimal(one["paid"]) for one in lines))
    return event(
        kind,
        f"{on}T12:00:00Z",
        **{
            "payer_id": "ACME",
            "status_code": status,
            "charge": total,
            "paid": paid,
            "lines": lines,
            "ordinal": ordinal,
            "remit": {"trace_number": f"T{on}", "payment_date": on, "total_paid": "1.00"},
            **data,
        },
    )


SHORT = [("CO", "45", "100.00"), ("PR", "2", "10.00")]
FULL = [("CO", "45", "85.00"), ("PR", "2", "15.00")]
SHORT_BACK = [("CO", "45", "-100.00"), ("PR", "2", "-10.00")]


def fold(*history):
    """Every order of few events, some orders of many, must agree."""
    states = [
        fold_claim("default", "A1", told, REFERENCE) for told in itertools.islice(itertools.permutations(history), 24)
    ]
    assert all(state == states[0] for state in states)
    return states[0]


def money(state):
    return tuple(
        str(amount)
        for amount in (
            state.charge,
            state.allowed,
            state.paid,
            state.patient_responsibility,
            state.payer_balance,
            state.patient_balance,
        )
    )


REJECTED = {"stage": "payer", "codes": [{"list": "277", "category": "A7"}]}
