"""Which files were read to their end, and which parked entries came from which file."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")  # orders by bytes, in any language


def upgrade() -> None:
    op.create_table(
        "read_file",
        sa.Column("practice", TEXT, primary_key=True),
        sa.Column("sha256", TEXT, primary_key=True),
        sa.Column("head", TEXT, nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("whole", TEXT, nullable=True),
    )
    op.create_index("read_file_by_head", "read_file", ["practice", "head", "size"])
    op.create_table(
        "file_refusal",
        sa.Column("practice", TEXT, primary_key=True),
        sa.Column("sha256", TEXT, primary_key=True),
        sa.Column("parked_id", TEXT, primary_key=True),
        sa.Column("reading", TEXT, nullable=False),
    )
    op.create_index("file_refusal_by_name", "file_refusal", ["parked_id"])


def downgrade() -> None:
    op.drop_table("file_refusal")
    op.drop_table("read_file")
