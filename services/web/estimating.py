"""What a day's sessions should be billed as and bring: the estimate of the command line and HTTP, on a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from projections.disciplines import DISCIPLINES
from projections.session_rules.estimate_request import InvalidRequestError, read_request
from projections.terms.terms_in_force import MEDICARE
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, AtLiveDesk
from services.reads.estimates import make_estimate
from services.reads.list_counts import payers
from services.reads.read_context import ReadContext
from services.web.pages import page

SESSIONS = 3
FormLine = Annotated[str, Form(max_length=200)]
FormLines = Annotated[list[str], Form(max_length=SESSIONS)]
_THEIRS = re.compile(r"a(\d{1,4})", re.IGNORECASE)
FormValues = dict[str, Any]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/estimate")
def get_estimate(request: Request, context: AtDesk) -> HTMLResponse:
    """The form."""
    return _estimate_page(request, context, {"payer": MEDICARE, "dos": context.today.isoformat()})


@router.post("/estimate")
def post_estimate_form(
    request: Request,
    context: AtLiveDesk,
    disciplines: FormLines,
    services: Annotated[list[Annotated[str, Form(max_length=4000)]], Form()],
    payer: FormLine = "",
    dos: FormLine = "",
    running: FormLine = "",
    deductible_left: FormLine = "",
    diagnoses: FormLine = "",
    place_of_service: FormLine = "",
) -> HTMLResponse:
    """The answer above the form, which keeps what was written. Nothing is kept elsewhere."""
    given: FormValues = {
        "payer": payer,
        "dos": dos,
        "running": running,
        "deductible_left": deductible_left,
        "diagnoses": diagnoses,
        "place_of_service": place_of_service,
        "sessions": list(zip(disciplines, services, strict=False)),
    }
    try:
        asked = read_request(_body(given))
    except InvalidRequestError as error:
        return _estimate_page(request, context, given, problem=_in_words(error))
    with context.context() as (_, reference):
        answer = make_estimate(asked, reference)
    answers = [{"discipline": asked.discipline} | answer, *answer.get("also", ())]
    return _estimate_page(request, context, given, answers=answers, day=answer.get("day"))


def _estimate_page(
    request: Request,
    context: ReadContext,
    given: FormValues,
    *,
    answers: Iterable[Mapping[str, Any]] = (),
    day: Mapping[str, Any] | None = None,
    problem: str = "",
) -> HTMLResponse:
    sessions = [*given.get("sessions", ()), *[("", "")] * SESSIONS][:SESSIONS]
    return page(
        request,
        context,
        "estimate.html",
        422 if problem else 200,
        section="/estimate",
        given=given,
        sessions=sessions,
        disciplines=list(DISCIPLINES),
        payers=sorted({MEDICARE, *payers(context)}),
        answers=list(answers),
        day=day,
        problem=problem,
    )


def _body(given: FormValues) -> dict[str, Any]:
    """The form as a request: the first session with services, the others in `also`."""
    shared = {name: given[name].strip() for name in ("payer", "dos", "place_of_service") if given[name].strip()}
    shared["diagnoses"] = given["diagnoses"].replace(",", " ").split()
    sessions = [
        shared | {"discipline": discipline} | _services(text) for discipline, text in given["sessions"] if text.strip()
    ]
    first = sessions[0] if sessions else shared | {"discipline": given["sessions"][0][0]}
    amounts = {name: _plain(given[name]) for name in ("running", "deductible_left") if given[name].strip()}
    return first | amounts | {"also": sessions[1:]}


def _plain(amount: str) -> str:
    return amount.strip().removeprefix("$").replace(",", "")


def _services(text: str) -> dict[str, Any]:
    """One service a line: `97530 30 59` timed with a modifier, `97110 15 a15` by the assistant, `97161` untimed."""
    body: dict[str, Any] = {"timed": [], "untimed": [], "order": [], "modifiers": {}}
    for line in filter(str.strip, text.splitlines()):
        code, *words = line.split()
        theirs = [match[1] for word in words if (match := _THEIRS.fullmatch(word))]
        minutes = words[0] if words and words[0].isdecimal() else None
        kind = "untimed" if minutes is None else "timed"
        service = {"procedure": code, "assistant_minutes": theirs[0] if theirs else 0}
        body[kind].append(service | ({"minutes": minutes} if minutes else {}))
        body["order"].append(kind)
        marked = [w for w in words[1 if minutes else 0 :] if not _THEIRS.fullmatch(w)]
        if marked:
            body["modifiers"].setdefault(code.upper(), []).extend(marked)
    return body


def _in_words(error: InvalidRequestError) -> str:
    """`timed[0].minutes: must be` as `Timed service 1, minutes: must be`."""
    place = re.sub(r"^also\[(\d+)\]\.?", lambda m: f"session {int(m[1]) + 2}, ", error.field)
    place = re.sub(r"(timed|untimed)\[(\d+)\]\.?", lambda m: f"{m[1]} service {int(m[2]) + 1}, ", place)
    told = f"{place.replace('_', ' ').replace('.', ' ').rstrip(', ')}: {error.message}"
    return told[:1].upper() + told[1:]
