"""What people did about deposits, and about remittances without their money: who has it, notes, why it was closed."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deposit", sa.Column("work", sa.JSON(), nullable=True))
    op.add_column("remittance", sa.Column("work", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("remittance", "work")
    op.drop_column("deposit", "work")
