"""Unmatched responses: what waits for a person, next to the claims it could be about; joined and undone here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, AtLiveDesk, Here, Who
from services.api.edi import in_practice
from services.api.unidentified import DecisionId, ResponseName
from services.api.waiting import in_waiting_thread
from services.app_context import AppContext
from services.commands.action_guards import ConfirmationNeededError
from services.commands.match_claims import JoinRequest, SeparateRequest, join, separate, undo
from services.core.errors import ConflictError
from services.reads.list_counts import names_of
from services.reads.match_candidates import candidate_json, candidates_of
from services.reads.read_context import ReadContext
from services.reads.unidentified import ResponseKind, decisions, open_responses, response_json, response_page
from services.security.roles import Principal
from services.web.pages import frame_of, page

PLACE = "/unidentified"
SHOWN, RECENT = 100, 20
COMPARED = 25  # rows of the list that are compared with claims; the others on their own page
ROWS = ("number", "payer", "payer_number", "patient", "member", "dates", "charge", "codes")
LABELS = {
    "number": "Claim number",
    "payer": "Payer",
    "payer_number": "Payer's claim number",
    "patient": "Patient",
    "member": "Member ID",
    "dates": "Dates of service",
    "charge": "Total charge",
    "codes": "Procedures",
}
KINDS = {
    ResponseKind.CLAIM: "Responses under a claim number that was not submitted here",
    ResponseKind.COPY: "Second copies of a remittance",
    ResponseKind.FILE: "Responses to a whole file",
    ResponseKind.SHARED: "Claim numbers used for several visits or patients",
}
CandidateText = Annotated[str, Form(pattern="^(|[0-9a-f]{24})$")]
Confirmed = Annotated[str, Form(max_length=200)]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get(PLACE)
def get_unidentified(request: Request, context: AtDesk) -> HTMLResponse:
    """All that wait, by kind, and what was decided lately."""
    found = open_responses(context)
    groups = [(KINDS[kind], [response_json(one) for one in found if one.kind == kind]) for kind in KINDS]
    request.state.detail = f"{len(found)} unidentified responses"
    _name_best(context, [row for _, rows in groups for row in rows])
    return page(
        request,
        context,
        "unidentified.html",
        section=PLACE,
        groups=[(title, rows[:SHOWN], max(len(rows) - SHOWN, 0)) for title, rows in groups if rows],
        decided=decisions(context, RECENT),
        names=names_of(context, (one.row.patient_id for one in found[:SHOWN])),
    )


def _name_best(context: ReadContext, rows: list[dict[str, Any]]) -> None:
    """Gives the first rows their best candidate."""
    shown = [row for row in rows if row["kind"] == ResponseKind.CLAIM][:COMPARED]
    found = candidates_of(context, [row["claim_id"] for row in shown])
    for row in rows:
        row["best"] = None
    for row in shown:
        if best := found[row["claim_id"]].candidates:
            row["best"] = candidate_json(context, best[0])


@router.get(f"{PLACE}/{{name}}")
def get_one(request: Request, context: AtDesk, name: ResponseName) -> HTMLResponse:
    """One response next to its candidates."""
    return _one(request, context, name)


def _one(request: Request, context: ReadContext, name: str, **problem: Any) -> HTMLResponse:
    request.state.detail = name
    told = response_page(context, name)
    return page(
        request,
        context,
        "unidentified_one.html",
        409 if problem else 200,
        section=PLACE,
        one=told,
        rows=[row for row in ROWS if _is_stated(told, row)],
        labels=LABELS,
        patient=names_of(context, [told["patient_id"]]).get(told["patient_id"] or "", ""),
        problem=problem.get("message", ""),
        chosen=problem.get("candidate", ""),
        questions=problem.get("questions", ()),
    )


def _is_stated(told: dict[str, Any], row: str) -> bool:
    return any(each.get("stated", {}).get(row) for each in (told, *told["candidates"]))


@router.post(f"{PLACE}/{{name}}")
async def post_one(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    name: ResponseName,
    candidate: CandidateText = "",
    confirm: Confirmed = "",
) -> Response:
    """Joins it to a candidate; without one, says that a second copy is another payment."""
    request.state.detail = f"{name} {candidate}"
    try:
        wanted = JoinRequest(candidate=candidate, confirm=tuple(confirm.split())) if candidate else SeparateRequest()
        await in_waiting_thread(_decide, in_practice(app_state.app, context.practice), context, who, name, wanted)
    except ConfirmationNeededError as asked:
        questions = (*confirm.split(), *asked.codes)
        return _one(request, context, name, message=asked.message, candidate=candidate, questions=questions)
    except ConflictError as refused:
        return _one(request, context, name, message=refused.message)
    return RedirectResponse(frame_of(request, context.practice).url(PLACE), 303)


def _decide(
    app: AppContext, context: ReadContext, who: Principal, name: str, wanted: JoinRequest | SeparateRequest
) -> None:
    if isinstance(wanted, JoinRequest):
        join(app, context, name, wanted, who.name)
    else:
        separate(app, context, name, wanted, who.name)


@router.post(f"{PLACE}/decisions/{{event_id}}/undo")
async def post_undo(request: Request, app_state: Here, context: AtLiveDesk, who: Who, event_id: DecisionId) -> Response:
    """Takes a decision back."""
    request.state.detail = event_id
    app = in_practice(app_state.app, context.practice)
    await in_waiting_thread(undo, app, context, event_id, who.name)
    return RedirectResponse(frame_of(request, context.practice).url(PLACE), 303)
