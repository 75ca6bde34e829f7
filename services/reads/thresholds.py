"""Therapy thresholds per patient, year and bucket."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from events.values import from_cents
from projections.tables.tables import READ_TABLES
from projections.tables.threshold_facts import ForecastBasis, ThresholdExplanation
from projections.thresholds.forecast import forecast
from services.reads.keyset import ListPage, OrderedBy, page_rows
from services.reads.read_context import ReadContext

THRESHOLD = READ_TABLES["threshold"]


CLOSEST_FIRST = (
    OrderedBy(THRESHOLD.c.projected, descending=True),
    OrderedBy(THRESHOLD.c.patient_id),
    OrderedBy(THRESHOLD.c.year),
    OrderedBy(THRESHOLD.c.bucket),
)


def thresholds(context: ReadContext, patient_id: str | None = None, year: int | None = None) -> list[dict[str, Any]]:
    """Nearest to the line first."""
    return thresholds_page(context, patient_id, year).items


def thresholds_page(
    context: ReadContext,
    patient_id: str | None = None,
    year: int | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> ListPage:
    """A page of `thresholds`. Raises ListCursorError."""
    query = select(THRESHOLD).where(THRESHOLD.c.practice == context.practice)
    with context.context() as (fold_context, reference):
        if patient_id is not None:
            query = query.where(THRESHOLD.c.patient_id == reference.patient(patient_id))
        if year is not None:
            query = query.where(THRESHOLD.c.year == year)
        rows, following = page_rows(fold_context.rows, query, CLOSEST_FIRST, limit, cursor)
    return ListPage([threshold_json(row, context.today) for row in rows], following)


def threshold_json(row: Any, today: date) -> dict[str, Any]:
    basis = ForecastBasis.from_json(row.forecast) if row.forecast else None
    told = ThresholdExplanation.from_json(row.explanation).to_json()
    return {
        "patient_id": row.patient_id,
        "year": row.year,
        "bucket": row.bucket,
        "confirmed": f"{from_cents(row.confirmed):.2f}",
        "pending": f"{from_cents(row.pending):.2f}",
        "projected": f"{from_cents(row.projected):.2f}",
        "band": row.band,
        "lines_missing_kx": row.lines_missing_kx,
        "lines_kx_unknown": told["kx_unknown"],
        "lines_needless_kx": told["needless_kx"],
        "crossing": told["crossing"],
        "forecast": forecast(basis, row.year, today),
        "observed": told["observed"],
        "limits": told["limits"],
        "explanation": told["steps"],
    }
