"""Work on items that hang on no claim: assigned, snoozed, noted, closed with a reason, and taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from services.cli import show
from services.cli.closing_visits import changed
from services.cli.options import AsJson, DataOption, PracticeOption
from services.commands.patient_items import ITEM_LISTS, PatientItemAct, act_on_item
from services.core.errors import UsageError
from services.presentation.labels import ITEMS

NOBODY = "-"  # in place of a patient: the item is about money
ListArgument = Annotated[str, typer.Argument(metavar="LIST", help=f"One of: {', '.join(ITEM_LISTS)}.")]
PatientArgument = Annotated[str, typer.Argument(metavar="PATIENT", help="The patient's id; - for a deposit.")]
ItemArgument = Annotated[str, typer.Argument(metavar="ITEM", help="The item, as named by `worklist LIST --json`.")]


def assign_item(
    worklist: ListArgument,
    patient_id: PatientArgument,
    item: ItemArgument,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A user; nobody: unassign.")] = None,
    *,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Assign an item that has no claim to a user, or to nobody."""
    act = {"action": "assign", "worklist": worklist, "item": item, "assignee": name}
    told = _act(data, practice, patient_id, act, wrong="NAME: at most 200 characters")
    _say(told, f"is {f'assigned to {name}' if name else 'unassigned'}", json=json)


def snooze_item(
    worklist: ListArgument,
    patient_id: PatientArgument,
    item: ItemArgument,
    until: Annotated[str, typer.Argument(metavar="DAY", help="A date such as 2027-01-15, or a time.")],
    *,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Hide an item until a date; it returns earlier if its due date or last day comes first."""
    act = {"action": "snooze", "worklist": worklist, "item": item, "until": until}
    told = _act(data, practice, patient_id, act, wrong="DAY: use a date such as 2027-01-15")
    _say(told, f"is snoozed until {until}", json=json)


def note_item(
    worklist: ListArgument,
    patient_id: PatientArgument,
    item: ItemArgument,
    note: Annotated[str, typer.Argument(metavar="NOTE", help="The note.")],
    *,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Add a note to an item that has no claim."""
    act = {"action": "note", "worklist": worklist, "item": item, "note": note}
    _say(_act(data, practice, patient_id, act, wrong="NOTE: 1 to 4,000 characters"), "has the note", json=json)


def close_item(
    worklist: ListArgument,
    patient_id: PatientArgument,
    item: ItemArgument,
    note: Annotated[str, typer.Option("--note", help="Why it is closed.")],
    *,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Close an item that has no claim, with a reason (for an unbilled visit: `close-visit`)."""
    act = {"action": "resolve", "worklist": worklist, "item": item, "note": note}
    _say(_act(data, practice, patient_id, act, wrong="--note: say why it is closed"), "is closed", json=json)


def reopen_item(
    worklist: ListArgument,
    patient_id: PatientArgument,
    item: ItemArgument,
    *,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Undo the last action on an item: closing, snoozing or assigning it.

    Run it again to undo the action before that.
    """
    act = {"action": "undo", "worklist": worklist, "item": item}
    told = _act(data, practice, patient_id, act, wrong="ITEM: use the name the list shows")
    _say(told, "last action undone; run it again to undo the one before", json=json)


def _act(
    data: Path | None, practice: str | None, patient_id: str, act: dict[str, Any], *, wrong: str
) -> dict[str, Any]:
    """`wrong`: what is to be corrected where the words do not fit."""
    try:
        whose = {} if patient_id == NOBODY else {"patient_id": patient_id}
        asked = PatientItemAct.model_validate(whose | {"act": act})
    except ValidationError:
        raise UsageError(wrong) from None
    return changed(data, practice, lambda app, context, by: act_on_item(app, context, asked, by))


def _say(told: dict[str, Any], done: str, *, json: bool) -> None:
    if json:
        show.as_json(told)
    else:
        show.console.print(f"{ITEMS[told['worklist']]}, {told['item']}: {done}", markup=False)
