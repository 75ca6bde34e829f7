"""What endpoints ask for: who, where to read from, and lists that come in pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Path, Query, Request
from fastapi.responses import JSONResponse

from projections.calendar import start_of_day
from projections.history import Cut
from services.api.app_state import AppState, office_of, practice_for
from services.api.problems import BusyError
from services.api.shown import note_shown
from services.core.errors import UsageError
from services.reads.keyset import ListPage
from services.reads.read_context import ReadContext, read_instant
from services.security.roles import Principal
from services.security.shown_refs import REF

INSTANT = "An instant (2026-03-02T15:00:00Z), or a day, meaning its end."
EXAMPLE = "2026-03-02"
_FORMS = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}


async def current(request: Request) -> Principal:
    """Who asks; set by the guard."""
    principal: Principal = request.state.principal
    return principal


async def here(request: Request) -> AppState:
    """The state of this application; asynchronous, so that no request waits for a thread to get it."""
    return office_of(request)


def _instant_query(meaning: str) -> Any:
    return Query(description=f"{meaning} {INSTANT}", examples=[EXAMPLE], max_length=40, json_schema_extra=_FORMS)


Here = Annotated[AppState, Depends(here)]
Who = Annotated[Principal, Depends(current)]
PracticeParam = Annotated[
    str | None,
    Query(description="One of your practices; without it, your first one.", pattern=r"^[A-Za-z0-9_-]{1,64}$"),
]
AtParam = Annotated[str | None, _instant_query("What overdue is measured from.")]
AsOfParam = Annotated[str | None, _instant_query("Only what was true by then.")]
KnownAtParam = Annotated[str | None, _instant_query("Only what was recorded by then.")]
Limit = Annotated[int, Query(ge=1, le=500, description="Maximum number.")]
Cursor = Annotated[str | None, Query(description="`Next-Cursor` of the page before.", max_length=2000)]
Ref = Annotated[str, Path(description="The opaque name of a claim.", pattern=f"^{REF.pattern}$")]


class BadInstantError(UsageError):
    """Neither a day nor an instant."""


class BadCursorError(UsageError):
    """A cursor must come from an earlier answer."""


def instant(text: str | None, name: str, app_state: AppState) -> datetime | None:
    """Raises BadInstantError, which names the parameter and not what it held."""
    if text is None:
        return None
    try:
        return read_instant(text, app_state.app.settings.zone)
    except (ValueError, OverflowError):
        raise BadInstantError(f"{name} is neither a day (2026-03-02) nor an instant (2026-03-02T15:00:00Z)") from None


def first_instant(text: str | None, name: str, app_state: AppState) -> datetime | None:
    """As `instant`, but a day means its beginning: for "from then on". Raises BadInstantError."""
    if text is None or len(text) != len(EXAMPLE):
        return instant(text, name, app_state)
    found = instant(text, name, app_state)
    assert found is not None
    zone = app_state.app.settings.zone
    return start_of_day(found.astimezone(zone).date(), zone)


def practice(request: Request, app_state: Here, who: Who, practice: PracticeParam = None) -> str:
    """The practice a request is about; the audit is notified, too."""
    found = practice_for(who, practice, app_state.app.settings.practice)
    request.state.practice = found
    return found


InPractice = Annotated[str, Depends(practice)]


def live_desk(app_state: Here, practice: InPractice, at: AtParam = None) -> ReadContext:
    """A read context over what is there now."""
    return ReadContext(
        engine=app_state.app.read_engine,
        references=app_state.references,
        practice=practice,
        at=instant(at, "at", app_state) or app_state.now(),
    )


def context(
    app_state: Here, practice: InPractice, at: AtParam = None, as_of: AsOfParam = None, known_at: KnownAtParam = None
) -> Iterator[ReadContext]:
    """A read context over any past. Raises BusyError where enough others read the past already."""
    true_by, known_by = instant(as_of, "as_of", app_state), instant(known_at, "known_at", app_state)
    here = instant(at, "at", app_state) or true_by or app_state.now()
    if true_by is None and known_by is None:
        yield ReadContext(engine=app_state.app.read_engine, references=app_state.references, practice=practice, at=here)
        return
    if not app_state.past.acquire(timeout=2):
        raise BusyError("too many historical queries are running; retry shortly", app_state.app.settings.retry_after)
    opened = ReadContext(
        engine=app_state.app.read_engine,
        references=app_state.references,
        practice=practice,
        at=here,
        cut=Cut(true_by, known_by),
    )
    try:
        yield opened
    finally:
        app_state.past.release()
        opened.close()


AtDesk = Annotated[ReadContext, Depends(context)]
AtLiveDesk = Annotated[ReadContext, Depends(live_desk)]


def open_cursor(app_state: AppState, cursor: str | None) -> str | None:
    """What a sealed cursor holds. Raises BadCursorError."""
    if cursor is None:
        return None
    found = app_state.signer.unseal(cursor)
    if found is None:
        raise BadCursorError("invalid cursor")
    return found


def listed(request: Request, items: Sequence[Any], next_cursor: str | None) -> JSONResponse:
    """A page of a list: the very JSON of the command line; the headers say where it goes on."""
    headers = {}
    note_shown(request, items, ref_of(request))
    if next_cursor is not None:
        query = urlencode(
            [*((k, v) for k, v in request.query_params.multi_items() if k != "cursor"), ("cursor", next_cursor)]
        )
        headers = {"Next-Cursor": next_cursor, "Link": f'<{request.url.path}?{query}>; rel="next"'}
    return JSONResponse(list(items), headers=headers)


def ref_of(request: Request) -> Callable[[str], str]:
    """Makes the opaque names of claims and patients of the practice that is asked for."""
    return partial(office_of(request).references.ref, getattr(request.state, "practice", ""))


def page_answer(request: Request, app_state: AppState, page: ListPage) -> JSONResponse:
    """A page that a read gave, its cursor sealed."""
    return listed(request, page.items, app_state.signer.seal(page.next_cursor) if page.next_cursor else None)


def in_pages(
    request: Request, app_state: AppState, read: Callable[[int, int], Sequence[Any]], limit: int, cursor: str | None
) -> JSONResponse:
    """A page of a list that `read` gives from an offset on, at most that many of it."""
    opened = open_cursor(app_state, cursor)
    try:
        start = 0 if opened is None else int(json.loads(opened)["offset"])
    except (ValueError, KeyError, TypeError):
        raise BadCursorError("invalid cursor") from None
    items = read(start, limit + 1)
    following = app_state.signer.seal(json.dumps({"offset": start + limit})) if len(items) > limit else None
    return listed(request, items[:limit], following)


def part_of(items: Sequence[Any]) -> Callable[[int, int], Sequence[Any]]:
    """For a short list that is read whole."""
    return lambda start, count: items[start : start + count]
