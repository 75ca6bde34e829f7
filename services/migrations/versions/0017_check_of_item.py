"""Work items of unmatched payments name the check they came in, so that a list can show one row for each check."""

import sqlalchemy as sa
from alembic import op

from services.store.marked_keys import FIRST, Urgency, mark_selected, new_mark

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("work_item", sa.Column("remit", TEXT, nullable=True))
    op.create_index("work_item_by_remit", "work_item", ["practice", "remit"])
    item = sa.table("work_item", sa.column("key"), sa.column("kind"))
    known = sa.select(item.c.key).where(item.c.kind == "unmatched").distinct()
    mark_selected(op.get_bind(), known, FIRST, new_mark(Urgency.REBUILD, "payments by check"))


def downgrade() -> None:
    op.drop_index("work_item_by_remit", "work_item")
    op.drop_column("work_item", "remit")
