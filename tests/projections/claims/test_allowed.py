"""What a payer allowed: one amount for the claim's page, the thresholds and the comparison with what was expected."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from projections.tables.tables import READ_TABLES
from tests.histories.random_histories import history
from tests.projections.claims.histories import answer, event, fold, line, sent
from tests.services.projector.conftest import new_engine, project  # noqa: F401


def cas(*columns):
    parts = (column.replace("-", " ", 1).split() for column in columns)
    return [{"group": group, "reason": reason, "amount": amount} for group, reason, amount in parts]


def allowed(paid, *columns, **more):
    return str(fold(sent(), answer("0", [], lines=[line(paid=paid, adjustments=cas(*columns), **more)])).allowed)


@pytest.mark.parametrize(
    ("paid", "columns", "expected"),
    [
        ("40.00", ["CO-45 100.00", "PR-2 10.00"], "50.00"),
        ("39.20", ["CO-45 100.00", "PR-2 10.00", "CO-253 0.80"], "50.00"),
        ("40.00", ["CO-45 100.00", "CO-2 10.00"], "50.00"),  # coinsurance that may not be billed to the patient
        ("40.00", ["CO-45 100.00", "OA-209 10.00"], "50.00"),
        ("40.00", ["CO-45 100.00", "PR-241 10.00"], "50.00"),
        ("40.00", ["CO-45 100.00", "PR-178 10.00"], "50.00"),  # a Medicaid spend-down not yet met
        ("40.00", ["CO-45 100.00", "PR-85 10.00"], "50.00"),
        ("53.00", ["CO-45 100.00", "CO-225 -3.00"], "50.00"),  # interest is paid on top
        ("0.00", ["CO-50 150.00"], "0.00"),
    ],
)
def test_rebuilt_from_what_lies_inside_it_whoever_bears_it(paid, columns, expected):
    assert allowed(paid, *columns) == expected


def test_what_the_payer_states_counts_only_where_its_adjustments_do_not_balance_the_line():
    assert allowed("40.00", "CO-45 100.00", "PR-2 10.00", allowed="70.00") == "50.00"
    assert allowed("40.00", "PR-2 10.00", allowed="70.00") == "70.00"
    assert allowed("40.00", "PR-2 10.00") == "50.00"


def test_a_later_payer_allowed_what_it_took_on():
    first = answer("0", [], lines=[line(paid="80.00", adjustments=cas("CO-45 50.00", "PR-2 20.00"))])
    second = answer(
        "0",
        [],
        on="2026-04-20",
        status="2",
        ordinal=1,
        lines=[line(paid="20.00", adjustments=cas("OA-23 130.00"), allowed="100.00")],
    )
    assert str(fold(sent(), first, second).allowed) == "120.00"


@pytest.mark.parametrize(
    ("line_paid", "claim_paid", "adjusted", "expected"),
    [
        ("150.00", "135.00", "CO-45 15.00", "135.00"),  # lines as the X12 balance has them
        ("150.00", "135.00", "PR-2 15.00", "150.00"),
        ("135.00", "135.00", "PR-2 15.00", "150.00"),  # lines without the claim's own adjustments
    ],
)
def test_a_claims_own_adjustments_are_laid_on_its_lines(line_paid, claim_paid, adjusted, expected):
    state = fold(sent(), as_a_whole("payment.posted.v1", line_paid, claim_paid, adjusted))
    assert (str(state.allowed), str(state.lines[0].allowed), str(state.paid)) == (expected, expected, claim_paid)


def test_a_denial_stated_for_the_claim_as_a_whole_denies_its_lines():
    state = fold(sent(), as_a_whole("claim.denied.v1", "150.00", "0.00", "CO-197 150.00"))
    assert (state.lines[0].status, str(state.allowed)) == ("denied", "0.00")


def as_a_whole(kind, line_paid, claim_paid, *columns):
    """An answer that adjusts the claim and not its line."""
    return event(
        kind,
        "2026-03-20T12:00:00Z",
        payer_id="ACME",
        status_code="1",
        charge="150.00",
        paid=claim_paid,
        adjustments=cas(*columns),
        lines=[line(paid=line_paid)],
        remit={"trace_number": "T1", "payment_date": "2026-03-20"},
    )


def test_lines_and_days_of_a_claim_share_its_own_adjustments_once(new_engine):  # noqa: F811
    """Each day is priced by itself; what was adjusted on the claim as a whole is shared over all of its days."""
    lines = [line(number, dos=f"2026-03-0{number}") for number in (2, 3, 4)]
    paid = [one | {"paid": "50.00", "adjustments": cas("CO-45 100.00")} for one in lines]
    engine = new_engine()
    claim = {"claim_id": "A1", "payer_id": "ACME"}
    project(
        engine,
        [
            _told(1, "claim.submitted.v1", {**claim, "patient_id": "P1", "total_charge": "450.00", "lines": lines}),
            _told(
                2,
                "payment.posted.v1",
                {
                    **claim,
                    "status_code": "1",
                    "charge": "450.00",
                    "paid": "120.00",
                    "adjustments": cas("CO-A2 30.00"),
                    "lines": paid,
                    "remit": {"trace_number": "T", "payment_date": "2026-03-20"},
                },
            ),
        ],
    )
    with engine.connect() as connection:
        prices = connection.exec_driver_sql("SELECT line, allowed FROM line_price ORDER BY line").all()
        claims = connection.exec_driver_sql("SELECT allowed FROM claim").scalar()
    assert (prices, claims) == ([(2, 4000), (3, 4000), (4, 4000)], 12000)


def _told(number, kind, data):
    return {
        "specversion": "1.0",
        "id": str(number),
        "source": "t",
        "type": kind,
        "subject": "A1",
        "data": data,
        "time": "2026-03-20T10:00:00Z",
    }


def test_the_amount_compared_is_the_one_on_the_page(new_engine):  # noqa: F811
    engine = new_engine()
    project(engine, [event for number in range(60) for event in history(number)])
    price, billed = READ_TABLES["line_price"], READ_TABLES["claim_line"]
    compared = 0
    with engine.connect() as connection:
        lines = {(row.claim_id, row.number): row.facts for row in connection.execute(select(billed))}
        for row in connection.execute(select(price).where(price.c.allowed.is_not(None), price.c.line > 0)):
            said = [a for a in lines[row.claim_id, row.line]["answers"] if a["sequence"] == row.sequence]
            standing = [a for a in said if a["kind"] != "reversal" and not a["undone"]]
            assert Decimal(standing[-1]["allowed"]) * 100 == row.allowed
            compared += 1
    assert compared > 30
