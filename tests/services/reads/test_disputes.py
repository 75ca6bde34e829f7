"""The life of a dispute as the list shows it; recovered is the change in what was allowed, never the estimate."""

import json
from datetime import UTC, datetime

import pytest

from projections.cut import NO_CUT
from services.reads.claims import claim_page
from services.reads.read_context import ReadContext
from services.reads.underpayments import underpayments
from services.reads.worklists import worklist
from tests.services.projector.conftest import NOW, make_projector, new_engine, project  # noqa: F401


def event(number, kind, data, day):
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "test",
        "type": kind,
        "subject": "A1",
        "time": f"2026-{day}T15:00:00Z",
        "data": {"claim_id": "A1"} | data,
    }


def paid(number, day, allowed, sign=1, ordinal=1):
    """97530 x2 (full price 60.12 with one full unit) answered with this allowed amount, the patient's share nil."""
    amounts = {"charge": f"{sign * 150}.00", "paid": f"{sign * allowed:.2f}"}
    line = {
        "number": 1,
        "procedure": "97530",
        "modifiers": ["GP"],
        "units": 2,
        "dos": "2026-03-02",
        **amounts,
        "adjustments": [{"group": "CO", "reason": "45", "amount": f"{sign * (150 - allowed):.2f}"}],
    }
    remit = {"trace_number": f"T{day}", "payer_identifier": "1", "payment_date": f"2026-{day}", "total_paid": "0.00"}
    data = {"payer_id": "MEDICARE", "remit": remit, "ordinal": ordinal, "lines": [line], **amounts}
    kind, status = ("payment.posted.v1", "1") if sign > 0 else ("payment.reversed.v1", "22")
    return event(number, kind, data | {"status_code": status}, day)


SENT = event(
    1,
    "claim.submitted.v1",
    {
        "patient_id": "P",
        "payer_id": "MEDICARE",
        "total_charge": "150.00",
        "lines": [
            {
                "number": 1,
                "procedure": "97530",
                "modifiers": ["GP"],
                "units": 2,
                "charge": "150.00",
                "dos": "2026-03-02",
            }
        ],
    },
    "03-03",
)
SHORT = [SENT, paid(2, "03-18", 50.10)]
OPENED = event(3, "dispute.opened.v1", {"lines": [1], "amount": "10.02"}, "03-20")
TAKEN_BACK, AGAIN = paid(4, "04-22", 50.10, sign=-1), paid(5, "04-22", 57.00, ordinal=2)


def closed(outcome, number=6, day="04-25"):
    return event(number, "dispute.closed.v1", {"lines": [1], "outcome": outcome}, day)


@pytest.mark.parametrize(
    ("events", "state", "recovered"),
    [
        ([], "detected", None),
        ([OPENED], "disputed", None),
        ([OPENED, closed("invalid")], "invalid", None),
        ([OPENED, closed("written_off")], "written_off", None),
        ([OPENED, TAKEN_BACK, AGAIN], "disputed", "6.90"),
        ([OPENED, TAKEN_BACK, AGAIN, closed("recovered")], "recovered", "6.90"),
        ([OPENED, TAKEN_BACK, paid(5, "04-22", 60.12, ordinal=2)], "recovered", "10.02"),
        # from the first answer that was short, not from a right one before it
        (
            [
                paid(8, "03-10", 60.12),
                paid(9, "03-18", 60.12, sign=-1),
                OPENED,
                TAKEN_BACK,
                paid(5, "04-22", 60.12, ordinal=2),
            ],
            "recovered",
            "10.02",
        ),
        ([OPENED, closed("recovered", 6, "03-25")], "disputed", None),  # called won, and nothing has come
        (
            [OPENED, closed("invalid", 6, "03-25"), event(7, "dispute.opened.v1", {"lines": [1]}, "03-30")],
            "disputed",
            None,
        ),
    ],
)
def test_states_and_what_came_back(new_engine, events, state, recovered):  # noqa: F811
    engine = new_engine()
    project(engine, [*SHORT, *events])
    context = ReadContext(
        engine=engine, references=make_projector(engine).references, practice="default", at=NOW, cut=NO_CUT
    )
    told = underpayments(context)
    assert [(row["state"], row["recovered"]) for row in told] == [(state, recovered)]
    assert [group["claims"] for group in underpayments(context, groups=True)] == (
        [1] if told[0]["variance"] != "0.00" else []
    )


def test_the_whole_life_of_a_dispute(new_engine):  # noqa: F811
    """Noticed, looked at, disputed, given up, taken up again, won; and when it is taken back, all begins again."""
    engine = new_engine()
    context = ReadContext(
        engine=engine, references=make_projector(engine).references, practice="default", at=NOW, cut=NO_CUT
    )
    noted = {"worklist": "underpayment", "by": "mia", "note": "asked the payer"}
    full = paid(12, "05-20", 60.12, ordinal=2)
    life = [
        ([SENT, paid(2, "03-18", 50.10)], "detected", None, "10.02"),
        ([event(6, "work.noted.v1", noted, "03-19")], "reviewing", None, "10.02"),
        ([OPENED], "disputed", None, "10.02"),
        ([closed("invalid", 7, "03-25")], "invalid", None, "10.02"),
        ([event(8, "dispute.opened.v1", {"lines": [1]}, "03-30")], "disputed", None, "10.02"),
        ([TAKEN_BACK, AGAIN], "disputed", "6.90", "3.12"),
        ([paid(11, "05-20", 57.00, sign=-1), full], "recovered", "10.02", "0.00"),
        ([closed("recovered", 13, "05-22")], "recovered", "10.02", "0.00"),
        ([paid(14, "06-20", 60.12, sign=-1), paid(15, "06-20", 50.10, ordinal=2)], "detected", None, "10.02"),
        ([event(16, "dispute.opened.v1", {"lines": [1]}, "06-25")], "disputed", None, "10.02"),
        ([paid(17, "07-20", 50.10, sign=-1), paid(18, "07-20", 60.12, ordinal=2)], "recovered", "10.02", "0.00"),
    ]
    for events, state, recovered, variance in life:
        project(engine, events)
        told = underpayments(context)
        assert [(row["state"], row["recovered"], row["variance"]) for row in told] == [(state, recovered, variance)]


def test_a_claims_page_shows_what_the_first_payer_owes_beside_a_line(new_engine):  # noqa: F811
    engine = new_engine()
    second = paid(7, "03-28", 12.02)
    second["data"] |= {"payer_id": "SECOND", "payer_sequence": "S", "status_code": "2"}
    second["data"]["lines"][0]["adjustments"] = [{"group": "OA", "reason": "23", "amount": "137.98"}]
    first = paid(2, "03-18", 60.12)
    first["data"]["lines"][0] |= {
        "paid": "48.10",
        "adjustments": [
            {"group": "CO", "reason": "45", "amount": "89.88"},
            {"group": "PR", "reason": "2", "amount": "12.02"},
        ],
    }
    first["data"] |= {"paid": "48.10"}
    project(engine, [SENT, first, second])
    context = ReadContext(
        engine=engine, references=make_projector(engine).references, practice="default", at=NOW, cut=NO_CUT
    )
    assert [row["expected_allowed"] for row in underpayments(context, everything=True)] == ["60.12", "12.02"]
    assert claim_page(context, "A1")["lines"][0]["expected_allowed"] == "60.12"


CONTRACT = event(0, "contract.published.v1", {}, "01-02")
CONTRACT |= {
    "subject": "C",
    "data": {
        "contract_id": "C",
        "version": 1,
        "scope": {"payer_id": "ACME"},
        "rates": [{"procedure": "97530", "amount": "30.00"}],
        "effective_from": "2026-01-01",
        "method": "per_unit",
        "dispute_days": 90,
    },
}


@pytest.mark.parametrize(
    ("allowed", "events", "clock"),
    [
        (60.00, [], None),
        (50.10, [], ("dispute", "2026-06-16", "open", "C@1", "Wed 2026-03-18 + 90 days = Tue 2026-06-16")),
        (50.10, [OPENED], ("dispute", "2026-06-16", "met", "C@1", "Stopped: dispute opened 2026-03-20")),
        (
            50.10,
            [closed("invalid")],
            ("dispute", "2026-06-16", "met", "C@1", "Stopped: dispute closed 2026-04-25"),
        ),
        (70.00, [], ("refund", None, "open", "", "")),  # no terms say until when: never a guess
    ],
)
def test_a_claims_page_has_the_clocks_that_its_prices_start(new_engine, allowed, events, clock):  # noqa: F811
    engine = new_engine()
    project(engine, [CONTRACT, *map(of_a_commercial_payer, [SENT, paid(2, "03-18", allowed), *events])])
    context = ReadContext(
        engine=engine,
        references=make_projector(engine).references,
        practice="default",
        at=datetime(2026, 4, 1, tzinfo=UTC),
        cut=NO_CUT,
    )
    told = [d for d in claim_page(context, "A1")["deadlines"] if d["kind"] in ("dispute", "refund")]
    assert [(d["kind"], d["due"], d["state"], d["rule"]) for d in told] == ([clock[:4]] if clock else [])
    assert all(clock[4] in "; ".join(d["explanation"]) and d["started_by"]["id"] == "e2" for d in told)


def of_a_commercial_payer(event):
    return json.loads(json.dumps(event).replace("MEDICARE", "ACME"))


def test_a_recoded_line_is_told_by_both_codes(new_engine):  # noqa: F811
    engine = new_engine()
    answer = paid(2, "03-18", 51.27)
    answer["data"]["lines"][0] |= {"procedure": "97110", "submitted_procedure": "97530"}
    project(engine, [SENT, answer])
    context = ReadContext(
        engine=engine, references=make_projector(engine).references, practice="default", at=NOW, cut=NO_CUT
    )
    (item,) = worklist(context, "underpayment").items
    assert item["reason"] == (
        "Line 1: 97530 paid as 97110: allowed 51.27, contract: 60.12 for what was billed, 8.85 short; "
        "likely cause: downcoded"
    )
    assert "60.12 as billed less allowed 51.27: what the other code costs = 8.85" in item["explanation"]
    assert any("edetermination" in step for step in item["explanation"])


def test_a_claim_answered_as_a_whole_is_called_that(new_engine):  # noqa: F811
    engine = new_engine()
    answer = paid(2, "03-18", 50.10)
    answer["data"]["adjustments"] = answer["data"].pop("lines")[0]["adjustments"]
    project(engine, [SENT, answer])
    context = ReadContext(
        engine=engine, references=make_projector(engine).references, practice="default", at=NOW, cut=NO_CUT
    )
    (item,) = worklist(context, "underpayment").items
    assert item["reason"].startswith("the claim as a whole: allowed 50.10, contract: 60.12, ")


def test_a_medicare_underpayment_has_a_due_date_and_a_last_day(new_engine):  # noqa: F811
    """Finding F5: 97530 x2 allowed 35.07 for 60.12, notice of 2026-07-20.

    42 CFR 405.942 (redetermination, 120 days) and 405.980(c) (reopening for any reason, one year).
    """
    engine = new_engine()
    project(engine, [SENT, paid(2, "07-20", 35.07)])
    context = ReadContext(
        engine=engine,
        references=make_projector(engine).references,
        practice="default",
        at=datetime(2026, 8, 1, tzinfo=UTC),
    )
    (row,) = worklist(context, "underpayment").items
    assert (row["due"], row["lost_on"], row["amount_at_risk"]) == ("2026-11-17", "2027-07-20", "25.05")
