"""Alembic's entry: runs on the connection that `services.store.schema` hands over."""

from alembic import context
from sqlmodel import SQLModel

import projections.tables
import services.api.tables
import services.scheduler.tables
import services.security.tables
import services.store.tables  # noqa: F401  declares the primary tables

assert projections.tables.READ_TABLES

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    transaction_per_migration=False,
    render_as_batch=False,
)
context.run_migrations()
