"""Alembic's entry: runs on the connection that `services.store.schema` hands over."""

from alembic import context

# Each migration says itself what it makes: the models are not needed here.
context.configure(
    connection=context.config.attributes["connection"], transaction_per_migration=False, render_as_batch=False
)
context.run_migrations()
