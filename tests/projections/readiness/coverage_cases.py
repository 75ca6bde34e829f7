"""Visits, claim lines, authorizations and eligibility answers in few words, and the items of coverage they make."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from types import SimpleNamespace

from events.adjustment import Adjustment
from events.coverage import AuthorizationRecorded, EligibilityChecked
from events.terms import PolicyPublished
from projections.readiness.coverage import fold_coverage
from projections.readiness.coverage_use import CoverageRows
from projections.readiness.rows import KnownVisit
from projections.tables.line_facts import LineAnswer, LineFacts
from projections.tables.readiness_facts import PlannedClaim, PlannedClaimLine, VisitSummary
from projections.tables.vocabulary import EntryKind, VisitState
from projections.tables.work_acts import read_acts
from tests.projections.claim_states import reference

START = date(2026, 3, 2)
serial = count(1)


def visit(day=0, *, payer="ACME", discipline="PT", state="unbilled", claim=None, plan=None, worth=9000, **summary):
    return KnownVisit(
        visit_id=f"V{day}{discipline}",
        patient_id="P1",
        therapist_id=None,
        payer_id=payer,
        discipline=discipline,
        dos=START + timedelta(day),
        state=VisitState(state),
        claim_id=claim,
        expected_allowed=worth,
        plan=planned(plan or {}),
        summary=VisitSummary(**({"leads": True, "program": None} | summary)),
    )


def planned(units):
    lines = tuple(
        PlannedClaimLine(
            procedure=code,
            units=count,
            modifiers=(),
            minutes=None,
            explanation="",
            expected_allowed=None,
            unpriced=None,
        )
        for code, count in units.items()
    )
    return PlannedClaim(
        visits=(),
        payer_id="ACME",
        method="",
        tie=False,
        units_explanation="",
        total_timed_minutes=0,
        total_units=sum(units.values()),
        lines=lines,
        expected_allowed=None,
        rules=(),
    )


FACTS = LineFacts(
    plan=None,
    place_of_service=None,
    rendering_npi=None,
    sent_at=None,
    claim_status="denied",
    flags=(),
    disputes=(),
    work=(),
    claim_answer=None,
    answers=(),
)


def answer(codes):
    return LineAnswer(
        payer_id="ACME",
        sequence="P",
        kind=EntryKind.DENIAL,
        undone=False,
        remit=None,
        notice_date=START,
        received_at=datetime(2026, 3, 20, tzinfo=UTC),
        ordinal=1,
        procedure="97110",
        submitted_procedure=None,
        modifiers=(),
        units=None,
        charge=Decimal(100),
        paid=Decimal(0),
        allowed=Decimal(0),
        allowed_stated=None,
        adjustments=tuple(Adjustment(group="CO", reason=code, amount=Decimal(100)) for code in codes),
        remark_codes=(),
        denied=True,
    )


def line(
    day=0,
    *,
    claim="C1",
    payer="ACME",
    modifiers="GP",
    status="open",
    codes=(),
    billed=("97110", "2"),
    work=(),
    known=None,
):
    answers = (answer(codes),) if codes else ()
    payers = (known,) if known else ()
    return SimpleNamespace(
        claim_id=claim,
        number=1,
        payer_id=payer,
        dos=START + timedelta(day),
        modifiers=modifiers,
        status=status,
        procedure=billed[0],
        units=billed[1],
        charge=10000,
        facts=json.dumps(replace(FACTS, answers=answers, work=read_acts(work), payers=payers).to_json()),
    )


def event(data, at="2026-03-01T00:00:00+00:00"):
    number, at = next(serial), datetime.fromisoformat(at)
    return SimpleNamespace(data=data, time=at, name=("test", str(number)))


def authorization(number="A1", visits=10, first="2026-03-01", last="2026-06-30", **more):
    return event(
        AuthorizationRecorded.model_validate(
            {"number": number, "payer_id": "ACME", "patient_id": "P1", "from": first, "to": last, "visits": visits}
            | more
        )
    )


def checked(on, *, active=True, **more):
    return event(
        EligibilityChecked.model_validate({"patient_id": "P1", "payer_id": "ACME", "on": on, "active": active} | more)
    )


def items(visits=(), lines=(), told=(), **terms):
    """Without the item of coverage that was never checked."""
    found = every_item(visits, lines, told, **terms)
    return {name: item for name, item in found.items() if not name.endswith("never checked")}


def every_item(visits=(), lines=(), told=(), **terms):
    policies = [PolicyPublished.model_validate({"payer_id": "ACME", **terms})] if terms else []
    found = fold_coverage("P1", CoverageRows(list(visits), list(lines), list(told)), reference(*policies))
    return {item.item: item for item in found}
