"""Small builders of claim states for tests: a claim, its attempts, what payers answered, what people did."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from zoneinfo import ZoneInfo

from events.adjustment import Adjustment
from events.claim import RejectionCode
from events.values import ZERO
from projections.claims.state import (
    Account,
    Ack,
    Attempt,
    ClaimState,
    Entry,
    EntryLine,
    Line,
    PersonAct,
    Rejection,
)
from projections.terms.terms_in_force import Reference
from services.store.shipped_rule_packs import shipped_rulebook

NEW_YORK = ZoneInfo("America/New_York")
RULES = shipped_rulebook()
_serial = count(1)


def reference(*policies, zone=NEW_YORK):
    return Reference(rules=RULES, zone=zone, policies=tuple(policies))


def at(text):
    """An instant: a date means nine in the morning in New York."""
    if len(text) == 10:
        text += "T09:00"
    instant = datetime.fromisoformat(text)
    return (instant if instant.tzinfo else instant.replace(tzinfo=NEW_YORK)).astimezone(UTC)


def name(what="event"):
    return ("test", f"{what}-{next(_serial)}")


def line(number=1, dos="2026-01-15", charge="100.00", procedure="97530", modifiers=("GP",)):
    return Line(
        number=number,
        procedure=procedure,
        modifiers=modifiers,
        units=Decimal(2),
        charge=Decimal(charge),
        dos=date.fromisoformat(dos),
    )


def ack(stage="payer", category="A2", on="2026-01-17", effective=None, number="ICN1"):
    effective = date.fromisoformat(effective) if effective else None
    return Ack(
        stage=stage,
        category=category,
        received_at=at(on),
        effective_on=effective,
        payer_claim_number=number,
        event=name("ack"),
        bound_by="attempt",
    )


def rejection(on="2026-01-17", stage="payer", occurred=None, codes=None, from_remittance=False, message=None):
    occurred = date.fromisoformat(occurred) if occurred else None
    codes = codes or (RejectionCode(list="277", category="A7", status="562"),)
    remarks = ("MA130",) if from_remittance else ()
    return Rejection(
        stage=stage,
        received_at=at(on),
        occurred_on=occurred,
        codes=codes,
        message=message,
        remark_codes=remarks,
        from_remittance=from_remittance,
        event=name("rejection"),
        bound_by="attempt",
    )


def attempt(number=1, sent="2026-01-16", lines=None, acks=(), rejections=(), frequency="1"):
    lines = (line(),) if lines is None else tuple(lines)
    total = sum((one.charge for one in lines), ZERO)
    return Attempt(
        number=number,
        sent_at=at(sent),
        frequency=frequency,
        original_reference=None,
        total_charge=total,
        lines=lines,
        submission=None,
        acks=tuple(acks),
        rejections=tuple(rejections),
        event=name("sent"),
    )


def cas(group, reason, amount):
    return Adjustment(group=group, reason=reason, amount=Decimal(amount))


def entry_line(number=1, charge="100.00", paid="0.00", adjustments=(), remarks=(), denied=False, dos="2026-01-15"):
    paid = Decimal(paid)
    return EntryLine(
        line=number,
        matched_by="line number",
        procedure="97530",
        submitted_procedure=None,
        modifiers=("GP",),
        units=Decimal(2),
        charge=Decimal(charge),
        paid=paid,
        allowed=paid,
        allowed_stated=None,
        adjustments=tuple(adjustments),
        remark_codes=tuple(remarks),
        dos=date.fromisoformat(dos),
        denied=denied,
    )


def entry(
    notice="2026-03-02", kind="payment", lines=(), received=None, remit=None, number="ICN1", undone=False, **more
):
    lines = tuple(lines)
    given = {
        "kind": kind,
        "remit": remit or f"R{next(_serial)}",
        "trace_number": "T1",
        "ordinal": 1,
        "payer_sequence": "P",
        "notice_date": date.fromisoformat(notice),
        "received_at": at(received or notice),
        "status_code": "1",
        "payer_claim_number": number,
        "charge": sum((one.charge for one in lines), ZERO) or Decimal("100.00"),
        "paid": sum((one.paid for one in lines), ZERO),
        "allowed": ZERO,
        "patient_responsibility": ZERO,
        "adjustments": (),
        "remark_codes": (),
        "lines": lines,
        "event": name("entry"),
        "undone": undone,
    }
    return Entry(**(given | more))


def denied(reason="50", group="CO", notice="2026-03-02", remarks=(), amount="100.00", number=1, **more):
    """A notice that denies one line in full."""
    denying = entry_line(number, amount, adjustments=[cas(group, reason, amount)], remarks=remarks, denied=True)
    return entry(notice, "denial", [denying], **more)


def account(*attempts, payer="MEDICARE", entries=(), sequence="P", plan=None):
    program = "original_medicare" if payer == "MEDICARE" else None
    return Account(
        payer_id=payer,
        stated_payer_id=payer,
        sequence=sequence,
        plan=plan,
        program=program,
        attempts=tuple(attempts),
        entries=tuple(entries),
    )


def act(kind, data, on):
    return PersonAct(type=kind, time=at(on), data=data, event=name("act"))


def claim(*accounts, status="in_flight", acts=(), **more):
    lines = [one for a in accounts for t in a.attempts for one in t.lines]
    days = sorted(one.dos for one in lines)
    charge = next((t.total_charge for a in accounts for t in a.attempts), ZERO)
    state = ClaimState(
        practice="default",
        claim_id="C1",
        patient_id="P1",
        billing_npi=None,
        rendering_npi=None,
        place_of_service="11",
        visit_ids=(),
        diagnoses=(),
        status=status,
        flags=(),
        dos=days[0] if days else None,
        last_dos=days[-1] if days else None,
        charge=charge,
        allowed=ZERO,
        paid=ZERO,
        patient_responsibility=ZERO,
        payer_balance=charge,
        patient_balance=ZERO,
        written_off=ZERO,
        accounts=accounts,
        lines=(),
        acts=tuple(acts),
    )
    return replace(state, **more)


def pick(found, kind, **fields):
    """The deadlines of a kind, narrowed by fields; the only one when there is one."""
    chosen = [d for d in found if d.kind == kind and all(getattr(d, k) == v for k, v in fields.items())]
    return chosen[0] if len(chosen) == 1 else chosen
