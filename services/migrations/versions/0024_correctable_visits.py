"""A visit whose claim can still be corrected is `correctable`, as people would say."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE readiness SET state = 'correctable' WHERE state = 'mendable'")


def downgrade() -> None:
    op.execute("UPDATE readiness SET state = 'mendable' WHERE state = 'correctable'")
