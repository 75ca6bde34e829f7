"""Two projectors at once give the same rows as one."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from projections.keys import RANK_OF
from services.store.engine import open_engine
from services.store.horizon import committed_position
from services.store.marked_keys import MARKED, Taken, Turn, Urgency, behind, mark_keys, new_mark, projected_position
from tests.histories.random_histories import history
from tests.services.projector.conftest import dump, entries, make_projector, make_worker, project

RANKS_FOLDED = len(set(RANK_OF.values()))


def test_two_projectors_at_once_give_the_rows_of_one(engine, new_engine):
    events = [event for number in range(40) for event in history(number)]
    alone = new_engine()
    project(alone, events)

    waiting = entries(events, start=3)
    batches = [waiting[start : start + 25] for start in range(0, len(waiting), 25)]
    with ThreadPoolExecutor(2) as pool:
        # Neighboring batches refer to the same claims and patients; both workers also get some of them twice.
        list(
            pool.map(
                lambda share: _work(engine.url, share), (batches[0::2] + batches[1:6], batches[1::2] + batches[:6])
            )
        )

    assert dump(engine) == dump(alone)


def test_an_event_and_its_correction_taken_at_once_see_each_other(engine, new_engine, monkeypatch):
    """The one is in the middle of its batch when the other begins."""
    events = next(told for told in map(history, range(99)) if any(e["type"] == "patient.paid.v1" for e in told))
    paid = next(event for event in events if event["type"] == "patient.paid.v1")
    told = {
        "claim_id": "ELSEWHERE",
        "source": paid["source"],
        "id": paid["id"],
        "by": "desk",
        "why": "posted to the wrong claim",
    }
    withdrawn = {**paid, "id": "w", "type": "event.withdrawn.v1", "subject": "ELSEWHERE", "data": told}
    alone = new_engine()
    project(alone, [*events, withdrawn])
    with_it = new_engine()
    project(with_it, events)
    project(engine, [event for event in events if event != paid])

    under_way, done = threading.Event(), threading.Event()

    def slowly(connection, keys, mark):
        under_way.set()
        done.wait(1)
        return mark_keys(connection, keys, mark)

    monkeypatch.setattr("services.projector.projector.mark_keys", slowly)
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(make_projector(engine).log, entries([paid], start=7))
        assert under_way.wait(20)
        monkeypatch.undo()
        _until_taken(make_projector(engine).log, entries([withdrawn], start=8))
        done.set()
        begun.result(60)
    project(engine, [])
    assert dump(engine) == dump(alone) != dump(with_it)


def test_folds_and_commits_of_two_workers_in_any_order_give_the_rows_of_one(new_engine):
    """Logging, taking, folding and committing, each of them whenever chance has it: also of keys that another holds."""
    for seed in range(12):
        chance = random.Random(seed)
        events = [event for number in range(seed * 3, seed * 3 + 3) for event in history(number)]
        chance.shuffle(events)
        alone, shared = new_engine(), new_engine()
        project(alone, events)
        _at_random(shared, entries(events, start=5), chance)
        assert dump(shared) == dump(alone), seed
        with shared.connect() as connection:
            assert behind(connection).keys == 0


def _at_random(engine, waiting, chance):
    logger = make_projector(engine)
    workers = [make_worker(engine, most=chance.choice((2, 5, 250))) for _ in range(3)]
    folded = {}  # what each worker has folded and not yet committed
    while waiting or folded or any_left(engine):
        act = chance.choice(("log", "fold", "fold", "commit", "steal"))
        worker = chance.choice(workers)
        if act == "log" and waiting:
            size = chance.randrange(1, 6)
            logger.log(waiting[:size])
            waiting = waiting[size:]
        elif act == "commit" and worker in folded:
            worker._commit(*folded.pop(worker))
        elif worker not in folded and act != "commit":
            taken = steal(engine, chance) if act == "steal" else worker._taken or worker._take()
            worker._taken = None
            if taken is not None:
                folded[worker] = (worker._fold(taken.keys), taken.mark)


def steal(engine, chance):
    """Keys that somebody may hold: as after a hold that ran out."""
    with engine.connect() as connection:
        keys = sorted(set(connection.scalars(select(MARKED.c.key))))
        oldest = connection.scalar(select(func.min(MARKED.c.position)))
    if not keys:
        return None
    keys = tuple(sorted(chance.sample(keys, min(len(keys), 4))))
    mark = new_mark(Urgency.EVENT, "new events", oldest)
    return Taken(keys=keys, mark=mark, turn=Turn(Urgency.EVENT, 1), is_full=False, tries=1)


def any_left(engine):
    with engine.connect() as connection:
        return behind(connection).keys > 0


def _work(url, batches):
    engine = open_engine(url.render_as_string(hide_password=False))
    projector = make_projector(engine)
    for batch in batches:
        _until_taken(projector.log, batch)
        _until_taken(projector.drain)
    while _until_taken(projector.drain):
        pass
    engine.dispose()


def _until_taken(work, *given):
    """A deadlock or a lock that took too long is retried, as the stream's consumer does."""
    for _ in range(20):
        try:
            return work(*given)
        except OperationalError:
            continue
    raise AssertionError("never taken")


def test_rows_become_visible_while_events_keep_coming(new_engine):
    """After each batch one step of folding: whatever was logged two rounds of the ranks ago is in every row."""
    engine = new_engine()
    waiting = entries([event for number in range(30) for event in history(number)])
    projector = make_projector(engine)
    newest, seen = [], []
    for start in range(0, len(waiting), 3):
        projector.log(waiting[start : start + 3])
        projector.drain()
        with engine.connect() as connection:
            newest.append(committed_position(connection))
            seen.append(projected_position(connection))
    rounds = 2 * RANKS_FOLDED + 1
    assert all(visible >= logged for logged, visible in zip(newest, seen[rounds:], strict=False))
    assert len(seen) > 3 * rounds
