"""The rule packs in force, what is missing, and published files brought into force."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from events.values import Day
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, AtLiveDesk, Cursor, Here, InPractice, Limit, historical
from services.api.edi import in_practice
from services.api.examples import BINARY, LEARNED, PACK, RULE_FILE_BODY
from services.api.listing import by_fields, in_order
from services.api.problems import UnsupportedTypeError
from services.api.term_schemas import (
    CodeListJson,
    LearnedDone,
    LearnedRules,
    MissingRuleJson,
    PackDone,
    PackJson,
    PackWithValues,
    PayerChangeJson,
    RuleDifference,
    RuleImportDone,
)
from services.api.waiting import waits
from services.commands.import_rules import import_rules
from services.commands.learned_rules import adopt_learned, drop_learned
from services.commands.publish_rules import publish_candidate
from services.reads.learning import adopted_rules, learned_offers
from services.reads.payer_changes import payer_changes
from services.reads.rule_imports import ImportRequest
from services.reads.rule_lists import rule_lists
from services.reads.rule_status import rule_status
from services.reads.rules import pack_page, packs_of, rule_changes
from services.rule_files.packs import FileKind
from services.rule_files.published import uploaded_file

FileName = Annotated[str, Query(description="The file's name, which states its quarter.", min_length=1, max_length=200)]
TakenAs = Annotated[FileKind | None, Query(alias="as", description="The kind of file, if it cannot be detected.")]
OfYear = Annotated[int | None, Query(ge=2010, le=2099, description="The year, if the file does not state it.")]
OnlyShow = Annotated[bool, Query(description="Show what would change, publish nothing.")]
Quick = Annotated[bool, Query(description="Skip the check of which open claims would change.")]

PackName = Annotated[str, Path(max_length=200, examples=["kx"], description="As the list gives it.")]
PackBody = Annotated[
    dict[str, Any], Body(examples=[PACK], description="A pack, as the `content` of `rules.adopted.v1` carries it.")
]
DAY = Query(examples=["2026-03-02"], description="Only the period that covers this day.")

router = APIRouter(route_class=GuardedRoute, tags=["rules"])


class LearnedChange(BaseModel):
    """What to do with a learned rule."""

    model_config = ConfigDict(extra="forbid")
    rule: str = Field(min_length=1, max_length=300, examples=["learned.co-11.97530.m5450"])
    do: Literal["adopt", "drop"] = "adopt"


@router.get("/v1/rules", response_model=None, responses={200: {"model": list[PackJson]}})
def get_rules(
    request: Request,
    context: AtDesk,
    kind: Annotated[str | None, Query(max_length=40, description="Only this kind.", examples=["kx"])] = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Response:
    """The rule packs in force, shipped and the practice's own."""
    with context.terms() as (_, reference):
        found = packs_of(reference, kind)
    return in_order(request, found, by_fields("kind", "pack_id"), limit=limit, cursor=cursor)


@router.get("/v1/rules/packs/{pack_id}", response_model=None, responses={200: {"model": PackWithValues}})
def get_pack(context: AtDesk, pack_id: PackName, on: Annotated[Day | None, DAY] = None) -> Response:
    """One pack with the values of every period, or of the period that covers a day."""
    with context.terms() as (_, reference):
        return JSONResponse(pack_page(reference, pack_id, on))


@router.post("/v1/rules/diff", response_model=None, responses={200: {"model": RuleDifference}})
@waits
def post_diff(app_state: Here, context: AtLiveDesk, pack: PackBody) -> JSONResponse:
    """What a pack would change: values, open claims, bands. Nothing is published; it takes as long as a rebuild."""
    with historical(app_state):
        return JSONResponse(rule_changes(context, pack))


@router.post("/v1/rules/publish", response_model=None, responses={200: {"model": PackDone}})
@waits
def post_pack(
    request: Request,
    app_state: Here,
    practice: InPractice,
    context: AtLiveDesk,
    pack: PackBody,
    *,
    dry_run: OnlyShow = False,
) -> JSONResponse:
    """Puts a pack into force for this practice and re-evaluates affected claims. The same pack again: nothing."""
    app_state.pressure.check()
    told = publish_candidate(in_practice(app_state.app, practice), context, pack, dry_run=dry_run)
    request.state.detail = f"{'published' if told['published'] else 'looked at'} {told['pack']}"
    return JSONResponse(told)


@router.get("/v1/rules/status", response_model=None, responses={200: {"model": list[MissingRuleJson]}})
def get_rule_status(context: AtLiveDesk) -> Response:
    """Years and quarters missing for dates of service on file or within the next 60 days."""
    return JSONResponse(rule_status(context))


@router.get("/v1/rules/lists", response_model=None, responses={200: {"model": list[CodeListJson]}})
def get_rule_lists(context: AtLiveDesk) -> Response:
    """How many codes of each published list are known, and which codes on the practice's claims are not."""
    return JSONResponse(rule_lists(context))


@router.post(
    "/v1/rules/import",
    response_model=None,
    responses={200: {"model": RuleImportDone}},
    openapi_extra={"requestBody": RULE_FILE_BODY},
)
async def post_import(
    request: Request,
    app_state: Here,
    practice: InPractice,
    context: AtLiveDesk,
    name: FileName = "upload",
    taken_as: TakenAs = None,
    year: OfYear = None,
    *,
    dry_run: OnlyShow = False,
    quick: Quick = False,
) -> JSONResponse:
    """Brings a file into force as CMS, X12 or ICD-10-CM publishes it, or a ZIP of such files: the body is the file.

    The answer says what it is, what is kept, what changes, and which open claims change.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != BINARY:
        raise UnsupportedTypeError("Unsupported Content-Type; send application/octet-stream")
    body = await request.body()
    asked = ImportRequest(
        files=tuple(uploaded_file(name, body)), taken_as=taken_as, year=year, look_at_claims=not quick
    )
    told = await run_in_threadpool(import_rules, in_practice(app_state.app, practice), context, asked, dry_run=dry_run)
    return JSONResponse(told)


@router.get("/v1/rules/learned", response_model=None, responses={200: {"model": LearnedRules}})
def get_learned_rules(context: AtDesk) -> JSONResponse:
    """What payers keep denying that no rule predicted (`offers`), and the rules adopted from it (`adopted`)."""
    return JSONResponse({"offers": learned_offers(context), "adopted": adopted_rules(context)})


@router.post("/v1/rules/learned", response_model=None, responses={200: {"model": LearnedDone}})
def post_learned_rule(
    request: Request,
    app_state: Here,
    practice: InPractice,
    context: AtLiveDesk,
    change: Annotated[LearnedChange, Body(examples=[LEARNED])],
) -> JSONResponse:
    """Adopts an offered rule as one of the practice's own, or takes an adopted one out of force."""
    act = adopt_learned if change.do == "adopt" else drop_learned
    pack = act(in_practice(app_state.app, practice), context, change.rule)
    request.state.detail = f"{change.do} {change.rule}"
    return JSONResponse({"rule": change.rule, "pack": pack})


@router.get("/v1/payer-changes", response_model=None, responses={200: {"model": list[PayerChangeJson]}})
def get_payer_changes(request: Request, context: AtDesk, limit: Limit = 500, cursor: Cursor = None) -> Response:
    """Payers that changed what they allow for a code, how often they deny one, or how long they take."""
    newest = by_fields("since", "payer_id", "text")
    return in_order(request, payer_changes(context), newest, limit=limit, cursor=cursor, descending=range(3))
