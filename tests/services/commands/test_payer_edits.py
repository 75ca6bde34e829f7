"""Single terms as a person writes them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.term_refusals import levels_of, misunderstood
from events.term_words import Anchor, TermUnit
from events.terms import PolicyPublished
from projections.rules.payer_library import CALLED, Network, adopted_policy
from services.commands.payer_edits import LEVELS, TERMS, BadEditError, edited_policy
from services.store.payer_library import payer_library

SHARED = {"payer_id": "A", "version": 3, "appeals": [{"levels": [1, 2], "length": 12, "unit": "months"}]}


def edited(*changes, standing=None):
    return edited_policy("A", PolicyPublished.model_validate(standing) if standing else None, changes)


@pytest.mark.parametrize(
    ("change", "term", "window"),
    [
        ("filing=120 days", "filing", {"length": 120, "unit": "days"}),
        ("Filing Secondary = 90 days from primary notice", "filing_secondary", ("days", "primary notice")),
        (
            "corrected=12 months from first notice by mailing",
            "corrected",
            {"length": 12, "unit": "months", "anchor": "first notice", "counts": "mailing"},
        ),
        ("peer_to_peer=14 business days from notice", "peer_to_peer", ("business days", "notice")),
        ("reopening=none", "reopening", {"length": 0}),
    ],
)
def test_a_change_in_words(change, term, window):
    found = edited(change)[term]
    assert (found if isinstance(window, dict) else (found["unit"], found["anchor"])) == window


def test_an_appeal_level_changes_alone():
    """Levels 1 and 2 share a window; a new one for level 1 leaves level 2 what it was."""
    found = edited("appeal=60 days", standing=SHARED)["appeals"]
    assert [(appeal["level"], appeal["length"]) for appeal in found] == [(1, 60), (2, 12)]
    assert [a["level"] for a in edited("appeal 2=unknown", standing=SHARED)["appeals"]] == [1]
    assert edited("appeal 3=30 days", standing=SHARED)["appeals"][0]["levels"] == [1, 2]


def test_a_term_that_is_not_known_any_more_goes():
    standing = {"payer_id": "A", "filing": {"length": 90}, "corrected": {"length": 60}}
    found = edited("filing=unknown", standing=standing)
    assert ("filing" in found, found["corrected"]["length"]) == (False, 60)


@pytest.mark.parametrize("change", ["filing", "filing=soon", "filing=90", "appeal 9=30 days", "fee=1 days", "=", ""])
def test_what_is_not_understood_says_how_to_write_it(change):
    with pytest.raises(BadEditError, match=r"TERM=LENGTH UNIT|is not a term"):
        edited(change)


@given(
    st.lists(st.tuples(st.sampled_from(TERMS), st.integers(1, 999)), min_size=1, max_size=6, unique_by=lambda c: c[0]),
    st.sampled_from(list(TermUnit)),
    st.sampled_from(list(Anchor)),
)
def test_whatever_is_entered_is_understood_and_no_level_stands_twice(changes, unit, anchor):
    stated = edited(*(f"{term}={length} {unit} from {anchor}" for term, length in changes), standing=SHARED)
    policy = PolicyPublished.model_validate(stated)
    assert list(misunderstood(policy)) == []
    levels = [level for place, appeal in enumerate(policy.appeals) for level in levels_of(appeal, place)]
    assert sorted(levels) == sorted(set(levels))
    assert max(levels, default=1) <= LEVELS


def test_a_payer_is_called_as_the_practice_says_whatever_is_adopted_or_edited_later():
    named = edited(
        "called=Cedar Bluff  Health", "filing=90 days", standing={"payer_id": "A", "corrected": {"length": 60}}
    )
    assert (named[CALLED], named["corrected"]["length"]) == ("Cedar Bluff Health", 60)
    policy = PolicyPublished.model_validate(named | {"version": 1})
    template = payer_library()[0]
    adopted = adopted_policy(template, "A", Network.IN, date(2026, 11, 6), policy)
    assert adopted[CALLED] == "Cedar Bluff Health"
    with pytest.raises(BadEditError, match="write the payer's name"):
        edited("called= ")
