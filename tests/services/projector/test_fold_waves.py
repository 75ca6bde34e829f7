"""What is folded again, and what is not because nothing that it reads has changed; a few new events in one transaction."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import event, select, update

from projections.keys import RANKS
from projections.tables.tables import READ_TABLES, table_of
from services.projector.fold_wave import MOST_MARKS
from services.projector.folds import FoldContext
from services.projector.registry import KEY_PROJECTORS
from services.store.engine import reading, writing
from services.store.log import KEYS
from services.store.marked_keys import MARKED, Urgency, few_waiting, mark_keys, new_mark
from services.store.tables import Stale
from tests.histories.random_histories import history
from tests.services.projector.conftest import dump, entries, make_projector, make_worker, project, rebuild
from tests.services.projector.test_clocks_end_to_end import VISIT

STALE = table_of(Stale)
ABOVE = [kind for rank in RANKS[2:] for kind in rank]


@pytest.mark.parametrize("kind", ABOVE)
def test_what_a_fold_above_reads_is_what_it_says_it_reads(new_engine, kind):
    """Else a change there would leave its rows behind."""
    engine, key_projector, asked = new_engine(), KEY_PROJECTORS[kind], []
    reference = make_projector(engine).references
    with reading(engine) as connection:
        terms = reference.get(connection, "default")
        event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
        key_projector.load(FoldContext(connection, connection), [NAMES[kind]], terms)
    tables = {name for text in asked for name in re.findall(r"(?:FROM|JOIN) (\w+)", text)}
    assert tables & READ_TABLES.keys() == key_projector.reads | {"membership"}
    assert bool(tables & {KEYS.name}) == bool(key_projector.follows)


NAMES = {
    "day": "day|default|2026-01-05|P1",
    "deposit_trace": "deposit_trace|default|T1",
    "therapist_day": "therapist_day|default|2026-01-05|T1",
    "episode": "episode|default|PT|P1",
    "year": "year|default|2026|PT_SLP|P1",
    "coverage": "coverage|default|P1",
    "deposit_month": "deposit_month|default|2026-01",
}


def test_one_event_after_the_other_gives_the_rows_of_a_rebuild(engine):
    """Folds above are left out where nothing they read changed; a rebuild leaves none out."""
    told = [event for number in range(8) for event in history(number)]
    projector = make_projector(engine)
    projector.drain()
    for one in entries(told):
        projector.process([one])
    live = dump(engine)
    rebuild(engine)
    assert dump(engine) == live


def test_an_event_that_changes_nothing_above_folds_nothing_above(engine):
    told = history(3)
    projector = make_projector(engine)
    projector.process(entries(told))
    with writing(engine) as connection:
        claims = sorted({row.key for row in connection.execute(select(KEYS)) if row.key.startswith("claim|")})
        mark_keys(connection, claims, new_mark(Urgency.EVENT, "test"))
    assert _folded(projector) == len(claims)


def test_new_terms_go_all_the_way_up_although_rows_stay(engine):
    """Also where a new event wants the same key, and has its turn first."""
    projector = make_projector(engine)
    projector.process(entries(history(3)))
    with engine.connect() as connection:
        membership = connection.execute(select(READ_TABLES["membership"])).all()
    above = {row.derived for row in membership if row.derived.split("|")[0] in ABOVE}
    below = {row.key for row in membership if row.derived in above and row.key.split("|")[0] not in ABOVE}
    with writing(engine) as connection:
        mark_keys(connection, below, new_mark(Urgency.TERMS, "new terms"))
        mark_keys(connection, below, new_mark(Urgency.EVENT, "test"))
    assert _folded(projector) >= len(above | below)


def test_few_new_events_are_folded_in_one_transaction_on_a_database_with_one_writer(new_engine):
    engine = new_engine()
    worker = make_worker(engine)
    assert worker.step() == 0
    make_projector(engine).log(entries(history(3)))
    commits = []
    event.listen(engine, "commit", commits.append)
    assert worker.step() > 1
    assert (worker.step(), len(commits)) == (0, 1)


def test_what_an_earlier_run_left_is_taken_by_name_so_that_a_deadly_key_is_found(new_engine):
    engine = new_engine()
    make_projector(engine).log(entries([VISIT]))
    worker = make_worker(engine)
    taken = worker._take()
    assert taken is not None
    with engine.connect() as connection:
        assert set(connection.scalars(select(MARKED.c.tries))) == {1}


@pytest.mark.parametrize("change", [{"urgency": int(Urgency.TERMS)}, {"tries": 1}, {"worker": "somebody"}])
def test_anything_else_that_waits_is_for_the_workers(new_engine, change):
    engine = new_engine()
    make_projector(engine).log(entries(history(3)))
    with writing(engine) as connection:
        few = few_waiting(connection, MOST_MARKS)
        assert few is not None
        assert few.keys
        assert few_waiting(connection, len(few.marks) - 1) is None
        connection.execute(update(MARKED).where(MARKED.c.mark == few.marks[0]).values(**change))
        assert few_waiting(connection, MOST_MARKS) is None


def test_a_key_that_cannot_be_loaded_spoils_only_itself(new_engine, monkeypatch):
    engine, plain = new_engine(), new_engine()
    told = history(3)
    project(plain, told)
    projector = make_projector(engine)
    projector.drain()
    visits = KEY_PROJECTORS["visit"]
    load = visits.load

    def poisoned(context, keys, reference):
        if "visit|default|V1" in keys:
            raise ValueError("poisoned")
        return load(context, keys, reference)

    monkeypatch.setitem(KEY_PROJECTORS, "visit", replace(visits, load=poisoned))
    projector.log(entries([*told, VISIT]))
    while projector.drain():
        pass
    with engine.connect() as connection:
        assert set(connection.scalars(select(STALE.c.key))) == {"visit|default|V1"}
    assert dump(engine)["claim"] == dump(plain)["claim"]


def _folded(projector):
    total = 0
    while count := projector.drain():
        total += count
    return total
