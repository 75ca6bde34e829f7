"""Files in, and what came of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse
from sqlalchemy import insert, select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import Here, InPractice, Who
from services.api.examples import EDI_BODY, EDI_KINDS, FORM
from services.api.problems import UnsupportedTypeError
from services.api.schemas import IntakeTold
from services.api.waiting import in_waiting_thread
from services.app_context import AppContext
from services.commands.ingest import Report, count, ingest_file
from services.commands.publish_events import wait_until_safe
from services.core.errors import NotFoundError, UsageError
from services.core.working_directories import UPLOADS, working_directory
from services.intake.clearinghouse_json import is_clearinghouse_json
from services.intake.detect import JSON, Peeked, kind_of
from services.messaging.publisher import is_reached
from services.messaging.stream_keys import StreamKeys
from services.reads.read_context import read_instant
from services.security.roles import Principal
from services.store.engine import writing
from services.store.upload_tables import INTAKE

Received = Annotated[
    str,
    Query(
        description="When the payer's file was received: now, file (the interchange's own time), or an instant.",
        max_length=40,
        examples=["now"],
    ),
]
Named = Annotated[
    str | None, Header(alias="X-File-Name", max_length=255, description="For display; never identifies the file.")
]
router = APIRouter(route_class=GuardedRoute, tags=["files"])


class OneFileError(UsageError):
    """A form holds no file, or several."""

    http_status = 422


class BadReceivedError(UsageError):
    """Neither now, nor file, nor an instant."""


@router.post(
    "/v1/edi",
    status_code=202,
    response_model=None,
    responses={202: {"model": IntakeTold}},
    openapi_extra={"requestBody": EDI_BODY},
)
async def post_edi(
    request: Request, app_state: Here, who: Who, practice: InPractice, received_at: Received = "now", name: Named = None
) -> JSONResponse:
    """Takes raw X12 (837P, 835, 277CA, 277, 271, 999), several in one body are fine, and ZIP and gzip of such files.

    An 835 or 277CA in JSON, as API clearinghouses deliver it, is taken too (docs/intake.md).

    The answer comes once the file is kept and every event of it survives a crash. Ask `GET
    /v1/intake/{correlation_id}` what came of it. What cannot be read is parked with its reason; the same file again
    is all duplicates.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in EDI_KINDS and kind != FORM:
        raise UnsupportedTypeError(
            f"unsupported Content-Type; send {', '.join(sorted(EDI_KINDS))} or a form with one file"
        )
    _check_received(app_state, received_at)
    await run_in_threadpool(app_state.pressure.check)
    with working_directory(app_state.app.settings, UPLOADS) as directory:
        if kind == FORM:
            path = await _from_form(request, directory, name)
        else:
            path = directory / _plain_name(name)
            await _write(path, request.stream())
        told = await in_waiting_thread(_take, app_state, who, practice, path, received_at)
    return JSONResponse(told, 202)


async def _write(path: Path, pieces: AsyncIterator[bytes]) -> None:
    with path.open("wb") as file:
        async for piece in pieces:
            await run_in_threadpool(file.write, piece)


async def _from_form(request: Request, directory: Path, name: str | None) -> Path:
    """The one file of a form. Raises OneFileError."""
    async with request.form(max_files=2, max_fields=20) as form:
        files = [each for _, each in form.multi_items() if isinstance(each, UploadFile)]
        if len(files) != 1:
            raise OneFileError("send a form with one file")
        path = directory / _plain_name(name or files[0].filename)
        await _write(path, _pieces(files[0]))
    return path


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(1 << 20):
        yield piece


def _check_received(app_state: AppState, option: str) -> None:
    if option in ("now", "file"):
        return
    try:
        read_instant(option, app_state.app.settings.zone)
    except (ValueError, OverflowError):
        raise BadReceivedError("received_at is now, file, or an instant such as 2026-03-20T14:00:00Z") from None


def _plain_name(given: str | None) -> str:
    """A name that is safe as a file's, and still shows a person which one it was."""
    kept = "".join(c for c in (given or "") if c.isalnum() or c in "._- ")[-100:].lstrip(".").strip()
    return kept or "upload"


def _take(app_state: AppState, who: Principal, practice: str, path: Path, received: str) -> dict[str, Any]:
    with path.open("rb") as file:
        _refuse_events(file)
    app = in_practice(app_state.app, practice)
    report = ingest_file(app, path, received, takes_events=False)
    if report.error:
        raise OSError("the uploaded file cannot be read back")
    if report.last_entry and not report.durable:
        wait_until_safe(app, report.last_entry)
    _remember(app, who, practice, report)
    return _told(app, report)


def _refuse_events(file: BinaryIO) -> None:
    """Events in JSON name their practice themselves, which only their own endpoint checks."""
    head = Peeked(file).head
    if kind_of(head)[0] == JSON and not is_clearinghouse_json(head):
        raise UnsupportedTypeError("these are JSON events: send them to POST /v1/events")


def in_practice(app: AppContext, practice: str) -> AppContext:
    """The same application, taking files in for another practice."""
    return replace(app, settings=app.settings.model_copy(update={"practice": practice}))


def _remember(app: AppContext, who: Principal, practice: str, report: Report) -> None:
    told = {
        "name": Path(report.path).name,
        "transactions": report.transactions,
        "published": report.published,
        "unbalanced": report.unbalanced,
        "notes": report.notes,
        "foreign": report.foreign,
    }
    with writing(app.engine) as connection:
        connection.execute(
            insert(INTAKE).values(
                correlation_id=report.correlation_id,
                practice=practice,
                by=who.name,
                received_at=app.clock.now(),
                last_entry=report.last_entry,
                told=told,
            )
        )


@router.get("/v1/intake/{correlation_id}", response_model=None, responses={200: {"model": IntakeTold}})
def get_intake(app_state: Here, practice: InPractice, correlation_id: str) -> JSONResponse:
    """The result of a file: events logged, duplicates, parked, unbalanced; final once `projected`."""
    query = select(INTAKE).where(INTAKE.c.practice == practice, INTAKE.c.correlation_id == correlation_id)
    with app_state.app.engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None:
        raise NotFoundError("no upload with this correlation id")
    told = {name: value for name, value in row.told.items() if name != "name"}
    report = Report(path="", correlation_id=row.correlation_id, last_entry=row.last_entry, **told)
    return JSONResponse(_told(app_state.app, report))


def _told(app: AppContext, report: Report) -> dict[str, Any]:
    keys, last = StreamKeys.of(app.settings), report.last_entry
    projected = last is None or is_reached(app.client, last, keys, app.settings.group)
    count(app, [report])  # after the look at the stream: what is reported as projected is counted in full
    return {
        "correlation_id": report.correlation_id,
        "transaction": "+".join(report.transactions) or None,
        "published": report.published,
        "events": report.events,
        "duplicates": report.duplicates,
        "parked": report.parked,
        "unbalanced": report.unbalanced,
        "notes": report.notes,
        "projected": projected,
    }
