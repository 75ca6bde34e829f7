"""An item's row has every column of its table, and what goes there as it is has the column's type."""

from datetime import date
from decimal import Decimal
from typing import get_type_hints

from projections.rows.claims import SHARED, item_rows
from projections.tables.work import WorkItemRow
from projections.work.item import WorkItem
from tests.projections.claim_states import reference

ITEM = WorkItem(
    kind="filing",
    claim_id="C1",
    payer_id="ACME",
    patient_id="P1",
    item="",
    due=date(2026, 3, 2),
    lost_on=None,
    amount_at_risk=Decimal("100.00"),
    category=None,
    discipline="PT",
    reason="not sent",
    next_action="send it",
)
IN_ANOTHER_FORM = {"due", "lost_on", "amount_at_risk", "clocks", "explanation", "done", "amount_unknown"}


def test_every_column_is_filled():
    (row,) = item_rows("claim|default|C1", "default", [ITEM], reference())
    assert row.keys() == WorkItemRow.__annotations__.keys()
    assert (row["amount_at_risk"], row["amount_order"], row["due"]) == (100_00, -100_00, "2026-03-02")


def test_what_is_copied_has_the_columns_type():
    given, wanted = get_type_hints(WorkItem), get_type_hints(WorkItemRow)
    copied = set(SHARED) - IN_ANOTHER_FORM
    assert {name: given[name] for name in copied} == {name: wanted[name] for name in copied}
