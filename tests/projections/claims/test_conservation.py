"""Conservation: what was charged is paid, written down, the patient's or open, whatever payers send and in any order.

Random histories of one to three payers: payments, denials, corrections, reversals exact and inexact, of lines and of the
whole, unsigned, without adjustments, of payments never seen, twice; provider adjustments; patients' payments, refunds
and write-offs. All of it shuffled and doubled.
"""

import random
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from events.values import ZERO
from projections.claims.fold import fold_claim
from projections.claims.money import received
from projections.deadlines import deadlines
from projections.rows.claims import line_rows
from projections.work.claim_items import work_items
from tests.projections.claims.test_lifecycle import REFERENCE, answered, event, fold, line, remit, sent
from tests.properties import property_run

CHARGES = {1: Decimal("60.00"), 2: Decimal("80.00"), 3: Decimal("100.00")}
PAYERS = ("ACME", "SECOND", "THIRD")
SEQUENCE = {"ACME": ("P", "1"), "SECOND": ("S", "2"), "THIRD": ("T", "3")}
CENTS = st.integers(0, 6000).map(lambda cents: Decimal(cents).scaleb(-2))


@st.composite
def line_answer(draw, number):
    """One line that balances: paid, contractual, the patient's, or denied."""
    charge = CHARGES[number]
    if draw(st.integers(0, 4)) == 0:
        return answered(number, "0.00", f"CO 50 {charge}", charge=str(charge))
    paid = min(draw(CENTS), charge)
    patient = min(draw(CENTS), charge - paid)
    told = [f"PR 2 {patient}"] if patient else []
    left = charge - paid - patient
    told += [f"CO 45 {left}"] if left else []
    return answered(number, str(paid), *told, charge=str(charge))


@st.composite
def answer(draw, numbers, payer, day):
    lines = [draw(line_answer(number)) for number in numbers]
    sequence, status = SEQUENCE[payer]
    return remit(
        f"2026-{day}", *lines, payer_id=payer, payer_sequence=sequence, status=status, payer_claim_number=f"I{payer}"
    )


@st.composite
def reversal(draw, paid, day):
    """What takes an answer back: whole, some lines, some cents off, without lines or adjustments."""
    data = paid.data
    lines = list(data.lines)
    shape = draw(st.sampled_from(["exact", "exact", "some lines", "no lines", "no adjustments", "cents"]))
    if shape == "some lines":
        lines = lines[: draw(st.integers(1, len(lines)))]
    back = []
    for one in lines:
        off = draw(st.sampled_from([ZERO, Decimal("0.37"), Decimal("-0.37")])) if shape == "cents" else ZERO
        told = [f"{a.group} {a.reason} {-a.amount}" for a in one.adjustments] if shape != "no adjustments" else []
        back.append(answered(one.number, str(-one.paid - off), *told, charge=str(-one.charge)))
    status = draw(st.sampled_from(["22", "22", data.status_code]))
    more = {
        "payer_id": data.payer_id,
        "payer_sequence": data.payer_sequence,
        "payer_claim_number": data.payer_claim_number,
        "status": status,
    }
    if shape == "no lines":
        return remit(
            f"2026-{day}",
            kind="payment.reversed",
            charge=str(-data.charge),
            paid=str(-data.paid),
            **{**more, "status": "22"},
        )
    kind = "payment.reversed" if status == "22" else "payment.posted"
    return remit(f"2026-{day}", *back, kind=kind, **more)


@st.composite
def histories(draw):
    numbers = draw(st.sampled_from([(1,), (1, 2), (1, 2, 3)]))
    billed = [line(number, str(CHARGES[number])) for number in numbers]
    payers = PAYERS[: draw(st.integers(1, 3))]
    told = [
        sent(
            "2026-01-16",
            billed,
            payer_sequence="P",
            other_payers=[{"payer_id": payer, "sequence": SEQUENCE[payer][0]} for payer in payers[1:]],
        )
    ]
    day = 1
    for payer in payers:
        for _ in range(draw(st.integers(0, 2))):
            day += 1
            paid = draw(answer(numbers, payer, f"02-{day:02}"))
            for _ in range(draw(st.integers(0, 2))):
                day += 1
                told.append(draw(reversal(paid, f"02-{day:02}")))
            if draw(st.integers(0, 3)):  # else the reversal is of a payment that never came
                told.append(paid)
    kinds = draw(st.lists(st.sampled_from(["patient.paid", "refund.sent", "claim.written_off"]), max_size=2))
    return told + [event(kind, "2026-03-20", amount=str(draw(CENTS))) for kind in kinds]


@property_run(80)
@given(told=histories(), seed=st.integers())
def test_any_order_and_any_repetition_give_the_same_claim(told, seed):
    again = told + random.Random(seed).sample(told, len(told) // 2)
    random.Random(seed).shuffle(again)
    unique = list({one.name: one for one in again}.values())  # the log keeps each event once
    assert fold(*unique) == fold(*told)


@property_run(120)
@given(told=histories())
def test_every_dollar_of_the_charge_has_its_place(told):
    state = fold(*told)
    acts = [one.data for one in state.acts]
    entries = [e for account in state.accounts for e in account.entries if e.kind in ("payment", "denial", "reversal")]
    paid = sum((received(e) for e in entries), ZERO)
    # What is open was charged and is not paid; refunds open again what they return.
    returned = sum((a.amount for a in acts if type(a).__name__ == "RefundSent"), ZERO)
    assert state.balance <= state.charge + returned
    assert paid >= ZERO  # what takes back a payment never seen is kept apart
    assert state.paid == paid + state.unpaired
    assert state.unpaired <= ZERO


@property_run(120)
@given(told=histories())
def test_paid_and_closed_claims_have_nothing_open_at_a_payer(told):
    state = fold(*told)
    if state.status in ("paid", "closed", "patient_due"):
        assert state.payer_balance <= ZERO
    if state.status in ("paid", "closed"):
        assert state.patient_balance <= ZERO


@property_run(120)
@given(told=histories())
def test_open_money_of_a_payer_has_an_item_or_a_running_clock(told):
    state = fold(*told)
    found = deadlines(state, REFERENCE)
    items = work_items(state, found, REFERENCE)
    if state.payer_balance > ZERO and state.status not in ("voided", "written_off"):
        assert items or any(d.runs and d.due is not None for d in found), state.status
    if state.unpaired:
        assert any(item.category == "reversal_pending" for item in items)


@property_run(120)
@given(told=histories())
def test_no_line_uses_a_threshold_below_zero(told):
    state = fold(*told)
    for row in line_rows(state, REFERENCE):
        first = [Decimal(a["allowed"]) for a in row["facts"]["answers"] if a["sequence"] == "P"]
        assert sum(first, ZERO) >= ZERO
    assert all(one.allowed >= ZERO for one in state.lines)


@property_run(120)
@given(told=histories())
def test_the_lines_allowed_are_the_claim_s(told):
    """Each payer states the same dollars again: of lines as of the claim the first one's word counts."""
    state = fold(*told)
    first = next((account.entries for account in state.accounts if account.entries), ())
    if all(entry.lines for entry in first) and "reversal_pending" not in state.flags:
        assert sum((one.allowed for one in state.lines), ZERO) == state.allowed


def test_a_second_payer_s_answer_does_not_add_to_what_the_first_allowed():
    first = remit("2026-02-01", answered(1, "32.00", "CO 45 60.00", "PR 2 8.00"))
    other = remit(
        "2026-03-01", answered(1, "5.00", "OA 23 92.00", "PR 3 3.00"), payer_id="SECOND", payer_sequence="S", status="2"
    )
    state = fold(sent(), first, other)
    assert (state.allowed, state.lines[0].allowed, state.lines[0].paid) == (
        Decimal("40.00"),
        Decimal("40.00"),
        Decimal("37.00"),
    )


def test_an_event_twice_is_once():
    told = [sent(), remit("2026-02-01", answered(1, "32.00", "CO 45 60.00", "PR 2 8.00"))]
    later = [replace(one, recorded_at=one.recorded_at) for one in told]
    assert fold_claim("default", "A1", later, REFERENCE) == fold(*told)
