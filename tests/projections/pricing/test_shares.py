from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.pricing.shares import in_order, largest_remainder

cents = st.decimals(min_value=0, max_value=100_000, places=2)


def amounts(*texts):
    return [Decimal(text) for text in texts]


def test_the_day_cap_of_the_worked_example():
    assert largest_remainder(Decimal("100.00"), amounts("80.00", "32.00", "30.00")) == amounts(
        "56.34", "22.53", "21.13"
    )


def test_equal_fractions_go_to_the_earlier():
    assert largest_remainder(Decimal("0.01"), amounts("1", "1")) == amounts("0.01", "0.00")


def test_no_weight_at_all_shares_equally():
    assert largest_remainder(Decimal("1.00"), amounts("0", "0", "0")) == amounts("0.34", "0.33", "0.33")
    assert largest_remainder(Decimal("1.00"), []) == []


def test_negative_weights_are_refused():
    with pytest.raises(ValueError, match="negative"):
        largest_remainder(Decimal(1), amounts("-1"))


@given(total=cents, weights=st.lists(cents, min_size=1, max_size=12))
def test_cents_add_up_exactly_and_nobody_is_off_by_a_cent(total, weights):
    shares = largest_remainder(total, weights)
    assert sum(shares) == total
    whole = sum(weights)
    if whole:
        for share, weight in zip(shares, weights, strict=True):
            assert abs(share - total * weight / whole) < Decimal("0.01")


@given(total=cents, rooms=st.lists(cents, max_size=8))
def test_pouring_in_order(total, rooms):
    poured = in_order(total, rooms)
    assert sum(poured) == min(total, sum(rooms))
    assert all(0 <= share <= room for share, room in zip(poured, rooms, strict=True))
