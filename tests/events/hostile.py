"""Events that nobody means to send: published samples with hostile values in any place, and lists doubled."""

import copy
import json

from hypothesis import strategies as st

from events.registry import TYPES
from events.values import MAX_AMOUNT, MAX_INTEGER
from tests.events.fields import add_absent
from tests.events.samples import text

HOSTILE_VALUES = (
    "1900-01-01",
    "2199-12-31",
    "9999-12-31",
    "0001-01-01",
    "0001-01-01T00:00:00Z",
    "1900-01-01T00:00:00+14:00",
    "2199-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+23:59",
    "2024-02-29",
    0,
    -1,
    1,
    2,
    3.5,
    MAX_INTEGER,
    -MAX_INTEGER - 1,
    2**31,
    2**63,
    10**30,
    str(MAX_AMOUNT),
    f"-{MAX_AMOUNT}",
    "1e13",
    "99999999",
    "1e-12",
    "0.005",
    "0E+999999",
    "",
    " ",
    "x",
    "X" * 100,
    "y" * 200,
    "z" * 201,
    "\U0001f600" * 200,
    "*",
    "|",
    "%",
    "P",
    "S",
    "7",
    "8",
    "22",
    "25",
    "MB",
    "MEDICARE",
    "CO",
    "PR",
    "45",
    True,
    False,
    None,
    [],
    {},
    [{}],
    {"a": {"b": [1]}},
    "NaN",
    "a|b",
    "2026",
    "110 %",
    "day",
    "days",
    "business_days",
    "percent_of_medicare",
    "per_visit",
    "notice",
)
HOSTILE = st.sampled_from(HOSTILE_VALUES)

# JSON texts of one value that no event can hold, each with what is said of it.
UNHOLDABLE = {
    "NaN": "not a number that JSON can hold",
    "-Infinity": "not a number that JSON can hold",
    "1e400": "not a number that JSON can hold",
    '{"a": [null, {"b": NaN}]}': "not a number that JSON can hold",
    "9" * 5_000: "more than 4,300 digits",
    "[" * 250 + "]" * 250: "nested too deeply",
    "[" * 50_000 + "]" * 50_000: "nested too deeply",
    '{"a":' * 2_000 + "1" + "}" * 2_000: "nested too deeply",
}


def with_unknown_field(event, value, *, in_data=True):
    """An event's JSON with one more field; the value is JSON already."""
    data = event["data"] | {"x_odd": "HERE"} if in_data else event["data"]
    told = event | {"data": data} | ({} if in_data else {"xodd": "HERE"})
    return json.dumps(told).replace('"HERE"', value)


def leaves(value, where=()):
    """Every place in a JSON value, the inner ones too."""
    yield where
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from leaves(part, (*where, name))


def put(event, where, value):
    target = event
    for name in where[:-1]:
        target = target[name]
    target[where[-1]] = copy.deepcopy(value)


def doubled(event, where):
    """A list with its first part twice: two lines of one number, two levels, two rates."""
    target = event
    for name in where:
        target = target[name]
    if isinstance(target, list) and target:
        target.append(copy.deepcopy(target[0]))


@st.composite
def changed(draw):
    """A sample of some type, more of its fields, and up to three hostile values in it, extra fields among them."""
    event = json.loads(text(draw(st.sampled_from(sorted(TYPES)))))
    add_absent(draw, event)
    for _ in range(draw(st.integers(0, 3))):
        places = [where for where in leaves(event) if where and where[0] not in ("specversion", "type", "practice")]
        where = draw(st.sampled_from(places))
        if draw(st.booleans()):
            doubled(event, where)
        else:
            put(event, (*where[:-1], "unheard_of") if where[-1:] == ("id",) else where, draw(HOSTILE))
    return event
