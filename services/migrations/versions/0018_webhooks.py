"""Endpoints that are notified, what they were notified of, and what became of each delivery."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")  # orders by bytes, in any language
BIG = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "notified_endpoint",
        sa.Column("endpoint_id", TEXT, primary_key=True),
        sa.Column("practice", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("shown_address", TEXT, nullable=False),
        sa.Column("kinds", TEXT, nullable=False),
        sa.Column("payers", TEXT, nullable=False),
        sa.Column("least_amount", BIG, nullable=False),
        sa.Column("full_content", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("secret_before", sa.LargeBinary(), nullable=True),
        sa.Column("before_until", BIG, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("changed_at", BIG, nullable=False),
        sa.Column("changed_by", TEXT, nullable=False),
    )
    op.create_index("ix_notified_endpoint_practice", "notified_endpoint", ["practice"])
    op.create_table(
        "notification",
        sa.Column("notification_id", TEXT, primary_key=True),
        sa.Column("practice", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("occasion", TEXT, nullable=False),
        sa.Column("happened_at", BIG, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("more", TEXT, nullable=True),
        sa.UniqueConstraint("practice", "kind", "occasion"),
    )
    op.create_table(
        "notification_delivery",
        sa.Column("delivery_id", TEXT, primary_key=True),
        sa.Column("endpoint_id", TEXT, nullable=False),
        sa.Column("notification_id", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("made_at", BIG, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", BIG, nullable=True),
        sa.Column("ended_at", BIG, nullable=True),
        sa.Column("error", TEXT, nullable=True),
    )
    op.create_index("notification_delivery_by_state", "notification_delivery", ["state", "next_try_at"])
    op.create_index("notification_delivery_by_endpoint", "notification_delivery", ["endpoint_id", "made_at"])
    op.create_table(
        "notification_progress",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("position", BIG, nullable=False),
        sa.Column("looked_at", BIG, nullable=False),
    )
