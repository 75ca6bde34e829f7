"""What many claims have in common, what the clocks said by themselves, and the history under other terms."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from events.values import Day
from projections.terms.terms_in_force import Reference
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, AtLiveDesk, Cursor, Here, Limit, historical
from services.api.examples import WHAT_IF
from services.api.list_schemas import AlertItem
from services.api.listing import open_cursor, page_answer
from services.api.report_schemas import PatternTables, TermsDifference
from services.api.waiting import waits
from services.contracts.dry_run import dry_run
from services.core.errors import UsageError
from services.projector.tried_terms import RefusedTermsError, read_policy, read_sound_pack, with_tried
from services.projector.what_if import WhatIfPeriod, what_if
from services.reads.alerts import alerts_page
from services.reads.grouping import BYS
from services.reads.keyset import ListPage
from services.reads.patterns import patterns
from services.scheduler.states import states

router = APIRouter(route_class=GuardedRoute, tags=["analysis"])
OfPayer = Annotated[str | None, Query(max_length=200, description="Only this payer.")]
DayBound = Annotated[Day | None, Query(examples=["2026-01-01"])]


class OtherTerms(BaseModel):
    """Terms to try: contracts and policies as their events carry them (`data`), rule packs as `rules.adopted` does."""

    model_config = ConfigDict(extra="forbid")
    contracts: list[dict[str, Any]] = Field([], max_length=100)
    policies: list[dict[str, Any]] = Field([], max_length=100)
    rules: list[dict[str, Any]] = Field([], max_length=20)
    dos_from: Day | None = None
    dos_to: Day | None = None


class TermsProblemError(UsageError):
    """Terms that cannot be tried; the message says why."""

    http_status = 422


@router.get("/v1/patterns", response_model=None, responses={200: {"model": PatternTables}})
def get_patterns(
    context: AtDesk,
    by: Annotated[str | None, Query(pattern=f"^({'|'.join(BYS)})$")] = None,
    payer: OfPayer = None,
    since: DayBound = None,
    until: DayBound = None,
) -> JSONResponse:
    """Rates, denials by code, payers' response times, overdue responses, money lost to deadlines."""
    return JSONResponse(patterns(context, by=by, payer=payer, since=since, until=until))


@router.get("/v1/alerts", response_model=None, responses={200: {"model": list[AlertItem]}})
def get_alerts(
    request: Request,
    context: AtDesk,
    payer: OfPayer = None,
    everything: Annotated[bool, Query(alias="all", description="Also alerts of deadlines that have ended.")] = False,  # noqa: FBT002
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Deadline alerts, newest first, and how far their notification has come."""
    opened = open_cursor(request, cursor)
    found = alerts_page(context, payer=payer, everything=everything, limit=limit, cursor=opened)
    with context.engine.connect() as connection:
        known = states(connection, context.practice, [alert["id"] for alert in found.items])
    rows = [alert | {"delivery": known.get(alert["id"])} for alert in found.items]
    return page_answer(request, ListPage(rows, found.next_cursor))


@router.post("/v1/what-if", response_model=None, responses={200: {"model": TermsDifference}})
@waits
def post_what_if(
    app_state: Here, context: AtLiveDesk, terms: Annotated[OtherTerms, Body(examples=[WHAT_IF])]
) -> JSONResponse:
    """What would have been different under other terms; nothing is changed.

    Rule packs may change anything, so they take as long as a rebuild.
    """
    with historical(app_state), context.context() as (fold_context, reference):
        after = _changed(reference, terms)
        period = WhatIfPeriod(terms.dos_from, terms.dos_to)
        found = what_if(fold_context.log, context.practice, reference, after, period=period)
    return JSONResponse(found.as_json())


def _changed(reference: Reference, terms: OtherTerms) -> Reference:
    """The terms with the others added. Raises TermsProblemError."""
    tried = dry_run(terms.contracts, reference.contracts, reference.rules)
    if not tried.clean:
        raise TermsProblemError("; ".join([*tried.of("problem"), *tried.of("overlap")]))
    try:
        policies = [read_policy(each) for each in terms.policies]
        packs = [read_sound_pack(each) for each in terms.rules]
        return with_tried(reference, tried.facts, policies, packs)
    except RefusedTermsError as error:
        raise TermsProblemError(str(error)) from None
