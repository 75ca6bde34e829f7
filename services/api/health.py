"""Is it alive, is it ready, and its figures."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from services.api.authorization import GuardedRoute
from services.api.dependencies import Here
from services.api.schemas import Health, Ready

router = APIRouter(route_class=GuardedRoute, tags=["operations"])


@router.get("/healthz", response_model=None, responses={200: {"model": Health}})
async def healthz() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", response_model=None, responses={200: {"model": Ready}, 503: {"model": Ready}})
async def readyz(app_state: Here) -> JSONResponse:
    """Database reachable and at this version, stream reachable, projector not too far behind; `reasons` where not."""
    found = await app_state.readiness.look()
    told = {
        "ready": found.ready,
        "checks": found.checks,
        "reasons": found.reasons,
        "warnings": found.warnings,
        "lag_entries": found.lag_entries,
        "lag_seconds": found.lag_seconds,
        "streams": [asdict(stream) for stream in found.streams],
        "behind_keys": found.behind_keys,
        "behind_seconds": found.behind_seconds,
        "replica_seconds": found.replica_seconds,
    }
    return JSONResponse(told, 200 if found.ready else 503)


@router.get(
    "/metrics",
    response_model=None,
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(app_state: Here) -> Response:
    """Figures for Prometheus. None names a patient or claim."""
    return Response(app_state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
