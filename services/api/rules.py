"""The rule packs in force, what is missing, and published files brought into force."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, AtLiveDesk, Here, InPractice
from services.api.edi import in_practice
from services.api.examples import BINARY, LEARNED, RULE_FILE_BODY
from services.api.problems import UnsupportedTypeError
from services.commands.import_rules import import_rules
from services.commands.learned_rules import adopt_learned, drop_learned
from services.reads.learning import adopted_rules, learned_offers
from services.reads.payer_changes import payer_changes
from services.reads.rule_imports import ImportRequest
from services.reads.rule_lists import rule_lists
from services.reads.rule_status import rule_status
from services.reads.rules import packs_of
from services.rule_files.packs import FileKind
from services.rule_files.published import uploaded_file

FileName = Annotated[str, Query(description="The file's name, which states its quarter.", min_length=1, max_length=200)]
TakenAs = Annotated[FileKind | None, Query(alias="as", description="What the file is, where it does not say.")]
OfYear = Annotated[int | None, Query(ge=2010, le=2099, description="The year, where the file does not say.")]
OnlyShow = Annotated[bool, Query(description="Show what would change, publish nothing.")]
Quick = Annotated[bool, Query(description="Do not look which open claims would change.")]

router = APIRouter(route_class=GuardedRoute, tags=["rules"])


class LearnedChange(BaseModel):
    """What to do with a learned rule."""

    model_config = ConfigDict(extra="forbid")
    rule: str = Field(min_length=1, max_length=300, examples=["learned.co-11.97530.m5450"])
    do: Literal["adopt", "drop"] = "adopt"


@router.get("/v1/rules")
def get_rules(context: AtDesk, kind: Annotated[str | None, Query(max_length=40)] = None) -> JSONResponse:
    """The rule packs in force, shipped and the practice's own."""
    with context.context() as (_, reference):
        return JSONResponse(packs_of(reference, kind))


@router.get("/v1/rules/status")
def get_rule_status(context: AtLiveDesk) -> JSONResponse:
    """Which years and quarters are missing for dates of service that exist or begin within 60 days."""
    return JSONResponse(rule_status(context))


@router.get("/v1/rules/lists")
def get_rule_lists(context: AtLiveDesk) -> JSONResponse:
    """How many codes of each published list are known, and which codes on the practice's claims are not."""
    return JSONResponse(rule_lists(context))


@router.post("/v1/rules/import", openapi_extra={"requestBody": RULE_FILE_BODY})
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


@router.get("/v1/rules/learned")
def get_learned_rules(context: AtDesk) -> JSONResponse:
    """What payers keep denying that no rule predicted (`offers`), and the rules adopted from it (`adopted`)."""
    return JSONResponse({"offers": learned_offers(context), "adopted": adopted_rules(context)})


@router.post("/v1/rules/learned")
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


@router.get("/v1/payer-changes")
def get_payer_changes(context: AtDesk) -> JSONResponse:
    """Payers that changed what they allow for a code, how often they deny one, or how long they take."""
    return JSONResponse(payer_changes(context))
