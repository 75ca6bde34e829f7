"""One next step: whatever happened, it contradicts no list that the claim, or the visit, is on."""

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from projections.work.item import NO_DUE, NO_DUE_BY_KIND, NO_LAST_DAY, NO_LAST_DAY_BY_KIND
from services.reads.claims import claim_page
from services.reads.export_rows import with_claims
from services.reads.next_steps import next_steps_of, step_in_order
from services.reads.read_context import ReadContext
from services.reads.worklist_filters import Filters
from services.reads.worklists import worklist
from tests.properties import property_run
from tests.services.reads.small_practice import LISTS, STEPS, clinic, numbers  # noqa: F401
from tests.services.scheduler.conftest import references

INSTANTS = st.sampled_from([1, 20, 60, 120, 400, 900]).map(
    lambda days: datetime.fromisoformat("2026-02-01T12:00:00+00:00") + timedelta(days=days)
)


def place(row):
    """Where a row stands among others: what is lost first, then what is overdue."""
    return (row["lost_on"] or "9999", not row["overdue"])


@property_run(40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from(["MEDICARE", "ACME", "NIX"])), max_size=6),
    INSTANTS,
)
def test_the_next_step_contradicts_no_list(clinic, history, at):  # noqa: F811
    name = f"C{next(numbers)}"
    for step, payer in history:
        STEPS[step](clinic, name, payer)
    context = ReadContext(engine=clinic.engine, references=references(), practice="default", at=at)
    mine = [
        row
        for kind in LISTS
        for row in worklist(context, kind).items
        if name in (row["claim_id"], (row["patient_id"] or "").removeprefix("P-"))
    ]
    steps = next_steps_of(context, [name])
    for row in mine:
        assert not (row["overdue"] and "wait" in row["next_action"].lower())
        step = row["next_step"]
        if row["claim_id"] is None:
            assert (step["what"], step["due"], step["lost_on"]) == (row["next_action"], row["due"], row["lost_on"])
            continue
        assert step == steps[row["claim_id"]].as_json()
        assert step["worklist"] is not None
        assert place(step) <= place(row)
        assert row["next_action"] in step_in_order(row)
    shown = [row for row in worklist(context, filters=Filters()).items if row["claim_id"] == name]
    assert len(shown) == any(row["claim_id"] == name for row in mine)
    for row in shown:
        assert (row["kind"], row["item"], row["next_action"]) == (
            row["next_step"]["worklist"],
            row["next_step"]["item"],
            row["next_step"]["what"],
        )
        assert next(with_claims(context, [row]))["next_step"] == row["next_step"]["what"]
    if not shown:
        assert steps[name].worklist is None
        assert (steps[name].by == "practice") == steps[name].overdue
    if any(step in ("sent", "denied", "rejected") for step, _ in history):
        assert claim_page(context, name)["next_step"] == steps[name].as_json()


def without_words(row):
    """Which of the two days an item lacks without saying why."""
    for day, opening in ((row["due"], NO_DUE), (row["lost_on"], NO_LAST_DAY)):
        reasons = [line for line in row["explanation"] if line.startswith(opening)]
        if day is None and not any(line.removeprefix(opening).strip() for line in reasons):
            yield opening
        if day is not None and reasons:
            yield f"{opening}although it has one: {day}"


@property_run(40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from(["MEDICARE", "ACME", "NIX"])), max_size=6),
    INSTANTS,
)
def test_every_item_of_every_list_has_its_days_or_says_why_not(clinic, history, at):  # noqa: F811
    name = f"C{next(numbers)}"
    for step, payer in history:
        STEPS[step](clinic, name, payer)
    context = ReadContext(engine=clinic.engine, references=references(), practice="default", at=at)
    for kind in LISTS:
        for filters in (Filters(), Filters(done=True)):
            for row in worklist(context, kind, filters, 1000).items:
                assert not list(without_words(row)), (kind, row["reason"], row["explanation"])


def test_the_histories_reach_every_list(clinic):  # noqa: F811
    """Else the laws above would say nothing of a list."""
    for step in sorted(STEPS):
        for payer in ("MEDICARE", "ACME"):
            for before in ("sent", "visit"):
                name = f"C{next(numbers)}"
                STEPS[before](clinic, name, payer)
                STEPS[step](clinic, name, payer)
    name = f"C{next(numbers)}"
    for step in ("sent", "near the threshold"):
        STEPS[step](clinic, name, "MEDICARE")
    at = datetime.fromisoformat("2026-06-01T12:00:00+00:00")
    context = ReadContext(engine=clinic.engine, references=references(), practice="default", at=at)
    found = {kind for kind in LISTS if worklist(context, kind, Filters()).items}
    assert found == set(LISTS)


def test_every_list_has_words_for_a_missing_day():
    assert set(NO_DUE_BY_KIND) == set(NO_LAST_DAY_BY_KIND) == set(LISTS)
