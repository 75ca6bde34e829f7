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


def sql(*statements, file="claimclock.db"):
    """What a person with the file and a shell does: the triggers go first."""

    def alter(home):
        connection = sqlite3.connect(home / file)
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            changed = connection.execute(statement).rowcount
            assert changed, statement
        connection.commit()
        connection.close()

    return alter


def commands(*statements):
    """The same in the file of the command line's audit."""
    return sql(*statements, file="audit.db")


def flipped(name):
    """One bit in the last cell of the root page of a table or index."""

    def alter(home):
        path = home / "claimclock.db"
        connection = sqlite3.connect(path)
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        connection.close()
        content = bytearray(path.read_bytes())
        content[page * size - 2] ^= 1
        path.write_bytes(content)

    return alter


def raw(change):
    def alter(home):
        connection = sqlite3.connect(home / "claimclock.db")
        (named,) = connection.execute("SELECT substr(rawref, 1, 64) FROM event_log WHERE rawref IS NOT NULL").fetchone()
        connection.close()
        change(home / "raw" / named[:2] / f"{named}.gz")

    return alter


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def spoiled(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


LAST_LINK = "(SELECT first_position FROM seal ORDER BY position DESC LIMIT 1)"
CORRECTED = "(SELECT position FROM correction LIMIT 1)"
PAID = "(SELECT position FROM event_log WHERE type = 'patient.paid.v1' LIMIT 1)"

ALTERATIONS = {
    "entry's text altered": (
        sql(f"UPDATE event_log SET data = replace(data, ':', ': ') WHERE position = {PAID}"),
        "event_log",
        "altered",
    ),
    "entry's text destroyed": (
        sql(f"UPDATE event_log SET data = '{{' WHERE position = {PAID}"),
        "event_log",
        "unreadable",
    ),
    "entry's time moved": (
        sql(f"UPDATE event_log SET time = time - 1 WHERE position = {PAID}"),
        "event_log",
        "altered",
    ),
    "entry's recording moved": (
        sql(f"UPDATE event_log SET recorded_at = recorded_at + 1 WHERE position = {PAID}"),
        "event_log",
        "altered",
    ),
    "entry taken out": (sql(f"DELETE FROM event_log WHERE position = {PAID}"), "event_log", "missing"),
    "entry put in": (
        sql(
            "INSERT INTO event_log SELECT 100000, practice, source, 'new', type, subject, time, recorded_at, NULL, NULL, NULL, NULL, NULL, NULL,"
            f" hash, data, NULL FROM event_log WHERE position = {PAID}"
        ),
        "event_identity",
        "missing",
    ),
    "identity's content altered": (
        sql(f"UPDATE event_identity SET hash = 'x' WHERE position = {PAID}"),
        "event_log",
        "identity",
    ),
    "identity moved to another practice": (
        sql(f"UPDATE event_identity SET practice = 'x' WHERE position = {PAID}"),
        "event_log",
        "identity",
    ),
    "identity taken out": (sql(f"DELETE FROM event_identity WHERE position = {PAID}"), "event_identity", "missing"),
    "identity without an entry": (
        sql("INSERT INTO event_identity VALUES (100000, 'default', 's', 'i', 'h')"),
        "event_log",
        "missing",
    ),
    "key taken out": (
        sql(f"DELETE FROM event_key WHERE position = {PAID} AND key LIKE 'claim|%'"),
        "event_key",
        "missing",
    ),
    "key of a correction taken out": (
        sql(f"DELETE FROM event_key WHERE position = {CORRECTED}"),
        "event_key",
        "missing",
    ),
    "key put in": (sql(f"INSERT INTO event_key VALUES ('claim|default|OTHER', {PAID})"), "event_key", "added"),
    "key of no entry": (sql("INSERT INTO event_key VALUES ('claim|default|OTHER', 100000)"), "event_key", "added"),
    "correction taken out": (sql("DELETE FROM correction"), "correction", "missing"),
    "correction put in": (sql(f"INSERT INTO correction VALUES ('default', 's', 'i', {PAID})"), "correction", "added"),
    "later delivery taken out": (
        sql("DELETE FROM sighting WHERE entry_id = (SELECT min(entry_id) FROM sighting)"),
        "sighting",
        "missing",
    ),
    "all later deliveries taken out": (sql("DELETE FROM sighting"), "sighting", "missing"),
    "later delivery moved": (sql("UPDATE sighting SET time = time - 31536000000000"), "sighting", "altered"),
    "later delivery moved and unsealed": (
        sql("UPDATE sighting SET time = time + 1, sealed_by = NULL"),
        "sighting",
        "altered",
    ),
    "later delivery put in": (sql(f"INSERT INTO sighting VALUES ('9-9', {PAID}, 1, 1, NULL, 1)"), "sighting", "added"),
    "parked row taken out": (sql("DELETE FROM parked WHERE origin <> 'conflict'"), "parked", "missing"),
    "conflict's parked row taken out": (sql("DELETE FROM parked WHERE origin = 'conflict'"), "parked", "missing"),
    "parked bytes altered": (sql("UPDATE parked SET raw = x'00'"), "parked", "altered"),
    "seal altered": (sql("UPDATE seal SET hash = previous"), "seal", "seal"),
    "seal taken out of the middle": (
        sql("DELETE FROM seal WHERE previous = (SELECT hash FROM seal ORDER BY position LIMIT 1)"),
        "seal",
        "seal",
    ),
    "all seals taken out": (sql("DELETE FROM seal"), "seal", "lost"),
    "last link taken out with all it covers": (
        sql(
            f"DELETE FROM event_key WHERE position >= {LAST_LINK}",
            f"DELETE FROM event_log WHERE position >= {LAST_LINK}",
            f"DELETE FROM event_identity WHERE position >= {LAST_LINK}",
            "DELETE FROM seal WHERE position = (SELECT max(position) FROM seal)",
        ),
        "seal",
        "lost",
    ),
    "seal of rows altered": (sql("UPDATE row_seal SET entries = '{}'"), "row_seal", "seal"),
    "all seals of rows taken out": (
        sql("DELETE FROM row_seal", "UPDATE sighting SET sealed_by = NULL", "UPDATE parked SET sealed_by = NULL"),
        "row_seal",
        "lost",
    ),
    "audit entry altered": (sql("UPDATE audit_entry SET who = 'bob' WHERE seq = 2"), "audit_entry", "altered"),
    "audit entry taken out": (sql("DELETE FROM audit_entry WHERE seq = 2"), "audit_entry", "altered"),
    "newest audit entry taken out": (
        sql("DELETE FROM audit_entry WHERE seq = (SELECT max(seq) FROM audit_entry)"),
        "audit_entry",
        "lost",
    ),
    "raw file altered": (raw(spoiled), "raw", "altered"),
    "raw file cut": (raw(cut), "raw", "altered"),
    "raw file removed": (raw(lambda path: path.unlink()), "raw", "missing"),
    "raw file that no event names altered": (
        lambda home: spoiled(min((home / "raw").rglob("*.gz"), key=lambda path: -path.stat().st_size)),
        "raw",
        "altered",
    ),
    "raw file put in another's place": (
        raw(lambda path: shutil.copy(next(p for p in path.parents[1].rglob("*.gz") if p != path), path)),
        "raw",
        "altered",
    ),
    "bit of an index flipped": (flipped("event_key_by_position"), "database", "damaged"),
    "bit of another index flipped": (flipped("event_log_by_correlation"), "database", "damaged"),
    "number of a claim taken out": (sql("DELETE FROM claim_number WHERE kind = 'claim'"), "claim_number", "missing"),
    "number of a claim altered": (sql("UPDATE claim_number SET sent = NOT sent"), "claim_number", "altered"),
    "number of a claim put in": (
        sql("INSERT INTO claim_number VALUES ('default', 'claim', 'X', 'claim|default|X', 1)"),
        "claim_number",
        "added",
    ),
    "name of a submission taken out": (sql("DELETE FROM submission_name"), "submission_name", "missing"),
    "name of a submission altered": (
        sql("UPDATE submission_name SET sent_at = sent_at - 86400000000"),
        "submission_name",
        "altered",
    ),
    "name of a payer altered": (sql("UPDATE named_payer SET name = name || 'X'"), "named_payer", "added"),
    "claim of a submission altered": (sql("UPDATE submission_claim SET charge = 1"), "submission_claim", "altered"),
    "claim of a submission moved": (
        sql("UPDATE submission_claim SET submission = 'x'"),
        "submission_claim",
        "missing",
    ),
    "command line's audit altered": (
        commands("UPDATE audit_entry SET who = 'bob' WHERE seq = 2"),
        "audit.db",
        "altered",
    ),
    "command line's audit entry taken out": (commands("DELETE FROM audit_entry WHERE seq = 2"), "audit.db", "altered"),
    "command line's newest audit entry taken out": (
        commands("DELETE FROM audit_entry WHERE seq = (SELECT max(seq) FROM audit_entry)"),
        "audit.db",
        "lost",
    ),
    "read row altered": (sql("UPDATE claim SET paid = paid + 1"), "claim", "different"),
    "read row taken out": (
        sql("DELETE FROM deadline WHERE rowid = (SELECT min(rowid) FROM deadline)"),
        "deadline",
        "missing",
    ),
    "read row put in": (
        sql("INSERT INTO membership VALUES ('claim|default|NONE', 'payer|default|X')"),
        "membership",
        "stored",
    ),
    "key left behind by a failed fold": (
        sql("INSERT INTO stale VALUES ('claim|default|X', 'lifecycle', 'ValueError', 1)"),
        "stale",
        "stale",
    ),
}


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
