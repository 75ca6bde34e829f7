"""What a claim's whole story leaves: its status, who owes what, and which refusals are still to be worked."""

import itertools
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from events.envelope import Envelope
from events.registry import understand
from projections.claims.fold import fold_claim
from projections.deadlines import deadlines
from projections.history import LoggedEvent
from projections.rows.claims import patient_since
from projections.terms.terms_in_force import Reference
from projections.work.claim_items import work_items
from services.store.shipped_rule_packs import shipped_rulebook

REFERENCE = Reference(rules=shipped_rulebook(), zone=ZoneInfo("UTC"))
NUMBERS = itertools.count(1)


def event(kind, on, **data):
    told = understand(
        Envelope(
            specversion="1.0",
            id=str(next(NUMBERS)),
            source="t",
            type=f"{kind}.v1",
            subject="A1",
            time=f"{on}T10:00:00Z",
            data={"claim_id": "A1", **data},
        )
    )
    at = told.envelope.time
    return LoggedEvent(
        source="t", id=told.envelope.id, type=told.type, subject="A1", time=at, recorded_at=at, data=told.data
    )


def line(number=1, charge="100.00", **more):
    return {
        "number": number,
        "procedure": "97530",
        "modifiers": ["GP"],
        "units": 1,
        "charge": charge,
        "dos": "2026-01-15",
        **more,
    }


def sent(on="2026-01-16", lines=None, **data):
    lines = lines or [line()]
    return event(
        "claim.submitted",
        on,
        **{
            "patient_id": "P1",
            "payer_id": "ACME",
            "lines": lines,
            "total_charge": str(sum(Decimal(one["charge"]) for one in lines)),
            **data,
        },
    )


def answered(number, paid, *adjustments, charge="100.00", remarks=()):
    told = [dict(zip(("group", "reason", "amount"), text.split(), strict=True)) for text in adjustments]
    return line(number, charge, paid=paid, adjustments=told, remark_codes=remarks)


def remit(on, *lines, kind="payment.posted", status="1", **data):
    paid = str(sum(Decimal(one["paid"]) for one in lines))
    return event(
        kind,
        on,
        **{
            "payer_id": "ACME",
            "status_code": status,
            "paid": paid,
            "lines": lines,
            "charge": str(sum(Decimal(one["charge"]) for one in lines)),
            "remit": {"trace_number": f"T{on}", "payment_date": on, "total_paid": paid},
            **data,
        },
    )


DENIED = answered(1, "0.00", "CO 50 100.00")
PAID = answered(1, "32.00", "CO 45 60.00", "PR 2 8.00")
APPEAL = {"level": 1, "filed_on": "2026-02-20"}


def fold(*history):
    state = fold_claim("default", "A1", history, REFERENCE)
    assert state == fold_claim("default", "A1", reversed(history), REFERENCE)
    return state


def worked(state, kind):
    found = deadlines(state, REFERENCE)
    return [item for item in work_items(state, found, REFERENCE) if item.kind == kind]


def owed(state):
    return str(state.payer_balance), str(state.patient_balance)


def test_an_appeal_answered_by_a_payment_is_over_though_nobody_said_so():
    story = sent(), remit("2026-02-02", DENIED), event("appeal.filed", "2026-02-20", **APPEAL)
    assert fold(*story).status == "in_appeal"
    assert fold(*story, remit("2026-04-02", PAID)).status == "patient_due"


def test_what_was_never_decided_is_not_in_appeal():
    refused = event("claim.rejected", "2026-01-20", stage="payer", codes=[{"list": "277", "category": "A7"}])
    assert fold(sent(), refused, event("appeal.filed", "2026-02-20", **APPEAL)).status == "rejected"


@pytest.mark.parametrize("act", ["patient.paid", "claim.written_off"])
def test_a_denial_somebody_paid_or_gave_up_is_no_work(act):
    state = fold(
        sent(), remit("2026-02-02", answered(1, "0.00", "PR 204 100.00")), event(act, "2026-02-10", amount="100.00")
    )
    assert state.status == ("closed" if act == "patient.paid" else "written_off")
    assert not worked(state, "denial")


def test_a_line_without_a_charge_does_not_make_a_denial_partial():
    reporting = line(2, "0.00", paid="0.00", adjustments=[], remark_codes=["N620"])
    assert fold(sent(lines=[line(), line(2, "0.00")]), remit("2026-02-02", DENIED, reporting)).status == "denied"


@pytest.mark.parametrize(
    ("paid", "kind", "name"), [(DENIED, "payment.posted", "denial"), (PAID, "claim.denied", "payment")]
)
def test_an_answer_is_what_it_says_not_what_a_publisher_called_it(paid, kind, name):
    assert fold(sent(), remit("2026-02-02", paid, kind=kind)).accounts[0].entries[0].kind == name


def test_a_refusal_of_the_whole_claim_without_lines_is_a_denial():
    refusal = [{"group": "CO", "reason": "16", "amount": "100.00"}]
    state = fold(sent(), remit("2026-02-02", charge="100.00", paid="0.00", adjustments=refusal, remark_codes=["N290"]))
    assert state.status == "denied"
    assert [item.category for item in worked(state, "denial")] == ["enrollment"]


def test_what_a_denying_code_takes_off_a_paid_line_is_worked_and_can_be_appealed():
    state = fold(sent(), remit("2026-02-02", answered(1, "20.00", "CO 45 55.00", "PR 2 5.00", "CO 197 20.00")))
    assert [(item.category, str(item.amount_at_risk)) for item in worked(state, "denial")] == [
        ("authorization", "20.00")
    ]
    assert [d.started_at for d in deadlines(state, REFERENCE) if d.kind == "appeal_1"] == [date(2026, 2, 2)]


def test_contract_law_and_the_patients_share_cut_nothing():
    line = answered(1, "19.00", "CO 45 55.00", "PR 2 5.00", "CO 253 1.00", "PR 204 20.00")
    assert not worked(fold(sent(), remit("2026-02-02", line)), "denial")


def test_a_share_that_the_patient_may_not_be_asked_for_is_the_next_payers():
    state = fold(sent(), remit("2026-02-02", answered(1, "0.00", "CO 45 65.00", "OA 209 35.00")))
    assert (state.status, owed(state)) == ("partially_denied", ("35.00", "0.00"))
    assert [("never the patient" in item.next_action, item.lost_on) for item in worked(state, "denial")] == [
        (True, None)
    ]


def test_what_the_second_payer_refuses_stays_open():
    second = answered(1, "3.00", "OA 23 92.00", "CO 197 5.00")
    state = fold(
        sent(),
        remit("2026-02-02", PAID),
        sent("2026-02-05", payer_id="SECOND", payer_sequence="S"),
        remit("2026-03-02", second, payer_id="SECOND", status="2"),
    )
    assert owed(state) == ("0.00", "5.00")


def test_a_refund_is_the_payers_unless_the_patient_paid_in():
    paid = sent(), remit("2026-02-02", PAID)
    assert owed(fold(*paid, event("refund.sent", "2026-02-10", amount="32.00"))) == ("32.00", "8.00")
    state = fold(
        *paid, event("patient.paid", "2026-02-10", amount="20.00"), event("refund.sent", "2026-02-20", amount="12.00")
    )
    assert owed(state) == ("0.00", "0.00")
    assert [(d.payer_id, d.state) for d in deadlines(state, REFERENCE) if d.kind == "refund"] == [("", "met")]


def test_a_copy_refused_as_duplicate_is_set_aside_whatever_it_was_called():
    copy = remit("2026-02-20", answered(1, "0.00", "CO 18 100.00"), payer_claim_number="ICN2")
    state = fold(sent(), remit("2026-02-02", PAID, payer_claim_number="ICN1"), sent("2026-02-10"), copy)
    assert not worked(state, "denial")


def test_an_accepted_claim_that_proves_unprocessable_is_no_conflict():
    taken = event("claim.acknowledged", "2026-01-18", stage="payer", category="A2")
    state = fold(sent(), taken, remit("2026-02-02", answered(1, "0.00", "CO 16 100.00", remarks=["MA130"])))
    assert (state.status, state.flags) == ("rejected", ())


@pytest.mark.parametrize(
    ("charge", "paid", "adjustments"),
    [
        ("-100.00", "-32.00", ("CO 45 -60.00", "PR 2 -8.00")),
        ("-100.00", "-32.00", ("CO 45 60.00", "PR 2 8.00")),
        ("100.00", "32.00", ("CO 45 60.00", "PR 2 8.00")),
        ("100.00", "-32.00", ("CO 45 -60.00", "PR 2 -8.00")),
        ("-100.00", "-32.00", ("CR 45 -60.00", "CR 2 -8.00")),
    ],
)
@pytest.mark.parametrize("whole", [False, True])
def test_a_reversal_takes_back_whatever_its_signs_and_groups(charge, paid, adjustments, whole):
    line = answered(1, paid, *adjustments, charge=charge)
    told = {"charge": charge, "paid": paid, "adjustments": line["adjustments"], "lines": ()} if whole else {}
    back = remit("2026-02-20", line, kind="payment.reversed", status="22", **told)
    state = fold(sent(), remit("2026-02-02", PAID), back)
    assert (*owed(state), state.paid, state.patient_responsibility) == ("100.00", "0.00", 0, 0)
    assert state.flags == ()


def test_a_payment_taken_back_is_no_payment_on_the_void():
    void, back = (
        sent("2026-02-10", frequency="8"),
        answered(1, "-32.00", "CO 45 -60.00", "PR 2 -8.00", charge="-100.00"),
    )
    story = sent(), void, remit("2026-02-20", PAID)
    assert "payment_on_void" in fold(*story).flags
    state = fold(*story, remit("2026-03-01", back, kind="payment.reversed", status="22"))
    assert (state.status, state.flags) == ("voided", ())


def test_a_reversal_that_balances_in_no_way_takes_the_payment_back_by_its_effect():
    back = remit(
        "2026-02-20", answered(1, "-30.00", "CO 45 -60.00", charge="-100.00"), kind="payment.reversed", status="22"
    )
    state = fold(sent(), remit("2026-02-02", PAID), back)
    assert (state.paid, state.payer_balance, state.patient_balance, state.status) == (2, 98, 0, "in_flight")
    assert "unbalanced" in state.flags


def test_a_number_used_for_another_visit_is_suspect_but_not_a_rejected_claim_with_its_date_put_right():
    other = sent("2026-02-16", [line(dos="2026-02-15")])
    assert fold(sent(), other).flags == ("duplicate_suspect",)
    refused = event("claim.rejected", "2026-01-20", attempt=1, stage="payer", codes=[{"list": "277", "category": "A7"}])
    assert fold(sent(), refused, other).flags == ()


def test_lines_are_found_without_modifiers_and_under_other_codes():
    billed = [line(1), {**line(2, "60.00"), "procedure": "97110"}, {**line(3, "58.00"), "procedure": "97140"}]
    bare = [{key: one[key] for key in ("procedure", "units", "charge", "dos")} for one in reversed(billed)]
    recoded = [{**one, "paid": "1.00"} for one in bare]
    recoded[1] |= {"procedure": "97150", "submitted_procedure": "97110"}
    state = fold(sent(lines=billed), remit("2026-02-02", *recoded))
    assert [answer.line for answer in state.accounts[0].entries[0].lines] == [3, 2, 1]


def test_the_day_the_patient_came_to_owe_is_kept_beside_the_days_of_the_claim():
    state = fold(sent(), remit("2026-02-02", PAID))
    assert (state.dos, patient_since(state)) == (date(2026, 1, 15), date(2026, 2, 2))
