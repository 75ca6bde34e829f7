"""What each submission holds, for acknowledgments that count or name claims; and submissions by the instant sent."""

import sqlalchemy as sa
from alembic import op

from events.registry import TYPES
from projections.tables.columns import from_micros
from services.store.submission_contents import record_claims
from services.store.submission_names import SentClaim

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 1_000


def upgrade() -> None:
    op.create_index("submission_name_by_sent", "submission_name", ["practice", "sent_at"])
    op.create_table(
        "submission_claim",
        sa.Column("practice", TEXT, primary_key=True),
        sa.Column("submission", TEXT, primary_key=True),
        sa.Column("position", POSITION, primary_key=True, autoincrement=False),
        sa.Column("form", TEXT, nullable=False),
        sa.Column("billing_npi", TEXT, nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=False),
    )
    _fill()


def _fill() -> None:
    """From what the log holds already."""
    connection = op.get_bind()
    query = sa.text(
        "SELECT position, practice, type, time, recorded_at, data FROM event_log "
        "WHERE type = 'claim.submitted.v1' ORDER BY position"
    )
    rows = connection.execute(query).all()
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        record_claims(
            connection,
            [
                SentClaim(
                    row.practice,
                    TYPES[row.type].model_validate_json(row.data),
                    from_micros(row.time),
                    from_micros(row.recorded_at),
                    row.position,
                )
                for row in part
            ],
        )


def downgrade() -> None:
    op.drop_table("submission_claim")
    op.drop_index("submission_name_by_sent", "submission_name")
