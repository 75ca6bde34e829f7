"""Files that arrive by themselves: the inboxes, the switch of the drop folder, what came of each file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here, Who
from services.core.errors import ClaimclockError, UsageError
from services.reads.inbox_files import inbox_files
from services.reads.inboxes import drop_folder, drop_folder_is_on, inbox_states
from services.reads.read_context import ReadContext
from services.store.practice_settings import PracticeSettings, SettingKind
from services.web.pages import page, redirect

INBOX = "/inbox"
LATEST = 50  # files shown
STATES = {"taken": ("Imported", "good"), "seen": ("Waiting until it is complete", ""), "failed": ("Failed", "bad")}

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get(INBOX)
def get_inbox(request: Request, app_state: Here, context: AtLiveDesk) -> HTMLResponse:
    """Every inbox with its counts, and the newest files."""
    return _page(request, app_state, context)


def _page(request: Request, app_state: Here, context: ReadContext, problem: str = "") -> HTMLResponse:
    """`problem`: why an act was refused. A list of inboxes that cannot be read is said as well."""
    settings = app_state.app.settings
    here, unread = context.practice == settings.practice, ""
    try:
        inboxes = inbox_states(context, settings)
    except ClaimclockError as error:
        inboxes, unread = [], error.message
    return page(
        request,
        context,
        "inbox.html",
        422 if problem else 200,
        section="/setup",
        inboxes=inboxes,
        unread=unread,
        folder=drop_folder(settings).directory if here else "",
        on=here and drop_folder_is_on(app_state.app.engine, context.practice),
        here=here,
        files=inbox_files(context, limit=LATEST).items,
        states=STATES,
        problem=problem,
    )


@router.post(INBOX)
def post_inbox(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    do: Annotated[Literal["on", "off"], Form()],
) -> Response:
    """Turns the drop folder on or off. On: the directory is made, and looked into from the next look on."""
    folder = drop_folder(app_state.app.settings)
    try:
        if context.practice != app_state.app.settings.practice:
            raise UsageError(f"this server takes files in for practice {app_state.app.settings.practice}")
        if do == "on":
            _make(Path(folder.directory))
    except ClaimclockError as error:
        return _page(request, app_state, context, error.message)
    PracticeSettings(app_state.app.engine, context.practice).save(
        SettingKind.INBOX, "", {"on": do == "on"}, by=who.name, now=app_state.now()
    )
    request.state.detail = f"drop folder {do}"
    return redirect(request, INBOX)


def _make(directory: Path) -> None:
    try:
        directory.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"the folder cannot be made: {error.strerror}") from None
