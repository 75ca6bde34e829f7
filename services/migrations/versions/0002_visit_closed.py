"""Visits that a person closed: who, and why no claim is made of them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visit", sa.Column("closed", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("visit", "closed")
