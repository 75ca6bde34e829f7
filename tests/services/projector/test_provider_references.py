"""Provider adjustments (PLB) count on the one claim their reference names, in every spelling, and on no other."""

import itertools

import pytest

from events.provider_references import reference_forms
from projections.cut import NO_CUT
from services.reads.claims import claim_page
from services.reads.read_context import ReadContext
from services.reads.worklists import worklist
from tests.services.projector.conftest import NOW, dump, make_projector, new_engine, project  # noqa: F401

NUMBERS = itertools.count(1)
ICN = "2226005123450"


def event(kind, day, data):
    return {
        "specversion": "1.0",
        "id": f"e{next(NUMBERS)}",
        "source": "test",
        "type": kind,
        "subject": "S",
        "time": f"2026-{day}T15:00:00Z",
        "data": data,
    }


def remit(day):
    return {"trace_number": f"T{day}", "payer_identifier": "1", "payment_date": f"2026-{day}", "total_paid": "50.00"}


def sent(claim_id="A1"):
    line = {"number": 1, "procedure": "97530", "modifiers": ["GP"], "units": 2, "charge": "150.00", "dos": "2026-03-02"}
    return event(
        "claim.submitted.v1",
        "03-03",
        {"claim_id": claim_id, "patient_id": "P", "payer_id": "MEDICARE", "total_charge": "150.00", "lines": [line]},
    )


def paid(day, claim_id="A1", number=ICN):
    line = {
        "number": 1,
        "procedure": "97530",
        "units": 2,
        "dos": "2026-03-02",
        "charge": "150.00",
        "paid": "50.00",
        "adjustments": [{"group": "CO", "reason": "45", "amount": "100.00"}],
    }
    return event(
        "payment.posted.v1",
        day,
        {
            "claim_id": claim_id,
            "payer_id": "MEDICARE",
            "remit": remit(day),
            "status_code": "1",
            "charge": "150.00",
            "paid": "50.00",
            "payer_claim_number": number,
            "lines": [line],
        },
    )


def adjusted(day, *pairs):
    told = [{"reason": reason, "reference": reference, "amount": amount} for reason, reference, amount in pairs]
    return event("remittance.received.v1", day, {"remit": remit(day), "provider_adjustments": told})


TWICE = [sent(), paid("03-18"), paid("03-25")]


def page_of(engine, claim_id="A1"):
    context = ReadContext(
        engine=engine, references=make_projector(engine).references, practice="default", at=NOW, cut=NO_CUT
    )
    found = claim_page(context, claim_id)
    listed = [row["amount_at_risk"] for row in worklist(context, "overpayment").items if row["claim_id"] == claim_id]
    return found, listed


@pytest.mark.parametrize(
    ("adjustments", "left"),
    [
        ([("WO", ICN, "50.00")], []),
        ([("WO", f"05{ICN}", "50.00")], []),
        ([("WO", f"05{ICN}00", "50.00")], []),
        ([("WO", "a-1", "50.00")], []),
        ([("CS", f"{ICN} A1", "50.00")], []),
        ([("WO", ICN, "20.00")], ["30.00"]),
        ([("L6", ICN, "-1.00")], ["50.00"]),
        ([("WO", "SOMEBODY-ELSE", "50.00")], ["50.00"]),
        ([("WO", "t03-25", "50.00")], []),  # by the number of the check that paid it
        ([("FB", "T03-25", "50.00")], ["50.00"]),  # a balance carried forward is no money of the claim
        ([("WO", ICN, "50.00"), ("72", ICN, "-50.00")], ["50.00"]),  # our own check acknowledged: its refund counts
        ([("WO", ICN, "-50.00")], ["50.00"]),  # announced, not collected yet
        ([("WO", ICN, "-50.00"), ("WO", ICN, "100.00")], []),
    ],
)
def test_what_the_payer_recouped_counts_against_the_refund(new_engine, adjustments, left):  # noqa: F811
    engine = new_engine()
    project(engine, [*TWICE, adjusted("04-10", *adjustments)], sizes=(1,))
    page, listed = page_of(engine)
    assert listed == left
    clock = next(d for d in page["deadlines"] if d["kind"] == "refund")
    assert clock["state"] in (("open", "missed") if left else ("met",))


def test_the_order_of_arrival_changes_nothing_and_a_number_of_two_claims_names_none(new_engine):  # noqa: F811
    other = [sent("B2"), paid("04-20", "B2")]  # the payer's same number on another claim
    events = [*TWICE, adjusted("04-10", ("WO", ICN, "50.00")), *other]
    engines = [new_engine() for _ in range(3)]
    for engine, told in zip(engines, (events, events[::-1], [*events[3:], *events[:3]]), strict=True):
        project(engine, told, sizes=(1, 2))
    assert dump(engines[0]) == dump(engines[1]) == dump(engines[2])
    page, listed = page_of(engines[0])
    assert (page["recoupments"], listed) == ([], ["50.00"])


def test_a_recoupment_without_a_credit_opens_the_claim_again(new_engine):  # noqa: F811
    engine = new_engine()
    project(engine, [sent(), paid("03-18"), adjusted("04-10", ("WO", ICN, "50.00"))])
    page, _ = page_of(engine)
    assert (page["payer_balance"], page["recouped"], page["status"]) == ("50.00", "50.00", "in_flight")
    context = ReadContext(
        engine=engine, references=make_projector(engine).references, practice="default", at=NOW, cut=NO_CUT
    )
    assert [row["category"] for row in worklist(context, "missing_ack").items] == ["recouped"]


def references_of(engine):
    context = ReadContext(
        engine=engine, references=make_projector(engine).references, practice="default", at=NOW, cut=NO_CUT
    )
    rows = [row for row in worklist(context, "deposit").items if row["category"] == "plb_reference"]
    return [(row["amount_at_risk"], row["reason"]) for row in rows]


def test_a_reference_that_fits_no_claim_is_work_until_its_claim_comes(new_engine):  # noqa: F811
    taken = adjusted("04-10", ("WO", ICN, "50.00"), ("L6", "X", "2.00"), ("WO", ICN, "-20.00"), ("FB", "OLD", "7.00"))
    late, early = new_engine(), new_engine()
    project(late, [taken])
    assert references_of(late) == [("50.00", f"50.00 taken on check T04-10: reference {ICN} matches no claim")]
    project(late, [sent(), paid("03-18")], start=90)
    assert references_of(late) == []
    project(early, [sent(), paid("03-18"), taken])
    assert references_of(early) == []


def test_a_reference_that_fits_two_claims_is_work(new_engine):  # noqa: F811
    engine = new_engine()
    both = [sent(), paid("03-18"), sent("B2"), paid("04-20", "B2")]
    project(engine, [*both, adjusted("04-10", ("WO", ICN, "50.00")), adjusted("04-11", ("72", "", "5.00"))])
    assert references_of(engine) == [
        ("50.00", f"50.00 taken on check T04-10: reference {ICN} fits 2 claims"),
        ("5.00", "5.00 taken on check T04-11: no reference is given"),
    ]


def test_a_check_of_several_claims_names_none_of_them(new_engine):  # noqa: F811
    engine = new_engine()
    both = [sent(), paid("03-18"), sent("B2"), paid("03-18", "B2", "2226005123499")]
    project(engine, [*both, adjusted("04-10", ("WO", "T03-18", "50.00"))])
    assert page_of(engine)[0]["recoupments"] == []
    assert len(references_of(engine)) == 1


def test_a_number_of_zeros_names_nothing():
    assert reference_forms("0000000000") == ()
