"""Deposits and remittances find each other, many to many, whatever their order."""

import random
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.rows.deposits import DepositState, Transfer, match_deposits
from tests.properties import property_run


def money(key, amount, day="2026-03-18", trace=None, sender=None):
    return Transfer(key=key, on=date.fromisoformat(day), amount=Decimal(amount), trace=trace, sender=sender)


@pytest.mark.parametrize(
    ("deposits", "remittances", "states"),
    [
        ([money("d", "50", trace="T1")], [money("r", "50", trace="t-1")], ["matched"]),
        ([money("d", "49", trace="T1")], [money("r", "50", trace="T1")], ["differing"]),
        ([money("d", "80", trace="T1")], [money("r", "50", trace="T1"), money("s", "30", trace="T1")], ["matched"]),
        ([money("d", "30", trace="T1"), money("e", "20", trace="T1")], [money("r", "50", trace="T1")], ["matched"]),
        ([money("d", "50", "2026-03-20")], [money("r", "50")], ["matched"]),
        ([money("d", "50", "2026-04-20")], [money("r", "50")], ["era_without_money", "money_without_era"]),
        (
            [money("d", "50")],
            [money("r", "50"), money("s", "50")],
            ["era_without_money", "era_without_money", "money_without_era"],
        ),  # nobody can know which
        ([money("d", "80")], [money("r", "50"), money("s", "30")], ["matched"]),
        ([], [money("r", "0")], []),  # nothing was paid, nothing is awaited
        (
            [money("d", "50", trace="1", sender="1512345678"), money("e", "60", trace="1", sender="1777777777")],
            [money("r", "50", trace="1", sender="512345678"), money("s", "60", trace="1", sender="777777777")],
            ["matched", "matched"],
        ),
    ],
)
def test_what_belongs_together(deposits, remittances, states):
    assert sorted(match.state for match in match_deposits(deposits, remittances)) == states


PIECES = st.builds(
    lambda amount, day, trace: (amount, f"2026-03-{day:02}", trace),
    st.sampled_from(["10", "20", "30", "50"]),
    st.integers(1, 12),
    st.sampled_from([None, "T1", "T2"]),
)


@property_run(100)
@given(left=st.lists(PIECES, max_size=5), right=st.lists(PIECES, max_size=5), seed=st.integers())
def test_every_cent_stands_once_and_the_order_changes_nothing(left, right, seed):
    deposits = [money(f"d{n}", *one) for n, one in enumerate(left)]
    checks = [money(f"r{n}", *one) for n, one in enumerate(right)]
    found = match_deposits(deposits, checks)
    assert sorted(one.key for match in found for one in match.deposits) == sorted(one.key for one in deposits)
    assert sorted(one.key for match in found for one in match.remittances) == sorted(one.key for one in checks)
    random.Random(seed).shuffle(deposits)
    random.Random(seed).shuffle(checks)
    assert match_deposits(deposits, checks) == found
    assert all(match.deposited == match.remitted for match in found if match.state == DepositState.MATCHED)
