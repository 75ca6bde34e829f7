"""The page of notifications: who hears what, and what became of each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Cursor, Here, Who
from services.api.listing import open_cursor, seal_cursor
from services.api.webhooks import NamedDelivery, NamedEndpoint, admin_for, check_content
from services.commands.endpoints import EndpointWish
from services.core.errors import ClaimclockError
from services.presentation.notifications import TITLES, NotificationKind
from services.reads.endpoints import deliveries, endpoints
from services.reads.read_context import ReadContext
from services.reads.worklist_filters import read_amount
from services.security.roles import Permission, Principal
from services.web.pages import page, redirect

WEBHOOKS = "/webhooks"
PAGE_SIZE = 50
DELIVERY_STATES = {"waiting": "Waiting for its next try", "delivered": "Delivered", "parked": "Given up"}

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)
EndpointField = Annotated[str, Form(max_length=2000)]


def _shown(
    request: Request,
    context: ReadContext,
    who: Principal,
    *,
    problem: str = "",
    secret: str = "",
    cursor: str | None = None,
) -> HTMLResponse:
    sent = deliveries(context, limit=PAGE_SIZE, cursor=open_cursor(request, cursor))
    return page(
        request,
        context,
        "webhooks.html",
        422 if problem else 200,
        section=WEBHOOKS,
        rows=endpoints(context),
        sent=sent.items,
        following=seal_cursor(request, sent.next_cursor),
        kinds={kind.value: TITLES[kind] for kind in NotificationKind if kind is not NotificationKind.TEST},
        titles={kind.value: title for kind, title in TITLES.items()},
        states=DELIVERY_STATES,
        may_send_all=who.may(Permission.PEOPLE),
        problem=problem,
        secret=secret,
    )


@router.get(WEBHOOKS)
def get_webhooks_page(request: Request, context: AtLiveDesk, who: Who, cursor: Cursor = None) -> HTMLResponse:
    """Endpoints, and the newest deliveries."""
    return _shown(request, context, who, cursor=cursor)


@router.post(WEBHOOKS)
def post_webhooks_page(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    name: EndpointField = "",
    address: EndpointField = "",
    kinds: Annotated[list[str] | None, Form()] = None,
    payers: EndpointField = "",
    least: EndpointField = "0",
    full_content: Annotated[bool, Form()] = False,  # noqa: FBT002
) -> Response:
    """Adds an endpoint and shows its secret, once."""
    try:
        check_content(who, full=full_content)
        wish = EndpointWish(
            name=name,
            address=address.strip(),
            kinds=kinds or (),
            payers=payers.replace(",", "\n").splitlines(),
            least_amount=read_amount("Least amount", least or "0"),
            full_content=full_content,
        )
        endpoint_id, secret = admin_for(app_state, context, who).add(wish)
    except ClaimclockError as error:
        return _shown(request, context, who, problem=error.message)
    request.state.detail = f"added endpoint {endpoint_id}{', full content' if full_content else ''}"
    return _shown(request, context, who, secret=secret)


@router.post(f"{WEBHOOKS}/{{endpoint_id}}")
def post_endpoint_page(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, endpoint_id: NamedEndpoint, do: EndpointField = ""
) -> Response:
    """One change of one endpoint."""
    admin = admin_for(app_state, context, who)
    request.state.detail = f"{do[:20]} endpoint {endpoint_id}"
    match do:
        case "test":
            admin.test(endpoint_id)
        case "pause" | "resume":
            admin.pause(endpoint_id, paused=do == "pause")
        case "remove":
            admin.remove(endpoint_id)
        case "rotate":
            return _shown(request, context, who, secret=admin.rotate(endpoint_id))
        case _:
            return _shown(request, context, who, problem="Choose what to do")
    return redirect(request, WEBHOOKS)


@router.post(f"{WEBHOOKS}/deliveries/{{delivery_id}}")
def post_delivery_page(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, delivery_id: NamedDelivery
) -> Response:
    """Sends a notification again."""
    admin_for(app_state, context, who).replay(delivery_id)
    request.state.detail = f"sent delivery {delivery_id} again"
    return redirect(request, WEBHOOKS)
