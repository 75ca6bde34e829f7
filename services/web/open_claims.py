"""Open claims of the system used before on the desk: a list looked at, its columns explained, then brought in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here, InPractice, Who
from services.api.edi import in_practice
from services.api.open_claims import taken
from services.api.waiting import in_waiting_thread
from services.commands.carry_over import OpenClaimsError, saved_sources
from services.core.errors import ClaimclockError
from services.intake.open_claim_columns import FIELDS
from services.reads.read_context import ReadContext
from services.store.raw_files import RawStore
from services.web.pages import page, redirect

OPEN_CLAIMS = "/open-claims"
SHOWN = 20  # refused rows on the page
ListText = Annotated[str, Form(max_length=200)]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get(OPEN_CLAIMS)
def get_open_claims(request: Request, app_state: Here, practice: InPractice, context: AtLiveDesk) -> HTMLResponse:
    """Where the list is chosen, and what systems were brought in from."""
    return _page(request, app_state, practice, context)


def _page(
    request: Request,
    app_state: Here,
    practice: str,
    context: ReadContext,
    *,
    problem: str = "",
    rows: Sequence[Sequence[str]] = (),
    told: Mapping[str, Any] | None = None,
    typed: Mapping[str, Any] | None = None,
    sealed: str = "",
) -> HTMLResponse:
    return page(
        request,
        context,
        "open_claims.html",
        422 if problem else 200,
        section="/setup",
        problem=problem,
        rows=rows,
        told=told,
        shown=SHOWN,
        fields=FIELDS,
        sources=saved_sources(in_practice(app_state.app, practice)),
        typed={"source": "", "as_of": "", "columns": {}} | dict(typed or {}),
        sealed=sealed,
        brought=request.query_params.get("brought", ""),
    )


@router.post(f"{OPEN_CLAIMS}/try")
async def post_try(
    request: Request,
    app_state: Here,
    practice: InPractice,
    context: AtLiveDesk,
    who: Who,
    file: Annotated[UploadFile, Form()],
    source: ListText = "",
    as_of: ListText = "",
) -> Response:
    """Reads the list and says what would come in. Changes nothing but that the file is kept until it is brought in."""
    form = await request.form()
    named = {text.strip(): name for name in FIELDS if (text := str(form.get(f"column_{name}") or "")).strip()}
    typed = {"source": source, "as_of": as_of, "columns": {name: heading for heading, name in named.items()}}
    content, app = await file.read(), in_practice(app_state.app, practice)
    try:
        if not content:
            raise OpenClaimsError("choose a file that is not empty")
        given = await in_waiting_thread(taken, app, content, source, _day(as_of), named, by=who.name, dry_run=True)
        sha256 = await in_waiting_thread(RawStore(app.settings).put, BytesIO(content))
    except ClaimclockError as error:
        rows = getattr(error, "rows", ())
        problem = f"{error.message[:1].upper()}{error.message[1:]}."
        return _page(request, app_state, practice, context, problem=problem, rows=rows, typed=typed)
    request.state.detail = f"{given['new']} open claims looked at"
    seen = {"sha256": sha256, "source": source, "as_of": as_of, "columns": named}
    return _page(
        request, app_state, practice, context, told=given, typed=typed, sealed=app_state.signer.seal(json.dumps(seen))
    )


@router.post(f"{OPEN_CLAIMS}/import")
async def post_import(
    request: Request,
    app_state: Here,
    practice: InPractice,
    context: AtLiveDesk,
    who: Who,
    sealed: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Brings in the list that was looked at."""
    app, opened = in_practice(app_state.app, practice), app_state.signer.unseal(sealed)
    try:
        if opened is None:
            raise OpenClaimsError("the page is out of date; choose the list again")
        seen = json.loads(opened)
        with RawStore(app.settings).open(seen["sha256"]) as kept:
            content = kept.read()
        told = await in_waiting_thread(
            taken, app, content, seen["source"], _day(seen["as_of"]), seen["columns"], by=who.name, dry_run=False
        )
    except ClaimclockError as error:
        problem = f"{error.message[:1].upper()}{error.message[1:]}."
        return _page(request, app_state, practice, context, problem=problem)
    request.state.detail = f"{told['new']} open claims carried over"
    return redirect(request, OPEN_CLAIMS, brought=str(told["new"]))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OpenClaimsError("choose the day the list was made") from None
