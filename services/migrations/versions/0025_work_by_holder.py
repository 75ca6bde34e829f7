"""Work of one person, queue, payer or category is found through an index."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

NARROW = {"work_item_by_assignee": "assignee", "work_item_by_category": "category"}
BY_PAYER = "work_item_by_payer"


def upgrade() -> None:
    for name, column in NARROW.items():
        given = sa.text(f"{column} IS NOT NULL")
        columns = ["practice", column, "lost_on"]
        op.create_index(name, "work_item", columns, sqlite_where=given, postgresql_where=given)
    op.create_index(BY_PAYER, "work_item", ["practice", "payer_id", "lost_on"])


def downgrade() -> None:
    for name in (*NARROW, BY_PAYER):
        op.drop_index(name, "work_item")
