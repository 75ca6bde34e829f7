"""Brings a database to this version's tables, and says why where it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, inspect, text
from sqlmodel import SQLModel

from services.core.errors import ClaimclockError, UsageError
from services.store.dialect import AdvisoryLock, dialect_of
from services.store.partitions import partition, prepare_log

MIGRATIONS = Path(__file__).parents[1] / "migrations"
REVISIONS = tuple(sorted(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))
HEAD = REVISIONS[-1]
VERSION_TABLE = "schema_version"
_BEFORE_RELEASE = "alembic_version"  # where development versions, with migrations of their own, kept theirs


class SchemaError(ClaimclockError):
    """The database's tables are not ones that this version can work with."""


def is_current(engine: Engine) -> bool:
    """Whether the tables are those of this version, without changing anything. Raises SchemaError."""
    with engine.connect() as connection:
        found = revision(connection)
    refuse_newer(found)
    return found == HEAD


def behind_in_words(found: str | None) -> str:
    """What keeps this version from reading a database whose newest migration is `found`, and what to do."""
    if found is None:
        return "the database is empty: `claimclock ingest FILE` or `claimclock demo` fills it"
    return (
        f"the database has the tables of an older version (schema {found}; this version needs {HEAD}): "
        "`claimclock migrate`, or any command that writes, brings them up to date"
    )


def refuse_newer(found: str | None) -> None:
    """Raises SchemaError where this version does not know the database's newest migration."""
    if found is not None and found > HEAD:
        raise SchemaError(
            f"the database has the tables of a newer version of Claimclock (schema {found}; this version knows up to "
            f"{HEAD}): start that version, or one newer still"
        )


def revision(connection: Connection) -> str | None:
    """The number of the newest migration that the database has; None where it is empty. Raises SchemaError."""
    tables = inspect(connection)
    if tables.has_table(VERSION_TABLE):
        found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608  our own name
        return found
    if tables.has_table(_BEFORE_RELEASE):
        raise SchemaError(
            "the database was made by a development version before the first release, whose tables this version cannot "
            "read: import the files again into a different database (--data, or CLAIMCLOCK_DATABASE_URL)"
        )
    return None


def migrate(engine: Engine) -> None:
    """Runs the migrations that are missing. Safe to call from several processes at once. Raises SchemaError."""
    if not is_current(engine):
        _upgrade(engine, HEAD)
    with engine.connect() as connection:
        check_collation(connection)
    with engine.connect().execution_options(claimclock_writes=True) as connection, connection.begin():
        forgotten = dialect_of(connection).forget_statistics(connection)
        prepare_log(connection)
    if forgotten:
        engine.dispose()


def migrate_to(engine: Engine, wanted: str, partitions: int | None = None) -> None:
    """As `migrate`, up to one migration. Raises UsageError for one there is not, or that lies behind.

    `partitions`: into how many the tables of a new database are cut. Raises UsageError where it is not new.
    """
    with engine.connect() as connection:
        found = revision(connection)
    refuse_newer(found)
    if wanted not in REVISIONS:
        raise UsageError(f"no migration {wanted!r}; there are {REVISIONS[0]} to {HEAD}")
    if found is not None and wanted < found:
        raise UsageError(f"the database is at {found} already: migrations go forward only")
    if partitions is not None and (found is not None or wanted != HEAD):
        raise UsageError("partitions are chosen when a database is made, and this one has its tables already")
    if wanted != found:
        _upgrade(engine, wanted, partitions)


def _upgrade(engine: Engine, wanted: str, partitions: int | None = None) -> None:
    from alembic import command  # noqa: PLC0415  slow to import, and nothing that is up to date needs it
    from alembic.config import Config  # noqa: PLC0415

    from services.store.report_views import create_views, drop_views  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect().execution_options(claimclock_writes=True) as connection, connection.begin():
        dialect_of(connection).advisory_lock(connection, AdvisoryLock.MIGRATION)
        config.attributes["connection"] = connection
        drop_views(connection)
        command.upgrade(config, wanted)
        if partitions is not None:
            partition(connection, partitions)
        if wanted == HEAD:
            create_views(connection)


def check_collation(connection: Connection) -> None:
    """Raises SchemaError where a column of text does not order by bytes: searches by prefix would miss rows."""
    wrong = dialect_of(connection).columns_not_by_bytes(connection, sorted(all_tables().tables))
    if wrong:
        raise SchemaError(
            f"columns of the database order text by a language, not by bytes: {_some(wrong)}. Run `ALTER TABLE … ALTER "
            'COLUMN … TYPE varchar COLLATE "C"` for each, or restore the database with the collations it was made with'
        )


def all_tables() -> MetaData:
    """Every table of this version."""
    import services.store.desk_tables  # noqa: PLC0415  what reads a list needs few of them
    import services.store.inbox_tables  # noqa: PLC0415
    import services.store.practice_settings  # noqa: PLC0415
    import services.store.scheduler_tables  # noqa: PLC0415
    import services.store.security_tables  # noqa: PLC0415
    import services.store.tables  # noqa: PLC0415
    import services.store.upload_tables  # noqa: PLC0415
    import services.store.webhook_tables  # noqa: F401, PLC0415

    return SQLModel.metadata


def _some(names: Sequence[str], shown: int = 5) -> str:
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")
