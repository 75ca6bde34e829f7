"""What is not understood in a policy is refused with its pointer; what begins with x_ is kept."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.registry import TYPES, complaint, parse
from events.term_refusals import UnknownTermError
from events.terms import TermLimit
from tests.events.samples import sample


def pointers(**data):
    event = sample("policy.published.v1", **data)
    try:
        parse(json.dumps(event))
    except UnknownTermError as error:
        return [fault["pointer"] for fault in complaint(error)]
    return []


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"grace": 3}, "/grace"),
        ({"filing": {"length": 90, "anchor": "full moon"}}, "/filing/anchor"),
        ({"filing": {"length": 90, "unit": "fortnights"}}, "/filing/unit"),
        ({"filing": {"length": 90, "counts": "fax"}}, "/filing/counts"),
        ({"filing": {"length": 90, "roll": "sideways"}}, "/filing/roll"),
        ({"filing": {"length": 90, "grace/days": 5}}, "/filing/grace~1days"),
        ({"filing": {"length": 90, "or": {"length": 9, "anchor": "dawn"}, "whichever": "later"}}, "/filing/or/anchor"),
        ({"filing": {"length": 90, "or": {"length": 9}}}, "/filing/whichever"),
        ({"filing": {"length": 90, "or": {"length": 9}, "whichever": "luckier"}}, "/filing/whichever"),
        ({"appeals": [{"length": 90}, {"length": 60, "level": 1}]}, "/appeals/1/level"),
        ({"appeals": [{"length": 90, "extra": True}]}, "/appeals/0/extra"),
        ({"tolerances": {"per_visit": "1.00"}}, "/tolerances/per_visit"),
        ({"effective_by": "moon"}, "/effective_by"),
        ({"effective_from": "2026-05-01", "effective_to": "2026-05-01"}, "/effective_to"),
    ],
)
def test_it_points_at_the_place(data, pointer):
    assert pointers(**data) == [pointer]


def test_what_begins_with_x_is_kept():
    assert pointers(x_note="ours", filing={"length": 90, "x_page": 12}) == []


KNOWN = {name for field, told in TermLimit.model_fields.items() for name in (field, told.alias)}
UNKNOWN_TERM = st.text(min_size=1, max_size=8).filter(lambda name: name not in KNOWN)


@given(st.dictionaries(UNKNOWN_TERM, st.integers() | st.text(max_size=5), max_size=3))
def test_a_logged_policy_is_always_read(extra):
    TYPES["policy.published.v1"].model_validate({"payer_id": "ACME", "filing": {**extra, "length": 90}})
