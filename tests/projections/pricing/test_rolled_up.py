"""Lines that a payer rolled up (OA-94 with CO-97) are one matter: no false difference on either of them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.tables.vocabulary import PriceVerdict
from tests.projections.pricing.compared import SIMPLE, compare, verdicts
from tests.projections.pricing.days import DOS, RATES, answered, contract, line, pricer
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


def pair(number, codes, paid, moved):
    """Two lines, the second rolled into the first, which was paid for both."""
    into, small = line(codes[0], number=number), line(codes[1], number=number + 1)
    return [answered(into, paid, f"OA-94 -{moved}"), answered(small, "0.00", f"CO-97 {moved}")]


def test_separate_pairs_of_a_claim_are_compared_separately():
    """72.00 are due for the first pair and 63.00 for the second: 10.00 short on one is not made good by the other."""
    found = day([*pair(1, ("97530", "97110"), "62.00", "60.00"), *pair(3, ("97140", "97535"), "73.00", "70.00")])
    told = [(one.verdict, one.variance) for one in found if one.number in (1, 3)]
    assert told == [(PriceVerdict.UNDERPAID, Decimal("10.00")), (PriceVerdict.OVERPAID, Decimal("-10.00"))]
    found = day([*pair(1, ("97530", "97110"), "72.00", "60.00"), *pair(3, ("97140", "97535"), "43.00", "70.00")])
    told = [(one.verdict, one.variance) for one in found if one.number in (1, 3)]
    assert told == [(PriceVerdict.AS_EXPECTED, Decimal("0.00")), (PriceVerdict.UNDERPAID, Decimal("20.00"))]


def test_equal_amounts_of_two_pairs_are_one_matter():
    """Which line took on which is not known, so only the sum can be wrong."""
    first, second = pair(1, ("97530", "97110"), "70.00", "60.00"), pair(3, ("97140", "97535"), "65.00", "60.00")
    assert set(verdicts(day([*first, *second]))) == {PriceVerdict.AS_EXPECTED}


CODES = ("97110", "97112", "97116", "97140", "97530", "97535")


@property_run(60)
@given(codes=st.lists(st.sampled_from(CODES), min_size=3, max_size=5, unique=True), rolled=st.integers(0, 4))
def test_a_day_paid_by_the_fee_schedule_is_as_expected_whatever_was_rolled_up(codes, rolled):
    """Multiple-procedure reductions count the line that was rolled up as well."""
    lines = [line(code, number=number, charge="150.00") for number, code in enumerate(codes, 1)]
    due = [price.expected_allowed for price in pricer()(lines, DOS, "MEDICARE")]
    small, into = rolled % len(codes), (rolled + 1) % len(codes)
    paid = {small: Decimal("0.00"), into: due[small] + due[into]}
    moved = {small: ("CO-97 150.00",), into: ("OA-94 -150.00",)}
    found = compare(
        [
            answered(one, str(paid.get(place, due[place])), *moved.get(place, ()), payer="MEDICARE")
            for place, one in enumerate(lines)
        ]
    )
    assert set(verdicts(found)) == {PriceVerdict.AS_EXPECTED}
