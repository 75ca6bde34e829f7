"""Work items that a person closed are kept: who, when and why."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("work_item", sa.Column("done", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("work_item", "done")
