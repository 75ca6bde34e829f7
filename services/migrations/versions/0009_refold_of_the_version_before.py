"""The queue of the version before, empty: its processes may still run, and ask it for keys (see decision 0025)."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "refold",
        sa.Column("key", TEXT, primary_key=True),
        sa.Column("reason", TEXT, nullable=False),
    )
