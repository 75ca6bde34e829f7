"""What may be altered or taken out of a data directory: how it is done, and in which table it is found, as what."""

import shutil
import sqlite3


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
        sql("INSERT INTO membership VALUES ('claim|default|NONE', 'payer|default|X', 'default')"),
        "membership",
        "stored",
    ),
    "key left behind by a failed fold": (
        sql("INSERT INTO stale VALUES ('claim|default|X', 'lifecycle', 'ValueError', 1)"),
        "stale",
        "stale",
    ),
}
