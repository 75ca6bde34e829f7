"""What many claims have in common."""

from __future__ import annotations

from typing import Annotated, Any

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
    day_option,
    payer_of,
    reading,
)
from services.reads.grouping import BYS
from services.reads.patterns import patterns as read_patterns
from services.reads.payer_changes import payer_changes

CHANGES = [("text", "what"), ("dollars", "dollars so far"), ("claims", "claims")]
METRICS = [
    ("payer", "payer"),
    ("month", "month"),
    ("submitted", "sent"),
    ("clean_claim_rate", "clean"),
    ("first_pass_rate", "first pass"),
    ("rejection_rate", "rejected"),
    ("worked_in_time_rate", "worked < 24 h"),
    ("denial_rate", "denied"),
    ("overturn_rate", "overturned"),
    ("net_collection_rate", "collected"),
    ("days_in_ar", "days in AR"),
    ("lost", "lost"),
]
DENIALS = [
    ("payer", "payer"),
    ("carc", "CARC"),
    ("rarc", "RARC"),
    ("claims", "claims"),
    ("amount", "amount"),
    ("still_denied", "still denied"),
    ("first", "first"),
    ("last", "last"),
]
REJECTIONS = [
    ("payer", "payer"),
    ("stage", "by"),
    ("words", "codes"),
    ("rejections", "rejections"),
    ("first", "first"),
    ("last", "last"),
]
LOST = [("payer", "payer"), ("reason", "reason"), ("claims", "claims"), ("amount", "amount")]
LAGS = [
    ("payer", "payer"),
    ("answers", "responses"),
    ("acknowledged", "acknowledged after"),
    ("answered", "decided after"),
    ("slowest", "nine of ten within"),
]
SILENCES = [
    ("claim_id", "claim"),
    ("payer", "payer"),
    ("charge", "charge"),
    ("waiting_days", "days waiting"),
    ("usual_days", "usual"),
    ("percentile", "longer than % of responses"),
]


def patterns(
    by: Annotated[str | None, typer.Option("--by", help=f"One of: {', '.join(BYS)}.")] = None,
    payer: PayerOption = None,
    since: Annotated[str | None, typer.Option("--since", help="From this date (2026-01-01).")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Through this date.")] = None,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Rates, denials by code, payer response times, overdue responses, money lost to deadlines.

    Every formula is in docs/metrics.md. Examples: `claimclock patterns --by payer`,
    `claimclock patterns --by month --since 2026-01-01`.
    """
    bounds = {"since": day_option(since, "--since"), "until": day_option(until, "--until")}
    with reading(data, practice, When(at, as_of, known_at)) as context:
        found = read_patterns(context, by=by, payer=payer_of(context, payer), **bounds)
    show.as_json(found) if json else _tables(found)


def changes(
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Payers that changed what they allow for a code, how often they deny one, or how long they take."""
    with reading(data, practice, When(at, as_of, known_at)) as context:
        found = payer_changes(context)
    show.as_json(found) if json else show.table("Payers that changed", [_counted(row) for row in found], CHANGES)


def _counted(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"claims": len(row["claims"])}


def _tables(found: dict[str, Any]) -> None:
    if "metrics" in found:
        told = [row | {"payer": row.get("payer_id")} for row in found["metrics"]]
        named = [column for column in METRICS if any(row.get(column[0]) is not None for row in told)]
        show.table("Metrics (shares of 1)", found["metrics"], named)
    show.table("Denials by code", found["denials"], DENIALS, 20)
    show.table("Rejections by code", found["rejections"], REJECTIONS, 20)
    if "metrics" in found:
        show.table("Lost to missed deadlines", found["lost"], LOST)
        show.table("Days until the payer responds", [_lag(row) for row in found["lags"]], LAGS)
        show.table("Overdue responses", found["silences"], SILENCES, 20)


def _lag(row: dict[str, Any]) -> dict[str, Any]:
    acknowledged, answered = row["to_acknowledgment"] or {}, row["to_answer"] or {}
    return {
        "payer_id": row["payer_id"],
        "answers": answered.get("attempts"),
        "acknowledged": acknowledged.get("median_days"),
        "answered": answered.get("median_days"),
        "slowest": answered.get("p90_days"),
    }
