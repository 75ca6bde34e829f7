"""Contracts on the desk: versions, a file tried before it is published, which claims change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from services.api.authorization import GuardedRoute
from services.api.contracts import ContractUpload, UnreadContractError, tried_file
from services.api.dependencies import AtLiveDesk, Here
from services.api.waiting import in_waiting_thread
from services.commands.publish_contracts import ContractTrial, publish_contracts
from services.core.errors import ClaimclockError
from services.presentation.contract_words import METHODS, change_words, period, rate_name, term_rows
from services.reads.payers import payers
from services.reads.read_context import ReadContext
from services.web.pages import page, redirect

CONTRACTS = "/contracts"
KIND_WORDS: Mapping[str, str] = {
    "problem": "Problem",
    "overlap": "Two contracts for one service",
    "gap": "Gap",
    "unknown_code": "Unknown code",
    "change": "Change",
    "note": "Note",
}

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get(CONTRACTS)
def get_contracts(request: Request, context: AtLiveDesk) -> HTMLResponse:
    """Every contract with its versions, the rates next to each other."""
    return _contracts_page(request, context)


def _contracts_page(
    request: Request,
    context: ReadContext,
    *,
    problem: str = "",
    trial: ContractTrial | None = None,
    upload: ContractUpload | None = None,
    rows: Sequence[Sequence[str]] = (),
    sealed: str = "",
) -> HTMLResponse:
    with context.context() as (_, reference):
        facts = [fact.model_dump(mode="json") for fact in reference.contracts]
    return page(
        request,
        context,
        "contracts.html",
        422 if problem else 200,
        change_words=change_words,
        section="/setup",
        contracts=_side_by_side(facts),
        payers=[row for row in payers(context) if row["claims"]],
        methods=METHODS,
        problem=problem,
        trial=trial,
        terms=[term_rows(fact) for fact in trial.facts] if trial else [],
        kind_words=KIND_WORDS,
        typed=upload or ContractUpload(),
        rows=rows,
        sealed=sealed,
        published=request.query_params.get("published", ""),
    )


def _side_by_side(facts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Contract by contract: its versions, the newest first, and a row for each code with every version's rate."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for fact in facts:
        found.setdefault(fact["contract_id"], []).append(fact)
    told = []
    for contract_id, mine in sorted(found.items()):
        versions = sorted(mine, key=lambda fact: fact["effective_from"], reverse=True)
        rates = [{rate_name(r): r["amount"] for r in fact.get("rates") or ()} for fact in versions]
        codes = sorted({code for each in rates for code in each})
        told.append(
            {
                "contract_id": contract_id,
                "payer_id": versions[0]["scope"]["payer_id"],
                "versions": [
                    dict(v) | {"period": period(v), "method_words": METHODS.get(v["method"])} for v in versions
                ],
                "rates": [(code, [each.get(code) for each in rates]) for code in codes],
            }
        )
    return told


@router.post(f"{CONTRACTS}/try")
async def post_try(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    upload: Annotated[ContractUpload, Form()],
    file: Annotated[UploadFile, Form()],
) -> Response:
    """Reads a file, and says what was read and which claims would change. Publishes nothing."""
    content, ending = await file.read(), Path(file.filename or "").suffix.lower()
    try:
        trial = await in_waiting_thread(tried_file, app_state, context, content, ending, upload)
    except UnreadContractError as error:
        problem = f"{error.message[:1].upper()}{error.message[1:]}."
        return await run_in_threadpool(
            _contracts_page, request, context, problem=problem, upload=upload, rows=error.rows
        )
    sealed = app_state.signer.seal(json.dumps([f.model_dump(mode="json", by_alias=True) for f in trial.published]))
    request.state.detail = f"tried {len(trial.facts)} contract version(s)"
    sealed = sealed if trial.clean else ""
    return await run_in_threadpool(_contracts_page, request, context, trial=trial, upload=upload, sealed=sealed)


@router.post(f"{CONTRACTS}/publish")
async def post_publish(
    request: Request, app_state: Here, context: AtLiveDesk, sealed: Annotated[str, Form(max_length=2_000_000)] = ""
) -> Response:
    """Publishes what was tried; everything it touches is priced again."""
    opened = app_state.signer.unseal(sealed)
    if opened is None:
        return _contracts_page(
            request, context, problem="Load the file again: what was shown can no longer be published."
        )
    try:
        done = await in_waiting_thread(publish_contracts, app_state.app, context, json.loads(opened))
    except ClaimclockError as error:
        return _contracts_page(request, context, problem=f"{error.message[:1].upper()}{error.message[1:]}.")
    request.state.detail = f"published {', '.join(done)}"
    return redirect(request, CONTRACTS, published=str(len(done)))
