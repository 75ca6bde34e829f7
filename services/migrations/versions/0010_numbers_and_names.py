"""Claim numbers by their normal form, and the names of submissions: what finds the claim a response is about."""

import sqlalchemy as sa
from alembic import op

from events.registry import TYPES
from projections.tables.columns import from_micros
from services.store.claim_numbers import record
from services.store.submission_names import SentClaim, record_names

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
AT_ONCE = 1_000


def upgrade() -> None:
    op.create_table(
        "claim_number",
        *(sa.Column(name, TEXT, primary_key=True) for name in ("practice", "kind", "form", "key")),
        sa.Column("sent", sa.Boolean(), nullable=False),
    )
    op.create_index("claim_number_by_key", "claim_number", ["key"])
    op.create_table(
        "submission_name",
        *(sa.Column(name, TEXT, primary_key=True) for name in ("practice", "name", "submission")),
        sa.Column("receiver", TEXT, nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
    )
    _fill()


def _fill() -> None:
    """From what the log holds already."""
    connection = op.get_bind()
    query = sa.text("SELECT practice, type, time, recorded_at, data FROM event_log ORDER BY position")
    rows = connection.execute(query).all()
    for start in range(0, len(rows), AT_ONCE):
        told = [(row, TYPES[row.type].model_validate_json(row.data)) for row in rows[start : start + AT_ONCE]]
        record(connection, [(row.practice, data) for row, data in told])
        sent = [
            SentClaim(row.practice, data, from_micros(row.time), from_micros(row.recorded_at)) for row, data in told
        ]
        record_names(connection, sent)


def downgrade() -> None:
    op.drop_table("submission_name")
    op.drop_table("claim_number")
