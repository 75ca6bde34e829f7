"""Files that arrived by themselves, and what became of each."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")  # orders by bytes, in any language


def upgrade() -> None:
    op.create_table(
        "inbox_file",
        sa.Column("practice", TEXT, primary_key=True),
        sa.Column("inbox", TEXT, primary_key=True),
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("size", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("modified", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("correlation_id", TEXT, nullable=True),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("parked", sa.Integer(), nullable=False),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("inbox_file_by_time", "inbox_file", ["practice", "changed_at"])
