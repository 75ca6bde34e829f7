"""Candidates are found by day and charge; the log's index names people's decisions, as today's events file themselves.

A log that an earlier version wrote is indexed again, and all it names is folded again: what was filed under a number
or a remittance as it was spelled then is filed under its normal form.
"""

from alembic import op

from projections.keys import RANK_OF
from services.projector.marking import logged_keys
from services.store.log_index import reindex
from services.store.marked_keys import FIRST, Urgency, mark_selected, new_mark

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("claim_by_day", "claim")
    op.create_index("claim_by_day", "claim", ["practice", "dos", "charge"])
    connection = op.get_bind()
    if reindex(connection):
        for kind in (kind for kind, rank in RANK_OF.items() if rank == FIRST):
            mark_selected(connection, logged_keys(kind), FIRST, new_mark(Urgency.REBUILD, "index made again"))


def downgrade() -> None:
    op.drop_index("claim_by_day", "claim")
    op.create_index("claim_by_day", "claim", ["practice", "dos"])
