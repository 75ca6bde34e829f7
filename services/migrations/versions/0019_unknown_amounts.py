"""Items whose amount nobody knows: it is not 0.00."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("work_item", sa.Column("amount_unknown", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("work_item", "amount_unknown")
