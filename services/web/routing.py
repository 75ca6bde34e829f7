"""The page of routing rules and queues: a rule is typed, tried, then saved."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from projections.disciplines import DISCIPLINES
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here, Who
from services.api.routing import admin_of
from services.core.errors import ClaimclockError
from services.presentation.labels import CATEGORIES
from services.presentation.routing_words import FIELD_NAMES, then_words, trial_words, when_words
from services.reads.list_counts import payers
from services.reads.payer_names import payer_names
from services.reads.read_context import ReadContext
from services.reads.routing import routing_json
from services.reads.routing_trial import try_rule
from services.store.routing_rules import LISTS, read_terms
from services.web.claim import people_of
from services.web.pages import page, redirect

ROUTING = "/routing"
SEVERAL = ("clinics", "providers", "tags")  # typed with commas between them
RoutingText = Annotated[str, Form(max_length=2000)]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


class RuleInputs(BaseModel):
    """The form of a rule, as typed. `seen`: the version it was edited from."""

    name: str = ""
    rank: str = ""
    payers: list[str] = []
    lists: list[str] = []
    categories: list[str] = []
    disciplines: list[str] = []
    clinics: str = ""
    providers: str = ""
    amount_min: str = ""
    amount_max: str = ""
    age_min: str = ""
    age_max: str = ""
    to: str = ""
    hold_until: str = ""
    hold_days: str = ""
    tags: str = ""
    effective_from: str = ""
    effective_to: str = ""
    seen: str = ""

    def given(self) -> dict[str, Any]:
        """As a rule is written: empty fields left out."""
        told: dict[str, Any] = self.model_dump(exclude={"seen"})
        for name in SEVERAL:
            told[name] = [part.strip() for part in told[name].split(",") if part.strip()]
        for name in ("amount_min", "amount_max"):
            told[name] = told[name].strip().lstrip("$").replace(",", "")
        return {name: value for name, value in told.items() if value not in ("", [])}


def _typed(terms: dict[str, Any], seen: int) -> RuleInputs:
    """A saved rule, ready to be changed."""
    told = {name: value for name, value in terms.items() if name in RuleInputs.model_fields and value is not None}
    told |= {name: ", ".join(terms[name]) for name in SEVERAL}
    told |= {name: str(told[name]) for name in ("rank", "age_min", "age_max", "hold_days") if name in told}
    return RuleInputs(**told | {"seen": str(seen), "effective_from": "", "effective_to": terms["effective_to"] or ""})


@router.get(ROUTING)
def get_routing_page(
    request: Request, app_state: Here, context: AtLiveDesk, rule: Annotated[str, Query(max_length=80)] = ""
) -> HTMLResponse:
    """Every rule and queue; `rule`: the one to be changed."""
    return _routing_page(request, app_state, context, editing=rule)


def _routing_page(
    request: Request,
    app_state: Here,
    context: ReadContext,
    *,
    editing: str = "",
    typed: RuleInputs | None = None,
    problem: str = "",
    trial: dict[str, Any] | None = None,
    sealed: str = "",
) -> HTMLResponse:
    told = routing_json(context)
    name = payer_names(context).of
    for row in told["rules"]:
        shown = row["in_force"] or row["versions"][0]
        row |= {"when": when_words(shown, name), "then": then_words(shown), "shown": shown}
    edited = next((row for row in told["rules"] if row["name"] == editing), None)
    if edited and typed is None:
        typed = _typed(edited["versions"][0], edited["versions"][0]["version"])
    holders = [*[queue["name"] for queue in told["queues"]], *people_of(app_state, context.practice)]
    return page(
        request,
        context,
        "routing.html",
        422 if problem else 200,
        section="/setup",
        rules=told["rules"],
        queues=told["queues"],
        people=people_of(app_state, context.practice),
        holders=holders,
        typed=typed or RuleInputs(),
        payers=payers(context),
        lists=LISTS,
        categories=CATEGORIES,
        disciplines=[(each, each) for each in DISCIPLINES],
        problem=problem,
        trial=trial,
        trial_lines=trial_words(trial) if trial else [],
        sealed=sealed,
        saved=request.query_params.get("saved", ""),
    )


@router.post(f"{ROUTING}/try")
def post_routing_try(
    request: Request, app_state: Here, context: AtLiveDesk, given: Annotated[RuleInputs, Form()]
) -> HTMLResponse:
    """What the rule would do; nothing is saved."""
    try:
        terms = read_terms(given.given(), FIELD_NAMES)
        trial = try_rule(context, terms)
    except ClaimclockError as error:
        return _routing_page(request, app_state, context, typed=given, problem=error.message)
    request.state.detail = f"tried a routing rule, {trial['fits']} items fit"
    sealed = app_state.signer.seal(json.dumps({"terms": terms.model_dump(mode="json"), "seen": given.seen}))
    return _routing_page(request, app_state, context, typed=given, trial=trial, sealed=sealed)


@router.post(f"{ROUTING}/save")
def post_routing_save(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, sealed: RoutingText = ""
) -> Response:
    """Saves what was tried."""
    opened = app_state.signer.unseal(sealed)
    if opened is None:
        problem = "Test the rule again: what was shown can no longer be saved"
        return _routing_page(request, app_state, context, problem=problem)
    kept = json.loads(opened)
    seen = int(kept["seen"]) if kept["seen"].isascii() and kept["seen"].isdecimal() else 0
    try:
        saved = admin_of(app_state, context, who).save_rule(read_terms(kept["terms"]), seen)
    except ClaimclockError as error:
        return _routing_page(request, app_state, context, typed=_typed(kept["terms"], seen), problem=error.message)
    request.state.detail = f"routing rule {saved.name}, version {saved.version}"
    return redirect(request, ROUTING, saved="rule")


@router.post(f"{ROUTING}/change")
def post_routing_change(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    do: RoutingText = "",
    name: RoutingText = "",
    members: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Ends a rule; saves or removes a queue."""
    admin = admin_of(app_state, context, who)
    try:
        match do:
            case "end":
                admin.end_rule(name)
            case "queue":
                admin.save_queue(name, members or ())
            case "remove":
                admin.remove_queue(name)
            case _:
                return _routing_page(request, app_state, context, problem="Choose what to do")
    except ClaimclockError as error:
        return _routing_page(request, app_state, context, problem=error.message)
    request.state.detail = f"{do} {name[:80]}"
    return redirect(request, ROUTING, saved=do)
