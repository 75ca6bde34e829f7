"""What a practice sets for itself: its name and address on letters, the addresses of payers. Versions are kept."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Cursor, Here, Limit, Who
from services.api.listing import by_fields, in_order
from services.api.schemas import AddressJson, ProfileJson
from services.presentation.letters.facts import PracticeProfile
from services.presentation.letters.kinds import LetterKind
from services.reads.letter_facts import address_name
from services.store.practice_settings import PracticeSettings, Setting, SettingKind

router = APIRouter(route_class=GuardedRoute, tags=["settings"])
AddressLine = Annotated[str, Field(min_length=1, max_length=200)]
ShortField = Annotated[str, Field(max_length=200)]
_PROFILE = {
    "name": "Brightwater Therapy",
    "address": ["100 Harbor Street", "Duluth, MN 55802"],
    "phone": "218 555 0100",
}
_ADDRESS = {"payer_id": "LAKESHORE", "kind": "appeal", "lines": ["Lakeshore Health Plan", "PO Box 1000"]}


class NewProfile(BaseModel):
    """Stands at the head and foot of every letter."""

    model_config = ConfigDict(extra="forbid")
    name: AddressLine
    address: list[AddressLine] = Field(min_length=1, max_length=8)
    phone: ShortField = ""
    fax: ShortField = ""
    npi: str = Field("", pattern=r"^(\d{10})?$")
    tax_id: ShortField = ""
    signer: str = Field("", max_length=400, description="Name and title of who signs, a line each.")


class NewAddress(BaseModel):
    """Where letters of a kind go that are about claims of a payer."""

    model_config = ConfigDict(extra="forbid")
    payer_id: AddressLine
    kind: LetterKind
    lines: list[AddressLine] = Field(min_length=2, max_length=8)


@router.get("/v1/settings/profile", response_model=None, responses={200: {"model": ProfileJson}})
def get_profile(app_state: Here, context: AtLiveDesk) -> Response:
    """The practice as its letters name it; version 0 while nothing was ever saved."""
    kept = PracticeSettings(app_state.app.engine, context.practice).get(SettingKind.PROFILE)
    return JSONResponse(profile_json(kept))


@router.post("/v1/settings/profile", response_model=None, responses={200: {"model": ProfileJson}})
def post_profile(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    given: Annotated[NewProfile, Body(examples=[_PROFILE])],
) -> JSONResponse:
    """A new version of it."""
    body = PracticeProfile.of(given.model_dump()).as_json()
    settings = PracticeSettings(app_state.app.engine, context.practice)
    saved = settings.save(SettingKind.PROFILE, "", body, by=who.name, now=app_state.now())
    request.state.detail = f"practice profile, version {saved.version}"
    return JSONResponse(profile_json(saved))


def profile_json(kept: Setting | None) -> dict[str, Any]:
    body = PracticeProfile.of(kept.body) if kept else PracticeProfile()
    return body.as_json() | {"version": kept.version if kept else 0}


@router.get("/v1/settings/addresses", response_model=None, responses={200: {"model": list[AddressJson]}})
def get_addresses(
    request: Request, app_state: Here, context: AtLiveDesk, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """The addresses kept for letters."""
    kept = PracticeSettings(app_state.app.engine, context.practice).current(SettingKind.ADDRESS)
    found = [_address(each) for each in kept.values()]
    return in_order(request, found, by_fields("payer_id", "kind"), limit=limit, cursor=cursor)


@router.post("/v1/settings/addresses", response_model=None, responses={200: {"model": AddressJson}})
def post_address(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    given: Annotated[NewAddress, Body(examples=[_ADDRESS])],
) -> JSONResponse:
    """A new version of one."""
    name = address_name(given.kind, given.payer_id)
    settings = PracticeSettings(app_state.app.engine, context.practice)
    saved = settings.save(SettingKind.ADDRESS, name, {"lines": given.lines}, by=who.name, now=app_state.now())
    request.state.detail = f"address of {name}, version {saved.version}"
    return JSONResponse(_address(saved))


def _address(kept: Setting) -> dict[str, Any]:
    payer_id, _, kind = kept.name.rpartition("/")
    return {"payer_id": payer_id, "kind": kind, "lines": list(kept.body["lines"]), "version": kept.version}
