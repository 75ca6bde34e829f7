"""The audit, for the auditor."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import Here, InPractice, Limit
from services.api.schemas import AuditCheck, AuditRow
from services.security.audit import check_audit, read_audit

router = APIRouter(route_class=GuardedRoute, tags=["audit"])


@router.get("/v1/audit", response_model=None, responses={200: {"model": list[AuditRow]}})
def get_audit(
    app_state: Here,
    practice: InPractice,
    before: Annotated[int | None, Query(ge=1, le=2**62, description="`Next-Cursor` of the answer before.")] = None,
    limit: Limit = 50,
) -> JSONResponse:
    """Who asked for what and when, the newest first."""
    rows = read_audit(app_state.app.engine, practice, limit, before)
    return JSONResponse(rows, headers={"Next-Cursor": str(rows[-1]["seq"])} if len(rows) == limit else None)


@router.get("/v1/audit/check", response_model=None, responses={200: {"model": AuditCheck}})
def get_audit_check(app_state: Here) -> JSONResponse:
    """Recalculates the chain of all entries."""
    return JSONResponse(check_audit(app_state.app.engine))
