"""All tables of the first version. Written once: whatever comes later is another migration (see decision 0019).

Columns are named in one line for each type: `!` marks the primary key, `?` what may be null.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from services.store.dialect import dialect_of

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TableSpecs = dict[str, list[tuple[sa.types.TypeEngine[Any], str]]]
TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")  # orders by bytes, in any language
BIG = sa.BigInteger()  # cents, and instants: microseconds since 1970 in UTC
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts only INTEGER keys up by itself
INTEGER, BOOLEAN, DATE, JSON, BINARY = sa.Integer(), sa.Boolean(), sa.Date(), sa.JSON(), sa.LargeBinary()

LOG: TableSpecs = {
    "event_identity": [
        (NUMBER, "position!"),
        (TEXT, "practice source id hash"),
    ],
    "event_log": [
        (NUMBER, "position!"),
        (TEXT, "practice source id type subject"),
        (BIG, "time recorded_at"),
        (TEXT, "entry_id? correlationid? causationid? supersedes_source? supersedes_id? rawref? hash data"),
        (TEXT, "extra?"),
    ],
    "event_key": [
        (TEXT, "key!"),
        (NUMBER, "position!"),
    ],
    "sighting": [
        (TEXT, "entry_id!"),
        (BIG, "position time recorded_at"),
        (TEXT, "correlationid?"),
    ],
    "correction": [
        (TEXT, "practice! source! id!"),
        (NUMBER, "position!"),
    ],
    "parked": [
        (TEXT, "parked_id! practice origin reason place? transaction?"),
        (BINARY, "raw"),
        (TEXT, "state"),
        (BIG, "recorded_at"),
        (TEXT, "correlationid? entry_id?"),
        (INTEGER, "tries"),
    ],
    "fold_key": [
        (TEXT, "key!"),
    ],
    "stale": [
        (TEXT, "key! projection! error"),
        (BIG, "since"),
    ],
    "refold": [
        (TEXT, "key! reason"),
    ],
    "seal": [
        (NUMBER, "position!"),
        (BIG, "first_position"),
        (INTEGER, "events"),
        (TEXT, "hash previous"),
        (BINARY, "entries"),
        (BIG, "sealed_at"),
    ],
    "stored_setting": [
        (TEXT, "name! value"),
    ],
}
READ_TABLES: TableSpecs = {
    "claim": [
        (TEXT, "key! practice claim_id ref patient_id? payer_id status flags"),
        (DATE, "dos?"),
        (BIG, "charge allowed paid patient_responsibility payer_balance patient_balance written_off"),
        (DATE, "sent_on? patient_since?"),
        (JSON, "answers?"),
    ],
    "claim_line": [
        (TEXT, "key!"),
        (INTEGER, "number!"),
        (TEXT, "practice claim_id ref patient_id? payer_id"),
        (DATE, "dos?"),
        (TEXT, "procedure modifiers units"),
        (BIG, "charge allowed paid"),
        (TEXT, "status billing_npi?"),
        (JSON, "facts?"),
    ],
    "deadline": [
        (TEXT, "key!"),
        (INTEGER, "seq!"),
        (TEXT, "practice claim_id ref payer_id kind due"),
        (BIG, "overdue_at"),
        (INTEGER, "attempt?"),
        (TEXT, "rule started_by"),
        (BIG, "started_at?"),
    ],
    "work_item": [
        (TEXT, "key! kind! claim_id! item! practice ref patient_id? payer_id due?"),
        (BIG, "overdue_at?"),
        (DATE, "lost_on"),
        (BIG, "amount_at_risk amount_order"),
        (TEXT, "category? discipline? reason next_action assignee?"),
        (BIG, "snoozed_until?"),
        (TEXT, "clocks"),
        (JSON, "explanation?"),
    ],
    "membership": [
        (TEXT, "key! derived!"),
    ],
    "remittance": [
        (TEXT, "key! practice payer_identifier? payer_name? trace_number?"),
        (DATE, "payment_date?"),
        (BIG, "total_paid?"),
        (INTEGER, "claims"),
        (BIG, "claims_paid provider_adjusted"),
        (BOOLEAN, "balanced"),
        (BIG, "received_at"),
        (JSON, "provider_adjustments? differences?"),
    ],
    "line_price": [
        (TEXT, "key! claim_id!"),
        (INTEGER, "line!"),
        (TEXT, "sequence! practice ref patient_id? payer_id"),
        (DATE, "dos"),
        (TEXT, "procedure units"),
        (BIG, "expected_allowed? expected_patient? expected_paid? allowed? variance?"),
        (TEXT, "verdict cause? contract? state"),
        (DATE, "notice_date? dispute_due?"),
        (BIG, "recovered?"),
        (TEXT, "bucket? modifiers"),
        (BIG, "sent_at?"),
        (JSON, "use? explanation?"),
    ],
    "threshold": [
        (TEXT, "key! practice patient_id"),
        (INTEGER, "year"),
        (TEXT, "bucket"),
        (BIG, "confirmed pending projected"),
        (TEXT, "band"),
        (JSON, "lines_missing_kx? forecast? explanation?"),
    ],
    "claim_payer": [
        (TEXT, "key! payer_id! practice"),
        (DATE, "dos? sent_on?"),
        (INTEGER, "attempts rejected clean first_pass"),
        (DATE, "notice_on?"),
        (TEXT, "verdict?"),
        (BIG, "noticed first_denied"),
        (INTEGER, "denied_now answered"),
        (BIG, "charge collected net open"),
    ],
    "claim_attempt": [
        (TEXT, "key! payer_id!"),
        (INTEGER, "number!"),
        (TEXT, "practice claim_id ref"),
        (BIG, "charge sent_at acknowledged_at? answered_at?"),
        (INTEGER, "awaiting"),
        (BIG, "rejected_at?"),
        (DATE, "rejected_on?"),
        (BIG, "late_at? resent_at?"),
        (TEXT, "verdict? stage? codes?"),
    ],
    "claim_outcome": [
        (TEXT, "key!"),
        (INTEGER, "seq!"),
        (TEXT, "practice payer_id kind code remark"),
        (DATE, "first_on last_on"),
        (INTEGER, "lines"),
        (BIG, "amount standing"),
    ],
    "finding": [
        (TEXT, "key!"),
        (INTEGER, "seq!"),
        (TEXT, "practice visit_id? claim_id? patient_id?"),
        (DATE, "dos?"),
        (INTEGER, "line? attempt?"),
        (BOOLEAN, "is_current"),
        (TEXT, "rule grade message source change predicts"),
        (BIG, "worth?"),
    ],
    "readiness": [
        (TEXT, "key! visit_id! practice patient_id payer_id discipline"),
        (DATE, "dos"),
        (TEXT, "therapist_id? claim_id? state bucket?"),
        (BIG, "expected_allowed?"),
        (JSON, "plan? brief?"),
    ],
    "visit": [
        (TEXT, "key! practice visit_id patient_id payer_id discipline"),
        (DATE, "dos"),
        (JSON, "facts?"),
    ],
    "patient": [
        (TEXT, "key! practice patient_id initials"),
        (JSON, "facts?"),
    ],
}
PEOPLE_AND_ALERTS: TableSpecs = {
    "scheduler_lease": [
        (TEXT, "name! holder"),
        (BIG, "token expires_at"),
    ],
    "scheduler_job": [
        (TEXT, "name!"),
        (BIG, "ran_at"),
        (TEXT, "error?"),
        (JSON, "figures"),
    ],
    "alert_delivery": [
        (TEXT, "practice! id! state event body"),
        (BIG, "position? raised_at published_at?"),
        (INTEGER, "tries"),
        (BIG, "next_try_at? delivered_at?"),
        (TEXT, "error?"),
    ],
    "person": [
        (TEXT, "person_id! name role"),
        (JSON, "practices"),
        (TEXT, "password?"),
        (BIG, "created_at disabled_at?"),
    ],
    "api_key": [
        (TEXT, "key_id! name role"),
        (JSON, "scopes practices"),
        (TEXT, "hash"),
        (BIG, "created_at expires_at? revoked_at?"),
    ],
    "sign_in": [
        (TEXT, "hash! person_id"),
        (BIG, "created_at seen_at ended_at?"),
    ],
    "sign_in_link": [
        (TEXT, "hash! person_id"),
        (BIG, "expires_at used_at?"),
    ],
    "sign_in_failure": [
        (NUMBER, "seq!"),
        (TEXT, "subject"),
        (BIG, "at"),
    ],
    "audit_entry": [
        (NUMBER, "seq!"),
        (BIG, "at"),
        (TEXT, "who who_id role practice action ref?"),
        (INTEGER, "status"),
        (TEXT, "detail? previous hash"),
    ],
    "intake": [
        (TEXT, "correlation_id! practice by"),
        (BIG, "received_at"),
        (TEXT, "last_entry?"),
        (JSON, "told"),
    ],
}
UNIQUE = {
    "event_identity": "practice source id",
    "alert_delivery": "position",
    "person": "name",
    "api_key": "hash",
}
INDEXES = {
    "event_log_by_correlation": ("event_log", "correlationid"),
    "event_key_by_position": ("event_key", "position"),
    "sighting_by_correlation": ("sighting", "correlationid"),
    "sighting_by_position": ("sighting", "position"),
    "parked_by_correlation": ("parked", "correlationid"),
    "claim_by_id": ("claim", "practice claim_id"),
    "claim_by_patient": ("claim", "practice patient_id"),
    "claim_by_payer": ("claim", "practice payer_id dos"),
    "ix_claim_ref": ("claim", "ref"),
    "claim_line_by_procedure": ("claim_line", "practice payer_id procedure"),
    "deadline_by_due": ("deadline", "practice kind overdue_at"),
    "work_item_kind_order": ("work_item", "practice kind lost_on overdue_at amount_order claim_id"),
    "work_item_order": ("work_item", "practice lost_on overdue_at amount_order claim_id"),
    "membership_by_derived": ("membership", "derived"),
    "ix_remittance_payment_date": ("remittance", "payment_date"),
    "line_price_by_class": ("line_price", "practice verdict payer_id procedure"),
    "threshold_by_patient": ("threshold", "practice patient_id year"),
    "claim_payer_by_payer": ("claim_payer", "practice payer_id"),
    "claim_attempt_by_payer": ("claim_attempt", "practice payer_id sent_at"),
    "claim_outcome_by_kind": ("claim_outcome", "practice kind payer_id"),
    "finding_by_claim": ("finding", "practice claim_id"),
    "finding_by_visit": ("finding", "practice visit_id"),
    "readiness_by_visit": ("readiness", "practice visit_id"),
    "visit_by_patient": ("visit", "practice patient_id dos"),
    "alert_delivery_by_state": ("alert_delivery", "state next_try_at"),
    "ix_sign_in_person_id": ("sign_in", "person_id"),
    "sign_in_failure_by_subject": ("sign_in_failure", "subject at"),
    "audit_by_practice": ("audit_entry", "practice seq"),
}
COUNTED = ("event_identity", "sign_in_failure", "audit_entry")  # the database counts their primary key up
NEVER_REUSED = ("event_identity", "audit_entry")  # SQLite would give a number again if the last row were gone
APPEND_ONLY = ("event_identity", "event_log", "seal", "audit_entry")
SINCE, OWED = sa.text("coalesce(dos, sent_on, '9999-12-31')"), sa.text("payer_balance <> 0")


def upgrade() -> None:
    for name, spec in (LOG | READ_TABLES | PEOPLE_AND_ALERTS).items():
        unique = [sa.UniqueConstraint(*UNIQUE[name].split())] if name in UNIQUE else []
        op.create_table(name, *_columns(name, spec), *unique, sqlite_autoincrement=name in NEVER_REUSED)
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns.split())
    for name, first in (("claim_open_by_age", ["practice"]), ("claim_open_by_payer", ["practice", "payer_id"])):
        op.create_index(name, "claim", [*first, SINCE, "claim_id"], postgresql_where=OWED, sqlite_where=OWED)
    for name in APPEND_ONLY:
        for statement in dialect_of(op.get_bind()).append_only(name):
            op.execute(statement)


def _columns(table: str, spec: list[tuple[sa.types.TypeEngine[Any], str]]) -> list[sa.Column[Any]]:
    return [
        sa.Column(
            name.rstrip("!?"),
            kind,
            primary_key=name.endswith("!"),
            nullable=name.endswith("?"),
            autoincrement=name.endswith("!") and table in COUNTED,
        )
        for kind, names in spec
        for name in names.split()
    ]
