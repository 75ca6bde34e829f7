"""The history under other terms: an empty change is an empty difference, and the live rows stay untouched."""

from copy import deepcopy
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import select

from events.contract import ContractPublished
from events.terms import PolicyPublished
from projections.rules.rulebook import read_pack
from projections.tables.tables import READ_TABLES
from services.presentation.contract_words import change_words
from services.projector.adopt_rule_packs import OWN, adoption
from services.projector.days import DAYS
from services.projector.parking import PARKED
from services.projector.registry import KEY_PROJECTORS
from services.projector.replay import verify
from services.projector.tried_terms import RefusedTermsError, read_policy, read_sound_pack
from services.projector.what_if import ALL_DAYS, Diff, WhatIfChange, WhatIfPeriod, changed_reference, what_if
from services.store.shipped_rule_packs import shipped_packs
from tests.histories.random_histories import history
from tests.properties import property_run
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
    assert {name: told["lines"] for name, told in answer["underpaid"].items()} == {
        "before": 0,
        "after": 1,
        "new": 1,
        "more": 0,
        "less": 0,
        "closed": 0,
    }
    assert answer["underpaid"]["new"]["amount"] == answer["groups"][0]["underpaid_after"]
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


def test_what_was_predicted_is_what_publishing_brings(new_engine):  # noqa: F811
    engine = new_engine()
    project(engine, paid_claim("80.00"))
    dearer = {**CONTRACT, "version": 2, "rates": [{"procedure": "97530", "amount": "45.00"}]}
    predicted = ask(engine, lambda r: changed_reference(r, [ContractPublished.model_validate(dearer)]))
    project(engine, [_event("9", "contract.published.v1", "K1", dearer)], start=2)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT expected_allowed, verdict FROM line_price").all()
    (price,) = [change.after for change in predicted.changes if change.table == "line_price"]
    assert rows == [(price["expected_allowed"], price["verdict"])]


def test_what_cannot_be_judged_is_reported_and_is_no_change(new_engine, monkeypatch):  # noqa: F811
    engine = new_engine()
    project(engine, paid_claim("80.00"))

    def raises(*_):
        raise ArithmeticError

    spoiled = replace(DAYS.projections[0], fold=raises)
    monkeypatch.setitem(KEY_PROJECTORS, "day", replace(DAYS, projections=(spoiled, *DAYS.projections[1:])))
    dearer = {**CONTRACT, "version": 2, "rates": [{"procedure": "97530", "amount": "45.00"}]}
    answer = ask(engine, lambda r: changed_reference(r, [ContractPublished.model_validate(dearer)])).as_json()
    assert (answer["lines"], answer["opened"], answer["closed"], answer["not_judged"]) == (0, 0, 0, 1)


def test_a_pack_changes_what_it_was_said_to_change(new_engine):  # noqa: F811
    engine = new_engine()
    project(engine, [event for number in range(12) for event in history(number)])
    before = rows_of(engine)
    content = deepcopy(next(pack for pack in shipped_packs() if pack["pack_id"] == "appeal-medicare"))
    content["version"] = "shorter"
    for period in content["periods"]:
        period["values"]["levels"][0]["length"] = 7
    predicted = ask(engine, lambda r: changed_reference(r, packs=[read_pack(content)]))
    project(engine, [adoption(content, "2026-03-20T10:00:00+00:00", "default", OWN)], start=2)
    after = rows_of(engine)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {(c.table, *(c.row[n] for n in NAMES[c.table])) for c in predicted.changes} == changed
    assert any(name[0] == "deadline" for name in changed)


# what is predicted is what publishing does

NAMES = {
    "line_price": ("claim_id", "line", "sequence"),
    "deadline": ("claim_id", "kind", "payer_id", "attempt"),
    "work_item": ("claim_id", "kind", "item"),
}
NOT_COMPARED = {"key", "seq", "explanation"}
terms = st.fixed_dictionaries(
    {"payer_id": st.sampled_from(["ACME", "BCBS", "MEDICARE", "OTHER"]), "effective_from": st.just("2020-01-01")},
    optional={
        "filing": st.fixed_dictionaries({"length": st.integers(1, 500), "unit": st.sampled_from(["days", "months"])}),
        "corrected": st.fixed_dictionaries({"length": st.integers(1, 400)}),
        "appeals": st.lists(st.fixed_dictionaries({"length": st.integers(1, 200)}), min_size=1, max_size=7),
        "dispute": st.fixed_dictionaries({"length": st.integers(1, 400)}),
        "tolerances": st.fixed_dictionaries({"per_unit": st.sampled_from(["0.00", "1000.00"])}),
        "identifiers": st.lists(st.sampled_from(["ACME", "BCBS", "60054"]), min_size=1, max_size=2, unique=True),
        "names": st.lists(st.sampled_from(["ACME", "AETNA", "BCBS OF X"]), min_size=1, max_size=2, unique=True),
        "claim_filing_indicators": st.just(["MB"]),
        "authorization_required": st.booleans(),
        "plan": st.just("GOLD"),
    },
)
contracts = st.builds(
    lambda payer, amount, method: {
        **CONTRACT,
        "scope": {"payer_id": payer},
        "effective_from": "2020-01-01",
        **({"method": "percent_of_charge", "percent": "55", "rates": []} if method else {}),
        **({} if method else {"rates": [{"procedure": p, "amount": amount} for p in ("97530", "97110", "97140")]}),
    },
    st.sampled_from(["ACME", "BCBS", "MEDICARE"]),
    st.sampled_from(["1.00", "40.00", "400.00"]),
    st.booleans(),
)


def rows_of(engine):
    """The compared rows by their natural names."""
    with engine.connect() as connection:
        return {
            (table, *(row[name] for name in names)): {c: row[c] for c in row if c not in NOT_COMPARED}
            for table, names in NAMES.items()
            for row in connection.execute(select(READ_TABLES[table])).mappings()
        }


def parked(engine):
    """Why published terms were refused."""
    with engine.connect() as connection:
        return list(connection.scalars(select(PARKED.c.reason)))


@property_run(25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.integers(0, 400), st.lists(terms, max_size=2), st.lists(contracts, max_size=1))
def test_what_is_predicted_is_what_publishing_does(new_engine, number, policies, contracts):  # noqa: F811
    engine = new_engine()
    project(engine, history(number) + history(number + 1000))
    before = rows_of(engine)
    published = [read_policy(policy) for policy in policies]
    priced = [ContractPublished.model_validate(contract) for contract in contracts]
    predicted = ask(engine, lambda r: changed_reference(r, contracts=priced, policies=published))
    told = [_event(f"P{n}", "policy.published.v1", one["payer_id"], one) for n, one in enumerate(policies)]
    told += [_event(f"K{n}", "contract.published.v1", one["contract_id"], one) for n, one in enumerate(contracts)]
    project(engine, told, start=2)
    assert parked(engine) == []
    after = rows_of(engine)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {(c.table, *(c.row[n] for n in NAMES[c.table])) for c in predicted.changes} == changed
    for change in predicted.changes:
        name = (change.table, *(change.row[n] for n in NAMES[change.table]))
        assert (change.before, change.after) == (before.get(name), after.get(name))
    assert not predicted.failed


@pytest.mark.parametrize(
    "stated", [{"tolerances": {"amount": "5.00"}}, {"appeals": [{"length": 30, "unit": "fortnights"}]}, {"fliing": {}}]
)
def test_a_policy_that_publishing_refuses_is_not_tried(stated):
    with pytest.raises(RefusedTermsError, match=r"^/"):
        read_policy({"payer_id": "ACME", "effective_from": "2020-01-01"} | stated)


def test_a_pack_that_publishing_refuses_is_not_tried():
    content = deepcopy(next(pack for pack in shipped_packs() if pack["kind"] == "kx"))
    content["periods"][0]["values"]["threshold"] = "much"
    with pytest.raises(RefusedTermsError, match="pack kx"):
        read_sound_pack(content)


POLICY = {"payer_id": "ACME", "effective_from": "2020-01-01", "filing": {"length": 90}, "dispute": {"length": 30}}


@pytest.mark.parametrize("stated", [{"payer_id": "Acme"}, {"payer_id": "77", "payer_name": "acme"}])
def test_claims_that_a_first_policy_makes_its_payers_are_folded_again(new_engine, stated):  # noqa: F811
    """A payer's own id is a name of it, too: without any policy nobody knew it."""
    engine = new_engine()
    events = paid_claim("80.00")[1:]
    for event in events:
        event["data"] |= stated
    project(engine, events)
    predicted = ask(engine, lambda r: changed_reference(r, policies=[PolicyPublished.model_validate(POLICY)]))
    before = rows_of(engine)
    project(engine, [_event("P0", "policy.published.v1", "ACME", POLICY)], start=2)
    after = rows_of(engine)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {(c.table, *(c.row[n] for n in NAMES[c.table])) for c in predicted.changes} == changed != set()
    assert verify(engine, make_projector(engine).references) == []


SHORT = st.one_of(st.none(), st.tuples(st.sampled_from(["underpaid", "paid"]), st.integers(1, 900)))


@given(st.lists(st.tuples(SHORT, SHORT), max_size=12))
def test_what_is_new_more_less_and_closed_adds_up(pairs):
    """The dollars short before and after differ by exactly what the trial says of each kind of line."""

    def row(told):
        return None if told is None else {"verdict": told[0], "variance": told[1], "payer_id": "P", "procedure": "1"}

    prices = [WhatIfChange("line_price", row(old), row(new)) for old, new in pairs if old or new]
    for change in prices:
        change.row["dos"] = date(2026, 3, 2)
    told = Diff(changes=prices).as_json()
    sums = {name: Decimal(each["amount"]) for name, each in told["underpaid"].items()}
    counts = {name: each["lines"] for name, each in told["underpaid"].items()}
    assert sums["after"] == sums["before"] + sums["new"] + sums["more"] - sums["less"] - sums["closed"]
    assert counts["after"] == counts["before"] + counts["new"] - counts["closed"]
    assert (counts["new"], counts["closed"]) == (told["opened"], told["closed"])
    assert sums["after"] == sum((Decimal(g["underpaid_after"]) for g in told["groups"]), Decimal(0))
    said = " ".join(change_words(told))
    assert ("no underpayment changes" in said) == (
        sums["before"] == sums["after"] and not any(counts[name] for name in ("new", "more", "less", "closed"))
    )
    assert "$" in said or "no underpayment changes" in said
