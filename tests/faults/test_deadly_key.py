"""A claim whose fold kills the process: it is given up after some tries, and all others are folded meanwhile."""

import pytest
from sqlalchemy import select

from projections.tables.tables import table_of
from services.projector.replay import verify
from services.store.engine import closing_engine, open_engine
from services.store.marked_keys import TOO_OFTEN
from services.store.reference import References, ref_maker
from services.store.tables import Stale
from tests.faults.installation import installed, until
from tests.faults.programs import deadly
from tests.services.projector.conftest import ZONE

pytestmark = pytest.mark.fault
STALE = table_of(Stale)
MOST_STARTS = 3 * TOO_OFTEN


def stale(installation):
    with closing_engine(open_engine(installation.settings.database)) as engine, engine.connect() as connection:
        return connection.execute(select(STALE)).all()


def test_a_claim_that_kills_whoever_folds_it(tmp_path, valkey_url):
    with installed(tmp_path, valkey_url, fold_processes=1) as installation:
        installation.run("migrate")
        installation.publish_histories(0, 12)
        victim = next(event["subject"] for event in installation.accepted if event["type"] == "claim.submitted.v1")
        starts = 0
        while not stale(installation):
            assert starts < MOST_STARTS, "it was never given up"
            process = installation.start("projector", command=deadly(victim))
            starts += 1
            until(lambda process=process: process.poll() is not None or stale(installation))
        assert starts > 1
        installation.settle()
        installation.stop()
        assert {row.key for row in stale(installation)} == {f"claim|default|{victim}"}
        assert all("again and again" in row.error for row in stale(installation))
        assert installation.counts()["lost"] == 0
        with closing_engine(open_engine(installation.settings.database)) as engine:
            different = verify(engine, References(ZONE, ref_maker(b"test")))
        assert different, "the claim has no rows, and that is a difference"
        installation.run("rebuild", "--claim", victim)
        installation.check()
