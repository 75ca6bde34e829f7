"""Two projectors at once give the same rows as one."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import OperationalError

from services.store.engine import open_engine
from tests.histories.random_histories import history
from tests.services.projector.conftest import dump, entries, make_projector, project


def test_two_projectors_at_once_give_the_rows_of_one(engine, new_engine):
    events = [event for number in range(40) for event in history(number)]
    alone = new_engine()
    project(alone, events)

    waiting = entries(events, start=3)
    batches = [waiting[start : start + 25] for start in range(0, len(waiting), 25)]
    with ThreadPoolExecutor(2) as pool:
        # Neighbouring batches speak of the same claims and patients; both workers also get some of them twice.
        list(
            pool.map(
                lambda share: _work(engine.url, share), (batches[0::2] + batches[1:6], batches[1::2] + batches[:6])
            )
        )

    assert dump(engine) == dump(alone)


def test_an_event_and_its_correction_taken_at_once_see_each_other(engine, new_engine):
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

    first, under_way, done = make_projector(engine), threading.Event(), threading.Event()
    fold = first._fold

    def slow_fold(connection, keys):
        under_way.set()
        done.wait(1)
        return fold(connection, keys)

    first._fold = slow_fold
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(first.process, entries([paid], start=7))
        assert under_way.wait(20)
        _until_taken(make_projector(engine).process, entries([withdrawn], start=8))
        done.set()
        begun.result(60)
    assert dump(engine) == dump(alone) != dump(with_it)


def _work(url, batches):
    engine = open_engine(url.render_as_string(hide_password=False))
    projector = make_projector(engine)
    for batch in batches:
        _until_taken(projector.process, batch)
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
