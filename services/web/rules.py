"""The rule packs: what is missing, what is in force, and published files looked at and brought into force."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here, InPractice
from services.api.edi import in_practice
from services.commands.import_rules import SeenImport, keep_file, look_at, publish_seen
from services.core.errors import ClaimclockError, UsageError
from services.presentation.rule_words import PACK_KINDS, change_words, kind_options
from services.reads.patients import patient_ref
from services.reads.read_context import ReadContext
from services.reads.rule_imports import ImportSummary
from services.reads.rule_lists import rule_lists
from services.reads.rule_status import rule_status
from services.reads.rules import packs_of
from services.rule_files.packs import FileKind
from services.web.pages import page, redirect

FEW = 20  # codes of a list that are not known, the most frequent first
SHOWN = 100  # claims, bands and values of a pack that a page shows; the counts are of all
Files = Annotated[list[UploadFile], File()]
SealedImport = Annotated[str, Form(max_length=100_000)]
KindGiven = Annotated[str, Form(max_length=40)]
YearGiven = Annotated[str, Form(pattern=r"^(|20[1-9]\d)$")]
QuickLook = Annotated[bool, Form()]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/rules")
def get_rules(request: Request, context: AtLiveDesk, published: str = "") -> HTMLResponse:
    """Missing years and quarters first."""
    return _rules_page(request, context, published=published[:200])


def _rules_page(request: Request, context: ReadContext, *, published: str = "", problem: str = "") -> HTMLResponse:
    with context.context() as (_, reference):
        packs = packs_of(reference)
    return page(
        request,
        context,
        "rules.html",
        422 if problem else 200,
        section="/rules",
        missing=rule_status(context),
        lists=rule_lists(context),
        few=FEW,
        packs=packs,
        kinds=kind_options(),
        pack_kinds=PACK_KINDS,
        published=published,
        problem=problem,
    )


@router.post("/rules/import")
def post_import(
    request: Request,
    app_state: Here,
    practice: InPractice,
    context: AtLiveDesk,
    files: Files,
    taken_as: KindGiven = "",
    year: YearGiven = "",
    *,
    quick: QuickLook = False,
) -> HTMLResponse:
    """What the files are, what they hold and what would change. Nothing is published."""
    app = in_practice(app_state.app, practice)
    try:
        kept = tuple(keep_file(app, file.filename or "upload", file.file) for file in files if file.size)
        if not kept:
            raise UsageError("choose at least one file that is not empty")
        kind = FileKind(taken_as) if taken_as else None
        told, seen = look_at(
            app, context, SeenImport(files=kept, taken_as=kind, year=int(year) if year else None, packs={}), quick=quick
        )
    except ClaimclockError as error:
        return _rules_page(request, context, problem=error.message)
    request.state.detail = f"looked at {len(kept)} rule files"
    return page(
        request,
        context,
        "rules_import.html",
        section="/rules",
        told=_shown(told, context),
        token=app_state.signer.seal(json.dumps(seen.as_json())),
    )


def _shown(told: ImportSummary, context: ReadContext) -> ImportSummary:
    """With opaque names for links, and changes in words."""
    claims, bands = told["claims"], told["bands"]
    return told | {
        "claims": claims and [_claim(claim, context) for claim in claims[:SHOWN]],
        "bands": bands and [band | {"ref": patient_ref(context, band["patient_id"])} for band in bands[:SHOWN]],
        "more_claims": _more(claims),
        "more_bands": _more(bands),
        "packs": [pack | {"values": pack["values"][:SHOWN]} for pack in told["packs"]],
    }


def _claim(claim: Mapping[str, Any], context: ReadContext) -> dict[str, Any]:
    with context.context() as (_, reference):
        ref = reference.ref(context.practice, claim["claim_id"]) if claim["claim_id"] else None
    return {**claim, "ref": ref, "changes": change_words(claim["changes"])}


def _more(rows: Sequence[Any] | None) -> int:
    return max(len(rows or ()) - SHOWN, 0)


@router.post("/rules/publish")
def post_publish(
    request: Request, app_state: Here, practice: InPractice, context: AtLiveDesk, token: SealedImport
) -> Response:
    """Publishes exactly what was shown."""
    opened = app_state.signer.unseal(token)
    try:
        if opened is None:
            raise UsageError("the page is out of date; choose the files again")
        names = publish_seen(in_practice(app_state.app, practice), context, SeenImport.from_json(json.loads(opened)))
    except ClaimclockError as error:
        return _rules_page(request, context, problem=error.message)
    request.state.detail = f"published {_listed(names)}"
    return redirect(request, "/rules", published=str(len(names)))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)[:200]
