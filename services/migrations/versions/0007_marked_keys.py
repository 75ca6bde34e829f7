"""One queue of keys that wait to be folded: for new events, new terms and rebuilds."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970 in UTC
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "marked_key",
        sa.Column("mark", BIG_KEY, primary_key=True, autoincrement=True),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("marked_at", INSTANT, nullable=False),
        sa.Column("worker", TEXT, nullable=True),
        sa.Column("held_until", INSTANT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sqlite_autoincrement=True,
    )
    op.create_index("marked_key_by_turn", "marked_key", ["urgency", "rank", "mark"])
    op.create_index("marked_key_by_key", "marked_key", ["key"])
    op.execute(
        "INSERT INTO marked_key (key, rank, urgency, reason, position, marked_at)"
        " SELECT key, 1, 1, reason, 0, 0 FROM refold"
    )
    op.drop_table("refold")
