"""Brings a database to this version's tables."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, inspect, text

MIGRATIONS = Path(__file__).parents[1] / "migrations"
HEAD = max(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))  # they are numbered


def is_current(engine: Engine) -> bool:
    """Whether the tables are those of this version, without changing anything."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD)


def migrate(engine: Engine) -> None:
    """Runs the migrations that are missing. Safe to call from several processes at once."""
    if is_current(engine):
        return
    from alembic import command  # noqa: PLC0415  slow to import, and nothing that is up to date needs it
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect().execution_options(claimclock_writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4217)")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
