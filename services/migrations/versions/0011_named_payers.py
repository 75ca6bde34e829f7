"""How files name payers: what pages call each payer."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from events.event_data import EventData, UnreadableData
from projections.tables.columns import from_micros
from services.store.log import PARSED_EVENTS
from services.store.named_payers import record_payers
from services.store.submission_names import SentClaim

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
AT_ONCE = 1_000


def upgrade() -> None:
    op.create_table(
        "named_payer",
        *(
            sa.Column(name, TEXT, primary_key=True)
            for name in ("practice", "identifier", "name", "indicator", "event_type")
        ),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
    )
    _fill()


def _fill() -> None:
    """From what the log holds already."""
    connection = op.get_bind()
    query = sa.text(
        "SELECT position, practice, type, time, recorded_at, data FROM event_log"
        " WHERE position > :position ORDER BY position LIMIT :most"
    )
    position = -1
    while rows := connection.execute(query, {"position": position, "most": AT_ONCE}).all():
        position = rows[-1].position
        record_payers(
            connection,
            [SentClaim(row.practice, _data(row), from_micros(row.time), from_micros(row.recorded_at)) for row in rows],
        )


def _data(row: sa.Row[Any]) -> EventData:
    try:
        data: EventData = PARSED_EVENTS.understand(row.type, row.data)
    except ValueError:
        return UnreadableData(type=row.type, reason="cannot be read")  # names nobody
    return data


def downgrade() -> None:
    op.drop_table("named_payer")
