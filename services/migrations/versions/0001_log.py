"""The log, what guards it, and what belongs to the data: nothing here can be made again from anything else."""

import sqlalchemy as sa
from alembic import op

from services.store.append_only import append_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger()  # microseconds since 1970 in UTC
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts only INTEGER keys up by itself


def upgrade() -> None:
    for create in (
        event_identity,
        event_log,
        event_key,
        sighting,
        correction,
        parked,
        fold_key,
        stale,
        refold,
        seal,
        house_setting,
    ):
        create()
    append_only(op.get_bind(), "event_identity")
    append_only(op.get_bind(), "event_log")
    append_only(op.get_bind(), "seal")


def event_identity() -> None:
    op.create_table(
        "event_identity",
        sa.Column("position", BIG_KEY, primary_key=True, autoincrement=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.UniqueConstraint("practice", "source", "id"),
        sqlite_autoincrement=True,
    )


def event_log() -> None:
    op.create_table(
        "event_log",
        sa.Column("position", BIG_KEY, primary_key=True, autoincrement=False),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("time", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("entry_id", sa.String(), nullable=True),
        sa.Column("correlationid", sa.String(), nullable=True),
        sa.Column("causationid", sa.String(), nullable=True),
        sa.Column("supersedes_source", sa.String(), nullable=True),
        sa.Column("supersedes_id", sa.String(), nullable=True),
        sa.Column("rawref", sa.String(), nullable=True),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=True),
    )
    op.create_index("event_log_by_correlation", "event_log", ["correlationid"])


def event_key() -> None:
    op.create_table(
        "event_key",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("position", BIG_KEY, primary_key=True, autoincrement=False),
    )
    op.create_index("event_key_by_position", "event_key", ["position"])


def sighting() -> None:
    op.create_table(
        "sighting",
        sa.Column("entry_id", sa.String(), primary_key=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("time", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("correlationid", sa.String(), nullable=True),
    )
    op.create_index("sighting_by_correlation", "sighting", ["correlationid"])
    op.create_index("sighting_by_position", "sighting", ["position"])


def correction() -> None:
    op.create_table(
        "correction",
        sa.Column("practice", sa.String(), primary_key=True),
        sa.Column("source", sa.String(), primary_key=True),
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("position", BIG_KEY, primary_key=True, autoincrement=False),
    )


def parked() -> None:
    op.create_table(
        "parked",
        sa.Column("parked_id", sa.String(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("transaction", sa.String(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("correlationid", sa.String(), nullable=True),
        sa.Column("entry_id", sa.String(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
    )
    op.create_index("parked_by_correlation", "parked", ["correlationid"])


def fold_key() -> None:
    op.create_table(
        "fold_key",
        sa.Column("key", sa.String(), primary_key=True),
    )


def stale() -> None:
    op.create_table(
        "stale",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("projection", sa.String(), primary_key=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
    )


def refold() -> None:
    op.create_table(
        "refold",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("reason", sa.String(), nullable=False),
    )


def seal() -> None:
    op.create_table(
        "seal",
        sa.Column("position", BIG_KEY, primary_key=True, autoincrement=False),
        sa.Column("first_position", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", INSTANT, nullable=False),
    )


def house_setting() -> None:
    op.create_table(
        "house_setting",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("value", sa.String(), nullable=False),
    )
