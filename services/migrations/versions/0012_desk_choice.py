"""How a person wants the pages to look: the columns of the worklists."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")  # orders by bytes, in any language


def upgrade() -> None:
    op.create_table(
        "desk_choice",
        sa.Column("person_id", TEXT, primary_key=True),
        sa.Column("practice", TEXT, primary_key=True),
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("value", TEXT, nullable=False),
    )
