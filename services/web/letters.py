"""Pages of letters: which there are for a claim, one letter with its preview, and the practice's texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, UploadFile
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here, Ref, Who
from services.api.letters import LetterEvent, attached, letter_response, save_text
from services.api.waiting import in_waiting_thread
from services.commands.letters import DraftLetter, LetterOrder, LetterToSend, draft, drawn, send
from services.core.errors import ClaimclockError
from services.presentation.letters.compose import refusal
from services.presentation.letters.fields import blocks_of, fields_of
from services.presentation.letters.kinds import WORDS, LetterKind
from services.reads.claims import claim_id_of
from services.reads.letter_facts import LetterSubject, address_name, letter_facts
from services.reads.letter_texts import kind_named, letter_texts, text_versions
from services.reads.read_context import ReadContext
from services.reads.sent_letters import letter_file, sent_letters
from services.store.practice_settings import PracticeSettings, SettingKind
from services.store.raw_files import RawStore
from services.web.pages import page

METHODS = ("mail", "certified mail", "fax", "payer portal", "e-mail", "in person")
SHOWN_SENT = "sent"
LetterTextKind = Annotated[str, InPath(max_length=40)]
AppealLevel = Annotated[int, Query(ge=1, le=5)]
LetterLine = Annotated[int | None, Query(ge=0, le=9999)]
LetterGroup = Annotated[str, Query(max_length=200)]
LetterBody = Annotated[str, Form(max_length=25_000)]
LetterInput = Annotated[str, Form(max_length=1000)]
LetterTodo = Annotated[Literal["preview", "pdf", "docx", "send"], Form()]
LetterFiles = Annotated[list[UploadFile], Form()]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


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
        sent=sent_letters(context, store, claim_id),
        names={kind.value: WORDS[kind].name for kind in LetterKind},
    )


@router.get("/claims/{ref}/letters/{kind}")
def get_claim_letter(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    ref: Ref,
    kind: LetterTextKind,
    level: AppealLevel = 1,
    line: LetterLine = None,
) -> HTMLResponse:
    """One letter about one claim, ready to be read, changed and filed."""
    order = LetterOrder(kind=kind_named(kind), ref=ref, level=level, lines=() if line is None else (line,))
    return _letter_page(request, context, draft(context, RawStore(app_state.app.settings), order), order)


@router.post("/claims/{ref}/letters/{kind}")
async def post_claim_letter(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    ref: Ref,
    kind: LetterTextKind,
    do: LetterTodo = "preview",
    title: LetterInput = "",
    body: LetterBody = "",
    recipient: LetterInput = "",
    method: LetterInput = "mail",
    answer_due: LetterInput = "",
    record: LetterInput = "",
    keep_address: LetterInput = "",
    files: LetterFiles | None = None,
    level: AppealLevel = 1,
    line: LetterLine = None,
) -> Response:
    """Shows, draws or files the letter as it was changed."""
    about = {"ref": ref, "level": level, "lines": () if line is None else (line,)}
    told = {"title": title, "body": body, "recipient": recipient, "method": method, "answer_due": answer_due}
    given = told | {"record": record, "keep_address": keep_address, "files": await _read(files)}
    return await in_waiting_thread(
        _answered, request, app_state, context, who, kind=kind_named(kind), about=about, do=do, given=given
    )


@router.get("/underpayments/letter")
def get_group_letter(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    payer: LetterGroup,
    procedure: LetterGroup,
    rate: LetterGroup = "",
) -> HTMLResponse:
    """The dispute packet of a whole group of underpaid lines."""
    order = LetterOrder(kind=LetterKind.UNDERPAYMENT_DISPUTE, payer=payer, procedure=procedure, rate=rate or None)
    return _letter_page(request, context, draft(context, RawStore(app_state.app.settings), order), order)


@router.post("/underpayments/letter")
async def post_group_letter(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    payer: LetterGroup,
    procedure: LetterGroup,
    rate: LetterGroup = "",
    do: LetterTodo = "preview",
    title: LetterInput = "",
    body: LetterBody = "",
    recipient: LetterInput = "",
    method: LetterInput = "mail",
    answer_due: LetterInput = "",
    record: LetterInput = "",
    keep_address: LetterInput = "",
    files: LetterFiles | None = None,
) -> Response:
    """Shows, draws or files the packet: one letter, a dispute noted on every line."""
    about = {"payer": payer, "procedure": procedure, "rate": rate or None}
    told = {"title": title, "body": body, "recipient": recipient, "method": method, "answer_due": answer_due}
    given = told | {"record": record, "keep_address": keep_address, "files": await _read(files)}
    kind = LetterKind.UNDERPAYMENT_DISPUTE
    return await in_waiting_thread(
        _answered, request, app_state, context, who, kind=kind, about=about, do=do, given=given
    )


async def _read(files: list[UploadFile] | None) -> list[tuple[str, bytes]]:
    return [(file.filename or "", await file.read()) for file in files or ()]


def _answered(
    request: Request,
    app_state: Here,
    context: ReadContext,
    who: Who,
    *,
    kind: LetterKind,
    about: Mapping[str, Any],
    do: str,
    given: Mapping[str, Any],
) -> Response:
    """The page again, the file, or, once it is filed, the claim's letters."""
    store = RawStore(app_state.app.settings)
    files = attached(given["files"])
    texts = {name: given[name] for name in ("title", "body", "recipient")}
    order = LetterOrder(kind=kind, **about, **{name: text for name, text in texts.items() if text.strip()})
    try:
        if do == "send":
            return _filed(request, app_state, context, who, order=order, given=given, files=files)
        made = draft(context, store, order, [name for name, _ in files])
        if do in ("pdf", "docx"):
            return letter_response(drawn(made.letter, do, files), kind, do)
    except ClaimclockError as error:
        made = draft(context, store, LetterOrder(kind=kind, **about))
        return _letter_page(request, context, made, order, problem=error.message, given=given)
    return _letter_page(request, context, made, order, given=given)


def _filed(
    request: Request,
    app_state: Here,
    context: ReadContext,
    who: Who,
    *,
    order: LetterOrder,
    given: Mapping[str, Any],
    files: list[tuple[str, bytes]],
) -> Response:
    due = date.fromisoformat(given["answer_due"]) if given["answer_due"] else None
    wanted = LetterToSend(
        **order.model_dump(), method=given["method"] or "mail", answer_due=due, record=bool(given["record"])
    )
    done = send(app_state.app, context, wanted, who.name, files)
    request.state.detail = f"{order.kind} about {' '.join(done.refs[:20])}"
    if given["keep_address"] and order.recipient and order.kind != LetterKind.PATIENT_STATEMENT:
        lines = [x.strip() for x in order.recipient.splitlines() if x.strip()]
        payer = draft(context, RawStore(app_state.app.settings), order).facts.payer_id
        PracticeSettings(app_state.app.engine, context.practice).save(
            SettingKind.ADDRESS, address_name(order.kind, payer), {"lines": lines}, by=who.name, now=app_state.now()
        )
    target = f"/claims/{order.ref or done.refs[0]}/letters?sent={done.event}"
    return RedirectResponse(target, 303)


def _letter_page(
    request: Request,
    context: ReadContext,
    made: DraftLetter,
    order: LetterOrder,
    *,
    problem: str = "",
    given: Mapping[str, Any] | None = None,
) -> HTMLResponse:
    claim = made.facts.claim
    shown = {"method": "mail", "answer_due": "", "record": "yes", "keep_address": "yes"} | dict(given or {})
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
        claim_id=claim.page["claim_id"] if claim else None,
        fields=fields_of(order.kind),
        body=order.body or made.text.body,
        title=order.title or made.text.title,
        recipient=order.recipient or "\n".join(made.letter.recipient),
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
    return page(request, context, "letter_texts.html", section="/setup", rows=rows)


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
    title: LetterInput = "",
    body: LetterBody = "",
    seen: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Saves a new version."""
    named = kind_named(kind)
    try:
        request.state.detail = save_text(app_state, context.practice, (named, title, body, seen), who.name)
    except ClaimclockError as error:
        return _text_page(request, app_state, context, named, problem=error.message, typed=(title, body))
    return RedirectResponse(f"/letters/{named}?saved=yes", 303)


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
