"""Deposits and remittances find each other, many to many, whatever their order."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.rows.deposit_items import deposit_items
from projections.rows.deposit_rows import month_matches, months_around, months_reached, traced_matches
from projections.rows.deposits import Transfer, match_left_over, match_traced
from projections.tables.vocabulary import DepositState
from tests.properties import property_run

UTC_ZONE = ZoneInfo("UTC")


def money(key, amount, day="2026-03-18", trace=None, sender=None):
    return Transfer(key=key, on=date.fromisoformat(day), amount=Decimal(amount), trace=trace, sender=sender)


def match_deposits(deposits, remittances):
    """By trace number first, then what is left: all money and all remittances, each in exactly one match."""
    traced = [match for match in match_traced(deposits, remittances) if match.deposits and match.remittances]
    taken = {one.key for match in traced for one in match.everything}
    rest = match_left_over(
        [one for one in deposits if one.key not in taken], [one for one in remittances if one.key not in taken]
    )
    return sorted([*traced, *rest], key=lambda match: (match.name, match.on))


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


LONG = st.builds(
    lambda amount, day, trace: (amount, (date(2026, 1, 1) + timedelta(days=day)).isoformat(), trace),
    st.sampled_from(["10", "20", "30", "50"]),
    st.sampled_from(range(0, 151, 6))
    | st.integers(0, 150),  # mostly a little less than a week apart, so that they chain
    st.sampled_from([None, None, "T1", "T2"]),
)


@property_run(100)
@given(left=st.lists(LONG, max_size=16), right=st.lists(LONG, max_size=16), typed=st.sets(st.integers(0, 7)))
def test_matched_piece_by_piece_is_as_matched_at_once(left, right, typed):
    deposits = [replace(money(f"d{n}", *one), typed=n in typed) for n, one in enumerate(left)]
    checks = [money(f"r{n}", *one) for n, one in enumerate(right)]
    found = []
    for form in sorted({one.trace_form for one in (*deposits, *checks)} - {""}):
        mine = [[one for one in side if one.trace_form == form] for side in (deposits, checks)]
        found += traced_matches(*mine)
    matched = {one.key for match in found for one in match.everything}
    rest = [[one for one in side if one.key not in matched] for side in (deposits, checks)]
    for month in sorted({month for one in (*deposits, *checks) for month in months_around(one.on)}):
        near = [
            [one for one in side if month in seen(one.on)]
            for side, seen in zip(rest, (months_around, months_reached), strict=True)
        ]
        found += month_matches(month, *near)
    assert sorted(found, key=lambda match: match.name) == sorted(
        match_deposits(deposits, checks), key=lambda match: match.name
    )


def test_a_deposit_typed_by_hand_gives_way_to_the_banks_own_line():
    typed = replace(money("typed", "50", trace="T1"), typed=True)
    (match,) = match_deposits([typed, money("bank", "50", trace="T1")], [money("r", "50", trace="T1")])
    assert (match.state, match.deposited, [one.key for one in match.copies]) == ("matched", 50, ["typed"])
    (alone,) = match_deposits([typed, money("bank", "50", trace="T1")], [])
    assert (alone.state, [one.key for one in alone.copies]) == ("money_without_era", ["typed"])


def test_what_is_not_settled_is_work():
    found = match_deposits(
        [money("d", "50", trace="T1"), money("e", "7")], [money("r", "49", trace="T1"), money("s", "80")]
    )
    items = {item.category: item for item in deposit_items(found, UTC_ZONE, banked=True)}
    assert items["differing"].amount_at_risk == Decimal(1)
    assert items["money_without_era"].reason == "Deposit without a remittance: 7.00 on Wed 2026-03-18"
    assert items["era_without_money"].snoozed_until == datetime(2026, 3, 26, tzinfo=UTC)
    assert "era_without_money" not in {item.category for item in deposit_items(found, UTC_ZONE, banked=False)}
