"""Verbs that only read."""

from __future__ import annotations

from typing import Annotated

import typer

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
    hint_at_payers,
    payer_of,
    reading,
)
from services.presentation.plain_words import plain
from services.reads.aging import aging as read_aging

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
    from services.reads.thresholds import thresholds as read_thresholds  # noqa: PLC0415  forecasts: slow to import

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
    by: Annotated[str | None, typer.Option("--by", help="Group by payer or by bucket.")] = None,
    basis: Annotated[str, typer.Option(help="Age from dos, submission or responsibility.")] = "dos",
    owner: Annotated[str | None, typer.Option(help="Only balances owed by the payer or the patient.")] = None,
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
    from services.reads.underpayments import underpayments as read_underpayments  # noqa: PLC0415  of prices: slow

    with reading(data, practice, When(at, as_of, known_at)) as context:
        rows = read_underpayments(context, payer=payer_of(context, payer), everything=everything, groups=groups)
        if not rows:
            hint_at_payers(context, payer)
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
