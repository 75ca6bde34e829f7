"""The read tables: all of them can be made again from the log."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger()  # microseconds since 1970 in UTC


def upgrade() -> None:
    for create in (
        claim_payer,
        claim_attempt,
        claim_outcome,
        claim,
        claim_line,
        deadline,
        work_item,
        membership,
        remittance,
        line_price,
        threshold,
        finding,
        readiness,
        visit,
        patient,
    ):
        create()


def claim_payer() -> None:
    op.create_table(
        "claim_payer",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("payer_id", sa.String(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("dos", sa.Date(), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("clean", sa.Integer(), nullable=False),
        sa.Column("first_pass", sa.Integer(), nullable=False),
        sa.Column("notice_on", sa.Date(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("noticed", sa.BigInteger(), nullable=False),
        sa.Column("first_denied", sa.BigInteger(), nullable=False),
        sa.Column("denied_now", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=False),
        sa.Column("collected", sa.BigInteger(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
    )
    op.create_index("claim_payer_by_payer", "claim_payer", ["practice", "payer_id"])


def claim_attempt() -> None:
    op.create_table(
        "claim_attempt",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("payer_id", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("claim_id", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", INSTANT, nullable=False),
        sa.Column("acknowledged_at", INSTANT, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("awaiting", sa.Integer(), nullable=False),
        sa.Column("rejected_at", INSTANT, nullable=True),
        sa.Column("rejected_on", sa.Date(), nullable=True),
        sa.Column("late_at", INSTANT, nullable=True),
        sa.Column("resent_at", INSTANT, nullable=True),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("stage", sa.String(), nullable=True),
        sa.Column("codes", sa.String(), nullable=True),
    )
    op.create_index("claim_attempt_by_payer", "claim_attempt", ["practice", "payer_id", "sent_at"])


def claim_outcome() -> None:
    op.create_table(
        "claim_outcome",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("payer_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("standing", sa.BigInteger(), nullable=False),
    )
    op.create_index("claim_outcome_by_kind", "claim_outcome", ["practice", "kind", "payer_id"])


def claim() -> None:
    op.create_table(
        "claim",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("claim_id", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=True),
        sa.Column("payer_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("flags", sa.String(), nullable=False),
        sa.Column("dos", sa.Date(), nullable=True),
        sa.Column("charge", sa.BigInteger(), nullable=False),
        sa.Column("allowed", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("patient_responsibility", sa.BigInteger(), nullable=False),
        sa.Column("payer_balance", sa.BigInteger(), nullable=False),
        sa.Column("patient_balance", sa.BigInteger(), nullable=False),
        sa.Column("written_off", sa.BigInteger(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("patient_since", sa.Date(), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=True),
    )
    op.create_index("claim_by_id", "claim", ["practice", "claim_id"])
    op.create_index("claim_by_patient", "claim", ["practice", "patient_id"])
    op.create_index("claim_by_payer", "claim", ["practice", "payer_id", "dos"])
    since, owed = sa.text("coalesce(dos, sent_on, '9999-12-31')"), sa.text("payer_balance <> 0")
    for name, first in (("claim_open_by_age", ["practice"]), ("claim_open_by_payer", ["practice", "payer_id"])):
        op.create_index(name, "claim", [*first, since, "claim_id"], postgresql_where=owed, sqlite_where=owed)
    op.create_index("ix_claim_ref", "claim", ["ref"])


def claim_line() -> None:
    op.create_table(
        "claim_line",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("claim_id", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=True),
        sa.Column("payer_id", sa.String(), nullable=False),
        sa.Column("dos", sa.Date(), nullable=True),
        sa.Column("procedure", sa.String(), nullable=False),
        sa.Column("modifiers", sa.String(), nullable=False),
        sa.Column("units", sa.String(), nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=False),
        sa.Column("allowed", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("billing_npi", sa.String(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=True),
    )
    op.create_index("claim_line_by_procedure", "claim_line", ["practice", "payer_id", "procedure"])


def deadline() -> None:
    op.create_table(
        "deadline",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("claim_id", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("payer_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due", sa.String(), nullable=False),
        sa.Column("overdue_at", INSTANT, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
    )
    op.create_index("deadline_by_due", "deadline", ["practice", "kind", "overdue_at"])


def work_item() -> None:
    op.create_table(
        "work_item",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("claim_id", sa.String(), primary_key=True),
        sa.Column("item", sa.String(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=True),
        sa.Column("payer_id", sa.String(), nullable=False),
        sa.Column("due", sa.String(), nullable=True),
        sa.Column("overdue_at", INSTANT, nullable=True),
        sa.Column("lost_on", sa.Date(), nullable=False),
        sa.Column("amount_at_risk", sa.BigInteger(), nullable=False),
        sa.Column("amount_order", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("discipline", sa.String(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("next_action", sa.Text(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("snoozed_until", INSTANT, nullable=True),
        sa.Column("clocks", sa.String(), nullable=False),
        sa.Column("explanation", sa.JSON(), nullable=True),
    )
    op.create_index(
        "work_item_kind_order", "work_item", ["practice", "kind", "lost_on", "overdue_at", "amount_order", "claim_id"]
    )
    op.create_index("work_item_order", "work_item", ["practice", "lost_on", "overdue_at", "amount_order", "claim_id"])


def membership() -> None:
    op.create_table(
        "membership",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("derived", sa.String(), primary_key=True),
    )
    op.create_index("membership_by_derived", "membership", ["derived"])


def remittance() -> None:
    op.create_table(
        "remittance",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("payer_identifier", sa.String(), nullable=True),
        sa.Column("payer_name", sa.String(), nullable=True),
        sa.Column("trace_number", sa.String(), nullable=True),
        sa.Column("payment_date", sa.Date(), nullable=True),
        sa.Column("total_paid", sa.BigInteger(), nullable=True),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("claims_paid", sa.BigInteger(), nullable=False),
        sa.Column("provider_adjusted", sa.BigInteger(), nullable=False),
        sa.Column("balanced", sa.Boolean(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("provider_adjustments", sa.JSON(), nullable=True),
        sa.Column("differences", sa.JSON(), nullable=True),
    )
    op.create_index("ix_remittance_payment_date", "remittance", ["payment_date"])


def line_price() -> None:
    op.create_table(
        "line_price",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("claim_id", sa.String(), primary_key=True),
        sa.Column("line", sa.Integer(), primary_key=True),
        sa.Column("sequence", sa.String(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=True),
        sa.Column("payer_id", sa.String(), nullable=False),
        sa.Column("dos", sa.Date(), nullable=False),
        sa.Column("procedure", sa.String(), nullable=False),
        sa.Column("units", sa.String(), nullable=False),
        sa.Column("expected_allowed", sa.BigInteger(), nullable=True),
        sa.Column("expected_patient", sa.BigInteger(), nullable=True),
        sa.Column("expected_paid", sa.BigInteger(), nullable=True),
        sa.Column("allowed", sa.BigInteger(), nullable=True),
        sa.Column("variance", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("contract", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("notice_date", sa.Date(), nullable=True),
        sa.Column("dispute_due", sa.Date(), nullable=True),
        sa.Column("recovered", sa.BigInteger(), nullable=True),
        sa.Column("bucket", sa.String(), nullable=True),
        sa.Column("modifiers", sa.String(), nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("use", sa.JSON(), nullable=True),
        sa.Column("explanation", sa.JSON(), nullable=True),
    )
    op.create_index("line_price_by_class", "line_price", ["practice", "verdict", "payer_id", "procedure"])


def threshold() -> None:
    op.create_table(
        "threshold",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("confirmed", sa.BigInteger(), nullable=False),
        sa.Column("pending", sa.BigInteger(), nullable=False),
        sa.Column("projected", sa.BigInteger(), nullable=False),
        sa.Column("band", sa.String(), nullable=False),
        sa.Column("lines_missing_kx", sa.JSON(), nullable=True),
        sa.Column("forecast", sa.JSON(), nullable=True),
        sa.Column("explanation", sa.JSON(), nullable=True),
    )
    op.create_index("threshold_by_patient", "threshold", ["practice", "patient_id", "year"])


def finding() -> None:
    op.create_table(
        "finding",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("visit_id", sa.String(), nullable=True),
        sa.Column("claim_id", sa.String(), nullable=True),
        sa.Column("patient_id", sa.String(), nullable=True),
        sa.Column("dos", sa.Date(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("predicts", sa.String(), nullable=False),
        sa.Column("worth", sa.BigInteger(), nullable=True),
    )
    op.create_index("finding_by_claim", "finding", ["practice", "claim_id"])
    op.create_index("finding_by_visit", "finding", ["practice", "visit_id"])


def readiness() -> None:
    op.create_table(
        "readiness",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("visit_id", sa.String(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("payer_id", sa.String(), nullable=False),
        sa.Column("discipline", sa.String(), nullable=False),
        sa.Column("dos", sa.Date(), nullable=False),
        sa.Column("therapist_id", sa.String(), nullable=True),
        sa.Column("claim_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("bucket", sa.String(), nullable=True),
        sa.Column("expected_allowed", sa.BigInteger(), nullable=True),
        sa.Column("plan", sa.JSON(), nullable=True),
        sa.Column("brief", sa.JSON(), nullable=True),
    )
    op.create_index("readiness_by_visit", "readiness", ["practice", "visit_id"])


def visit() -> None:
    op.create_table(
        "visit",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("visit_id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("payer_id", sa.String(), nullable=False),
        sa.Column("discipline", sa.String(), nullable=False),
        sa.Column("dos", sa.Date(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=True),
    )
    op.create_index("visit_by_patient", "visit", ["practice", "patient_id", "dos"])


def patient() -> None:
    op.create_table(
        "patient",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("initials", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=True),
    )
