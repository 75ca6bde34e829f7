"""Seals over later deliveries and parked input: what the seals of the log do not cover."""

import sqlalchemy as sa
from alembic import op

from services.store.dialect import dialect_of

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNSEALED = sa.text("sealed_by IS NULL")


def upgrade() -> None:
    op.create_table(
        "row_seal",
        sa.Column("seal", BIG_KEY, primary_key=True, autoincrement=False),
        sa.Column("covers", TEXT, nullable=False),
        sa.Column("entries", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("previous", TEXT, nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
    )
    for statement in dialect_of(op.get_bind()).append_only("row_seal"):
        op.execute(statement)
    for table, key in (("sighting", "entry_id"), ("parked", "parked_id")):
        op.add_column(table, sa.Column("sealed_by", sa.BigInteger(), nullable=True))
        op.create_index(f"{table}_unsealed", table, [key], postgresql_where=UNSEALED, sqlite_where=UNSEALED)
