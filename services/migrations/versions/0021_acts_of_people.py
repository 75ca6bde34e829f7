"""What people did is found by type and time, however long the log is."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# As in services/store/tables.py when this was written: a query says the very same to use the index.
TYPES = (
    *("work.resolved.v1", "work.assigned.v1", "work.snoozed.v1", "work.noted.v1", "appeal.filed.v1"),
    *("appeal.decided.v1", "letter.sent.v1", "dispute.opened.v1", "dispute.closed.v1", "claim.written_off.v1"),
    *("refund.sent.v1", "claim.matched.v1", "event.withdrawn.v1"),
)
BY_PEOPLE = sa.text("type IN (" + ", ".join(f"'{name}'" for name in TYPES) + ")")


def upgrade() -> None:
    op.create_index(
        "event_log_by_people",
        "event_log",
        ["practice", "type", "time"],
        postgresql_where=BY_PEOPLE,
        sqlite_where=BY_PEOPLE,
    )


def downgrade() -> None:
    op.drop_index("event_log_by_people", "event_log")
