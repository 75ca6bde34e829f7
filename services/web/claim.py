"""One claim: state, money, clocks, findings, and the timeline with what each event changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse

from projections.tables.vocabulary import ListKind
from projections.work.kinds import KINDS
from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Here, Ref
from services.commands.actions import claim_version
from services.commands.desk_settings import DeskSettings
from services.presentation.claim_summary import claim_allowed, line_allowed, state_sentence
from services.presentation.formatting import instant
from services.reads.claim_history import Story, claim_story
from services.reads.claims import claim_id_of, claim_page
from services.reads.list_counts import names_of
from services.reads.patients import patient_facts, patient_ref
from services.reads.payer_names import payer_names
from services.reads.read_context import ReadContext
from services.reads.routing import settings_of
from services.reads.segments import event_segments
from services.reads.worklist_filters import read_filters
from services.reads.worklists import items_of, neighbors
from services.security.people import active_people
from services.store.raw_files import RawStore
from services.web.pages import fragment, frame_of, page

EventRef = Annotated[str, InPath(pattern="^[0-9a-f]{24}$")]
LineQuery = Annotated[int | None, Query(ge=0, le=9999)]

ListQuery = Annotated[str, Query(alias="list", max_length=40)]
KeptQuery = Annotated[str, Query(pattern="^(|[0-9a-f]{24})$")]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/claims/{ref}")
def get_claim(
    request: Request, app_state: Here, context: AtDesk, ref: Ref, kind: ListQuery = "", f: KeptQuery = ""
) -> HTMLResponse:
    """The page of one claim; with `list`, the claims before and after it there."""
    claim_id = claim_id_of(context, ref)
    with context.engine.connect() as connection:
        version = claim_version(
            connection, context.practice, claim_id
        )  # before the page: never newer than what it shows
    here = context.near(claim_id)
    told, story = claim_page(here, claim_id), claim_story(here, claim_id)
    patient = told["patient_id"]
    known = names_of(here, [patient]).get(patient or "")
    return page(
        request,
        context,
        "claim.html",
        section="/",
        claim=told,
        story=story,
        version=version,
        allowed=claim_allowed(told),
        line_allowed=line_allowed,
        sentence=state_sentence(told, payer_names(here).of),
        moments=_moments(request, context, story),
        answers=story.answers,
        meanings=story.meanings,
        patient=patient_ref(context, patient) if patient else None,
        names=known,
        person=_person(here, patient, told["patient"]),
        people=holders_of(app_state, context),
        shown=_split(told["deadlines"]),
        open_items=items_of(here, claim_id),
        around=_around(app_state, context, kind, f, ref),
        list_kind=kind,
        kept=f,
    )


def _person(context: ReadContext, patient_id: str | None, stated: dict[str, Any]) -> dict[str, Any]:
    """As the claim's own files say, else as registered."""
    registered = patient_facts(context, patient_id) if patient_id else {}
    return registered | {name: value for name, value in stated.items() if value}


def _around(app_state: AppState, context: ReadContext, kind: str, f: str, ref: str) -> tuple[str | None, str | None]:
    if kind not in KINDS:
        return None, None
    given: dict[str, Any] = {"lost": False} if kind == ListKind.TODAY else {}
    if f:
        given |= DeskSettings(app_state.app.engine, app_state.app.settings).kept_filter(context.practice, f)
    return neighbors(context, kind, read_filters(given, app_state.app.settings.zone), ref)


def people_of(app_state: AppState, practice: str) -> list[str]:
    """The people whom work can be given to."""
    return [each["name"] for each in active_people(app_state.app.engine, practice)]


def holders_of(app_state: AppState, context: ReadContext) -> list[str]:
    """Whom work can be given to: people and queues."""
    return [*people_of(app_state, context.practice), *sorted(settings_of(context).queues)]


def _split(deadlines: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Clocks that run or were missed, the first to end on top; then those that are over."""
    open_ones = sorted((d for d in deadlines if d["state"] in ("open", "missed")), key=lambda d: d["due"] or "9")
    return open_ones, [d for d in deadlines if d["state"] not in ("open", "missed")]


def _moments(request: Request, context: ReadContext, story: Story) -> dict[str, Any]:
    """The slider: every instant at which something became true, then the present; and where it is now."""
    frame = frame_of(request, context.practice)
    times: dict[datetime, str] = dict(story.instants)  # of several at one instant the last one names it
    steps = [
        {"label": f"{instant(at, frame.zone)}: {told}", "to": frame.url(frame.path, as_of=at.isoformat())}
        for at, told in sorted(times.items())
    ]
    cut = context.cut.as_of
    here = len(steps) if cut is None else max(sum(at <= cut for at in times) - 1, 0)
    steps.append({"label": "Now: everything that is known", "to": frame.url(frame.path, as_of=None)})
    return {"steps": steps, "here": here}


@router.get("/claims/{ref}/raw/{event}")
def get_raw(app_state: Here, context: AtDesk, ref: Ref, event: EventRef, line: LineQuery = None) -> HTMLResponse:
    """The segments an event was read from; with a line, those that refer to it are marked."""
    claim_id = claim_id_of(context, ref)
    segments = event_segments(context, RawStore(app_state.app.settings), claim_id, event, line)
    return fragment("segments.html", segments=segments)
