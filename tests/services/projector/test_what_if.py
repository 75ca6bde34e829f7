"""The history under other terms: an empty change is an empty difference, and the live rows stay untouched."""

from datetime import date

from events.contract import ContractPublished
from services.projector.what_if import ALL_DAYS, WhatIfPeriod, changed_reference, what_if
from tests.histories.random_histories import history
from tests.services.projector.conftest import dump, make_projector, new_engine, project  # noqa: F401

CONTRACT = {
    "contract_id": "K1",
    "version": 1,
    "scope": {"payer_id": "ACME"},
    "effective_from": "2026-01-01",
    "method": "per_unit",
    "rates": [{"procedure": "97530", "amount": "40.00"}],
}


def paid_claim(paid):
    line = {"number": 1, "procedure": "97530", "modifiers": ["GP"], "units": 2, "charge": "150.00", "dos": "2026-03-02"}
    sent = {"claim_id": "A1", "patient_id": "P1", "payer_id": "ACME", "total_charge": "150.00", "lines": [line]}
    answer = {
        "claim_id": "A1",
        "payer_id": "ACME",
        "status_code": "1",
        "charge": "150.00",
        "paid": paid,
        "remit": {"trace_number": "T1", "payment_date": "2026-03-20", "total_paid": paid},
        "lines": [
            {
                **line,
                "paid": paid,
                "adjustments": [{"group": "CO", "reason": "45", "amount": f"{150 - float(paid):.2f}"}],
            }
        ],
    }
    return [
        _event("1", "contract.published.v1", "K1", CONTRACT),
        _event("2", "claim.submitted.v1", "A1", sent),
        _event("3", "payment.posted.v1", "A1", answer),
    ]


def _event(name, kind, subject, data):
    return {
        "specversion": "1.0",
        "id": name,
        "source": "t",
        "type": kind,
        "subject": subject,
        "time": "2026-03-20T10:00:00Z",
        "data": data,
    }


def ask(engine, change, period=ALL_DAYS):
    references = make_projector(engine).references
    with engine.connect() as connection, connection.begin():
        before = references.get(connection, "default")
        return what_if(connection, "default", before, change(before), period=period)


def test_an_empty_change_gives_an_empty_difference(new_engine):  # noqa: F811
    engine = new_engine()
    project(engine, [event for number in range(20) for event in history(number)])
    assert ask(engine, changed_reference).changes == []


def test_another_rate_opens_an_underpayment_and_leaves_the_live_rows_alone(new_engine):  # noqa: F811
    engine = new_engine()
    project(engine, paid_claim("80.00"))
    before = dump(engine)
    dearer = ContractPublished.model_validate(
        {**CONTRACT, "version": 2, "rates": [{"procedure": "97530", "amount": "45.00"}]}
    )
    answer = ask(engine, lambda reference: changed_reference(reference, [dearer])).as_json()
    assert (answer["opened"], answer["closed"]) == (1, 0)
    assert answer["groups"] == [
        {
            "payer_id": "ACME",
            "procedure": "97530",
            "month": "2026-03",
            "lines": 1,
            "expected_before": "80.00",
            "expected_after": "90.00",
            "underpaid_before": "0.00",
            "underpaid_after": "10.00",
        }
    ]
    assert dump(engine) == before


def test_only_the_period_asked_for_is_told(new_engine):  # noqa: F811
    engine = new_engine()
    project(engine, paid_claim("80.00"))
    dearer = ContractPublished.model_validate(
        {**CONTRACT, "version": 2, "rates": [{"procedure": "97530", "amount": "45.00"}]}
    )

    def change(reference):
        return changed_reference(reference, [dearer])

    assert ask(engine, change, WhatIfPeriod(date(2026, 4, 1), None)).as_json()["lines"] == 0
    assert ask(engine, change, WhatIfPeriod(None, date(2026, 3, 2))).as_json()["lines"] == 1


def test_what_was_foretold_is_what_publishing_brings(new_engine):  # noqa: F811
    engine = new_engine()
    project(engine, paid_claim("80.00"))
    dearer = {**CONTRACT, "version": 2, "rates": [{"procedure": "97530", "amount": "45.00"}]}
    foretold = ask(engine, lambda r: changed_reference(r, [ContractPublished.model_validate(dearer)]))
    project(engine, [_event("9", "contract.published.v1", "K1", dearer)], start=2)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT expected_allowed, verdict FROM line_price").all()
    (price,) = [change.after for change in foretold.changes if change.table == "line_price"]
    assert rows == [(price["expected_allowed"], price["verdict"])]
