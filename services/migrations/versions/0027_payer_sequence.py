"""The payer's place on the claim, on each item of work."""

import sqlalchemy as sa
from alembic import op

from services.projector.marking import logged_keys
from services.store.marked_keys import FIRST, Urgency, mark_selected, new_mark

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")  # orders by bytes, in any language


def upgrade() -> None:
    op.add_column("work_item", sa.Column("payer_sequence", TEXT, nullable=True))
    for kind in ("claim", "remittance", "deposit"):
        mark_selected(op.get_bind(), logged_keys(kind), FIRST, new_mark(Urgency.REBUILD, "payers' places on claims"))


def downgrade() -> None:
    op.drop_column("work_item", "payer_sequence")
