"""What people did about deposits and remittances holds whichever comes first, and is typed as on the desk."""

import json
import random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from projections.rows.deposit_rows import month_matches
from projections.tables.tables import READ_TABLES
from services.cli.main import build
from services.projector import deposits as folds
from tests.properties import property_run
from tests.services.projector.conftest import dump, new_engine, project  # noqa: F401  a fixture
from tests.services.projector.test_provider_references import adjusted, event

FEW = property_run(6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
TRACES = ("T03-18", "T03-25", "B9")
STATES = ("money_without_era", "era_without_money", "differing")
ABOUT = st.tuples(st.sampled_from(TRACES), st.sampled_from(STATES), st.sampled_from(("assigned", "noted", "resolved")))


def money(trace):
    told = {"deposit_id": f"D {trace}", "date": "2026-03-25", "amount": "50.00", "method": "eft", "trace": trace}
    return event("deposit.received.v1", "03-25", told)


def act(trace, state, kind):
    about = {
        "deposit_id": f"D {trace}",
        "worklist": "deposit",
        "item": f"{state} deposit|default|D {trace}",
        "by": "kim",
    }
    said = {
        "assigned": {"assignee": "lee"},
        "noted": {"note": "asked"},
        "resolved": {"resolution": "done", "note": "x"},
    }
    return event(f"work.{kind}.v1", "04-12", about | said[kind])


@FEW
@given(
    st.lists(st.sampled_from(TRACES), min_size=1, max_size=3, unique=True),
    st.lists(ABOUT, max_size=4, unique=True),
    st.integers(0, 999),
)
def test_any_order_gives_the_same_items(new_engine, traces, acts, seed):  # noqa: F811
    told = [money(trace) for trace in traces] + [act(*one) for one in acts]
    told += [adjusted("03-18", ("WO", "NOBODY", "50.00")), adjusted("03-25")]
    first, other = new_engine(), new_engine()
    project(first, told)
    shuffled = random.Random(seed).sample(told, len(told))
    project(other, shuffled, sizes=(1, 2))
    assert dump(other) == dump(first)
    item = READ_TABLES["work_item"]
    with first.connect() as connection:
        rows = {row.item: row for row in connection.execute(item.select().where(item.c.kind == "deposit"))}
    for trace, state, kind in acts:
        row = rows.get(f"{state} deposit|default|D {trace}")
        if row is not None and kind == "resolved":
            assert row.done["note"] == "x"
        if row is not None and kind == "assigned":
            assert row.assignee == "lee"


def test_the_command_line_closes_and_reopens(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMCLOCK_DATA_DIR", str(tmp_path))

    def run(*words):
        told = CliRunner().invoke(build(words), words)
        assert not told.exception, told.exception
        return told.stdout

    def listed(*more):
        return [row["item"] for row in json.loads(run("worklist", "deposit", "--json", *more))]

    run("deposits", "add", "--date", "2026-03-18", "--amount", "150.00", "--trace", "90017")
    (item,) = listed()
    assert "is closed" in run("close-item", "deposit", "-", item, "--note", "interest")
    assert (listed(), listed("--done")) == ([], [item])
    assert "last action undone" in run("reopen-item", "deposit", "-", item)
    assert listed() == [item]


@pytest.mark.parametrize(("banked", "most"), [(False, 11), (True, 31)], ids=["no deposit is near", "deposits are near"])
def test_a_remittance_is_compared_with_what_is_near_alone(new_engine, monkeypatch, banked, most):  # noqa: F811
    """Of a year with ten a month: three months at most are folded, none of them with more than three months' money."""
    compared = []

    def counting(month, deposits, remittances):
        compared.append(len(remittances))
        return month_matches(month, deposits, remittances)

    engine = new_engine()
    days = [f"{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 28, 3)]
    told = [adjusted(day) for day in days] + [money(f"Z{day}") for day in days if banked]
    project(engine, told)
    monkeypatch.setattr(folds, "month_matches", counting)
    project(engine, [adjusted("06-29")], start=2)
    assert 0 < len(compared) <= 3
    assert max(compared) <= most
