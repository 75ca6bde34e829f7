"""Claims as a list."""

from __future__ import annotations

from typing import Annotated

import typer

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
    PracticeOption,
    When,
    day_option,
    reading,
)
from services.core.errors import UsageError
from services.presentation.labels import STATUSES, name
from services.reads.claim_list import CLAIM_ORDERS, ClaimFilter, claim_list

COLUMNS = [
    ("claim_id", "claim"),
    ("payer_id", "payer"),
    ("dos", "day of service"),
    ("sent_on", "sent"),
    ("status", "status"),
    ("charge", "charge"),
    ("paid", "paid"),
    ("payer_balance", "payer owes"),
    ("patient_balance", "patient owes"),
]


def claims(
    status: Annotated[list[str] | None, typer.Option(help=f"Any of: {', '.join(sorted(STATUSES))}.")] = None,
    payer: Annotated[list[str] | None, typer.Option(help="Any of these payers.")] = None,
    flag: Annotated[str | None, typer.Option(help="Only with this flag.")] = None,
    dos_from: DosFromOption = None,
    dos_to: DosToOption = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only claims with an open balance.")] = False,
    sort: Annotated[str, typer.Option(help=f"One of: {', '.join(CLAIM_ORDERS)}.")] = "newest",
    limit: LimitOption = None,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """All claims with status and balance.

    Examples: `claimclock claims --open --payer MEDICARE`, `claimclock claims --status denied --json`.
    """
    if sort not in CLAIM_ORDERS:
        raise UsageError(f"--sort is one of {', '.join(CLAIM_ORDERS)}")
    wanted = ClaimFilter(
        status=status or (),
        payer=payer or (),
        flag=flag,
        dos_from=day_option(dos_from, "--dos-from"),
        dos_to=day_option(dos_to, "--dos-to"),
        only_open=only_open,
    )
    with reading(data, practice, When(at, as_of, known_at)) as context:
        items = claim_list(context, wanted, sort=sort, limit=limit).items
    if json:
        show.as_json(items)
    else:
        rows = [item | {"status": name(STATUSES, item["status"])} for item in items]
        show.table("Claims", rows, COLUMNS, 60 if limit is None else None)
