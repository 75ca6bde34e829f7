"""What endpoints ask for: who, and where to read from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from projections.calendar import start_of_day
from projections.cut import Cut
from services.api.app_state import AppState, office_of, practice_for
from services.api.problems import BusyError
from services.core.errors import UsageError
from services.reads.read_context import ReadContext, read_instant
from services.security.roles import Principal
from services.security.shown_refs import REF

INSTANT = "A time (2026-03-02T15:00:00Z), or a date, meaning its end."
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
    Query(description="One of your practices (default: your first).", pattern=r"^[A-Za-z0-9_-]{1,64}$"),
]
AtParam = Annotated[str | None, _instant_query("When overdue is measured from.")]
AsOfParam = Annotated[str | None, _instant_query("Only what was true by then.")]
KnownAtParam = Annotated[str | None, _instant_query("Only what was recorded by then.")]
Limit = Annotated[int, Query(ge=1, le=500, description="Maximum number.")]
Cursor = Annotated[str | None, Query(description="`Next-Cursor` of the previous page.", max_length=2000)]
Ref = Annotated[str, Path(description="The opaque name of a claim.", pattern=f"^{REF.pattern}$")]


class BadInstantError(UsageError):
    """Neither a day nor an instant."""


def instant(text: str | None, name: str, app_state: AppState) -> datetime | None:
    """Raises BadInstantError, which names the parameter and not what it held."""
    if text is None:
        return None
    try:
        return read_instant(text, app_state.app.settings.zone)
    except (ValueError, OverflowError):
        raise BadInstantError(f"{name} is not a date (2026-03-02) or a time (2026-03-02T15:00:00Z)") from None


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


@contextmanager
def historical(app_state: AppState) -> Iterator[None]:
    """The right to fold the past in memory. Raises BusyError where enough others do already."""
    if not app_state.past.acquire(timeout=2):
        raise BusyError("too many historical queries are running; retry shortly", app_state.app.settings.retry_after)
    try:
        yield
    finally:
        app_state.past.release()


def context(
    app_state: Here, practice: InPractice, at: AtParam = None, as_of: AsOfParam = None, known_at: KnownAtParam = None
) -> Iterator[ReadContext]:
    """A read context over any past. Raises BusyError where enough others read the past already."""
    true_by, known_by = instant(as_of, "as_of", app_state), instant(known_at, "known_at", app_state)
    here = instant(at, "at", app_state) or true_by or app_state.now()
    if true_by is None and known_by is None:
        yield ReadContext(engine=app_state.app.read_engine, references=app_state.references, practice=practice, at=here)
        return
    opened = ReadContext(
        engine=app_state.app.read_engine,
        references=app_state.references,
        practice=practice,
        at=here,
        cut=Cut(true_by, known_by),
    )
    with historical(app_state), closing(opened):
        yield opened


AtDesk = Annotated[ReadContext, Depends(context)]
AtLiveDesk = Annotated[ReadContext, Depends(live_desk)]
