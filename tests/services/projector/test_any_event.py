"""Whatever is accepted folds: no value that is accepted makes a key stale, a batch fail or another practice wait."""

import copy
import json
from itertools import count

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from events.registry import TYPES, parse
from events.values import MAX_AMOUNT, MAX_INTEGER
from services.projector.entry_reader import read_entry
from services.store.log import Delivery
from tests.events.samples import text
from tests.properties import property_run
from tests.services.projector.conftest import NOW, entries, make_projector

RELAXED = property_run(60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
HOSTILE = st.sampled_from(
    [
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
    ]
)
numbers = count(1)


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
    """A sample of some type with up to three hostile values in it, extra fields among them."""
    event = json.loads(text(draw(st.sampled_from(sorted(TYPES)))))
    for _ in range(draw(st.integers(1, 3))):
        places = [where for where in leaves(event) if where and where[0] not in ("specversion", "type", "practice")]
        where = draw(st.sampled_from(places))
        if draw(st.booleans()):
            doubled(event, where)
        else:
            put(event, (*where[:-1], "unheard_of") if where[-1:] == ("id",) else where, draw(HOSTILE))
    return event


def accepted(event):
    return isinstance(read_entry(("1-0", {b"event": json.dumps(event).encode()}), NOW), Delivery)


def scene(practice, event):
    """The event among all samples, in a practice of its own."""
    others = [json.loads(text(name)) for name in sorted(TYPES) if name != event["type"]]
    return [one | {"practice": practice} for one in [*others, event]]


@RELAXED
@given(event=changed())
def test_whatever_is_accepted_folds(event_engine, event):
    if not accepted(event):
        return
    number = next(numbers)
    practice = f"p{number}"
    projector = make_projector(event_engine)
    outcome = projector.process(entries(scene(practice, event), start=number))
    while projector.drain():
        pass
    with event_engine.connect() as connection:
        stale = connection.exec_driver_sql(f"SELECT key, projection, error FROM stale WHERE key LIKE '%|{practice}|%'")
        assert stale.all() == []
    refused = event["type"] == "rules.adopted.v1"  # by the judge of rule packs, with its reasons
    assert refused or outcome.parked == 0, json.dumps(event)


@given(st.sampled_from(sorted(TYPES)), st.data())
def test_a_refusal_points_into_the_event(name, data):
    """Every pointer leads to a place that is there, or to one that is missing from a place that is there."""
    from events.registry import event_faults  # noqa: PLC0415

    event = json.loads(text(name))
    places = [where for where in leaves(event) if where]
    where = data.draw(st.sampled_from(places))
    put(event, where, data.draw(HOSTILE))
    try:
        parse(json.dumps(event))
    except ValueError as error:
        for fault in event_faults(error):
            assert fault["message"]
            assert _leads_somewhere(event, fault["pointer"]), (fault["pointer"], where)


def _leads_somewhere(event, pointer):
    here = event
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:] if part]
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        if isinstance(here, dict):
            if part not in here:
                return last
            here = here[part]
        elif isinstance(here, list):
            if not part.isdigit() or int(part) >= len(here):
                return False
            here = here[int(part)]
        else:
            return False
    return True
