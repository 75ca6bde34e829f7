"""What the desk finds claims by and keeps for people: names, numbers, drafts of texts, kept filters, saved views."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")  # orders by bytes, in any language
COLUMNS = {"claim": "patient_name member_id payer_number", "patient": "full_name member_id"}
INDEXES = {
    "claim_by_day": ("claim", "practice dos"),
    "claim_by_charge": ("claim", "practice charge"),
    "claim_by_patient_name": ("claim", "practice patient_name"),
    "claim_by_member": ("claim", "practice member_id"),
    "claim_by_payer_number": ("claim", "practice payer_number"),
    "work_item_by_claim": ("work_item", "practice claim_id"),
    "remittance_by_trace": ("remittance", "practice trace_number"),
    "remittance_by_total": ("remittance", "practice total_paid"),
    "patient_by_name": ("patient", "practice full_name"),
    "patient_by_member": ("patient", "practice member_id"),
}


def upgrade() -> None:
    for table, names in COLUMNS.items():
        for name in names.split():
            op.add_column(table, sa.Column(name, TEXT, nullable=True))
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns.split())
    op.create_table(
        "draft",
        sa.Column("person_id", TEXT, primary_key=True),
        sa.Column("practice", TEXT, primary_key=True),
        sa.Column("place", TEXT, primary_key=True),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "kept_filter",
        sa.Column("filter_id", TEXT, primary_key=True),
        sa.Column("practice", TEXT, nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "saved_view",
        sa.Column("view_id", TEXT, primary_key=True),
        sa.Column("practice", TEXT, nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("query", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("saved_view_by_person", "saved_view", ["practice", "person_id"])
