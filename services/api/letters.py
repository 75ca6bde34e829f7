"""Letters about claims: drafted, drawn, filed as sent; and the texts they are written from."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Cursor, Here, Limit, Ref, Who
from services.api.listing import by_fields, in_order
from services.api.schemas import LetterDraftJson, LetterFiledJson, LetterTextJson, SentLetterJson
from services.api.waiting import waits
from services.commands.letters import Attachment, LetterOrder, LetterToSend, draft, drawn, send
from services.core.errors import NotFoundError, UsageError
from services.presentation.letters.fields import blocks_of, fields_of
from services.presentation.letters.template import LONGEST, LetterText, checked
from services.reads.claims import claim_id_of
from services.reads.letter_texts import kind_named, letter_texts
from services.reads.sent_letters import letter_file, sent_letters
from services.store.practice_settings import PracticeSettings, SettingKind
from services.store.raw_files import RawStore

router = APIRouter(route_class=GuardedRoute, tags=["letters"])
PDF, DOCX = "application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MEDIA = {"pdf": PDF, "docx": DOCX}
FormPath = Annotated[str, Path(max_length=10, pattern="^[a-z]+$", description="pdf or docx")]
LetterEvent = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="As the list of letters names it.")]
KindPath = Annotated[str, Path(max_length=40, pattern="^[a-z_]+$")]
_DRAFT = {"kind": "appeal", "ref": "8c15b45dcfe234f9b91a4a8c", "level": 1}
_SEND = _DRAFT | {"method": "certified mail", "recipient": "Lakeshore Health Plan\nPO Box 1000\nMadison, WI 53701"}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA.values()}}
}


class SentAttachment(BaseModel):
    """`content`: a PDF, base64."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=200, description="For the letter's list of enclosures.")
    content: str = Field(max_length=40_000_000)


class NewLetter(LetterToSend):
    attachments: list[SentAttachment] = Field([], max_length=50)


class NewLetterText(BaseModel):
    """`seen`: the version that was edited; another one saved meanwhile is a conflict."""

    model_config = ConfigDict(extra="forbid")
    title: str = Field(max_length=200)
    body: str = Field(max_length=LONGEST)
    seen: int | None = Field(None, ge=0)


@router.post("/v1/letters/draft", response_model=None, responses={200: {"model": LetterDraftJson}})
def post_draft(
    app_state: Here, context: AtLiveDesk, order: Annotated[LetterOrder, Body(examples=[_DRAFT])]
) -> JSONResponse:
    """The letter as it would be sent now, with what it lacks. Nothing is filed."""
    return JSONResponse(draft(context, RawStore(app_state.app.settings), order).as_json())


@router.post("/v1/letters/draft.{form}", response_model=None, response_class=Response, responses=_FILE)
def post_draft_file(
    app_state: Here, context: AtLiveDesk, form: FormPath, order: Annotated[LetterOrder, Body(examples=[_DRAFT])]
) -> Response:
    """The draft as a file."""
    if form not in MEDIA:
        raise NotFoundError("a letter is drawn as pdf or docx")
    made = draft(context, RawStore(app_state.app.settings), order)
    return letter_response(drawn(made.letter, form), order.kind, form)


@router.post("/v1/letters", status_code=201, response_model=None, responses={201: {"model": LetterFiledJson}})
@waits
def post_letter(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    order: Annotated[NewLetter, Body(examples=[_SEND])],
) -> JSONResponse:
    """Files a letter as sent: its PDF is kept, `letter.sent.v1` starts the wait for an answer by `answer_due`."""
    app_state.pressure.check()
    attachments = [(each.name, _decoded(each, place)) for place, each in enumerate(order.attachments, 1)]
    told = LetterToSend.model_validate(order.model_dump(exclude={"attachments"}))
    done = send(app_state.app, context, told, who.name, attachments)
    request.state.detail = f"{order.kind} about {' '.join(done.refs[:20])}"
    return JSONResponse(done.as_json(), 201)


def _decoded(given: SentAttachment, place: int) -> bytes:
    try:
        return base64.b64decode(given.content, validate=True)
    except (binascii.Error, ValueError):
        raise UsageError(f"attachment {place} is not base64") from None


@router.get("/v1/claims/{ref}/letters", response_model=None, responses={200: {"model": list[SentLetterJson]}})
def get_letters(
    request: Request, app_state: Here, context: AtLiveDesk, ref: Ref, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """The letters that were sent about the claim, the newest first."""
    found = sent_letters(context, RawStore(app_state.app.settings), claim_id_of(context, ref))
    return in_order(request, found, by_fields("sent_at", "event"), limit=limit, cursor=cursor, descending=range(2))


@router.get("/v1/claims/{ref}/letters/{event}", response_model=None, response_class=Response, responses=_FILE)
def get_letter(app_state: Here, context: AtLiveDesk, ref: Ref, event: LetterEvent) -> Response:
    """The PDF of a letter as it was sent."""
    kind, content = letter_file(context, RawStore(app_state.app.settings), claim_id_of(context, ref), event)
    return letter_response(content, kind, "pdf")


def letter_response(content: bytes, kind: str, form: str) -> Response:
    """A file whose name says the kind of letter and nothing else."""
    name = {"Content-Disposition": f'inline; filename="{kind.replace("_", "-")}.{form}"', "Cache-Control": "no-store"}
    return Response(content, media_type=MEDIA[form], headers=name)


@router.get("/v1/letter-texts", response_model=None, responses={200: {"model": list[LetterTextJson]}})
def get_letter_texts(app_state: Here, context: AtLiveDesk) -> Response:
    """The text of each kind of letter, and its version; 0 is the one that comes with the program."""
    return JSONResponse(letter_texts(app_state.app.engine, context.practice))


@router.post("/v1/letter-texts/{kind}", response_model=None, responses={200: {"model": LetterTextJson}})
def post_letter_text(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    kind: KindPath,
    given: Annotated[NewLetterText, Body(examples=[{"title": "Appeal", "body": "{{denied_lines}}"}])],
) -> JSONResponse:
    """A new version of the text of a kind of letter. An unknown field is refused with the list of those it has."""
    request.state.detail = save_text(app_state, context.practice, (kind, given.title, given.body, given.seen), who.name)
    rows = letter_texts(app_state.app.engine, context.practice)
    return JSONResponse(next(row for row in rows if row["kind"] == kind))


def save_text(app_state: AppState, practice: str, told: tuple[str, str, str, int | None], by: str) -> str:
    """Saves title and body of a kind, edited from a version; says what was done. The program's own text ends ours."""
    named, title, body, seen = told
    kind = kind_named(named)
    text = checked(LetterText(title, body), fields_of(kind), blocks_of(kind))
    saved = PracticeSettings(app_state.app.engine, practice).save(
        SettingKind.LETTER, kind, text.as_json(), by=by, now=app_state.now(), seen=seen
    )
    return f"{kind} text, version {saved.version}"


def attached(files: list[tuple[str, bytes]]) -> list[Attachment]:
    """Uploaded files as attachments; their own names may hold patients' names, so a letter only counts them."""
    kept = [content for _, content in files if content]
    return [
        (f"attachment {number}" if len(kept) > 1 else "attachment", content) for number, content in enumerate(kept, 1)
    ]
