"""A second factor for people, and the identity provider's own name of each."""

import sqlalchemy as sa
from alembic import op

from projections.tables.columns import ByteText

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("person") as person:
        person.add_column(sa.Column("totp_secret", ByteText(), nullable=True))
        person.add_column(sa.Column("totp_step", sa.BigInteger(), nullable=True))
        person.add_column(sa.Column("subject", ByteText(), nullable=True))
        person.create_unique_constraint("person_by_subject", ["subject"])


def downgrade() -> None:
    with op.batch_alter_table("person") as person:
        person.drop_constraint("person_by_subject")
        for column in ("subject", "totp_step", "totp_secret"):
            person.drop_column(column)
