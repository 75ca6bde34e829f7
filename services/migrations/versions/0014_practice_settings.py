"""Settings of a practice with every version kept: letter texts, addresses, routing rules, the practice's own facts."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "practice_setting",
        *(sa.Column(name, TEXT, primary_key=True) for name in ("practice", "kind", "name")),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("saved_by", TEXT, nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("practice_setting")
