"""A term in the log that cannot be read makes what it governs unknown: no older version takes its place."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.contract import ContractPublished
from events.event_data import UnreadableData
from events.terms import PolicyPublished, RulesAdopted
from projections.history import LoggedEvent
from projections.pricing.contract_choice import Chosen, NotChosen
from projections.pricing.lines import PriceLine
from projections.rules.policies import Missing, PayerTerms
from projections.rules.policy_choice import Dates, Undecided
from projections.rules.windows import Window
from projections.tables.vocabulary import PriceVerdict
from projections.terms.terms_in_force import SHIPPED, build_reference
from tests.properties import property_run

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ZONE = ZoneInfo("America/Chicago")
DOS = date(2026, 5, 4)
WHY = "cannot be read at /data/odd"


def logged(name, data, number, subject="subject", source="test"):
    when = NOON + timedelta(minutes=number)
    return LoggedEvent(
        source=source, id=str(number), type=name, subject=subject, time=when, recorded_at=when, data=data
    )


def policy(number, **fields):
    stated = {"payer_id": "ACME", "version": number, "filing": {"length": 90 + number}} | fields
    return logged("policy.published.v1", PolicyPublished.model_validate(stated), number, "ACME")


def unread(number, name="policy.published.v1", subject="ACME", **fields):
    stated = {"payer_id": "ACME", "version": number} | fields
    return logged(name, UnreadableData(type=name, reason=WHY, stated=stated), number, subject)


def contract(number, **fields):
    stated = {
        "contract_id": "acme",
        "version": number,
        "scope": {"payer_id": "ACME"},
        "effective_from": "2026-01-01",
        "method": "per_unit",
        "amount": "30.00",
    } | fields
    return logged("contract.published.v1", ContractPublished.model_validate(stated), number, "acme")


def unread_contract(number, **fields):
    stated = {"contract_id": "acme", "version": number, "scope": {"payer_id": "ACME"}, "effective_from": "2026-04-01"}
    data = UnreadableData(type="contract.published.v1", reason=WHY, stated=stated | fields)
    return logged("contract.published.v1", data, number, "acme")


def filing(*events, on=DOS, **known):
    return build_reference(events, ZONE).terms.filing(PayerTerms("ACME", **known), on)


def chosen(*events, on=DOS, **known):
    book = build_reference(events, ZONE).comparer.pricer.contracts
    return book.choose(PriceLine(key="1", procedure="97110", units=Decimal(1), number=1, **known), "ACME", on)


def test_an_unread_policy_is_not_replaced_by_its_older_version():
    assert isinstance(filing(policy(1)), Window)
    found = filing(policy(1), unread(2))
    assert isinstance(found, Missing)
    assert WHY in found.reason


def test_a_newer_version_takes_the_place_of_an_unread_one():
    found = filing(policy(1), unread(2), policy(3))
    assert isinstance(found, Window)
    assert found.rule == "policy ACME@3"


def test_an_unread_policy_governs_its_dates_only():
    later = unread(2, effective_from="2026-06-01")
    assert isinstance(filing(policy(1), later), Window)
    assert isinstance(filing(policy(1), later, on=date(2026, 6, 1)), Missing)


def test_an_unread_policy_governs_its_plan_only():
    gold = unread(2, plan="GOLD")
    assert isinstance(filing(policy(1), gold), Window)
    assert isinstance(filing(policy(1), gold, plan="GOLD"), Missing)


def test_a_narrower_policy_that_can_be_read_still_says_what_it_says():
    events = (policy(1, plan="GOLD"), unread(2))
    assert isinstance(filing(*events, plan="GOLD"), Window)
    terms = build_reference(events, ZONE).terms
    assert isinstance(terms.appeal(PayerTerms("ACME", "GOLD"), 1, Dates(DOS, DOS)), Missing)


@pytest.mark.parametrize("fields", [{"plan": ["GOLD"]}, {"state": {"of": "mind"}}, {"line_of_business": 1.5}])
def test_where_the_scope_cannot_be_read_all_of_the_payer_is_unknown(fields):
    events = (policy(1), policy(2, plan="GOLD"), unread(3, **fields))
    for known in ({}, {"plan": "GOLD"}):
        assert isinstance(filing(*events, **known), Missing)
    assert isinstance(build_reference(events, ZONE).terms.tolerances(PayerTerms("ACME"), DOS), Undecided)


def test_where_the_version_cannot_be_read_it_follows_those_before_it():
    lost = unread(2, version={"of": "two"})
    assert isinstance(filing(policy(1), lost), Missing)
    assert isinstance(filing(policy(1), lost, policy(3)), Window)


def test_the_subject_names_the_payer_where_the_data_do_not():
    assert isinstance(filing(policy(1), unread(2, payer_id={"id": "ACME"})), Missing)


def test_other_payers_are_judged_as_before():
    other = policy(3, payer_id="OTHER")
    reference = build_reference([policy(1), unread(2), other], ZONE)
    assert isinstance(reference.terms.filing(PayerTerms("OTHER"), DOS), Window)
    assert len(reference.problems) == 1


def test_an_unread_contract_is_not_replaced_by_its_older_version():
    assert isinstance(chosen(contract(1)), Chosen)
    found = chosen(contract(1), unread_contract(2))
    assert isinstance(found, NotChosen)
    assert found.problem == PriceVerdict.UNKNOWN
    assert WHY in found.reason


def test_an_unread_contract_governs_from_its_own_date_on():
    assert isinstance(chosen(contract(1), unread_contract(2), on=date(2026, 3, 31)), Chosen)
    without_date = unread_contract(2, effective_from="soon")
    assert isinstance(chosen(contract(1), without_date, on=date(2026, 3, 31)), NotChosen)


def test_a_newer_contract_takes_the_place_of_an_unread_one():
    assert isinstance(chosen(contract(1), unread_contract(2), contract(3)), Chosen)


def test_an_unread_contract_without_version_follows_those_before_it():
    lost = unread_contract(2, version=None)
    assert isinstance(chosen(contract(1), lost), NotChosen)
    assert isinstance(chosen(contract(1), lost, contract(3)), Chosen)


def test_a_contract_whose_scope_cannot_be_read_binds_all_of_the_payers_lines():
    lost = unread_contract(2, scope={"payer_id": "ACME", "plan": ["GOLD"]})
    assert isinstance(chosen(contract(1, scope={"payer_id": "ACME", "discipline": "PT"}), lost), NotChosen)


def test_the_payer_of_an_unread_contract_is_that_of_its_other_versions():
    assert isinstance(chosen(contract(1), unread_contract(2, scope="ACME")), NotChosen)
    assert chosen(unread_contract(2, scope="ACME")).reason == "no contract with this payer"


def test_an_unread_tolerance_makes_no_underpayment():
    events = (policy(1, tolerances={"per_claim": "5.00"}), unread(2))
    found = build_reference(events, ZONE).comparer.tolerance(PayerTerms("ACME"), DOS)
    assert isinstance(found, Undecided)
    assert WHY in found.reason


def pack(number, source="test", content=None):
    stated = {
        "pack_id": "filing-acme",
        "kind": "timely",
        "version": str(number),
        "scope": {"payer_id": "ACME"},
        "basis": "claim",
        "source": "invented",
        "confidence": "H",
        "periods": [{"effective_from": "2026-01-01", "values": {"length": 30, "unit": "days"}}],
    }
    data = RulesAdopted.model_construct(
        pack_id="filing-acme", kind="timely", version=str(number), checksum="0", content=content or stated
    )
    return logged("rules.adopted.v1", data, number, "filing-acme", source)


@pytest.mark.parametrize("older", [SHIPPED, "test"])
def test_an_unread_pack_is_not_replaced_by_its_older_version(older):
    assert isinstance(filing(pack(1, older)), Window)
    lost = logged("rules.adopted.v1", UnreadableData(type="rules.adopted.v1", reason=WHY), 2, "filing-acme")
    found = filing(pack(1, older), lost)
    assert isinstance(found, Missing)
    assert WHY in found.reason
    assert isinstance(filing(pack(1, older), lost, pack(3)), Window)


def test_a_pack_whose_content_cannot_be_read_is_not_replaced_either():
    assert isinstance(filing(pack(1), pack(2, content={"pack_id": "filing-acme"})), Missing)


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2), st.just({"a": 1})
)


@property_run(300)
@given(
    st.dictionaries(st.sampled_from(sorted(PolicyPublished.model_fields)), ODD, max_size=5),
    st.dictionaries(st.sampled_from(sorted(ContractPublished.model_fields)), ODD, max_size=5),
    st.permutations(range(5)),
)
def test_whatever_cannot_be_read_leaves_every_other_payer_and_never_raises(odd_policy, odd_contract, order):
    """And the order in which events arrive makes no difference."""
    lost = unread(2, payer_id="ACME", **{k: v for k, v in odd_policy.items() if k not in ("payer_id", "version")})
    own = {k: v for k, v in odd_contract.items() if k not in ("contract_id", "version", "scope", "effective_from")}
    events = [policy(1), lost, policy(4, payer_id="OTHER"), contract(1), unread_contract(3, **own)]
    reference = build_reference([events[place] for place in order], ZONE)
    assert isinstance(reference.terms.filing(PayerTerms("OTHER"), DOS), Window)
    assert len(reference.problems) == 2
    known = {"plan": reference.policies[1].plan, "state": reference.policies[1].state}
    known |= {"line_of_business": reference.policies[1].line_of_business}
    inside = Dates(DOS, DOS)
    if reference.terms.book.covering(PayerTerms("ACME", **known), inside) != (reference.policies[0],):
        assert isinstance(reference.terms.filing(PayerTerms("ACME", **known), DOS), Missing)
