"""The audit, for the auditor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from events.values import Day
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here, Limit
from services.api.schemas import AuditCheck, AuditRow
from services.reads.audit_entries import AuditQuery, audit_entries
from services.reads.patients import patient_id_of
from services.reads.read_context import ReadContext
from services.security.audit import check_audit

OpaqueRef = Annotated[str, Query(pattern="^(|[0-9a-f]{24})$")]

# A form sends an empty one: it is none.
FormDay = Annotated[Day | Literal[""] | None, Query()]

router = APIRouter(route_class=GuardedRoute, tags=["audit"])


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """People by name; claims and patients, also those that lists showed, by their opaque refs; days of the practice."""

    who: Annotated[str, Query(max_length=200, description="A person's or key's name.")] = ""
    ref: OpaqueRef = ""
    patient: OpaqueRef = ""
    first: FormDay = None
    last: FormDay = None
    action: Annotated[str, Query(max_length=100, description="A route, such as `GET /claims/{ref}`.")] = ""
    refused: Annotated[bool, Query(description="Only requests refused or failed.")] = False

    def query(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value} | (
            {"refused": "true"} if self.refused else {}
        )

    def asked(self, context: ReadContext, before: int | None) -> AuditQuery:
        return AuditQuery(
            who=self.who or None,
            ref=self.ref or None,
            patient_id=patient_id_of(context, self.patient) if self.patient else None,
            first=self.first or None,
            last=self.last or None,
            action=self.action or None,
            refused=self.refused,
            before=before,
        )


AuditNarrowing = Annotated[AuditFilter, Depends()]


@router.get("/v1/audit", response_model=None, responses={200: {"model": list[AuditRow]}})
def get_audit(
    context: AtLiveDesk,
    narrowed: AuditNarrowing,
    before: Annotated[int | None, Query(ge=1, le=2**62, description="`Next-Cursor` of the previous page.")] = None,
    limit: Limit = 50,
) -> JSONResponse:
    """Who did what and when, newest first; can be narrowed to a user, claim, patient, time or action."""
    rows = audit_entries(context, narrowed.asked(context, before), limit)
    return JSONResponse(rows, headers={"Next-Cursor": str(rows[-1]["seq"])} if len(rows) == limit else None)


@router.get("/v1/audit/check", response_model=None, responses={200: {"model": AuditCheck}})
def get_audit_check(app_state: Here) -> JSONResponse:
    """Recalculates the chain of all entries."""
    return JSONResponse(check_audit(app_state.app.engine))
