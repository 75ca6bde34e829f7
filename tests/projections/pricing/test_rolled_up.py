"""Lines that a payer rolled up (OA-94 with CO-97) are one matter: no false difference on either of them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.tables.vocabulary import PriceVerdict
from tests.projections.pricing.compared import SIMPLE, compare, verdicts
from tests.projections.pricing.days import RATES, answered, contract, line
from tests.properties import property_run


def rolled_up(paid, *, own="0.00", third=()):
    """97110 (32.00, charge 60.00) rolled into 97530 (40.00, charge 75.00), which the payer paid `paid` for."""
    into, small = line("97530", number=2), line("97110", number=1)
    moved = Decimal("60.00") - Decimal(own)
    return [
        answered(small, own, f"CO-97 {moved}", procedure="97530"),
        answered(into, paid, f"OA-94 -{moved}"),
        *third,
    ]


def day(found):
    return compare(found, SIMPLE)


def test_the_sum_of_the_prices_is_compared_with_the_sum_of_the_payments():
    small, into = day(rolled_up("72.00"))
    assert verdicts([small, into]) == [PriceVerdict.AS_EXPECTED, PriceVerdict.AS_EXPECTED]
    assert (small.expected_allowed, small.variance) == (Decimal("0.00"), Decimal("0.00"))
    assert (into.expected_allowed, into.allowed, into.variance) == (Decimal("72.00"), Decimal("72.00"), Decimal("0.00"))
    told = [str(step) for step in into.steps]
    assert "line 1, 97110, which the payer rolled together with this one, is priced at = 32.00" in told
    assert "expected under this line = 72.00" in told
    assert "the payer rolled this line into line 2: its price of 32.00 counts there = 0.00" in map(str, small.steps)


@pytest.mark.parametrize(
    ("paid", "verdict", "variance"),
    [("40.00", PriceVerdict.UNDERPAID, "32.00"), ("80.00", PriceVerdict.OVERPAID, "-8.00")],
)
def test_a_true_difference_stands_on_the_line_that_was_paid(paid, verdict, variance):
    small, into = day(rolled_up(paid))
    assert verdicts([small, into]) == [PriceVerdict.AS_EXPECTED, verdict]
    assert (into.variance, into.evidence) == (
        Decimal(variance),
        ("compared as one with the lines that the payer rolled together with it",),
    )


def test_a_line_rolled_up_in_part_keeps_what_was_allowed_under_it():
    small, into = day(rolled_up("62.00", own="10.00"))
    assert verdicts([small, into]) == [PriceVerdict.AS_EXPECTED, PriceVerdict.AS_EXPECTED]
    assert (small.expected_allowed, into.expected_allowed) == (Decimal("10.00"), Decimal("62.00"))


def test_a_third_line_is_compared_by_itself():
    third = answered(line("97140", number=3), "20.00")
    assert verdicts(day(rolled_up("72.00", third=(third,)))) == [
        PriceVerdict.AS_EXPECTED,
        PriceVerdict.AS_EXPECTED,
        PriceVerdict.UNDERPAID,
    ]


def test_a_line_without_a_price_leaves_both_without_one():
    terms = contract(rates={"97530": "40.00"})
    _, into = compare(rolled_up("72.00"), terms)
    assert into.verdict not in (PriceVerdict.OVERPAID, PriceVerdict.UNDERPAID)
    assert into.variance is None


def test_bundling_without_a_line_that_took_the_charge_on_is_bundling():
    billed = [answered(line("97110", number=1), "0.00", "CO-97 60.00"), answered(line("97530", number=2), "40.00")]
    assert verdicts(compare(billed, SIMPLE)) == ["bundled", PriceVerdict.AS_EXPECTED]


CODES = st.lists(st.sampled_from(sorted(RATES)), min_size=2, max_size=4)


@property_run(100)
@given(codes=CODES, off=st.integers(-30, 30), takers=st.integers(1, 2))
def test_the_differences_of_a_group_add_up_to_its_difference(codes, off, takers):
    """However many lines were rolled into however many others."""
    lines = [line(code, number=place) for place, code in enumerate(codes, 1)]
    takers = min(takers, len(lines) - 1)
    rest = lines[takers:]
    price = sum(Decimal(RATES[code]) for code in codes)
    moved = sum(one.charge for one in rest)
    paid = [Decimal("5.00")] * (takers - 1) + [price + off - 5 * (takers - 1)]
    shares = [Decimal("0.01")] * (takers - 1) + [moved - Decimal("0.01") * (takers - 1)]
    told = [
        answered(one, str(amount), f"OA-94 -{share}") for one, amount, share in zip(lines, paid, shares, strict=False)
    ]
    told += [answered(one, "0.00", f"CO-97 {one.charge}") for one in rest]
    found = day(told)
    assert sum(one.variance for one in found) == -off
    flagged = [one.verdict for one in found if one.verdict != PriceVerdict.AS_EXPECTED]
    assert flagged == ([] if abs(off) == 0 else [PriceVerdict.UNDERPAID if off < 0 else PriceVerdict.OVERPAID])
