"""Pages of letters: which there are for a claim, one letter with its preview, and the practice's texts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field, ValidationError

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here, Ref, Who
from services.api.letters import MEDIA, LetterEvent, attached, letter_response, save_text
from services.api.waiting import in_waiting_thread
from services.commands.letters import (
    Attachment,
    DraftLetter,
    LetterDone,
    LetterOrder,
    LetterToSend,
    draft,
    drawn,
    send,
)
from services.core.errors import ClaimclockError, UsageError
from services.presentation.letters.compose import refusal
from services.presentation.letters.fields import blocks_of, fields_of
from services.presentation.letters.kinds import WORDS, LetterKind
from services.presentation.letters.template import in_words
from services.presentation.next_step_words import step_words
from services.reads.claims import claim_id_of, claim_page
from services.reads.letter_facts import LetterSubject, address_name, letter_facts
from services.reads.letter_texts import kind_named, letter_texts, text_versions
from services.reads.payer_names import payer_names
from services.reads.read_context import ReadContext
from services.reads.sent_letters import letter_file, sent_letters
from services.store.practice_settings import PracticeSettings, SettingKind
from services.store.raw_files import RawStore
from services.web.pages import page, redirect

METHODS = ("mail", "certified mail", "fax", "payer portal", "e-mail", "in person")
LetterTextKind = Annotated[str, InPath(max_length=40)]
AppealLevel = Annotated[int, Query(ge=1, le=5)]
LetterLine = Annotated[int | None, Query(ge=0, le=9999)]
LetterGroup = Annotated[str, Query(min_length=1, max_length=200)]
LetterRate = Annotated[str, Query(pattern=r"^(\d{1,9}\.\d\d)?$")]
LetterFiles = Annotated[list[UploadFile] | None, File()]
TextInput = Annotated[str, Form(max_length=200_000)]  # longer than is saved, so that the page can say so and keep it
TYPED = ("title", "body", "recipient", "method", "answer_due")
FIELD_NAMES: Mapping[str, str] = {
    "title": "Title",
    "body": "Text",
    "recipient": "Recipient",
    "method": "How",
    "answer_due": "Answer expected by",
}

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


class LetterFieldError(UsageError):
    """Something typed into the form of a letter cannot be used; the message names the field."""


class LetterInputs(BaseModel):
    """The form of a letter. `id`: made with the page, so that a letter sent twice is filed once."""

    do: Literal["preview", "pdf", "docx", "send"] = "preview"
    id: str = Field("", pattern=r"^[0-9a-f]{0,32}$")
    title: str = ""
    body: str = ""
    recipient: str = ""
    method: str = "mail"
    answer_due: str = ""
    record: str = ""
    keep_address: str = ""
    attachments: list[Attachment] = []

    @property
    def letter_id(self) -> str | None:
        """The same for the same letter of the same page, so that a second click files nothing again."""
        said = (self.id, self.title, self.body, self.recipient, self.method, self.answer_due, self.record)
        files = [hashlib.sha256(content).hexdigest() for _, content in self.attachments]
        return hashlib.sha256(json.dumps([said, files]).encode()).hexdigest()[:32] if self.id else None


async def letter_inputs(given: Annotated[LetterInputs, Form()], files: LetterFiles = None) -> LetterInputs:
    """The form, its files read."""
    read = [(file.filename or "", await file.read()) for file in files or ()]
    return given.model_copy(update={"attachments": attached(read)})


def about_claim(ref: Ref, kind: LetterTextKind, level: AppealLevel = 1, line: LetterLine = None) -> LetterOrder:
    """The letter that an address of a claim names. Raises NotFoundError."""
    return LetterOrder(kind=kind_named(kind), ref=ref, level=level, lines=() if line is None else (line,))


def about_group(payer: LetterGroup, procedure: LetterGroup, rate: LetterRate = "") -> LetterOrder:
    """The dispute of a group of underpaid lines."""
    return LetterOrder(kind=LetterKind.UNDERPAYMENT_DISPUTE, payer=payer, procedure=procedure, rate=rate or None)


GivenLetter = Annotated[LetterInputs, Depends(letter_inputs)]


@router.get("/claims/{ref}/letters")
def get_claim_letters(request: Request, app_state: Here, context: AtLiveDesk, ref: Ref) -> HTMLResponse:
    """The kinds of letter, those that have no meaning here with the reason; and what was sent."""
    claim_id, store = claim_id_of(context, ref), RawStore(app_state.app.settings)
    kinds = []
    for kind in LetterKind:
        facts = letter_facts(context, store, LetterSubject(kind=kind, claim_id=claim_id))
        kinds.append({"kind": kind.value, "words": WORDS[kind], "refused": refusal(kind, facts)})
    return page(
        request,
        context,
        "letters.html",
        section="/",
        claim_id=claim_id,
        ref=ref,
        kinds=kinds,
        step=_step(context, claim_page(context, claim_id)["next_step"]),
        sent=sent_letters(context, store, claim_id),
        names={kind.value: WORDS[kind].name for kind in LetterKind},
    )


@router.get("/claims/{ref}/letters/{kind}")
def get_claim_letter(
    request: Request, app_state: Here, context: AtLiveDesk, about: Annotated[LetterOrder, Depends(about_claim)]
) -> HTMLResponse:
    """One letter about one claim, ready to be read, changed and filed."""
    return _letter_page(request, context, draft(context, RawStore(app_state.app.settings), about), about)


@router.post("/claims/{ref}/letters/{kind}")
async def post_claim_letter(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    about: Annotated[LetterOrder, Depends(about_claim)],
    given: GivenLetter,
) -> Response:
    """Shows, draws or files the letter as it was changed."""
    return await in_waiting_thread(_answered, request, app_state, context, who, about=about, given=given)


@router.get("/underpayments/letter")
def get_group_letter(
    request: Request, app_state: Here, context: AtLiveDesk, about: Annotated[LetterOrder, Depends(about_group)]
) -> HTMLResponse:
    """The dispute packet of a whole group of underpaid lines."""
    return _letter_page(request, context, draft(context, RawStore(app_state.app.settings), about), about)


@router.post("/underpayments/letter")
async def post_group_letter(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    about: Annotated[LetterOrder, Depends(about_group)],
    given: GivenLetter,
) -> Response:
    """Shows, draws or files the packet: one letter, a dispute noted on every line."""
    return await in_waiting_thread(_answered, request, app_state, context, who, about=about, given=given)


def _answered(
    request: Request, app_state: Here, context: ReadContext, who: Who, *, about: LetterOrder, given: LetterInputs
) -> Response:
    """The page again, the file, or, once it is filed, the claim's letters."""
    store = RawStore(app_state.app.settings)
    try:
        order = _wanted(about, given)
        if given.do == "send":
            return _filed(request, app_state, context, who, order=order, given=given)
        made = draft(context, store, order, [name for name, _ in given.attachments])
        if given.do in MEDIA:
            return letter_response(drawn(made.letter, given.do, given.attachments), order.kind, given.do)
    except ClaimclockError as error:
        made = draft(context, store, about)
        return _letter_page(request, context, made, about, problem=error.message, given=given)
    return _letter_page(request, context, made, order, given=given)


def _wanted(about: LetterOrder, given: LetterInputs) -> LetterToSend:
    """The order with what was typed into the form. Raises LetterFieldError, which names the field on the page."""
    typed = {name: text for name in TYPED if (text := getattr(given, name)).strip()}
    try:
        return LetterToSend.model_validate(
            about.model_dump() | typed | {"record": bool(given.record), "id": given.letter_id}
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise LetterFieldError(_complaint(first)) from None


def _complaint(found: Mapping[str, Any]) -> str:
    """Which field, as the page calls it, and what would do; never what it held."""
    name = FIELD_NAMES.get(str(found["loc"][0]), "the form")
    if found["type"] == "string_too_long":
        return f"{name}: at most {found['ctx']['max_length']:,} characters"
    if found["loc"][0] == "answer_due":
        return f"{name}: not a date such as 2026-03-02"
    return f"{name}: not as this form sends it; load the page again"


def _filed(
    request: Request, app_state: Here, context: ReadContext, who: Who, *, order: LetterToSend, given: LetterInputs
) -> Response:
    done = send(app_state.app, context, order, who.name, given.attachments)
    request.state.detail = f"{order.kind} about {' '.join(done.refs[:20])}"
    if given.keep_address and order.recipient and order.kind != LetterKind.PATIENT_STATEMENT:
        lines = [x.strip() for x in order.recipient.splitlines() if x.strip()]
        payer = draft(context, RawStore(app_state.app.settings), order).facts.payer_id
        PracticeSettings(app_state.app.engine, context.practice).save(
            SettingKind.ADDRESS, address_name(order.kind, payer), {"lines": lines}, by=who.name, now=app_state.now()
        )
    if done.refused:
        return _done_page(request, context, done)
    return redirect(request, f"/claims/{order.ref or done.refs[0]}/letters", sent=done.event)


def _done_page(request: Request, context: ReadContext, done: LetterDone) -> HTMLResponse:
    """What became of a packet of which some claims refused the record."""
    rows = [{"claim_id": claim_id_of(context, each["ref"]), **each} for each in done.refused]
    return page(request, context, "letter_done.html", section="/underpayments", done=done, rows=rows)


def _step(context: ReadContext, step: Mapping[str, Any] | None) -> str:
    return payer_names(context).in_words(step_words(step, context.references.zone)) if step else ""


def _letter_page(
    request: Request,
    context: ReadContext,
    made: DraftLetter,
    order: LetterOrder,
    *,
    problem: str = "",
    given: LetterInputs | None = None,
) -> HTMLResponse:
    claim = made.facts.claim
    shown = given or LetterInputs(record="yes", keep_address="yes", id=uuid4().hex)
    return page(
        request,
        context,
        "letter.html",
        422 if problem else 200,
        section="/" if claim else "/underpayments",
        made=made,
        letter=made.letter,
        order=order,
        kind=order.kind.value,
        kind_words=WORDS[order.kind],
        step=_step(context, made.next_step),
        claim_id=claim.page["claim_id"] if claim else None,
        fields=fields_of(order.kind),
        body=shown.body or made.text.body,
        title=shown.title or made.text.title,
        recipient=shown.recipient or "\n".join(made.letter.recipient),
        methods=METHODS,
        problem=problem,
        given=shown,
    )


@router.get("/claims/{ref}/sent/{event}")
def get_sent_letter(app_state: Here, context: AtLiveDesk, ref: Ref, event: LetterEvent) -> Response:
    """The PDF of a letter as it was sent."""
    kind, content = letter_file(context, RawStore(app_state.app.settings), claim_id_of(context, ref), event)
    return letter_response(content, kind, "pdf")


@router.get("/letters")
def get_letter_texts(request: Request, app_state: Here, context: AtLiveDesk) -> HTMLResponse:
    """The practice's text of each kind of letter."""
    rows = letter_texts(app_state.app.engine, context.practice)
    titles = {row["kind"]: in_words(row["title"], _labels(LetterKind(row["kind"]))) for row in rows}
    return page(request, context, "letter_texts.html", section="/setup", rows=rows, titles=titles)


def _labels(kind: LetterKind) -> dict[str, str]:
    return {name: field.label for name, field in fields_of(kind).items()}


@router.get("/letters/{kind}")
def get_letter_text(request: Request, app_state: Here, context: AtLiveDesk, kind: LetterTextKind) -> HTMLResponse:
    """One text, its fields and its versions."""
    return _text_page(request, app_state, context, kind_named(kind))


@router.post("/letters/{kind}")
def post_letter_text(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    kind: LetterTextKind,
    title: TextInput = "",
    body: TextInput = "",
    seen: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Saves a new version."""
    named = kind_named(kind)
    try:
        request.state.detail = save_text(app_state, context.practice, (named, title, body, seen), who.name)
    except ClaimclockError as error:
        return _text_page(request, app_state, context, named, problem=error.message, typed=(title, body))
    return redirect(request, f"/letters/{named}", saved="yes")


def _text_page(
    request: Request,
    app_state: Here,
    context: ReadContext,
    kind: LetterKind,
    *,
    problem: str = "",
    typed: tuple[str, str] | None = None,
) -> HTMLResponse:
    versions = text_versions(app_state.app.engine, context.practice, kind)
    here = versions[0].body
    return page(
        request,
        context,
        "letter_text.html",
        422 if problem else 200,
        section="/setup",
        kind=kind.value,
        kind_words=WORDS[kind],
        title=typed[0] if typed else here["title"],
        body=typed[1] if typed else here["body"],
        versions=versions,
        fields=fields_of(kind),
        blocks=blocks_of(kind),
        problem=problem,
        saved=request.query_params.get("saved") == "yes",
    )
