"""The columns of the lists of work, each declared once: for JSON, CSV and Excel, the command line and the desk.

In the order of a file. A column that holds what a work item holds needs no more than its line here: it is shown as it
is stored. What is read otherwise is made by `services/reads/worklists.item_json` under the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.presentation.formatting import DASH, cents_text, day, dollars
from services.presentation.labels import category_name


class Holds(StrEnum):
    """What a column holds; with it goes how it is written."""

    TEXT = "text"
    DAY = "day"
    AMOUNT = "amount"
    FLAG = "flag"
    CATEGORY = "category"


class Made(StrEnum):
    """Where a column's value comes from."""

    ITEM = "item"
    CLAIM = "claim"  # looked up for the claims of the rows shown, for files and the desk alone
    STEP = "step"  # the claim's next step, for files alone


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemColumn:
    """`name`: in JSON and files. `terminal`, `desk`: its heading there; none, not shown there.

    `choice`: its name among the columns a person chooses for the desk, kept in saved views. `own_cell`: the desk draws
    its cell by itself (`today.html`). `document`: what the API document says of it.
    """

    name: str
    holds: Holds = Holds.TEXT
    made: Made = Made.ITEM
    always: bool = False
    in_files: bool = True
    terminal: str = ""
    desk: str = ""
    choice: str = ""
    own_cell: bool = False
    document: str = ""

    @property
    def key(self) -> str:
        return self.choice or self.name

    @property
    def numeric(self) -> bool:
        return self.holds == Holds.AMOUNT

    def shown(self, value: Any) -> str:
        """The value as the desk writes it; what is not known is a dash."""
        if value is None or value == "":
            return DASH
        match self.holds:
            case Holds.AMOUNT:
                return dollars(value)
            case Holds.DAY:
                return day(value)
            case Holds.CATEGORY:
                return category_name(value)
        return str(value)

    def in_json(self, stored: Any) -> Any:
        """A stored value as JSON has it: cents as an amount with two decimals, days and instants as ISO 8601."""
        if self.holds == Holds.AMOUNT:
            return cents_text(stored)
        return stored.isoformat() if isinstance(stored, date | datetime) else stored

    def schema(self) -> dict[str, Any]:
        """Its JSON Schema."""
        kind: dict[str, Any] = {"type": "boolean"} if self.holds == Holds.FLAG else {"type": "string"}
        if self.holds == Holds.AMOUNT:
            kind |= {"pattern": r"^-?[0-9]+\.[0-9]{2}$", "examples": ["150.00"]}
        told = kind if self.always else {"anyOf": [kind, {"type": "null"}]}
        return told | ({"description": self.document} if self.document else {})


COLUMNS: tuple[ItemColumn, ...] = (
    ItemColumn(name="kind", always=True),
    ItemColumn(name="claim_id", terminal="claim"),
    ItemColumn(name="ref"),
    ItemColumn(name="patient_id"),
    ItemColumn(name="patient_name", made=Made.CLAIM),
    ItemColumn(name="dos", holds=Holds.DAY, made=Made.CLAIM, desk="Date of service"),
    ItemColumn(name="codes", made=Made.CLAIM, desk="Procedures"),
    ItemColumn(name="charge", holds=Holds.AMOUNT, made=Made.CLAIM, desk="Charge"),
    ItemColumn(name="expected_allowed", holds=Holds.AMOUNT, made=Made.CLAIM, desk="Expected", choice="expected"),
    ItemColumn(name="payer_id", always=True),
    ItemColumn(name="payer", made=Made.CLAIM, terminal="payer", desk="Payer", own_cell=True),
    ItemColumn(name="due", terminal="due", desk="Due", own_cell=True),
    ItemColumn(name="lost_on", terminal="last day", desk="Last day", own_cell=True),
    ItemColumn(name="overdue", holds=Holds.FLAG, always=True),
    ItemColumn(
        name="amount_at_risk",
        holds=Holds.AMOUNT,
        terminal="at risk",
        desk="At risk",
        choice="amount",
        own_cell=True,
        document="Null if not known.",
    ),
    ItemColumn(name="reason", always=True, terminal="reason"),
    ItemColumn(name="next_action", always=True, terminal="next step"),
    ItemColumn(name="next_step", made=Made.STEP),
    ItemColumn(name="next_step_by", made=Made.STEP),
    ItemColumn(name="next_step_due", made=Made.STEP),
    ItemColumn(name="category", holds=Holds.CATEGORY, desk="Category"),
    ItemColumn(name="discipline", document="PT, OT or SLP; null where none or several."),
    ItemColumn(
        name="assignee",
        terminal="assigned to",
        desk="Assigned to",
        own_cell=True,
        document="Who has it: the person it was assigned to, else where a rule sends it.",
    ),
    ItemColumn(name="snoozed_until", document="Hidden from the lists until this time."),
    ItemColumn(
        name="payer_sequence",
        desk="Payer order",
        document="The payer's place on the claim: P, S or T; null where it has none or several.",
    ),
    ItemColumn(name="item", always=True, document="Its name among the items of the claim and list."),
)
FILE_COLUMNS: tuple[str, ...] = tuple(column.name for column in COLUMNS if column.in_files)
JSON_COLUMNS: tuple[ItemColumn, ...] = tuple(column for column in COLUMNS if column.made is Made.ITEM)
_TERMINAL_ORDER = ("lost_on", "due", "amount_at_risk")  # first on a narrow screen; then as declared
TERMINAL_COLUMNS: list[tuple[str, str]] = [
    (column.name, column.terminal)
    for column in sorted(
        (column for column in COLUMNS if column.terminal),
        key=lambda column: (*_TERMINAL_ORDER, column.name).index(column.name),
    )
]
_DESK_ORDER = ("due", "lost_on", "amount", "payer")
# Those of a worklist that a person can choose; claim and reason are always there.
DESK_COLUMNS: Mapping[str, ItemColumn] = {
    column.key: column
    for column in sorted(
        (column for column in COLUMNS if column.desk),
        key=lambda column: (column.key == "assignee", (*_DESK_ORDER, column.key).index(column.key)),
    )
}
OF_CLAIMS = frozenset(
    column.key for column in DESK_COLUMNS.values() if column.made is Made.CLAIM and not column.own_cell
)


def document_columns(schema: dict[str, Any]) -> None:
    """Adds the columns to the JSON Schema of a row, before what the schema has already."""
    schema["properties"] = {column.name: column.schema() for column in JSON_COLUMNS} | schema.get("properties", {})
    schema["required"] = [*(column.name for column in JSON_COLUMNS), *schema.get("required", ())]
