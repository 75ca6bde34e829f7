"""Therapy thresholds: every patient-year, nearest to the line first; and one patient's, with every step."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk
from services.presentation.labels import BANDS, BUCKETS
from services.reads.list_counts import names_of
from services.reads.patients import patient_facts, patient_id_of, patient_ref
from services.reads.search import search
from services.reads.thresholds import thresholds
from services.web.gauges import gauge
from services.web.pages import page

SHOWN = 200
YearParam = Annotated[int | None, Query(ge=1997, le=2200)]
BandFilter = Annotated[str, Query(pattern=f"^(|{'|'.join(BANDS)})$")]
BucketFilter = Annotated[str, Query(pattern=f"^(|{'|'.join(BUCKETS)})$")]
PatientParam = Annotated[str, InPath(pattern="^[0-9a-f]{24}$")]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/thresholds")
def get_thresholds(
    request: Request, context: AtDesk, year: YearParam = None, band: BandFilter = "", bucket: BucketFilter = ""
) -> HTMLResponse:
    """Patients of one calendar year."""
    year = year or context.today.year
    rows = [
        row for row in thresholds(context, year=year) if band in ("", row["band"]) and bucket in ("", row["bucket"])
    ]
    shown = rows[:SHOWN]
    request.state.detail = f"{year}, {len(shown)} rows"
    return page(
        request,
        context,
        "thresholds.html",
        section="/thresholds",
        rows=shown,
        more=len(rows) - len(shown),
        year=year,
        band=band,
        bucket=bucket,
        today=context.today.isoformat(),
        gauges=[gauge(row) for row in shown],
        names=names_of(context, (row["patient_id"] for row in shown)),
        refs={row["patient_id"]: patient_ref(context, row["patient_id"]) for row in shown},
    )


@router.get("/thresholds/{patient}")
def get_patient(request: Request, context: AtDesk, patient: PatientParam) -> HTMLResponse:
    """One patient: every year and bucket, how each figure came about, and the claims."""
    patient_id = patient_id_of(context, patient)
    rows = sorted(thresholds(context, patient_id), key=lambda row: (-row["year"], row["bucket"]))
    request.state.detail = f"patient {patient}"
    return page(
        request,
        context,
        "patient.html",
        section="/thresholds",
        rows=rows,
        gauges=[gauge(row) for row in rows],
        patient_id=patient_id,
        this_ref=patient,
        known=patient_facts(context, patient_id),
        names=names_of(context, [patient_id]).get(patient_id),
        claims=search(context, patient_id=patient_id),
    )
