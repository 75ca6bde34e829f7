"""People who sign in: listed, added, changed. Staff names may be in a body; an address holds the opaque id alone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from services.api.app_state import AppState
from services.api.authorization import GuardedRoute, check_grant
from services.api.dependencies import Cursor, Here, Limit, Who
from services.api.listing import by_fields, in_order
from services.api.schemas import PersonJson, SignInLinkJson
from services.core.errors import ConflictError
from services.security import people
from services.security.links import link_for
from services.security.roles import Principal
from services.security.second_factor import remove

PersonId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
PersonNameText = Annotated[str, Field(min_length=1, max_length=200)]

router = APIRouter(route_class=GuardedRoute, tags=["people"])


class NewPerson(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: PersonNameText
    role: str = "biller"
    practices: list[str] = Field(default=[], max_length=100, description="Without any: the administrator's own.")
    password: str | None = Field(None, max_length=1000, description="Without one: sign-in by link or provider only.")


class PersonChange(BaseModel):
    """What is given is changed, and the person's sessions end."""

    model_config = ConfigDict(extra="forbid")
    role: str | None = None
    practices: list[str] | None = Field(None, min_length=1, max_length=100)
    disabled: bool | None = None
    password: str | None = Field(None, max_length=1000)
    subject: str | None = Field(None, max_length=500, description="The identity provider's own name of the person.")
    second_factor: bool | None = Field(None, description="false removes the authenticator app.")


class PasswordChange(BaseModel):
    model_config = ConfigDict(extra="forbid")
    old: str = Field(max_length=1000)
    new: str = Field(max_length=1000)


@router.get("/v1/people", response_model=None, responses={200: {"model": list[PersonJson]}})
def get_people(request: Request, app_state: Here, who: Who, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """All users of your practices, including disabled ones."""
    return in_order(request, people_of(app_state, who), by_fields("name"), limit=limit, cursor=cursor)


def people_of(app_state: AppState, who: Principal) -> list[dict[str, Any]]:
    """Those who share a practice with the person asking."""
    return [row for row in people.list_people(app_state.app.engine) if set(row["practices"]) & set(who.practices)]


@router.post("/v1/people", status_code=201, response_model=None, responses={201: {"model": PersonJson}})
def post_person(
    request: Request,
    app_state: Here,
    who: Who,
    given: Annotated[NewPerson, Body(examples=[{"name": "pat", "role": "biller"}])],
) -> JSONResponse:
    """Adds a user."""
    practices = given.practices or list(who.practices)
    check_grant(who, given.role, (), practices)
    person_id = people.add_person(
        app_state.app.engine, given.name, given.role, practices, app_state.now(), password=given.password
    )
    request.state.detail = f"added {given.name} as {given.role}"
    return JSONResponse(_one(app_state, person_id), 201)


@router.post("/v1/people/{person_id}", response_model=None, responses={200: {"model": PersonJson}})
def post_person_change(
    request: Request,
    app_state: Here,
    who: Who,
    person_id: PersonId,
    given: Annotated[PersonChange, Body(examples=[{"role": "lead"}])],
) -> JSONResponse:
    """Changes role, practices or password; disables or enables the account."""
    request.state.detail = change_person(app_state, who, person_id, given)
    return JSONResponse(_one(app_state, person_id))


@router.post("/v1/people/{person_id}/link", response_model=None, responses={200: {"model": SignInLinkJson}})
def post_person_link(request: Request, app_state: Here, who: Who, person_id: PersonId) -> JSONResponse:
    """A link that signs this person in once, valid 15 minutes."""
    return JSONResponse({"link": sign_in_link(request, app_state, who, person_id)})


def sign_in_link(request: Request, app_state: AppState, who: Principal, person_id: str) -> str:
    """Makes the link; its holder is that person, so nobody makes one for somebody who may do more."""
    person = people.get_person(app_state.app.engine, person_id)
    check_grant(who, person.role, (), person.practices)
    request.state.detail = f"sign-in link for {person.name}"
    return link_for(app_state.app.engine, app_state.app.settings, person_id, app_state.now())


def change_person(app_state: AppState, who: Principal, person_id: str, given: PersonChange) -> str:
    """Makes the changes; returns them in words. Raises ConflictError where somebody would lock themselves out."""
    engine, now = app_state.app.engine, app_state.now()
    person = people.get_person(engine, person_id)
    name = person.name
    check_grant(who, person.role, (), person.practices)
    if person_id == who.id and (given.disabled or given.role not in (None, who.role)):
        raise ConflictError("you cannot disable yourself or change your own role; ask another administrator")
    if given.role is not None or given.practices is not None:
        check_grant(who, given.role or "", (), given.practices or ())
    done = []
    if given.role is not None or given.practices is not None:
        role = given.role or person.role
        people.set_role(engine, name, role, now, given.practices)
        done.append(f"role {role}")
    if given.disabled is not None:
        (people.disable_person if given.disabled else people.enable_person)(engine, name, now)
        done.append("disabled" if given.disabled else "enabled")
    if given.password is not None:
        people.set_password(engine, name, given.password, now)
        done.append("password changed")
    if given.subject is not None:
        people.bind_subject(engine, name, given.subject, now)
        done.append("connected to the identity provider")
    if given.second_factor is False:
        remove(engine, person_id)
        done.append("authenticator app removed")
    return f"{name}: {', '.join(done) or 'nothing'}"


@router.post("/v1/session/password", status_code=204, response_model=None)
def post_password(
    app_state: Here,
    who: Who,
    given: Annotated[PasswordChange, Body(examples=[{"old": "correct horse battery", "new": "a longer new password"}])],
) -> Response:
    """Changes one's own password; all of the user's sessions end, including this one."""
    people.change_password(app_state.app.engine, who.id, given.old, given.new, app_state.now())
    return Response(status_code=204)


def _one(app_state: AppState, person_id: str) -> dict[str, Any]:
    return next(row for row in people.list_people(app_state.app.engine) if row["id"] == person_id)
