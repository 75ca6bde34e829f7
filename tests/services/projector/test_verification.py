"""Whatever somebody with the database and the files in hand alters, cuts, puts in or takes out: `verify` names it."""

import json
import shutil
import sqlite3
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import func, select

from services.app_context import open_app_context
from services.commands.ingest import ingest_files
from services.core.clock import FixedClock
from services.core.settings import Settings
from services.projector.verification import Verification
from services.security.audit import AuditRecord, append
from services.security.command_line_audit import record_command
from services.store.engine import open_engine, writing
from services.store.log_index import reindex
from services.store.reference import References, ref_maker
from services.store.row_seals import ROW_SEAL
from services.store.seals import SEAL
from tests.histories.random_histories import history
from tests.services.intake.intake_helpers import PAID as PAID_CLP
from tests.services.intake.intake_helpers import claims, era
from tests.services.projector.alterations import ALTERATIONS, sql
from tests.services.projector.conftest import NOW, ZONE, make_projector, rebuild

numbers = count(1)


def events():
    """A few histories, one of them corrected twice over: a payment withdrawn, and the withdrawal withdrawn."""
    told = [event for number in range(6) for event in history(number)]
    paid = next(event for event in told if event["type"] == "patient.paid.v1")
    for name, target in (("w1", paid), ("w2", {"source": paid["source"], "id": "w1"})):
        data = {
            "claim_id": paid["data"]["claim_id"],
            "source": target["source"],
            "id": target["id"],
            "by": "desk",
            "why": "wrong claim",
        }
        told.append({**paid, "id": name, "type": "event.withdrawn.v1", "data": data})
    return told


def written(folder, name, *lines):
    path = folder / name
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


@pytest.fixture(scope="module")
def sealed(tmp_path_factory, valkey_url):
    """A data directory after three ingests: files, events, the same again, one that contradicts, one that is none."""
    home, folder = tmp_path_factory.mktemp("sealed"), tmp_path_factory.mktemp("inbox")
    settings = Settings(
        data_dir=home,
        redis_url=valkey_url,
        stream=f"test:verification:{next(numbers)}",
        ref_key="test",
        practice_zone=str(ZONE),
    )
    (folder / "claims.837").write_text(claims())
    (folder / "era.835").write_text(era(PAID_CLP, amount="80"))
    told = events()
    with open_app_context(settings, clock := FixedClock(NOW)) as app:
        with writing(app.engine) as connection:
            append(
                connection,
                [
                    AuditRecord(
                        at=NOW,
                        who="ann",
                        who_id="1",
                        role="lead",
                        practice="default",
                        action=f"GET /{n}",
                        ref=None,
                        status=200,
                    )
                    for n in range(5)
                ],
            )
        ingest_files(app, [folder, written(folder, "events.ndjson", *told)])
        clock.advance(timedelta(days=1))
        early = [event | {"time": "2026-01-02T00:00:00Z"} for event in told[:3]]
        other = told[4] | {"subject": "changed"}
        ingest_files(app, [written(folder, "again.ndjson", *early, other, {"specversion": "1.0", "id": "broken"})])
        ingest_files(app, [written(folder, "more.ndjson", *history(9))])
        for verb in ("ingest", "worklist", "claim"):
            record_command(settings, verb, NOW)
        verification_of(settings, app.engine).remember()
        with app.engine.connect() as connection:
            counts = [connection.scalar(select(func.count()).select_from(table)) for table in (SEAL, ROW_SEAL)]
        assert counts[0] >= 3
        assert counts[1] >= 2
        app.engine.dispose()
    with sqlite3.connect(home / "claimclock.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home


def verification_of(settings, engine):
    return Verification(engine=engine, settings=settings, references=References(ZONE, ref_maker(b"test")))


@pytest.fixture
def altered(sealed, tmp_path):
    """Applies an alteration to a copy; returns what is found, as pairs of table and kind."""

    def apply(alteration, *, then=lambda _engine: None):
        home = tmp_path / "data"
        shutil.copytree(sealed, home)
        alteration(home)
        engine = open_engine(home / "claimclock.db")
        then(engine)
        found = list(verification_of(Settings(data_dir=home, ref_key="test"), engine).damages())
        engine.dispose()
        assert all(damage.message for damage in found)
        return {(damage.table, damage.found) for damage in found}

    return apply


def test_an_untouched_database_is_proved(altered):
    assert altered(lambda _home: None) == set()


@pytest.mark.parametrize("name", ALTERATIONS)
def test_what_was_altered_is_found_and_named(altered, name):
    alteration, table, found = ALTERATIONS[name]
    assert (table, found) in altered(alteration)


@pytest.mark.parametrize(
    "name", [name for name in ALTERATIONS if name.startswith(("key", "number of", "name of", "claim of"))]
)
def test_a_rebuild_makes_the_index_again(altered, name):
    def then(engine):
        rebuild(engine)

    assert altered(ALTERATIONS[name][0], then=then) == set()


def test_a_loss_that_a_rebuild_would_hide_is_found_all_the_same(altered):
    alteration, table, found = ALTERATIONS["all later deliveries taken out"]

    def then(engine):
        rebuild(engine)

    assert altered(alteration, then=then) == {(table, found)}


def test_a_chain_made_anew_is_not_remembered(sealed, tmp_path):
    """Seals deleted, then the next ingest seals everything again: the memory keeps what it saw before."""
    home = tmp_path / "data"
    shutil.copytree(sealed, home)
    sql("DELETE FROM seal")(home)
    settings, engine = Settings(data_dir=home, ref_key="test"), open_engine(home / "claimclock.db")
    verification = verification_of(settings, engine)
    before = (home / "seals.json").read_bytes()
    verification.remember()
    assert (home / "seals.json").read_bytes() == before
    verification.remember(restored=True)
    assert (home / "seals.json").read_bytes() != before
    assert list(verification.damages()) == []
    engine.dispose()


def test_a_correction_is_filed_the_same_in_any_order(new_engine):
    """Withdrawn, and the withdrawal withdrawn: whichever of the three comes first."""
    told = events()
    three = [event for event in told if event["id"] in ("w1", "w2")]
    paid = next(event for event in told if event["type"] == "patient.paid.v1")
    rest = [event for event in told if event not in three and event != paid]
    for order in ([paid, *three], [*reversed(three), paid], [three[0], paid, three[1]], [three[1], paid, three[0]]):
        engine = new_engine()
        projector = make_projector(engine)
        for number, event in enumerate([*rest, *order]):
            projector.process([(f"{number}-1", {b"event": json.dumps(event).encode()})])
        with writing(engine) as connection:
            assert reindex(connection) == 0
