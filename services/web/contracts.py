"""Contracts on the desk: versions, a file tried before it is published, which claims change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here
from services.api.waiting import in_waiting_thread
from services.commands.publish_contracts import ContractTrial, publish_contracts, try_contracts
from services.contracts.cells import ContractFileError
from services.contracts.files import preview_rows
from services.core.errors import ClaimclockError
from services.core.working_directories import UPLOADS, working_directory
from services.presentation.contract_words import METHODS, period, rate_name, term_rows
from services.reads.payers import payers
from services.reads.read_context import ReadContext
from services.web.pages import page

CONTRACTS = "/contracts"
ENDINGS = (".csv", ".xlsx", ".xlsm", ".toml", ".json")
ColumnName = Annotated[str, Form(max_length=200)]
TYPED = (
    *("contract_id", "payer_id", "version", "plan", "effective_from", "effective_to", "dispute_days"),
    *("procedure_column", "amount_column", "modifiers_column"),
)
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
    typed: Mapping[str, str] | None = None,
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
        section="/setup",
        contracts=_side_by_side(facts),
        payers=[row for row in payers(context) if row["claims"]],
        methods=METHODS,
        problem=problem,
        trial=trial,
        terms=[term_rows(fact) for fact in trial.facts] if trial else [],
        kind_words=KIND_WORDS,
        typed=dict.fromkeys(TYPED, "") | dict(typed or {}),
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
    file: Annotated[UploadFile, Form()],
    contract_id: ColumnName = "",
    payer_id: ColumnName = "",
    version: ColumnName = "",
    effective_from: ColumnName = "",
    effective_to: ColumnName = "",
    plan: ColumnName = "",
    dispute_days: ColumnName = "",
    code_column: ColumnName = "",
    amount_column: ColumnName = "",
    modifier_column: ColumnName = "",
) -> Response:
    """Reads a file, and says what was read and which claims would change. Publishes nothing."""
    terms = {"contract_id": contract_id, "payer_id": payer_id, "version": version, "plan": plan}
    terms |= {"effective_from": effective_from, "effective_to": effective_to, "dispute_days": dispute_days}
    columns = {"procedure": code_column, "amount": amount_column, "modifiers": modifier_column}
    typed = {**terms, **{f"{name}_column": text for name, text in columns.items()}}
    content, name = await file.read(), Path(file.filename or "").suffix.lower()
    work = (request, app_state, context, content, name)
    return await in_waiting_thread(_tried, *work, terms=terms, columns=columns, typed=typed)


def _tried(
    request: Request,
    app_state: Here,
    context: ReadContext,
    content: bytes,
    ending: str,
    *,
    terms: Mapping[str, str],
    columns: Mapping[str, str],
    typed: Mapping[str, str],
) -> Response:
    if ending not in ENDINGS:
        return _contracts_page(
            request, context, problem=f"The file's name must end in {', '.join(ENDINGS)}.", typed=typed
        )
    given = {name: text.strip() for name, text in terms.items() if text.strip()}
    named = {text.strip(): name for name, text in columns.items() if text.strip()}
    with working_directory(app_state.app.settings, UPLOADS) as directory:
        path = directory / f"contract{ending}"
        path.write_bytes(content)
        try:
            trial = try_contracts(context, path, given, named)
        except (ContractFileError, ClaimclockError) as error:
            problem = f"The file could not be read: {str(error).removeprefix(path.name + ': ')}."
            rows = preview_rows(path)
            return _contracts_page(request, context, problem=problem, typed=typed, rows=rows)
    sealed = app_state.signer.seal(json.dumps([f.model_dump(mode="json", by_alias=True) for f in trial.published]))
    request.state.detail = f"tried {len(trial.facts)} contract version(s)"
    return _contracts_page(request, context, trial=trial, typed=typed, sealed=sealed if trial.clean else "")


@router.post(f"{CONTRACTS}/publish")
async def post_publish(
    request: Request, app_state: Here, context: AtLiveDesk, sealed: Annotated[str, Form(max_length=2_000_000)] = ""
) -> Response:
    """Publishes what was tried; everything it touches is priced again."""
    opened = app_state.signer.unseal(sealed)
    if opened is None:
        return _contracts_page(
            request, context, problem="Try the file again: what was shown cannot be published any more."
        )
    try:
        done = await in_waiting_thread(publish_contracts, app_state.app, context, json.loads(opened))
    except ClaimclockError as error:
        return _contracts_page(request, context, problem=f"{error.message[:1].upper()}{error.message[1:]}.")
    request.state.detail = f"published {', '.join(done)}"
    return RedirectResponse(f"{CONTRACTS}?published={len(done)}", 303)
