"""Underpayments: groups by payer, code and rate paid; their lines; one line next to the remittance that paid it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor, Here, Ref
from services.api.listing import open_cursor, seal_cursor
from services.core.errors import ClaimclockError
from services.reads.claim_history import claim_story
from services.reads.claims import claim_id_of
from services.reads.list_counts import names_of
from services.reads.price_lines import line_prices, priced_lines
from services.reads.read_context import ReadContext
from services.reads.segments import event_segments
from services.reads.underpayments import underpayments
from services.store.raw_files import RawStore
from services.web.claim import people_of
from services.web.pages import page

PAGE_SIZE = 50
GROUPS = 100
FilterText = Annotated[str, Query(max_length=200)]
PricedLineNumber = Annotated[int, InPath(ge=0, le=9999)]
SegmentList = list[dict[str, Any]]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/underpayments")
def get_underpayments(
    request: Request,
    app_state: Here,
    context: AtDesk,
    payer: FilterText = "",
    procedure: FilterText = "",
    cause: FilterText = "",
    state: Annotated[str, Query(pattern="^(|detected|disputed|recovered)$")] = "",
    cursor: Cursor = None,
) -> HTMLResponse:
    """One contract error is one group, however many lines it touched."""
    found = priced_lines(
        context,
        payer=payer or None,
        procedure=procedure or None,
        cause=cause or None,
        state=state or None,
        limit=PAGE_SIZE,
        cursor=open_cursor(request, cursor),
    )
    request.state.detail = f"{len(found.items)} lines"
    narrowed = {"payer": payer, "procedure": procedure, "cause": cause, "state": state}
    groups = underpayments(context, payer=payer or None, groups=True) if cursor is None else []
    groups = [g for g in groups if procedure in ("", g["procedure"]) and cause in ("", g["cause"])]
    return page(
        request,
        context,
        "underpayments.html",
        section="/underpayments",
        groups=groups[:GROUPS],
        more=max(len(groups) - GROUPS, 0),
        items=found.items,
        narrowed=narrowed,
        first=cursor is None,
        query={name: value for name, value in narrowed.items() if value},
        people=people_of(app_state, context.practice),
        as_billed=_as_billed,
        names=names_of(context, (item["patient_id"] for item in found.items)),
        following=seal_cursor(request, found.next_cursor),
    )


@router.get("/underpayments/{ref}/{line}")
def get_line(request: Request, app_state: Here, context: AtDesk, ref: Ref, line: PricedLineNumber) -> HTMLResponse:
    """What was expected and why, next to what the payer said and where."""
    claim_id = claim_id_of(context, ref)
    request.state.detail = f"line {line}"
    store = RawStore(app_state.app.settings)
    here = context.near(claim_id)
    prices = line_prices(here, claim_id, line)
    story = claim_story(here, claim_id)
    answers = [
        answer | {"segments": _segments(here, store, claim_id, answer["event"], line)}
        for answer in story.answers.get(line, [])
    ]
    return page(
        request,
        context,
        "underpayment.html",
        section="/underpayments",
        prices=prices,
        answers=answers,
        line=line,
        claim_id=claim_id,
        ref=ref,
        meanings=story.meanings,
        people=people_of(app_state, context.practice),
    )


def _as_billed(item: dict[str, Any]) -> str:
    """What the code that was billed should have brought, where the payer answered with another: allowed and short."""
    return str(Decimal(item["allowed"]) + Decimal(item["variance"]))


def _segments(context: ReadContext, store: RawStore, claim_id: str, event: str, line: int) -> SegmentList | None:
    """None where the answer came without a file, or the file is not kept here."""
    try:
        return event_segments(context, store, claim_id, event, line)
    except ClaimclockError:
        return None
