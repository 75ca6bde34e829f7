"""People and what they asked for, uploads, and what the scheduler did."""

import sqlalchemy as sa
from alembic import op

from services.store.append_only import append_only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger()  # microseconds since 1970 in UTC
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts only INTEGER keys up by itself


def upgrade() -> None:
    for create in (
        intake,
        scheduler_lease,
        scheduler_job,
        alert_delivery,
        person,
        api_key,
        sign_in,
        sign_in_link,
        sign_in_failure,
        audit_entry,
    ):
        create()
    append_only(op.get_bind(), "audit_entry")


def intake() -> None:
    op.create_table(
        "intake",
        sa.Column("correlation_id", sa.String(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("last_entry", sa.String(), nullable=True),
        sa.Column("told", sa.JSON(), nullable=False),
    )


def scheduler_lease() -> None:
    op.create_table(
        "scheduler_lease",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
    )


def scheduler_job() -> None:
    op.create_table(
        "scheduler_job",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("ran_at", INSTANT, nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
    )


def alert_delivery() -> None:
    op.create_table(
        "alert_delivery",
        sa.Column("practice", sa.String(), primary_key=True),
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", INSTANT, nullable=True),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.UniqueConstraint("position"),
    )
    op.create_index("alert_delivery_by_state", "alert_delivery", ["state", "next_try_at"])


def person() -> None:
    op.create_table(
        "person",
        sa.Column("person_id", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("practices", sa.JSON(), nullable=False),
        sa.Column("password", sa.String(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.UniqueConstraint("name"),
    )


def api_key() -> None:
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("practices", sa.JSON(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.UniqueConstraint("hash"),
    )


def sign_in() -> None:
    op.create_table(
        "sign_in",
        sa.Column("hash", sa.String(), primary_key=True),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
    )
    op.create_index("ix_sign_in_person_id", "sign_in", ["person_id"])


def sign_in_link() -> None:
    op.create_table(
        "sign_in_link",
        sa.Column("hash", sa.String(), primary_key=True),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
    )


def sign_in_failure() -> None:
    op.create_table(
        "sign_in_failure",
        sa.Column("seq", BIG_KEY, primary_key=True, autoincrement=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_index("sign_in_failure_by_subject", "sign_in_failure", ["subject", "at"])


def audit_entry() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", BIG_KEY, primary_key=True, autoincrement=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("who_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_by_practice", "audit_entry", ["practice", "seq"])
