"""Laws of pricing, checked against a reference that knows no shortcuts."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from projections.pricing.pricer import Assumption
from tests.projections.pricing.days import DOS, RATES, as_priced, cas, comparer, contract, line, pricer, rules
from tests.properties import property_run

MEDICARE, ACME = "MEDICARE", "ACME"
PRICER, COMPARER = pricer(), comparer()
ROWS = {row["procedure"]: row for row in rules().pick("pfs", DOS).values["rows"]}
CODES = sorted(code for code, row in ROWS.items() if row["status"] == "A")
CENT = Decimal("0.01")


def half_up(amount):
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


lines = st.lists(
    st.tuples(
        st.sampled_from([*CODES[:30], "97530", "97110", "97140", "97161", "92507"]),
        st.integers(1, 4),
        st.one_of(st.none(), st.decimals(1, 400, places=2)),
        st.sampled_from(["GP", "GO", "GN"]),
        st.sampled_from(["c1", "c2"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
).map(
    lambda drawn: [
        line(code, units, charge or "none", modifier, *(["CQ"] if assisted else []), claim=claim, number=n, key=f"k{n}")
        for n, (code, units, charge, modifier, claim, assisted) in enumerate(drawn)
    ]
)


def reference(day, deductible):
    """A day priced unit by unit, straight from the rule: exactly one unit of the day keeps its practice expense."""
    factor = Decimal("33.4009")
    units = []
    for one in sorted(day, key=lambda one: (one.claim, one.number)):
        row = ROWS[one.procedure]
        for _ in range(int(one.units)):
            work, practice, mp = (Decimal(row[part]) for part in ("work", "pe", "mp"))
            units.append(
                (
                    one,
                    row["multiple_procedure"] == "5",
                    practice,
                    half_up((work + practice + mp) * factor),
                    half_up((work + practice / 2 + mp) * factor),
                )
            )
    competing = [unit for unit in units if unit[1]]
    best = max(((u[2], u[3]) for u in competing), default=None)
    first = next((i for i, u in enumerate(units) if u[1] and (u[2], u[3]) == best), None)
    answers = {}
    for one in sorted(day, key=lambda one: (one.claim, one.number)):
        computed = sum((u[3] if not u[1] or i == first else u[4]) for i, u in enumerate(units) if u[0].key == one.key)
        allowed = computed if one.charge is None else min(computed, one.charge)
        taken = min(allowed, deductible)
        deductible -= taken
        coinsurance = half_up((allowed - taken) * Decimal("0.2"))
        share = allowed - taken - coinsurance
        if "CQ" in one.modifiers:
            share = half_up(share * Decimal("0.85"))
        answers[one.key] = (allowed, taken + coinsurance, share - half_up(share * Decimal("0.02")))
    return answers


@property_run(120)
@given(day=lines, deductible=st.decimals(0, 300, places=2))
def test_equal_to_the_reference(day, deductible):
    priced = PRICER(day, DOS, MEDICARE, deductible_left=deductible)
    assert {p.key: (p.expected_allowed, p.expected_patient, p.expected_paid) for p in priced} == reference(
        day, deductible
    )


@property_run(50)
@given(day=lines, data=st.data())
def test_any_order_gives_the_same_amounts(day, data):
    shuffled = data.draw(st.permutations(day))
    assert sorted(map(str, PRICER(day, DOS, MEDICARE))) == sorted(map(str, PRICER(shuffled, DOS, MEDICARE)))


@property_run(50)
@given(day=lines)
def test_the_reduction_never_raises_a_price_and_spares_one_unit_at_most(day):
    full = Decimal(0)
    for p in PRICER(day, DOS, MEDICARE):
        assert 0 <= p.expected_allowed <= p.parts.full_price
        assert p.expected_paid >= 0
        assert p.parts.reduction >= 0
        full += p.full_units or 0
    assert full == (1 if any(ROWS[one.procedure]["multiple_procedure"] == "5" for one in day) else 0)


@property_run(50)
@given(day=lines)
def test_no_other_place_for_the_full_unit_brings_more_before_charges(day):
    free = [replace(one, charge=None, modifiers=("GP",)) for one in day]
    best = sum(p.expected_allowed for p in PRICER(free, DOS, MEDICARE))
    for one in free:
        assert sum(p.expected_allowed for p in PRICER(free, DOS, MEDICARE, assume=Assumption(full_on=one.key))) <= best


@property_run(50)
@given(day=lines, deductible=st.decimals(0, 300, places=2))
def test_what_is_paid_as_priced_is_never_flagged(day, deductible):
    charged = [replace(one, charge=one.charge or Decimal("900.00")) for one in day]
    priced = PRICER(charged, DOS, MEDICARE, deductible_left=deductible)
    compared = COMPARER.compare_day([as_paid(one, p) for one, p in zip(charged, priced, strict=True)], DOS)
    assert {c.verdict for c in compared} <= {"as_expected"}


def as_paid(one, priced):
    answered = as_priced(one, priced)
    if not priced.parts.assistant_cut:
        return answered
    cut = cas(f"CO-45 {priced.parts.assistant_cut}")
    answer = replace(answered.answer, adjustments=(*answered.answer.adjustments, *cut), remarks=("N851",))
    return replace(answered, answer=answer)


amounts = st.decimals(0, 500, places=2)


@property_run(80)
@given(
    units=st.lists(st.integers(1, 5), min_size=3, max_size=3),
    rates=st.lists(amounts, min_size=3, max_size=3),
    cap=amounts,
    per=st.sampled_from(["day", "visit", "claim"]),
    lesser=st.sampled_from([None, "line", "claim"]),
)
def test_caps_add_up_exactly_and_never_raise(units, rates, cap, per, lesser):
    day = [line(code, n, None, claim="c", number=i) for i, (code, n) in enumerate(zip(RATES, units, strict=True))]
    table = dict(zip(RATES, map(str, rates), strict=True))
    plain = pricer(contract(rates=table, lesser_of=lesser))(day, DOS, ACME)
    capped = pricer(contract(rates=table, lesser_of=lesser, cap={"amount": str(cap), "per": per}))(day, DOS, ACME)
    whole = sum(p.expected_allowed for p in plain)
    assert sum(p.expected_allowed for p in capped) == min(whole, cap)
    for before, after in zip(plain, capped, strict=True):
        assert 0 <= after.expected_allowed <= before.expected_allowed + CENT


@property_run(50)
@given(
    method=st.sampled_from(["per_unit", "percent_of_charge", "percent_of_medicare", "per_visit"]),
    percent=st.integers(4, 250),
    mppr=st.booleans(),
    data=st.data(),
)
def test_contract_prices_are_never_negative_and_any_order_gives_the_same(method, percent, mppr, data):
    terms = {
        "per_unit": {"rates": RATES},
        "percent_of_charge": {"percent": percent},
        "per_visit": {"amount": percent},
        "percent_of_medicare": {"percent": percent, "basis": {"mppr": mppr}},
    }[method]
    choices = product(RATES, (1, 2), ("c1", "c2"))
    day = [line(code, n, None, claim=claim, number=i, key=f"k{i}") for i, (code, n, claim) in enumerate(choices)]
    day = data.draw(st.lists(st.sampled_from(day), min_size=1, max_size=6, unique_by=lambda one: one.key))
    price = pricer(contract(method=method, **terms))
    first = {p.key: p.expected_allowed for p in price(day, DOS, ACME)}
    again = {p.key: p.expected_allowed for p in price(data.draw(st.permutations(day)), DOS, ACME)}
    assert first == again
    assert all(amount >= 0 for amount in first.values())
