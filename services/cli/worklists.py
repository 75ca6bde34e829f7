"""`claimclock worklist`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from projections.work.kinds import KINDS
from services.cli import show
from services.cli.options import (
    AsJson,
    AsOfOption,
    AtOption,
    DataOption,
    DosFromOption,
    DosToOption,
    KnownAtOption,
    LimitOption,
    PayerOption,
    PracticeOption,
    When,
    hint_at_payers,
    payer_of,
    reading,
)
from services.presentation import labels as words
from services.presentation.item_columns import FILE_COLUMNS, TERMINAL_COLUMNS
from services.reads.next_steps import step_in_order
from services.reads.read_context import ReadContext
from services.reads.worklist_filters import SORTS, read_filters
from services.reads.worklists import worklist as read_worklist

NARROWED_BY = (
    "payer",
    "assignee",
    "category",
    "discipline",
    "amount_min",
    "amount_max",
    "queue",
    "tag",
    "due_from",
    "due_before",
    "code",
    "text",
    "dos_from",
    "dos_to",
    "days_left",
    "sort",
)


def worklist(
    kind: Annotated[str, typer.Argument(help=f"One of: {', '.join(KINDS)}.")] = "today",
    payer: PayerOption = None,
    assignee: Annotated[str | None, typer.Option(help="Only work of this user or queue; nobody: unassigned.")] = None,
    queue: Annotated[str | None, typer.Option(help="Only work in this queue.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only with this tag of a routing rule.")] = None,
    category: Annotated[str | None, typer.Option(help="Only this category.")] = None,
    discipline: Annotated[str | None, typer.Option(help="PT, OT or SLP.")] = None,
    amount_min: Annotated[str | None, typer.Option(help="Minimum amount at risk.")] = None,
    amount_max: Annotated[str | None, typer.Option(help="Maximum amount at risk.")] = None,
    due_from: Annotated[str | None, typer.Option(help="Due on this date or later.")] = None,
    due_before: Annotated[str | None, typer.Option(help="Due by the end of this date.")] = None,
    code: Annotated[str | None, typer.Option(help="Only with this CARC, RARC or 277 status code.")] = None,
    text: Annotated[str | None, typer.Option(help="Words in the reason, a claim number or a patient's name.")] = None,
    dos_from: DosFromOption = None,
    dos_to: DosToOption = None,
    days_left: Annotated[str | None, typer.Option(help="Lost within this many days.")] = None,
    sort: Annotated[str | None, typer.Option(help=f"One of: {', '.join(SORTS)}.")] = None,
    snoozed: Annotated[bool, typer.Option("--snoozed", help="Include snoozed items.")] = False,
    done: Annotated[bool, typer.Option("--done", help="Closed items, with who closed them and why.")] = False,
    limit: LimitOption = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """What to work first: what expires first, the amount at risk, the reason and the next step.

    Examples: `claimclock worklist rejection`, `claimclock worklist today --at 2026-11-06 --limit 20`.
    """
    options = locals()  # each filter is an option of the same name
    with reading(data, practice, When(at, as_of, known_at)) as context:
        given = {name: options[name] for name in NARROWED_BY} | {"payer": payer_of(context, payer)}
        given |= {"include_snoozed": snoozed or None, "done": done or None}
        filters = read_filters(given, context.references.zone)
        items = read_worklist(context, kind, filters, limit).items
        exported = _exported(context, items) if as_csv and not json else []
        if not items:
            hint_at_payers(context, payer)
    if as_csv and not json:
        sys.stdout.writelines(exported)
    elif json:
        show.as_json(items)
    else:
        show.items(
            words.WORKLISTS[kind][0],
            show.local(in_order(items), context.references.zone),
            TERMINAL_COLUMNS,
            40 if limit is None else None,
        )


def in_order(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The items, each with what has to be done before it."""
    return [dict(item) | {"next_action": step_in_order(item)} for item in items]


def _exported(context: ReadContext, items: Sequence[dict[str, Any]]) -> Sequence[str]:
    """The lines of the CSV."""
    from services.presentation.csv_export import csv_lines  # noqa: PLC0415  no other form needs them
    from services.reads.export_rows import with_claims  # noqa: PLC0415

    return list(csv_lines(show.witnessed(list(with_claims(context, items))), FILE_COLUMNS))
