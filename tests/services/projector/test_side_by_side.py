"""Two projectors at once give the same rows as one."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import OperationalError

from services.store.engine import open_engine
from services.synthetic.histories import history
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
