"""Is it alive, is it ready, and its figures."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import Here
from services.api.schemas import Health, Ready
from services.core.errors import ClaimclockError
from services.store.schema import is_current

router = APIRouter(route_class=GuardedRoute, tags=["operations"])


@router.get("/healthz", response_model=None, responses={200: {"model": Health}})
async def healthz() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", response_model=None, responses={200: {"model": Ready}, 503: {"model": Ready}})
def readyz(app_state: Here) -> JSONResponse:
    """Database reachable and at this version, stream reachable, projector not too far behind."""
    checks = _checks(app_state)
    ready = all(checks.values())
    return JSONResponse({"ready": ready, "checks": checks}, 200 if ready else 503)


def _checks(app_state: AppState) -> dict[str, bool]:
    checks = {"database": False, "migrations": False, "stream": False, "lag": False}
    try:
        with app_state.app.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        checks["database"] = True
        app_state.migrated = app_state.migrated or is_current(app_state.app.engine)
        checks["migrations"] = app_state.migrated
    except SQLAlchemyError:
        pass
    try:
        waiting = app_state.pressure.waiting()
        checks["stream"] = True
        checks["lag"] = waiting <= app_state.app.settings.lag_limit
    except ClaimclockError:
        pass
    return checks


@router.get("/metrics", response_model=None, response_class=Response,
            responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})  # fmt: skip
def metrics(app_state: Here) -> Response:
    """Figures for Prometheus. None names a patient or claim."""
    return Response(app_state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
