"""Minutes to units: CMS Pub 100-04 ch. 5 §20.2 and the CPT midpoint rule."""

# packs: units

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.session_rules.units import TimeRule, allocate, by_midpoint, fits

CMS, SPM = TimeRule(method="cms"), TimeRule(method="spm")
CODES = ("97110", "97112", "97116", "97140", "97530")


def units(minutes, rule=CMS):
    answer = allocate(zip(CODES, minutes, strict=False), rule)
    return [line.units for line in answer.lines]


@pytest.mark.parametrize(
    ("low", "high", "count"),
    [
        (0, 7, 0),
        (8, 22, 1),
        (23, 37, 2),
        (38, 52, 3),
        (53, 67, 4),
        (68, 82, 5),
        (83, 97, 6),
        (98, 112, 7),
        (113, 127, 8),
    ],
)
def test_the_table_of_the_manual(low, high, count):
    """CMS Pub 100-04 ch. 5 §20.2, table of minutes and units; both edges of each row."""
    assert [units([low]), units([high])] == [[count], [count]]
    assert [units([low], SPM), units([high], SPM)] == [[count], [count]]


@pytest.mark.parametrize(("minutes", "right"), [(23, 2), (38, 3), (53, 4), (60, 4), (22, 1), (30, 2), (45, 3)])
def test_a_popular_blog_is_off_by_one(minutes, right):
    """A known bad source says 23 -> 1, 38 -> 2, 53 -> 3; CMS Pub 100-04 ch. 5 §20.2 says otherwise."""
    assert units([minutes]) == [right]


@pytest.mark.parametrize(
    ("services", "total", "billed", "tie"),
    [
        ([("97112", 24), ("97110", 23)], 3, [2, 1], False),  # example 1
        ([("97112", 20), ("97110", 20)], 3, [2, 1], True),  # example 2
        ([("97110", 33), ("97140", 7)], 3, [2, 1], False),  # example 3
        ([("97110", 18), ("97140", 13), ("97116", 10), ("97035", 8)], 3, [1, 1, 1, 0], False),  # example 4
        ([("97112", 7), ("97110", 7), ("97140", 7)], 1, [1, 0, 0], True),  # example 5
    ],
)
def test_worked_examples_of_the_manual(services, total, billed, tie):
    """CMS Pub 100-04 ch. 5 §20.2, examples 1 to 5."""
    answer = allocate(services, CMS)
    assert (answer.total_units, [line.units for line in answer.lines], answer.tie) == (total, billed, tie)


@pytest.mark.parametrize(
    ("minutes", "billed"),
    [
        ([23, 15], [2, 1]),
        ([30, 15, 12], [2, 1, 1]),
        ([29, 24], [2, 2]),
        ([31, 29], [2, 2]),
        ([40, 6, 6], [3, 0, 0]),
        ([14, 14, 14], [1, 1, 1]),
        ([22, 22], [2, 1]),
        ([18, 5], [1, 1]),
        ([37, 7], [3, 0]),
        ([18, 13, 10, 8], [1, 1, 1, 0]),
    ],
)
def test_largest_remainder_not_most_minutes(minutes, billed):
    """Pooled minutes by largest remainder (CMS Pub 100-04 ch. 5 §20.2); 18 + 5 is 1 + 1, not 2 + 0."""
    assert units(minutes) == billed


@pytest.mark.parametrize(("minutes", "total"), [([8, 8, 8], 2), ([10, 10], 1), ([5, 5, 5], 1), ([4, 4], 1)])
def test_totals_where_the_choice_is_free(minutes, total):
    answer = allocate(zip(CODES, minutes, strict=False), CMS)
    assert (answer.total_units, answer.tie) == (total, True)


def test_a_tie_names_its_codes_and_goes_to_the_longer_service():
    """37 + 7 = 44 earns three; both remainders are 7."""
    answer = allocate([("97140", 7), ("97110", 37)], CMS)
    assert answer.tied == ("97140", "97110")
    assert [line.units for line in answer.lines] == [0, 3]
    assert "tie at remainder 7" in answer.lines[0].explanation


def test_two_short_services_earn_one_unit_for_the_longer():
    """Each under eight minutes, together at least eight (CMS Pub 100-04 ch. 5 §20.2)."""
    assert units([3, 6]) == [0, 1]


@pytest.mark.parametrize(
    ("minutes", "cms", "spm"),
    [
        ([8, 8, 8], 2, 3),
        ([10, 10], 1, 2),
        ([24, 23], 3, 4),
        ([18, 13, 10, 8], 3, 4),
        ([33, 7], 3, 2),
        ([20, 20], 3, 2),
        ([7, 7, 7], 1, 0),
        ([30, 15, 12], 4, 4),
    ],
)
def test_the_two_methods_differ_both_ways(minutes, cms, spm):
    """CMS pools; the CPT midpoint rule looks at each code alone. Neither is always the larger."""
    assert (sum(units(minutes)), sum(units(minutes, SPM))) == (cms, spm)


def test_spm_never_ties_and_gives_each_code_its_own():
    answer = allocate([("97110", 24), ("97140", 23)], SPM)
    assert ([line.units for line in answer.lines], answer.tie, answer.total_units) == ([2, 2], False, 4)


@pytest.mark.parametrize("rule", [CMS, SPM])
def test_a_code_listed_twice_is_one_service(rule):
    """8 + 7 minutes of one code are 15 minutes of it, in the place where it first stood."""
    answer = allocate([("97110", 8), ("97140", 15), ("97110", 7)], rule)
    assert [(line.procedure, line.minutes, line.units) for line in answer.lines] == [("97110", 15, 1), ("97140", 15, 1)]


def test_nothing_earns_nothing():
    assert allocate([], CMS).total_units == 0
    assert units([0, 0]) == [0, 0]


def test_negative_minutes_are_refused():
    with pytest.raises(ValueError, match="97110: minutes must not be negative"):
        allocate([("97110", -1)], CMS)


def test_every_answer_explains_itself():
    answer = allocate([("97530", 23), ("97110", 15)], CMS)
    assert answer.explanation == "38 timed min pooled: (38 + 7) div 15 = 3 units; whole units 2, by remainder 1"
    assert answer.lines[0].explanation == "23 min = 1 × 15 + 8; remainder 8 gets one of 1 left over: 1 + 1 = 2"


@pytest.mark.parametrize(
    ("minutes", "unit", "count"),
    [(30, 60, 0), (31, 60, 1), (90, 60, 1), (91, 60, 2), (15, 30, 0), (16, 30, 1), (8, 15, 1)],
)
def test_codes_with_longer_units_go_by_their_midpoint(minutes, unit, count):
    """CPT time rule: a unit is earned when more than half of it was given."""
    assert by_midpoint(minutes, unit) == count


sessions = st.lists(st.integers(0, 130), min_size=1, max_size=5)


@given(sessions)
def test_lines_add_up_to_what_the_total_earns(minutes):
    assert sum(units(minutes)) == (sum(minutes) + 7) // 15


@given(sessions)
def test_a_quarter_hour_always_counts_and_no_code_gets_two_extra(minutes):
    for given_minutes, earned in zip(minutes, units(minutes), strict=True):
        assert given_minutes // 15 <= earned <= given_minutes // 15 + 1


@given(st.lists(st.integers(0, 60), min_size=1, max_size=4))
def test_the_order_of_services_only_breaks_ties(minutes):
    services = list(zip(CODES, minutes, strict=False))
    first = allocate(services, CMS)
    billed = {line.procedure: line.units for line in first.lines}
    for order in permutations(services):
        answer = allocate(order, CMS)
        assert answer.tie == first.tie
        assert set(answer.tied) == set(first.tied)
        assert fits({line.procedure: line.units for line in answer.lines}, first)
        if not first.tie:
            assert {line.procedure: line.units for line in answer.lines} == billed


@given(sessions, st.integers(0, 4), st.integers(1, 40))
def test_more_minutes_never_earn_fewer_units_in_all(minutes, place, more):
    longer = list(minutes)
    longer[place % len(minutes)] += more
    assert sum(units(longer)) >= sum(units(minutes))
    assert units(longer)[place % len(minutes)] >= units(minutes)[place % len(minutes)]
    assert sum(units(longer, SPM)) >= sum(units(minutes, SPM))


@given(sessions)
def test_only_the_earned_units_fit_save_for_ties(minutes):
    answer = allocate(zip(CODES, minutes, strict=False), CMS)
    billed = {line.procedure: line.units for line in answer.lines}
    assert fits(billed, answer)
    assert not fits({**billed, "97110": billed["97110"] + 1}, answer)


def test_either_way_of_breaking_a_tie_fits():
    answer = allocate([("97112", 20), ("97110", 20)], CMS)
    assert fits({"97112": 1, "97110": 2}, answer)
    assert not fits({"97112": 3, "97110": 0}, answer)
