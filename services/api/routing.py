"""Routing rules and queues: who gets which work, what is held, what is tagged; tried before it acts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here, Who
from services.api.routing_schemas import RoutingJson, RoutingTrialJson, SavedRuleJson
from services.commands.routing import RoutingAdmin
from services.presentation.routing_words import trial_words
from services.reads.read_context import ReadContext
from services.reads.routing import routing_json
from services.reads.routing_trial import try_rule
from services.security.roles import Principal
from services.store.routing_rules import RoutingName, RuleTerms

router = APIRouter(route_class=GuardedRoute, tags=["settings"])
_RULE = {
    "name": "Lakeshore over $200",
    "payers": ["LAKESHORE"],
    "amount_min": "200.00",
    "tags": ["big"],
}


class NewRule(RuleTerms):
    """`seen`: the version that was edited; another one saved meanwhile is a conflict."""

    seen: int | None = Field(None, ge=0)


class NamedRouting(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: RoutingName


class NewQueue(NamedRouting):
    members: list[Annotated[str, Field(max_length=200)]] = Field([], max_length=100, description="Names of users.")


def admin_of(app_state: AppState, context: ReadContext, who: Principal) -> RoutingAdmin:
    """Changes in the name of who asks."""
    engine, now = app_state.app.engine, app_state.now()
    return RoutingAdmin(engine=engine, practice=context.practice, by=who.name, now=now, today=context.today)


@router.get("/v1/routing", response_model=None, responses={200: {"model": RoutingJson}})
def get_routing(context: AtLiveDesk) -> JSONResponse:
    """Every rule with its versions, and the queues. `in_force`: the version that decides on the day of the read."""
    return JSONResponse(routing_json(context))


@router.post("/v1/routing/try", response_model=None, responses={200: {"model": RoutingTrialJson}})
def post_trial(
    request: Request, context: AtLiveDesk, terms: Annotated[RuleTerms, Body(examples=[_RULE])]
) -> JSONResponse:
    """What a rule would do to the open work, were it in force now. Nothing is saved."""
    told = try_rule(context, terms)
    request.state.detail = f"tried a routing rule, {told['fits']} items fit"
    return JSONResponse(told | {"says": trial_words(told)})


@router.post("/v1/routing/rules", response_model=None, responses={200: {"model": SavedRuleJson}})
def post_rule(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, rule: Annotated[NewRule, Body(examples=[_RULE])]
) -> JSONResponse:
    """Saves a rule, or a new version of the rule of this name."""
    terms = RuleTerms.model_validate(rule.model_dump(exclude={"seen"}))
    saved = admin_of(app_state, context, who).save_rule(terms, rule.seen)
    request.state.detail = f"routing rule {saved.name}, version {saved.version}"
    return JSONResponse({"version": saved.version, **saved.body})


@router.post("/v1/routing/rules/end", response_model=None, responses={200: {"model": SavedRuleJson}})
def post_end(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    named: Annotated[NamedRouting, Body(examples=[{"name": "Lakeshore over $200"}])],
) -> JSONResponse:
    """From today on the rule does nothing; its versions stay."""
    saved = admin_of(app_state, context, who).end_rule(named.name)
    request.state.detail = f"routing rule {saved.name} ended, version {saved.version}"
    return JSONResponse({"version": saved.version, **saved.body})


@router.post("/v1/routing/queues", response_model=None, responses={200: {"model": RoutingJson}})
def post_queue(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    queue: Annotated[NewQueue, Body(examples=[{"name": "Denials", "members": []}])],
) -> JSONResponse:
    """A queue with its members; one of this name is replaced by a new version."""
    saved = admin_of(app_state, context, who).save_queue(queue.name, queue.members)
    request.state.detail = f"queue {saved.name}, version {saved.version}"
    return JSONResponse(routing_json(context))


@router.post("/v1/routing/queues/remove", response_model=None, responses={200: {"model": RoutingJson}})
def post_queue_removal(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    named: Annotated[NamedRouting, Body(examples=[{"name": "Denials"}])],
) -> JSONResponse:
    """Removes a queue that no rule uses."""
    admin_of(app_state, context, who).remove_queue(named.name)
    request.state.detail = f"queue {named.name} removed"
    return JSONResponse(routing_json(context))
