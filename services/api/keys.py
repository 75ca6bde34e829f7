"""API API keys: listed, made, ended. Administrators only; the key itself is in one answer, the first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from services.api.app_state import AppState
from services.api.authorization import GuardedRoute, check_grant
from services.api.dependencies import Cursor, Here, Limit, Who
from services.api.listing import by_fields, in_order
from services.api.schemas import JsonModel
from services.core.errors import NotFoundError
from services.security import keys
from services.security.roles import ROLES, Permission, Principal

LONGEST_DAYS = 3660
KEY_BODY = {"name": "my-emr", "role": "integration", "scopes": ["events:write"], "days": 365}
KeyId = Annotated[str, Path(pattern=r"^[0-9a-f]{8}$", description="The id that the list shows; not the key.")]
PracticeName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]

router = APIRouter(route_class=GuardedRoute, tags=["people"])


class NewKey(BaseModel):
    """A key may never do more than its maker."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=200, description="What it is for.")
    role: str = Field("integration", max_length=40, description=f"One of {', '.join(ROLES)}.")
    scopes: list[Permission] = Field([], max_length=50, description="Narrow the role to these scopes (default: all).")
    practices: list[PracticeName] = Field([], max_length=100, description="Default: your own.")
    days: int | None = Field(None, ge=1, le=LONGEST_DAYS, description="Expires after this many days.")


class KeyJson(JsonModel):
    """`scopes`: empty where the key may do all that its role may."""

    id: str
    name: str
    role: str
    scopes: list[str]
    practices: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked: bool


class NewKeyJson(JsonModel):
    """`key` is shown this once; only its hash is kept."""

    id: str
    key: str


@router.get("/v1/keys", response_model=None, responses={200: {"model": list[KeyJson]}})
def get_keys(request: Request, app_state: Here, who: Who, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """All keys of your practices, including revoked ones; the keys themselves are not kept."""
    return in_order(request, _mine(app_state, who), by_fields("created_at", "id"), limit=limit, cursor=cursor)


@router.post("/v1/keys", status_code=201, response_model=None, responses={201: {"model": NewKeyJson}})
def post_key(
    request: Request, app_state: Here, who: Who, given: Annotated[NewKey, Body(examples=[KEY_BODY])]
) -> JSONResponse:
    """Makes a key. The answer has the key itself, this once."""
    practices = given.practices or list(who.practices)
    check_grant(who, given.role, given.scopes, practices)
    now = app_state.now()
    key_id, key = keys.add_key(
        app_state.app.engine,
        given.name,
        practices,
        now,
        role=given.role,
        scopes=given.scopes,
        expires_at=now + timedelta(days=given.days) if given.days else None,
    )
    request.state.detail = f"key {key_id} as {given.role}"
    return JSONResponse({"id": key_id, "key": key}, 201)


@router.delete("/v1/keys/{key_id}", status_code=204, response_model=None)
def delete_key(request: Request, app_state: Here, who: Who, key_id: KeyId) -> Response:
    """Revokes a key immediately."""
    if key_id not in {row["id"] for row in _mine(app_state, who)}:
        raise NotFoundError("no such key")
    keys.revoke_key(app_state.app.engine, key_id, app_state.now())
    request.state.detail = f"key {key_id} revoked"
    return Response(status_code=204)


def _mine(app_state: AppState, who: Principal) -> list[dict[str, Any]]:
    """Keys that share a practice with the person asking."""
    return [row for row in keys.list_keys(app_state.app.engine) if set(row["practices"]) & set(who.practices)]
