"""The project's own month, from X12 files to the worklists."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from services.app_context import AppContext, open_app_context
from services.cli import show
from services.cli.options import DataOption, When, open_desk
from services.cli.reading import AGING_COLUMNS, GROUP_COLUMNS, THRESHOLD_COLUMNS
from services.cli.worklists import in_order
from services.cli.writing import ingest_with_bar
from services.commands.ingest import Report
from services.core.settings import load_settings
from services.presentation.formatting import instant
from services.presentation.item_columns import TERMINAL_COLUMNS
from services.reads.aging import aging
from services.reads.parked import parked
from services.reads.read_context import ReadContext
from services.reads.thresholds import thresholds
from services.reads.underpayments import underpayments
from services.reads.worklists import worklist

LISTS = (
    ("rejection", "Rejected: work within 24 hours"),
    ("denial", "Denied: appeal, correct or reopen"),
    ("filing", "Timely filing"),
)
ROWS = 8


def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Print the lists and exit.")] = False,
    data: DataOption = None,
) -> None:
    """A synthetic clinic's October 2026: some 400 claims in real X12, imported, folded and listed.

    The month is the same every time, so the lists are read as of its own clock, 6 November 2026.
    """
    from services.demo.month import DEMO_AT, DEMO_ZONE  # noqa: PLC0415  the generator is for this verb alone

    settings = load_settings(data_dir=data, practice_zone=str(DEMO_ZONE))
    with _month() as files, open_app_context(settings) as app:
        reports = ingest_with_bar(app, [files], "file")
        _show(app, reports, DEMO_AT)
    if no_serve:
        show.console.print(
            f"The data is in {settings.data_dir}. To open the web app: claimclock demo, or "
            f"claimclock serve --data {settings.data_dir}"
        )
        return
    from services.cli.serve import serve_demo  # noqa: PLC0415  the web parts are not needed to print lists

    serve_demo(settings, DEMO_AT)


@contextmanager
def _month() -> Iterator[Path]:
    from services.demo.month import write_month  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="claimclock-demo-") as directory:
        files = Path(directory) / "inbox"
        files.mkdir()
        write_month(files)
        (files / "manifest.json").unlink()
        yield files


def _show(app: AppContext, reports: list[Report], at: datetime) -> None:
    context = open_desk(app.engine, app.settings, When(at=at.isoformat()))
    for kind, title in LISTS:
        found = show.local(in_order(worklist(context, kind).items), context.references.zone)
        show.items(title, found, TERMINAL_COLUMNS, ROWS)
    show.table("Underpaid, by payer, code and rate paid", underpayments(context, groups=True), GROUP_COLUMNS, ROWS)
    show.table("Therapy thresholds", thresholds(context), THRESHOLD_COLUMNS, ROWS)
    show.table(
        "Aging, all owners", aging(context, "bucket"), [c for c in AGING_COLUMNS if c[0] not in ("payer", "owner")]
    )
    show.table("Not read", parked(context), [("place", "where"), ("transaction", "format"), ("reason", "reason")], ROWS)
    _totals(context, reports)


def _totals(context: ReadContext, reports: list[Report]) -> None:
    sums: dict[str, Any] = {
        name: sum(getattr(r, name) for r in reports) for name in ("events", "duplicates", "parked", "unbalanced")
    }
    show.console.print(
        f"[bold]{len(reports)}[/bold] files: [bold]{sums['events']:,}[/bold] events in, "
        f"[bold]{sums['duplicates']}[/bold] duplicates, [bold]{sums['parked']}[/bold] not read, "
        f"[bold]{sums['unbalanced']}[/bold] out of balance; lists as of {instant(context.at, context.references.zone)}"
    )
    for report in reports:
        if report.unbalanced:
            show.console.print(
                f"  {report.unbalanced} of them in {Path(report.path).name}, posted as stated", markup=False
            )
