"""Verbs that only read."""

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
    KnownAtOption,
    PayerOption,
    PracticeOption,
    When,
    payer_of,
    reading,
)
from services.presentation import labels as words
from services.presentation.csv_export import csv_lines
from services.presentation.item_columns import FILE_COLUMNS, TERMINAL_COLUMNS
from services.presentation.plain_words import plain
from services.reads.aging import aging as read_aging
from services.reads.export_rows import with_claims
from services.reads.list_counts import payers
from services.reads.next_steps import step_in_order
from services.reads.read_context import ReadContext
from services.reads.thresholds import thresholds as read_thresholds
from services.reads.underpayments import underpayments as read_underpayments
from services.reads.worklist_filters import SORTS, read_filters
from services.reads.worklists import worklist as read_worklist

THRESHOLD_COLUMNS = [
    ("patient_id", "patient"),
    ("year", "year"),
    ("bucket", "discipline"),
    ("confirmed", "confirmed"),
    ("pending", "pending"),
    ("projected", "projected"),
    ("band", "band"),
]
UNDERPAYMENT_COLUMNS = [
    ("claim_id", "claim"),
    ("line", "line"),
    ("procedure", "code"),
    ("units", "units"),
    ("expected_allowed", "expected"),
    ("allowed", "allowed"),
    ("variance", "underpaid"),
    ("class", "class"),
    ("cause", "likely cause"),
    ("contract", "contract"),
]
AGING_COLUMNS = [
    ("payer", "payer"),
    ("owner", "owed by"),
    ("bucket", "days"),
    ("claims", "claims"),
    ("amount", "amount"),
]

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
    assignee: Annotated[str | None, typer.Option(help="Only work of this person or queue; nobody: unassigned.")] = None,
    queue: Annotated[str | None, typer.Option(help="Only work of this queue.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only with this tag of a routing rule.")] = None,
    category: Annotated[str | None, typer.Option(help="Only this category.")] = None,
    discipline: Annotated[str | None, typer.Option(help="PT, OT or SLP.")] = None,
    amount_min: Annotated[str | None, typer.Option(help="Minimum amount at risk.")] = None,
    amount_max: Annotated[str | None, typer.Option(help="Maximum amount at risk.")] = None,
    due_from: Annotated[str | None, typer.Option(help="Due on this day or later.")] = None,
    due_before: Annotated[str | None, typer.Option(help="Due by the end of this day.")] = None,
    code: Annotated[str | None, typer.Option(help="Only with this CARC, RARC or 277 status code.")] = None,
    text: Annotated[str | None, typer.Option(help="Words of the reason, a claim number or a patient's name.")] = None,
    dos_from: Annotated[str | None, typer.Option(help="Service on this day or later.")] = None,
    dos_to: Annotated[str | None, typer.Option(help="Service on this day or earlier.")] = None,
    days_left: Annotated[str | None, typer.Option(help="Lost within this many days.")] = None,
    sort: Annotated[str | None, typer.Option(help=f"One of: {', '.join(SORTS)}.")] = None,
    snoozed: Annotated[bool, typer.Option("--snoozed", help="Include snoozed items.")] = False,
    done: Annotated[bool, typer.Option("--done", help="Items that somebody closed, with who and why.")] = False,
    limit: Annotated[int | None, typer.Option(help="Maximum rows.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output.")] = False,
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
        exported = show.witnessed(list(with_claims(context, items))) if as_csv else []
        if not items:
            _hint(context, payer)
    if as_csv and not json:
        sys.stdout.writelines(csv_lines(exported, FILE_COLUMNS))
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


def _hint(context: ReadContext, payer: str | None) -> None:
    """A name that no claim has is more often misspelled than a payer without work."""
    if payer is not None and payer_of(context, payer) not in (known := payers(context)):
        names = ", ".join(map(show.payer, known))
        sys.stderr.write(f"no claims for payer {payer!r}; payers: {names or 'none yet'}\n")


def thresholds(
    patient_id: Annotated[str | None, typer.Argument(help="Patient ID (default: all).")] = None,
    year: Annotated[int | None, typer.Option(help="Calendar year of service.")] = None,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Therapy dollars used by patient, year and discipline, closest to the threshold first."""
    with reading(data, practice, When(at, as_of, known_at)) as context:
        rows, zone = read_thresholds(context, patient_id, year), context.references.zone
    if json:
        show.as_json(rows)
        return
    show.table("Therapy thresholds", rows, THRESHOLD_COLUMNS, None if patient_id else 40)
    if patient_id:
        for row in rows:
            show.console.print("\n".join(plain(step, zone) for step in row["explanation"]), markup=False)


def aging(
    by: Annotated[str | None, typer.Option("--by", help="payer or bucket: sum over the other.")] = None,
    basis: Annotated[str, typer.Option(help="Age counts from dos, submission or responsibility.")] = "dos",
    owner: Annotated[str | None, typer.Option(help="Only what the payer or the patient owes.")] = None,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Open balances by age in days."""
    with reading(data, practice, When(at, as_of, known_at)) as context:
        rows = read_aging(context, by, basis, owner)
    if json:
        show.as_json(rows)
    else:
        show.table("Aging", rows, AGING_COLUMNS)


def underpayments(
    payer: PayerOption = None,
    everything: Annotated[bool, typer.Option("--all", help="All priced lines, not only the underpaid ones.")] = False,
    groups: Annotated[bool, typer.Option("--groups", help="One row per payer, code and rate paid.")] = False,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Lines paid below contract.

    The steps of an expected amount are in `--json` and in `claimclock claim ID`.
    """
    with reading(data, practice, When(at, as_of, known_at)) as context:
        rows = read_underpayments(context, payer=payer_of(context, payer), everything=everything, groups=groups)
        if not rows:
            _hint(context, payer)
    if json:
        show.as_json(rows)
    else:
        show.table("Underpayments", rows, UNDERPAYMENT_COLUMNS if not groups else GROUP_COLUMNS, 60)


GROUP_COLUMNS = [
    ("payer", "payer"),
    ("procedure", "code"),
    ("rate_paid", "paid per unit"),
    ("lines", "lines"),
    ("variance", "underpaid"),
    ("first", "first"),
    ("last", "last"),
    ("cause", "likely cause"),
]
