"""Alembic's entry: runs on the connection that `services.store.schema` hands over."""

from alembic import context

from services.store.schema import VERSION_TABLE

# Each migration says itself what it makes: the models are not needed here.
context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transaction_per_migration=False,
    render_as_batch=False,
)
context.run_migrations()
