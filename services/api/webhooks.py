"""Endpoints that are notified, and what was sent to them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from events.values import Money
from services.api.app_state import AppState
from services.api.authorization import ForbiddenError, GuardedRoute
from services.api.dependencies import AtLiveDesk, Cursor, Here, Limit, Who
from services.api.listing import by_fields, in_order, open_cursor, page_answer
from services.api.webhook_schemas import DeliveryItem, DeliveryNamed, EndpointItem, NewEndpoint, NewSecret
from services.commands.endpoints import EndpointAdmin, EndpointWish
from services.presentation.notifications import SUBSCRIBED
from services.reads.endpoints import deliveries, endpoint, endpoints
from services.reads.read_context import ReadContext
from services.security.roles import Permission, Principal

router = APIRouter(route_class=GuardedRoute, tags=["webhooks"])
NamedEndpoint = Annotated[str, Path(description="The id of an endpoint.", pattern=r"^[0-9a-f]{24}$")]
NamedDelivery = Annotated[str, Path(description="The id of a delivery.", pattern=r"^[0-9a-f]{24}$")]
SubscribedKind = Annotated[str, Field(json_schema_extra={"enum": list(SUBSCRIBED)})]
EXAMPLE = {"name": "billing", "address": "https://example.org/hook", "kinds": ["claim.denied", "deadline.approaching"]}


class WantedEndpoint(BaseModel):
    """An endpoint. No kinds: all of them; no payers: all of them.

    `address`: https:// for signed JSON, else one that apprise knows (mailto://, slack://, msteams:// …).
    """

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=100)
    address: str = Field(min_length=1, max_length=2000)
    kinds: list[SubscribedKind] = Field([], max_length=20)
    payers: list[Annotated[str, Field(max_length=200)]] = Field([], max_length=200)
    least_amount: Annotated[Money, Field(ge=0)] = Decimal(0)
    full_content: bool = Field(
        default=False, description="Include patient data in the message bodies. Only an administrator may set this."
    )

    def wish(self) -> EndpointWish:
        return EndpointWish(**dict(self))


class WantedState(BaseModel):
    model_config = ConfigDict(extra="forbid")
    paused: bool


def admin_for(app_state: AppState, context: ReadContext, who: Principal) -> EndpointAdmin:
    app = app_state.app
    return EndpointAdmin(
        engine=app.engine, settings=app.settings, practice=context.practice, by=who.name, now=app_state.now()
    )


def check_content(who: Principal, *, full: bool) -> None:
    """Raises ForbiddenError where patient data would leave by somebody who is no administrator."""
    if full and not who.may(Permission.PEOPLE):
        raise ForbiddenError("only an administrator may send full content")


@router.get("/v1/webhooks", response_model=None, responses={200: {"model": list[EndpointItem]}})
def get_webhooks(request: Request, context: AtLiveDesk, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Every endpoint of the practice. Secrets are not shown again."""
    return in_order(request, endpoints(context), by_fields("name", "id"), limit=limit, cursor=cursor)


@router.post("/v1/webhooks", status_code=201, response_model=None, responses={201: {"model": NewEndpoint}})
def post_webhook(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    wanted: Annotated[WantedEndpoint, Body(examples=[EXAMPLE])],
) -> JSONResponse:
    """Adds an endpoint. `secret` verifies what it is sent, and is shown this once."""
    check_content(who, full=wanted.full_content)
    endpoint_id, secret = admin_for(app_state, context, who).add(wanted.wish())
    request.state.detail = _detail("added", endpoint_id, wanted)
    return JSONResponse(endpoint(context, endpoint_id) | {"secret": secret}, 201)


@router.put("/v1/webhooks/{endpoint_id}", response_model=None, responses={200: {"model": EndpointItem}})
def put_webhook(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    endpoint_id: NamedEndpoint,
    wanted: Annotated[WantedEndpoint, Body(examples=[EXAMPLE])],
) -> JSONResponse:
    """Changes all of an endpoint but its secret."""
    check_content(who, full=wanted.full_content)
    admin_for(app_state, context, who).change(endpoint_id, wanted.wish())
    request.state.detail = _detail("changed", endpoint_id, wanted)
    return JSONResponse(endpoint(context, endpoint_id))


@router.post("/v1/webhooks/{endpoint_id}/state", response_model=None, responses={200: {"model": EndpointItem}})
def post_webhook_state(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    endpoint_id: NamedEndpoint,
    wanted: Annotated[WantedState, Body(examples=[{"paused": True}])],
) -> JSONResponse:
    """Pauses an endpoint, or goes on. Of what happens meanwhile it hears nothing later."""
    admin_for(app_state, context, who).pause(endpoint_id, paused=wanted.paused)
    request.state.detail = f"{'paused' if wanted.paused else 'resumed'} endpoint {endpoint_id}"
    return JSONResponse(endpoint(context, endpoint_id))


@router.delete("/v1/webhooks/{endpoint_id}", status_code=204, response_model=None)
def delete_webhook(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, endpoint_id: NamedEndpoint
) -> Response:
    """Removes an endpoint; its deliveries stay listed."""
    admin_for(app_state, context, who).remove(endpoint_id)
    request.state.detail = f"removed endpoint {endpoint_id}"
    return Response(status_code=204)


@router.post("/v1/webhooks/{endpoint_id}/rotate", response_model=None, responses={200: {"model": NewSecret}})
def post_webhook_rotation(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, endpoint_id: NamedEndpoint
) -> JSONResponse:
    """A new secret, shown this once. For a day what is sent carries signatures of both."""
    secret = admin_for(app_state, context, who).rotate(endpoint_id)
    request.state.detail = f"new secret of endpoint {endpoint_id}"
    return JSONResponse({"id": endpoint_id, "secret": secret})


@router.post(
    "/v1/webhooks/{endpoint_id}/test", status_code=202, response_model=None, responses={202: {"model": DeliveryNamed}}
)
def post_webhook_test(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, endpoint_id: NamedEndpoint
) -> JSONResponse:
    """Sends a test. What came of it is in the list of deliveries."""
    delivery_id = admin_for(app_state, context, who).test(endpoint_id)
    request.state.detail = f"test of endpoint {endpoint_id}"
    return JSONResponse({"delivery_id": delivery_id}, 202)


@router.get(
    "/v1/webhooks/{endpoint_id}/deliveries", response_model=None, responses={200: {"model": list[DeliveryItem]}}
)
def get_webhook_deliveries(
    request: Request,
    context: AtLiveDesk,
    endpoint_id: NamedEndpoint,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """What was sent to an endpoint, the newest first."""
    endpoint(context, endpoint_id)
    return page_answer(request, deliveries(context, endpoint_id, limit, open_cursor(request, cursor)))


@router.post(
    "/v1/webhook-deliveries/{delivery_id}/replay",
    status_code=202,
    response_model=None,
    responses={202: {"model": DeliveryNamed}},
)
def post_webhook_replay(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, delivery_id: NamedDelivery
) -> JSONResponse:
    """Sends a notification again, under the same `webhook-id`."""
    admin_for(app_state, context, who).replay(delivery_id)
    request.state.detail = f"sent delivery {delivery_id} again"
    return JSONResponse({"delivery_id": delivery_id}, 202)


def _detail(done: str, endpoint_id: str, wanted: WantedEndpoint) -> Any:
    return f"{done} endpoint {endpoint_id}{', full content' if wanted.full_content else ''}"
