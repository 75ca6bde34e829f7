"""Contracts from files: read, tried against what is in force and against the claims, published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here, InPractice
from services.api.edi import in_practice
from services.api.examples import CONTRACT_FORM, FORM
from services.api.list_schemas import ContractImportJson
from services.api.problems import kind_of, problem
from services.api.waiting import in_waiting_thread
from services.commands.publish_contracts import ContractTrial, publish_contracts, try_contracts
from services.contracts.cells import ContractFileError
from services.contracts.files import preview_rows
from services.core.errors import ClaimclockError, UsageError
from services.core.working_directories import UPLOADS, working_directory
from services.reads.read_context import ReadContext

ENDINGS = (".csv", ".xlsx", ".xlsm", ".toml", ".json")
TERMS = ("contract_id", "payer_id", "version", "effective_from", "effective_to", "plan", "dispute_days")
COLUMNS = {"code_column": "procedure", "amount_column": "amount", "modifier_column": "modifiers"}
OnlyTry = Annotated[bool, Query(description="Show what was read and which claims would change; publish nothing.")]
ContractUploadText = Annotated[str, Field(max_length=200)]

router = APIRouter(route_class=GuardedRoute, tags=["rules"])


class UnreadContractError(UsageError):
    """A contract file that cannot be read. `rows`: its first rows, for who has to say what its columns mean."""

    def __init__(self, message: str, rows: list[list[str]]) -> None:
        super().__init__(message)
        self.rows = rows


class ContractUpload(BaseModel):
    """What a CSV or workbook does not state, and what its columns are called where we do not know their headings."""

    contract_id: ContractUploadText = ""
    payer_id: ContractUploadText = ""
    version: ContractUploadText = ""
    plan: ContractUploadText = ""
    effective_from: ContractUploadText = ""
    effective_to: ContractUploadText = ""
    dispute_days: ContractUploadText = ""
    code_column: ContractUploadText = ""
    amount_column: ContractUploadText = ""
    modifier_column: ContractUploadText = ""

    def terms(self) -> dict[str, str]:
        return {name: text for name in TERMS if (text := getattr(self, name).strip())}

    def headings(self) -> dict[str, str]:
        """A heading of the file -> what it means."""
        return {text: meaning for name, meaning in COLUMNS.items() if (text := getattr(self, name).strip())}


def tried_file(
    app_state: AppState, context: ReadContext, content: bytes, ending: str, upload: ContractUpload
) -> ContractTrial:
    """What the file holds and which claims it would change; nothing is published. Raises UnreadContractError."""
    if ending not in ENDINGS:
        raise UnreadContractError(f"the file's name must end in {', '.join(ENDINGS)}", [])
    with working_directory(app_state.app.settings, UPLOADS) as directory:
        path = directory / f"contract{ending}"
        path.write_bytes(content)
        try:
            return try_contracts(context, path, upload.terms(), upload.headings())
        except (ContractFileError, ClaimclockError) as error:
            said = str(error).removeprefix(f"{path.name}: ")
            raise UnreadContractError(f"the file could not be read: {said}", preview_rows(path)) from None


@router.post(
    "/v1/contracts/import",
    response_model=None,
    responses={200: {"model": ContractImportJson}},
    openapi_extra={"requestBody": {"content": {FORM: {"example": CONTRACT_FORM}}}},
)
async def post_contract_import(
    request: Request,
    app_state: Here,
    practice: InPractice,
    context: AtLiveDesk,
    upload: Annotated[ContractUpload, Form()],
    file: UploadFile,
    *,
    dry_run: OnlyTry = False,
) -> JSONResponse:
    """Reads a fee schedule (CSV, XLSX) or contract (TOML, JSON), says what was read and which claims change, publishes.

    A file with a problem, or a contract that fits the same lines as another, is not published: 422 with the notices.
    """
    content, ending = await file.read(), Path(file.filename or "").suffix.lower()
    try:
        trial = await in_waiting_thread(tried_file, app_state, context, content, ending, upload)
    except UnreadContractError as error:
        return problem(422, error.message, kind=kind_of(error), more={"rows": error.rows})
    told = _trial_json(trial)
    if not trial.clean:
        return problem(422, "nothing was published: see the notices", more=told)
    published: list[str] = []
    if not dry_run:
        facts = [fact.model_dump(mode="json", by_alias=True) for fact in trial.published]
        published = await in_waiting_thread(publish_contracts, in_practice(app_state.app, practice), context, facts)
    request.state.detail = f"published {', '.join(published)}" if published else f"tried {len(trial.facts)} version(s)"
    return JSONResponse({"published": published, **told})


def _trial_json(trial: ContractTrial) -> dict[str, Any]:
    return {
        "clean": trial.clean,
        "contracts": list(trial.facts),
        "notices": [notice._asdict() for notice in trial.notices],
        "change": dict(trial.change),
    }
