"""Parked events know their source and id, so that one accepted later closes them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("parked", sa.Column("source", TEXT, nullable=True))
    op.add_column("parked", sa.Column("event_id", TEXT, nullable=True))
    op.create_index("parked_by_event", "parked", ["event_id"])


def downgrade() -> None:
    op.drop_index("parked_by_event", "parked")
    op.drop_column("parked", "event_id")
    op.drop_column("parked", "source")
