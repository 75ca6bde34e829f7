"""Conservation over histories in which everything comes together.

One to three payers; payments, denials, corrections and reversals as in `test_conservation`, and with them provider
adjustments (PLB) by claim number, payer's number and check; charges rolled onto another line (OA-94, CO-97); copies
refused as duplicates (CO-18); crossover; claims sent on as not the payer's own (CLP02 23); answers that do not balance;
answers typed from paper, before or after their 835 or without one; second copies of an answer under another header, also
of one that is taken back; a replacement. Shuffled and doubled.
"""

import random
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from events.values import ZERO
from projections.claims.money import received
from projections.deadlines import deadlines
from projections.rows.claims import line_rows
from projections.work.claim_items import work_items
from tests.projections.claims.test_conservation import CENTS, CHARGES, PAYERS, SEQUENCE, answer, reversal
from tests.projections.claims.test_lifecycle import REFERENCE, answered, event, fold, line, remit, sent
from tests.properties import property_run

REFERENCES = ("A1", "IACME", "ISECOND", "T2026-02-02", "SOMEBODY")


@st.composite
def adjusted_check(draw, day):
    """A check with provider adjustments: taken, given back, interest, a balance carried forward."""
    pairs = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["WO", "WO", "72", "CS", "L6", "FB"]),
                st.sampled_from(REFERENCES),
                CENTS,
                st.sampled_from([1, 1, -1]),
            ),
            min_size=1,
            max_size=3,
        )
    )
    told = [{"reason": kind, "reference": name, "amount": str(sign * amount)} for kind, name, amount, sign in pairs]
    check = {"trace_number": f"PLB{day}", "payer_identifier": "1", "payment_date": f"2026-{day}", "total_paid": "0.00"}
    return event("remittance.received", f"2026-{day}", remit=check, provider_adjustments=told)


@st.composite
def rolled_up(draw, payer, day):
    """The charge of line 1 moved onto line 2, which is paid; nothing is denied."""
    charge, other = CHARGES[1], CHARGES[2]
    paid = min(draw(CENTS), charge + other)
    sequence, status = SEQUENCE[payer]
    lines = [
        answered(1, "0.00", f"CO 97 {charge}", charge=str(charge)),
        answered(2, str(paid), f"OA 94 {-charge}", f"CO 45 {charge + other - paid}", charge=str(other)),
    ]
    return remit(
        f"2026-{day}", *lines, payer_id=payer, payer_sequence=sequence, status=status, payer_claim_number=f"R{payer}"
    )


def duplicate(numbers, payer, day):
    """A copy refused because the original was answered."""
    lines = [answered(n, "0.00", f"CO 18 {CHARGES[n]}", charge=str(CHARGES[n])) for n in numbers]
    sequence, _ = SEQUENCE[payer]
    return remit(
        f"2026-{day}",
        *lines,
        kind="claim.denied",
        status="4",
        payer_id=payer,
        payer_sequence=sequence,
        payer_claim_number=f"D{payer}",
    )


def sent_on(numbers, payer, day, **named):
    """Not this payer's claim: forwarded to another one."""
    lines = [answered(n, "0.00", f"OA 109 {CHARGES[n]}", charge=str(CHARGES[n])) for n in numbers]
    return remit(
        f"2026-{day}",
        *lines,
        status="23",
        payer_id=payer,
        payer_sequence=SEQUENCE[payer][0],
        payer_claim_number=f"F{payer}",
        **named,
    )


@st.composite
def off_balance(draw, numbers, payer, day):
    """An answer whose sums do not come out."""
    sequence, status = SEQUENCE[payer]
    lines = [
        answered(n, str(min(draw(CENTS), CHARGES[n])), f"CO 45 {draw(CENTS)}", charge=str(CHARGES[n])) for n in numbers
    ]
    paid = sum((Decimal(one["paid"]) for one in lines), ZERO)
    return remit(
        f"2026-{day}",
        *lines,
        payer_id=payer,
        payer_sequence=sequence,
        status=draw(st.sampled_from([status, "19"])) if payer == "ACME" else status,
        payer_claim_number=f"O{payer}",
        paid=str(paid + draw(st.sampled_from([ZERO, Decimal("1.00"), Decimal("-1.00")]))),
        differences=[{"where": "claim", "stated": "1.00", "computed": "0.00", "difference": "1.00"}],
    )


def once_more(told, **changed):
    """The same answer in another event."""
    data = told.data.model_dump(mode="json", exclude_none=True, exclude={"claim_id"}) | changed
    return event(told.type.removesuffix(".v1"), f"{told.time:%Y-%m-%d}", **data)


def typed(told):
    """As a person typed it from paper, who left out the payer's number."""
    return once_more(told, entered_by="kim", payer_claim_number=None)


def copied(told):
    """A second copy: every word the same, with another check number of the same date."""
    remit_of = told.data.model_dump(mode="json", exclude_none=True)["remit"]
    return once_more(told, remit=remit_of | {"trace_number": f"{remit_of['trace_number']}COPY"})


KINDS = ["answer", "reversed", "rolled", "duplicate", "off", "plb", "plb", "sent on", "paper", "copy", "copy"]


@st.composite
def happening(draw, numbers, payer, day):
    """What a payer sends on a day, and what follows from it on the next."""
    on, kind = f"02-{day:02}", draw(st.sampled_from(KINDS))
    if kind == "plb":
        return [draw(adjusted_check(on))]
    if kind == "rolled" and len(numbers) == len(CHARGES) - 1:
        return [draw(rolled_up(payer, on))]
    if kind == "duplicate":
        return [duplicate(numbers, payer, on)]
    if kind == "off":
        return [draw(off_balance(numbers, payer, on))]
    if kind == "sent on":
        gone = sent_on(numbers, payer, on, **draw(st.sampled_from([{}, {"forwarded_to": "OTHER"}])))
        lines = gone.data.model_dump(mode="json")["lines"]
        instead = remit(f"2026-02-{day + 1:02}", *lines, payer_id="OTHER")  # another payer answers in this one's place
        return [gone, instead] if draw(st.booleans()) else [gone]
    told = draw(answer(numbers, payer, on))
    if kind == "paper":
        return [typed(told), told] if draw(st.booleans()) else [typed(told)]
    more = [copied(told)] if kind == "copy" else []
    if kind == "reversed" or (kind == "copy" and draw(st.booleans())):
        more.append(draw(reversal(told, f"02-{day + 1:02}")))
    return [told, *more]


@st.composite
def mixed(draw):
    numbers = draw(st.sampled_from([(1, 2), (1, 2, 3)]))
    billed = [line(number, str(CHARGES[number])) for number in numbers]
    payers = PAYERS[: draw(st.integers(1, 3))]
    others = [{"payer_id": payer, "sequence": SEQUENCE[payer][0]} for payer in payers[1:]]
    told = [sent("2026-01-16", billed, payer_sequence="P", other_payers=others)]
    if draw(st.booleans()):
        told.append(sent("2026-02-20", billed, frequency="7", original_reference="IACME", other_payers=others))
    day = 1
    for payer in payers:
        for _ in range(draw(st.integers(0, 3))):
            told += draw(happening(numbers, payer, day := day + 2))
    return told


@property_run(60)
@given(told=mixed(), seed=st.integers())
def test_any_order_and_any_repetition_give_the_same_claim(told, seed):
    again = told + random.Random(seed).sample(told, len(told) // 2)
    random.Random(seed).shuffle(again)
    assert fold(*{one.name: one for one in again}.values()) == fold(*told)


def money(state):
    return state.paid, state.allowed, state.payer_balance, state.patient_balance, state.recouped, state.unpaired


@property_run(120)
@given(told=mixed())
def test_a_second_copy_counts_nothing_until_a_person_says_so(told):
    copies = [e for e in told if "remit" in type(e.data).model_fields and "COPY" in (e.data.remit.trace_number or "")]
    state = fold(*told)
    assert money(state) == money(fold(*(e for e in told if e not in copies)))
    assert ("second_copy" in state.flags) == bool(copies)


@property_run(120)
@given(told=mixed())
def test_an_answer_typed_from_paper_gives_way_to_its_835(told):
    electronic = [e for e in told if e.type.startswith(("payment.", "claim.denied")) and not e.data.said("entered_by")]
    numbers = {e.data.remit.trace_number for e in electronic}
    rest = [e for e in told if not (e.data.said("entered_by") and e.data.remit.trace_number in numbers)]
    assert money(fold(*told)) == money(fold(*rest))


@property_run(120)
@given(told=mixed())
def test_every_dollar_has_its_place(told):
    state = fold(*told)
    entries = [e for account in state.accounts for e in account.entries if e.kind in ("payment", "denial", "reversal")]
    paid = sum((received(e) for e in entries), ZERO)
    assert state.balance <= state.charge
    assert ZERO <= state.recouped <= max(paid, ZERO)  # nobody takes more of a claim than it was paid
    assert state.paid == paid + state.unpaired


@property_run(120)
@given(told=mixed())
def test_open_money_of_a_payer_has_an_item_or_a_running_clock(told):
    state = fold(*told)
    found = deadlines(state, REFERENCE)
    if state.status in ("paid", "closed"):
        assert state.payer_balance <= ZERO
    elif state.payer_balance > ZERO:
        assert work_items(state, found, REFERENCE) or any(d.runs and d.due is not None for d in found), state.status


@property_run(120)
@given(told=mixed())
def test_a_threshold_is_never_below_zero_nor_below_what_was_paid(told):
    state = fold(*told)
    for row in line_rows(state, REFERENCE):
        answers = [a for a in row["facts"]["answers"] if a["sequence"] == "P"]
        assert sum((Decimal(a.get("supported", a["allowed"])) for a in answers), ZERO) >= ZERO
        for one in answers:
            if "supported" in one:
                assert Decimal(one["supported"]) >= max(Decimal(one["paid"]), ZERO)


@property_run(80)
@given(told=mixed())
def test_what_does_not_balance_asks_for_no_refund(told):
    state = fold(*told)
    doubtful = [a.payer_id for a in state.accounts if any(not e.balanced for e in a.entries if e.counts)]
    refunds = [d.payer_id for d in deadlines(state, REFERENCE) if d.kind == "refund" and d.runs and d.payer_id]
    assert not set(doubtful) & set(refunds)
