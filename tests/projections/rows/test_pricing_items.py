"""What people did about a line that came short: each line is an item of its own."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.contract import ContractPublished
from events.terms import PolicyPublished
from projections.claims.fold import fold_claim
from projections.deadlines import Case
from projections.deadlines.base import payer_of
from projections.deadlines.prices import price_deadlines
from projections.rows.pricing_items import pricing_items
from tests.projections.readiness.documented import answered, day, done, event, reference, sent
from tests.properties import property_run

CONTRACT = {
    "contract_id": "acme",
    "version": 1,
    "scope": {"payer_id": "ACME"},
    "effective_from": "2026-01-01",
    "method": "per_unit",
    "rates": {"97530": "30.00", "97110": "25.00"},
    "dispute_days": 90,
}
DEFAULT = reference()
TERMS = reference(contracts=(ContractPublished.model_validate(CONTRACT),))
IN_OHIO = {"payer_id": "ACME", "state": "OH", "tolerances": {"per_unit": "50.00"}}
LENIENT = reference(PolicyPublished.model_validate(IN_OHIO), contracts=TERMS.contracts)
SENT = sent("97530 x2 GP", "97110 x1 GP", payer="ACME")  # answered on 2026-03-20, lost on 2026-06-18
SENT_MEDICARE = sent("97530 x2 GP", "97110 x1 GP")
SHORT = (SENT, answered(SENT))


def items(*acts, claim=SHORT):
    told = day(claims=[[*claim, *acts]], terms=TERMS)
    return {item.item: item for item in pricing_items(told.prices, told.lines, TERMS)}


def act(kind, time="2026-03-21T15:00:00+00:00", **more):
    return done(kind, time, "underpayment", **more)


def still_open(*acts):
    return {name for name, item in items(*acts).items() if item.done is None}


def test_an_act_that_names_its_line_leaves_the_others():
    assert set(items()) == {"line 1 P", "line 2 P"}
    assert still_open(act("resolved", item="line 1 P", resolution="done", note="paid by check")) == {"line 2 P"}
    assert still_open(act("resolved", resolution="done", note="paid by check")) == set()
    assigned = items(act("assigned", item="line 2 P", assignee="lee"))
    assert [item.assignee for item in assigned.values()] == [None, "lee"]


def test_only_the_line_looked_at_is_under_review():
    told = day(claims=[[*SHORT, act("noted", item="line 1 P", note="asked")]], terms=TERMS)
    assert [row["state"] for row in told.prices] == ["reviewing", "detected"]


def test_a_note_is_told_with_the_item():
    item = items(act("noted", item="line 1 P", note="asked the payer"))["line 1 P"]
    assert item.explanation[-1] == "kim, 2026-03-21 10:00-05:00: asked the payer"


def test_a_snooze_ends_when_the_last_day_begins_and_holds_when_that_has_passed():
    slept = items(act("snoozed", until="2026-12-01"))["line 1 P"]
    assert slept.snoozed_until == datetime.fromisoformat("2026-06-18T00:00:00-05:00")
    late = items(act("snoozed", "2026-07-01T15:00:00+00:00", until="2026-07-10"))["line 1 P"]
    assert late.snoozed_until == datetime.fromisoformat("2026-07-10T00:00:00-05:00")


def test_what_was_allowed_too_much_is_to_be_returned_by_the_same_sum_as_its_clock_tells():
    cheap = ContractPublished.model_validate(CONTRACT | {"rates": {"97530": "2.00", "97110": "2.00"}})
    terms = reference(contracts=(cheap,))
    told = day(claims=[SHORT], terms=terms)
    (clock, _), case = told.prices, Case(fold_claim("default", "A", SHORT, terms), terms)
    (deadline,) = price_deadlines(case, [SimpleNamespace(**clock)])
    item = pricing_items(told.prices, told.lines, terms)[0]
    assert (item.kind, item.due) == ("overpayment", None) == (item.kind, deadline.due)  # no terms name a date
    assert item.explanation[-2:] == deadline.explanation[:2]


OVERPAID = SENT_MEDICARE, answered(SENT_MEDICARE, group="PR", reason="1")  # allowed in full, above any fee schedule
FINDINGS = ("identified", "investigation_begun", "investigation_ended", "not_owed")


def reviewed(finding, on, payer_id="MEDICARE"):
    data = {"claim_id": "A", "payer_id": payer_id, "finding": finding, "on": on, "by": "kim"}
    return event("credit.reviewed.v1", data, f"{on}T15:00:00+00:00")


def refund_of(*acts):
    """The clock on the claim's page, and the first line's item."""
    told, state = day(claims=[[*OVERPAID, *acts]]), fold_claim("default", "A", [*OVERPAID, *acts], DEFAULT)
    (clock,) = price_deadlines(Case(state, DEFAULT), [SimpleNamespace(**row) for row in told.prices])
    found = [i for i in pricing_items(told.prices, told.lines, DEFAULT) if i.kind == "overpayment"]
    return clock, found[0] if found else None


def test_what_the_terms_show_to_be_too_much_is_due_60_days_from_its_identification():
    clock, item = refund_of()
    assert (clock.due, item.due) == (date(2026, 5, 19), date(2026, 5, 19))  # 60 days from the notice of 20 March
    assert "no date of identification is recorded" in " ".join(clock.explanation)
    clock, item = refund_of(reviewed("identified", "2026-04-10"))
    assert (clock.due, item.due) == (date(2026, 6, 9), date(2026, 6, 9))
    looked = reviewed("investigation_begun", "2026-04-11"), reviewed("investigation_ended", "2026-04-21")
    assert refund_of(reviewed("identified", "2026-04-10"), *looked)[0].due == date(2026, 6, 19)


def test_what_a_person_found_not_owed_is_no_item():
    clock, item = refund_of(reviewed("not_owed", "2026-04-10"))
    assert (clock.state, item) == ("void", None)
    assert refund_of(reviewed("not_owed", "2026-04-10", payer_id="OTHER"))[0].state == "open"


@property_run(40)
@given(
    told=st.lists(
        st.tuples(st.sampled_from(FINDINGS), st.integers(0, 300), st.sampled_from(["MEDICARE", "OTHER"])), max_size=4
    ),
    refunded=st.none() | st.integers(0, 300),
)
def test_the_list_and_the_page_name_one_day_whatever_was_reviewed(told, refunded):
    def on(days):
        return f"{date(2026, 3, 1) + timedelta(days=days)}"

    acts = [reviewed(finding, on(days), payer) for finding, days, payer in told]
    if refunded is not None:
        back = {"claim_id": "A", "amount": "5.00"}
        acts.append(event("refund.sent.v1", back, f"{on(refunded)}T16:00:00+00:00"))
    clock, item = refund_of(*acts)
    if item is not None:
        assert (item.due, clock.kind) == (clock.due, "refund")
        assert clock.state != "void"
    elif clock.state == "open":
        raise AssertionError("a clock runs and no item names it")


SCOPE = st.fixed_dictionaries(
    {},
    optional={
        "plan": st.sampled_from(["GOLD", "SILVER"]),
        "state": st.sampled_from(["OH", "TX"]),
        "line_of_business": st.sampled_from(["Dual", "Exchange"]),
        "program": st.sampled_from(["commercial", "medicare_advantage"]),
    },
)


def narrowed(scopes):
    """A policy for each scope, each with days and a tolerance of its own."""
    return [
        PolicyPublished.model_validate(
            {"payer_id": "ACME", "version": number, "tolerances": {"per_unit": f"{number}.00"}}
            | {"dispute": {"length": 30 + number}, "refund": {"length": 60 + number}}
            | scope
        )
        for number, scope in enumerate(scopes, 1)
    ]


@property_run(40)
@given(
    scopes=st.lists(SCOPE, min_size=1, max_size=4),
    known=SCOPE,
    indicator=st.sampled_from([None, "16", "CI"]),
    rate=st.sampled_from(["2.00", "90.00"]),
)
def test_a_policy_narrowed_by_anything_governs_a_price_as_it_governs_the_clocks(scopes, known, indicator, rate):
    stated = {name: value for name, value in known.items() if name != "program"}
    claim = sent("97530 x2 GP", payer="ACME", claim_filing_indicator=indicator, **stated)
    paid_all = {"group": "PR", "reason": "1"} if rate == "2.00" else {}
    events = (claim, answered(claim, **paid_all))
    contract = {name: value for name, value in CONTRACT.items() if name != "dispute_days"} | {"rates": {"97530": rate}}
    terms = reference(*narrowed(scopes), contracts=(ContractPublished.model_validate(contract),))
    state = fold_claim("default", "A", events, terms)
    told = day(claims=[events], terms=terms)
    assert told.lines[0].payer("ACME") == payer_of(state.accounts[0])
    clocks = price_deadlines(Case(state, terms), [SimpleNamespace(**row) for row in told.prices])
    found = pricing_items(told.prices, told.lines, terms)
    kind = "overpayment" if rate == "2.00" else "underpayment"
    assert [(item.due, item.kind) for item in found] == [(clock.due, kind) for clock in clocks]
    assert len(found) == 1
    assert set(clocks[0].steps) <= set(found[0].explanation)


@pytest.mark.parametrize(("state", "verdict"), [("OH", "as_expected"), ("TX", "underpaid")])
def test_the_tolerance_is_that_of_the_policy_for_the_state(state, verdict):
    claim = sent("97530 x2 GP", payer="ACME", state=state)
    assert [row["verdict"] for row in day(claims=[(claim, answered(claim))], terms=LENIENT).prices] == [verdict]


def test_claims_of_a_day_that_differ_in_state_have_no_tolerance_of_one():
    claims = [sent("97530 x2 GP", payer="ACME", state=state, claim_id=state) for state in ("OH", "TX")]
    told = day(claims=[(claim, answered(claim)) for claim in claims], terms=LENIENT)
    assert [row["verdict"] for row in told.prices] == ["underpaid", "underpaid"]


def test_a_new_answer_that_is_short_again_is_a_new_matter():
    back = answered(SENT, "payment.reversed.v1", on="2026-04-20", status_code="22")
    again = answered(SENT, on="2026-04-20", ordinal=2)
    closed = act("resolved", resolution="done")
    assert set(items(closed, claim=(*SHORT, back, again))) == {"line 1 P", "line 2 P"}


def shares(amount, cuts):
    """The amount in pieces of these percentages, the rest in the last."""
    first = [(amount * percent / 100).quantize(amount) for percent in cuts]
    return [*first, amount - sum(first)]


def pieces(line, cuts, units):
    """A line of an answer as the payer splits it."""
    adjusted = zip(*(shares(a.amount, cuts) for a in line.adjustments), strict=True)
    for charge, paid, amounts in zip(shares(line.charge, cuts), shares(line.paid, cuts), adjusted, strict=True):
        told = [a.model_copy(update={"amount": one}) for a, one in zip(line.adjustments, amounts, strict=True)]
        yield line.model_copy(
            update={"charge": charge, "paid": paid, "adjustments": tuple(told), "units": units and line.units}
        )


def in_pieces(answer, number, cuts, units):
    lines = [
        piece
        for line in answer.data.lines
        for piece in (pieces(line, cuts, units) if line.number == number else [line])
    ]
    return replace(answer, data=answer.data.model_copy(update={"lines": tuple(lines)}))


@property_run(30)
@given(
    number=st.sampled_from([1, 2]),
    cuts=st.lists(st.integers(1, 45), min_size=1, max_size=2),
    units=st.sampled_from([None, "repeated"]),
)
def test_a_line_that_the_payer_splits_is_priced_as_one(number, cuts, units):
    """The same money in pieces, whether none or each of them states the units: the same verdict, the same amounts."""
    answer = answered(SENT_MEDICARE)
    whole = day(claims=[[SENT_MEDICARE, answer]]).prices
    split = day(claims=[[SENT_MEDICARE, in_pieces(answer, number, cuts, units)]]).prices
    wanted = ("line", "allowed", "variance", "verdict", "expected_allowed")
    assert [[row[name] for name in wanted] for row in split] == [[row[name] for name in wanted] for row in whole]


def test_what_the_payer_s_own_figures_do_not_support_starts_no_clock():
    told = day(claims=[OVERPAID])
    state = fold_claim("default", "A", OVERPAID, DEFAULT)
    rows = [SimpleNamespace(**row) for row in told.prices]
    assert price_deadlines(Case(state, DEFAULT), rows)
    assert not price_deadlines(Case(replace(state, flags=("amounts_in_doubt",)), DEFAULT), rows)
