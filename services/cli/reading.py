"""Verbs that only read."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from projections.calendar import TICK, add_days, start_of_day
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
    reading,
)
from services.core.errors import UsageError
from services.presentation import labels as words
from services.presentation.csv_export import ITEM_COLUMNS as CSV_COLUMNS
from services.presentation.csv_export import csv_lines
from services.presentation.plain_words import plain
from services.reads.aging import aging as read_aging
from services.reads.claims import claim_page
from services.reads.list_counts import payers
from services.reads.read_context import ReadContext, read_instant
from services.reads.search import as_sent
from services.reads.thresholds import thresholds as read_thresholds
from services.reads.underpayments import underpayments as read_underpayments
from services.reads.worklists import Filters
from services.reads.worklists import worklist as read_worklist

ITEM_COLUMNS = [
    ("lost_on", "last day"), ("due", "due"), ("amount_at_risk", "at risk"), ("claim_id", "claim"),
    ("payer_id", "payer"), ("reason", "reason"), ("next_action", "next step"), ("assignee", "assigned to"),
]  # fmt: skip
THRESHOLD_COLUMNS = [("patient_id", "patient"), ("year", "year"), ("bucket", "discipline"), ("confirmed", "confirmed"),
                     ("pending", "pending"), ("projected", "projected"), ("band", "band")]  # fmt: skip
UNDERPAYMENT_COLUMNS = [("claim_id", "claim"), ("line", "line"), ("procedure", "code"), ("units", "units"),
                        ("expected_allowed", "expected"), ("allowed", "allowed"), ("variance", "underpaid"),
                        ("class", "class"), ("cause", "likely cause"), ("contract", "contract")]  # fmt: skip
ANSWER_COLUMNS = [("payer_id", "payer"), ("notice_date", "dated"), ("kind", "kind"), ("charge", "charge"),
                  ("allowed", "allowed"), ("paid", "paid"), ("patient_responsibility", "patient share"),
                  ("trace_number", "check")]  # fmt: skip
UNPRICED = (None, "not_answered", "denied", "no_contract", "unknown")
AGING_COLUMNS = [("payer_id", "payer"), ("owner", "owed by"), ("bucket", "days"), ("claims", "claims"),
                 ("amount", "amount")]  # fmt: skip


def worklist(
    kind: Annotated[str, typer.Argument(help=f"One of: {', '.join(KINDS)}.")] = "today",
    payer: PayerOption = None,
    assignee: Annotated[str | None, typer.Option(help="Only work assigned to this person.")] = None,
    category: Annotated[str | None, typer.Option(help="Only this category.")] = None,
    discipline: Annotated[str | None, typer.Option(help="PT, OT or SLP.")] = None,
    amount_min: Annotated[str | None, typer.Option(help="Minimum amount at risk.")] = None,
    amount_max: Annotated[str | None, typer.Option(help="Maximum amount at risk.")] = None,
    due_from: Annotated[str | None, typer.Option(help="Due on this day or later.")] = None,
    due_before: Annotated[str | None, typer.Option(help="Due by the end of this day.")] = None,
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
    with reading(data, practice, When(at, as_of, known_at)) as context:
        zone = context.references.zone
        filters = Filters(
            payer=payer, assignee=assignee, category=category, discipline=discipline,
            amount_min=_amount(amount_min, "--amount-min"), amount_max=_amount(amount_max, "--amount-max"),
            due_from=_moment(due_from, "--due-from", zone, start=True),
            due_before=_moment(due_before, "--due-before", zone), include_snoozed=snoozed, done=done,
        )  # fmt: skip
        items = read_worklist(context, kind, filters, limit).items
        if not items:
            _hint(context, payer)
    if json:
        show.as_json(items)
    elif as_csv:
        sys.stdout.writelines(csv_lines(items, CSV_COLUMNS))
    else:
        show.items(words.WORKLISTS[kind][0], show.local(items, zone), ITEM_COLUMNS, 40 if limit is None else None)


def _hint(context: ReadContext, payer: str | None) -> None:
    """A name that no claim bears is more often misspelt than a payer without work."""
    if payer is not None and payer not in (known := payers(context)):
        sys.stderr.write(f"no claims for payer {payer!r}; payers: {', '.join(known) or 'none yet'}\n")


def _amount(text: str | None, name: str) -> Decimal | None:
    try:
        return Decimal(text) if text is not None else None
    except InvalidOperation:
        raise UsageError(f"{name}: {text!r} is not an amount such as 100.00") from None


def _moment(text: str | None, name: str, zone: ZoneInfo, *, start: bool = False) -> datetime | None:
    """A window of days: what is due on a day is overdue from the next midnight, so a day's items lie just after it."""
    if text is None:
        return None
    try:
        if len(text) == show.DAY_LENGTH:
            day = date.fromisoformat(text)
            return start_of_day(day if start else add_days(day, 1), zone) + TICK
        return read_instant(text, zone)
    except ValueError:
        raise UsageError(f"{name}: {text!r} is neither a day (2026-03-02) nor an instant") from None


def claim(
    claim_id: Annotated[str, typer.Argument(help="The claim number (CLM01) as sent.")],
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """One claim: state, money per line, every deadline with its explanation, the timeline."""
    with reading(data, practice, When(at, as_of, known_at)) as context:
        page = claim_page(context, as_sent(context, claim_id))
        zone = context.references.zone
    if json:
        show.as_json(page)
        return
    show.console.print(f"[bold]{page['claim_id']}[/bold]  {page['payer_id']}  patient {page['patient_id']}  "
                       f"[bold]{words.name(words.STATUSES, page['status'])}[/bold]")  # fmt: skip
    for flag in page["flags"]:
        show.console.print(f"[yellow]{words.name(words.FLAGS, flag)}[/yellow]")
    show.console.print(
        f"charge {page['charge']}  allowed {page['allowed']}  paid {page['paid']}  "
        f"patient share {page['patient_responsibility']}  written off {page['written_off']}  "
        f"balance [bold]{page['balance']}[/bold] (payer {page['payer_balance']}, patient {page['patient_balance']})\n"
    )
    _claim_tables(page, zone)


def _claim_tables(page: dict[str, Any], zone: ZoneInfo) -> None:
    lines = [
        line
        | {
            "adjustments": [
                f"{words.GROUPS.get(a['group'], '')} {a['group']}-{a['reason']} {a['amount']}"
                for a in line["adjustments"]
            ]
        }
        for line in page["lines"]
    ]
    show.table("Lines", lines, [("number", "#"), ("procedure", "code"), ("modifiers", "modifiers"), ("units", "units"),
                                ("charge", "charge"), ("allowed", "allowed"), ("expected_allowed", "expected"),
                                ("paid", "paid"), ("adjustments", "adjustments"), ("status", "status")])  # fmt: skip
    _expected(page["lines"])
    show.table("Payer responses (the amounts above are their sum)", page["entries"], ANSWER_COLUMNS)
    deadlines = show.local(
        (d | {"clock": words.name(words.DEADLINES, d["kind"]), "explanation": "\n".join(d["explanation"])}
         for d in page["deadlines"]), zone)  # fmt: skip
    show.table("Deadlines", deadlines, [("clock", "deadline"), ("due", "due"), ("latest", "legal last day"),
                                        ("state", "state"), ("rule", "rule"),
                                        ("explanation", "how it is calculated")])  # fmt: skip
    show.table("Findings", page["findings"], [("grade", "grade"), ("line", "line"), ("message", "what"),
                                              ("change", "correction"), ("source", "source")])  # fmt: skip
    timeline = show.local((step | {"event": words.event_name(step["type"])} for step in page["timeline"]), zone)
    show.table("Timeline", timeline, [("time", "when"), ("event", "event"), ("summary", "what")])


def _expected(lines: Sequence[Mapping[str, Any]]) -> None:
    """The steps of every expected amount that is not what was allowed."""
    for line in lines:
        if line.get("verdict") in UNPRICED or line.get("expected_allowed") == line["allowed"]:
            continue
        show.console.print(
            f"Line {line['number']} {line['procedure']}: {words.name(words.CLASSES, line['verdict']).lower()}"
        )
        for step in line["explanation"]:
            show.console.print(f"  {step['figure'] or '':>10}  {plain(step['label'], show.zone())}", markup=False)
        show.console.print()


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
        rows = read_underpayments(context, payer=payer, everything=everything, groups=groups)
        if not rows:
            _hint(context, payer)
    if json:
        show.as_json(rows)
    else:
        show.table("Underpayments", rows, UNDERPAYMENT_COLUMNS if not groups else GROUP_COLUMNS, 60)


GROUP_COLUMNS = [("payer_id", "payer"), ("procedure", "code"), ("rate_paid", "paid per unit"), ("lines", "lines"),
                 ("variance", "underpaid"), ("first", "first"), ("last", "last"),
                 ("cause", "likely cause")]  # fmt: skip
