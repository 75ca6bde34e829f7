"""One claim: its page, its events, and what people do about it."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from services.api.authorization import ForbiddenError, GuardedRoute
from services.api.claim_schemas import Claim
from services.api.dependencies import AtDesk, AtLiveDesk, Cursor, Here, Limit, Ref, Who
from services.api.etags import content_version
from services.api.event_documents import with_dataschema
from services.api.examples import ACT, ACTS, EVENT_LIST
from services.api.listing import open_cursor, page_answer
from services.api.problems import kind_of
from services.api.schemas import ActResult
from services.api.waiting import waits
from services.commands.action_models import ActionRequest, AnyAct
from services.commands.actions import (
    ActionDone,
    Failed,
    StaleVersionError,
    act,
    act_on_many,
    claim_version,
    needs_money_right,
)
from services.core.errors import ClaimclockError
from services.reads.claims import claim_id_of, claim_page
from services.reads.feed import claim_events
from services.reads.keyset import ListPage
from services.reads.read_context import ReadContext
from services.security.roles import Permission, Principal

router = APIRouter(route_class=GuardedRoute, tags=["claims"])


IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="Makes retries safe: the request counts once.", max_length=255),
]


class OneAct(BaseModel):
    """An act about one of many claims."""

    model_config = ConfigDict(extra="forbid")
    ref: str = Field(pattern=r"^[0-9a-f]{24}$")
    act: AnyAct


class ManyActs(BaseModel):
    model_config = ConfigDict(extra="forbid")
    acts: list[OneAct] = Field(min_length=1, max_length=500)


class PreconditionError(StaleVersionError):
    """If-Match names another version than the claim's."""

    http_status = 412


@router.get("/v1/claims/{ref}", response_model=None, responses={200: {"model": Claim}})
def get_claim(context: AtDesk, ref: Ref) -> JSONResponse:
    """The claim's page. `ETag` is its version: actions that carry it are refused if the claim has changed since.

    Its last part is that of the page, which also changes with terms and with the day.
    """
    claim_id = claim_id_of(context, ref)
    with context.engine.connect() as connection:
        version = claim_version(
            connection, context.practice, claim_id
        )  # before the page: never newer than what it shows
    answer = JSONResponse(claim_page(context, claim_id))
    answer.headers["ETag"] = f'"{version}-{content_version(answer)}"'
    return answer


@router.get("/v1/claims/{ref}/events", response_model=None, responses={200: EVENT_LIST})
def get_claim_events(
    request: Request, context: AtDesk, ref: Ref, limit: Limit = 500, cursor: Cursor = None
) -> Response:
    """Every event that names the claim, in the order they were logged."""
    found = claim_events(context, claim_id_of(context, ref), limit, open_cursor(request, cursor))
    return page_answer(request, ListPage(with_dataschema(request, found.items), found.next_cursor))


@router.post("/v1/claims/{ref}/actions", status_code=202, response_model=None, responses={202: {"model": ActResult}})
@waits
def post_action(
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    ref: Ref,
    wanted: Annotated[AnyAct, Body(examples=[ACT])],
    if_match: Annotated[
        str | None, Header(description="The claim's `ETag`.", pattern=r'^"[0-9]{1,20}-[0-9]{1,20}(-[0-9a-f]{32})?"$')
    ] = None,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """Records an action on a claim. It becomes an event; the response comes when every list shows it.

    With an `id`, or Idempotency-Key, a repetition counts once. With `version`, or If-Match, of a claim that has changed
    since: 409, or 412.
    """
    _check_may(context, who, wanted)
    app_state.pressure.check()
    wanted = _named(wanted, key)
    if if_match is not None:
        wanted = wanted.model_copy(update={"version": if_match.strip('"')})
    try:
        done = act(app_state.app, context, ref, wanted, who.name)
    except StaleVersionError as error:
        raise PreconditionError(error.message) if if_match is not None else error from None
    return JSONResponse(done.as_json(), 202)


@router.post("/v1/actions", status_code=202, response_model=None, responses={202: {"model": list[ActResult]}})
@waits
def post_actions(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, many: Annotated[ManyActs, Body(examples=[ACTS])]
) -> JSONResponse:
    """Actions on many claims, each on its own: a refused one says why, the others go through."""
    for each in many.acts:
        _check_may(context, who, each.act)
    app_state.pressure.check()
    request.state.detail = " ".join(each.ref for each in many.acts)
    found = act_on_many(app_state.app, context, [(each.ref, each.act) for each in many.acts], who.name)
    return JSONResponse([_result(each) for each in found], 202)


def _named(wanted: AnyAct, key: str | None) -> AnyAct:
    """The act under an id that follows from the sender's key, where it has none of its own."""
    if key is None or wanted.id is not None:
        return wanted
    return wanted.model_copy(update={"id": "key-" + hashlib.sha256(key.encode()).hexdigest()[:40]})


def _check_may(context: ReadContext, who: Principal, wanted: ActionRequest) -> None:
    if not who.may(Permission.MONEY_ACT) and needs_money_right(context.engine, context.practice, wanted):
        raise ForbiddenError(f"this action requires the permission {Permission.MONEY_ACT}")


def _result(found: ActionDone | Failed) -> dict[str, Any]:
    if isinstance(found, ActionDone):
        return found.as_json()
    return {"ref": found.ref, "result": "refused", "problem": _problem(found.error)}


def _problem(error: ClaimclockError) -> dict[str, Any]:
    kind = kind_of(error)
    return {
        "type": kind.address,
        "title": kind.title,
        "status": error.http_status,
        "detail": error.message,
        "codes": list(getattr(error, "codes", ())),
    }
