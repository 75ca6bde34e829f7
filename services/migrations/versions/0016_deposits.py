"""Deposits and their matches with remittances, as tables; what the log holds is folded into them."""

import sqlalchemy as sa
from alembic import op

from services.projector.marking import logged_keys
from services.store.marked_keys import FIRST, Urgency, mark_selected, new_mark

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "deposit",
        sa.Column("key", TEXT, primary_key=True),
        sa.Column("practice", TEXT, nullable=False),
        sa.Column("deposit_id", TEXT, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        *(sa.Column(name, TEXT, nullable=True) for name in ("trace", "sender", "name")),
        sa.Column("method", TEXT, nullable=False),
        sa.Column("typed", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "deposit_match",
        *(sa.Column(name, TEXT, primary_key=True) for name in ("key", "name")),
        *(sa.Column(name, TEXT, nullable=False) for name in ("practice", "state", "matched_by")),
        sa.Column("on", sa.Date(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("deposited", "remitted")),
        *(sa.Column(name, sa.JSON(), nullable=True) for name in ("deposits", "remittances")),
    )
    op.create_index("deposit_match_by_state", "deposit_match", ["practice", "state", "on"])
    op.add_column("remittance", sa.Column("typed", sa.Boolean(), nullable=False, server_default=sa.false()))
    for kind in ("deposit", "remittance"):
        mark_selected(op.get_bind(), logged_keys(kind), FIRST, new_mark(Urgency.REBUILD, "migration"))


def downgrade() -> None:
    op.drop_column("remittance", "typed")
    op.drop_table("deposit_match")
    op.drop_table("deposit")
