"""Therapy thresholds: every patient-year, nearest to the line first; and one patient's, with every step."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk
from services.presentation.labels import BANDS, BUCKETS
from services.reads.list_counts import initials
from services.reads.patients import patient_id_of, patient_ref
from services.reads.search import search
from services.reads.thresholds import thresholds
from services.web.gauges import gauge
from services.web.pages import page

SHOWN = 200
Year = Annotated[int | None, Query(ge=1997, le=2200)]
Band = Annotated[str, Query(pattern=f"^(|{'|'.join(BANDS)})$")]
Bucket = Annotated[str, Query(pattern=f"^(|{'|'.join(BUCKETS)})$")]
Patient = Annotated[str, InPath(pattern="^[0-9a-f]{24}$")]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/thresholds")
def get_thresholds(
    request: Request, desk: AtDesk, year: Year = None, band: Band = "", bucket: Bucket = ""
) -> HTMLResponse:
    """Patients of one calendar year."""
    year = year or desk.today.year
    rows = [row for row in thresholds(desk, year=year) if band in ("", row["band"]) and bucket in ("", row["bucket"])]
    shown = rows[:SHOWN]
    request.state.detail = f"{year}, {len(shown)} rows"
    return page(
        request, desk, "thresholds.html", section="/thresholds", rows=shown, more=len(rows) - len(shown), year=year,
        band=band, bucket=bucket, today=desk.today.isoformat(), gauges=[gauge(row) for row in shown],
        initials=initials(desk, (row["patient_id"] for row in shown)),
        refs={row["patient_id"]: patient_ref(desk, row["patient_id"]) for row in shown},
    )  # fmt: skip


@router.get("/thresholds/{patient}")
def get_patient(request: Request, desk: AtDesk, patient: Patient) -> HTMLResponse:
    """One patient: every year and bucket, how each figure came about, and the claims."""
    patient_id = patient_id_of(desk, patient)
    rows = sorted(thresholds(desk, patient_id), key=lambda row: (-row["year"], row["bucket"]))
    request.state.detail = f"patient {patient}"
    return page(
        request, desk, "patient.html", section="/thresholds", rows=rows, gauges=[gauge(row) for row in rows],
        patient_id=patient_id, initials=initials(desk, [patient_id]).get(patient_id),
        claims=search(desk, patient_id=patient_id),
    )  # fmt: skip
