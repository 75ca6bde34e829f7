"""Brings the database to this version's tables, before the services of this version start."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli import show
from services.cli.options import AsJson, DataOption
from services.core.settings import load_settings
from services.store.engine import closing_engine, open_engine
from services.store.schema import HEAD, migrate_to, revision


def migrate(
    to: Annotated[str, typer.Option("--to", help="Migrate only up to this revision, such as 0003.")] = HEAD,
    partitions: Annotated[
        int | None,
        typer.Option(help="Partition the tables of a new PostgreSQL database by practice, into this many partitions."),
    ] = None,
    json: AsJson = False,
    data: DataOption = None,
) -> None:
    """Runs the pending database migrations. Every command that writes does so too; this does nothing else.

    Migrations only add, so services of the previous version keep running. Example: `claimclock migrate --to 0003`;
    for a new database of thousands of practices `claimclock migrate --partitions 16`.
    """
    with closing_engine(open_engine(load_settings(data_dir=data).database)) as engine:
        with engine.connect() as connection:
            before = revision(connection)
        migrate_to(engine, to, partitions)
    if json:
        show.as_json({"from": before, "to": max(to, before or "")})
    elif before == to:
        show.console.print(f"the database is already at {to}")
    else:
        show.console.print(f"the database was migrated from {before or 'nothing'} to {to}")
