"""What people did about a visit that no claim bills: who has it, until when it is hidden, notes."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visit", sa.Column("work", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("visit", "work")
