"""Pages for people and one's own account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from services.api.authorization import COOKIE, GuardedRoute, check_grant
from services.api.dependencies import AtLiveDesk, Here, Who
from services.api.people import NewPerson, PersonChange, PersonId, change_person, people_of, sign_in_link
from services.core.errors import ClaimclockError
from services.security import people, second_factor
from services.security.links import link_for
from services.security.roles import ROLES
from services.web.pages import page, redirect

PEOPLE = "/people"
ACCOUNT = "/account"
LONGEST = 1000

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)
FormText = Annotated[str, Form(max_length=LONGEST)]


def _people_page(
    request: Request, app_state: Here, context: AtLiveDesk, problem: str = "", link: str = ""
) -> HTMLResponse:
    rows = people_of(app_state, request.state.principal)
    return page(
        request,
        context,
        "people.html",
        422 if problem else 200,
        section=PEOPLE,
        rows=rows,
        roles=sorted(ROLES),
        problem=problem,
        link=link,
    )


@router.get(PEOPLE)
def get_people(request: Request, app_state: Here, context: AtLiveDesk) -> HTMLResponse:
    """Everybody who may sign in, or could once."""
    return _people_page(request, app_state, context)


@router.post(PEOPLE)
def post_people(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, name: FormText = "", role: FormText = "biller"
) -> Response:
    """Adds a person and shows the link with which they sign in for the first time."""
    try:
        given = NewPerson(name=name.strip() or " ", role=role)
        check_grant(who, given.role, (), ())
        person_id = people.add_person(
            app_state.app.engine, given.name, given.role, list(who.practices), app_state.now()
        )
    except ValidationError:
        return _people_page(request, app_state, context, "a name has 1 to 200 characters on one line")
    except ClaimclockError as error:
        return _people_page(request, app_state, context, error.message)
    request.state.detail = f"added {given.name} as {given.role}"
    link = link_for(app_state.app.engine, app_state.app.settings, person_id, app_state.now())
    return _people_page(request, app_state, context, link=link)


@router.post(f"{PEOPLE}/{{person_id}}")
def post_person(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    person_id: PersonId,
    do: FormText = "",
    role: FormText = "",
) -> Response:
    """One change of one person."""
    changes = {
        "role": PersonChange(role=role or None),
        "disable": PersonChange(disabled=True),
        "enable": PersonChange(disabled=False),
        "remove_second_factor": PersonChange(second_factor=False),
    }
    try:
        if do == "link":
            link = sign_in_link(request, app_state, who, person_id)
            return _people_page(request, app_state, context, link=link)
        request.state.detail = change_person(app_state, who, person_id, changes.get(do, PersonChange()))
    except ClaimclockError as error:
        return _people_page(request, app_state, context, error.message)
    return redirect(request, PEOPLE)


def _account_page(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, *, problem: str = "", secret: str = ""
) -> HTMLResponse:
    person = people.get_person(app_state.app.engine, who.id)
    return page(
        request,
        context,
        "account.html",
        422 if problem else 200,
        section=ACCOUNT,
        problem=problem,
        secret=secret,
        uri=second_factor.enrollment_uri(person.name, secret) if secret else "",
        sealed=app_state.signer.seal(secret) if secret else "",
        has_password=person.password is not None,
        has_second_factor=person.totp_secret is not None,
        shortest=people.SHORTEST_PASSWORD,
    )


@router.get(ACCOUNT)
def get_account(request: Request, app_state: Here, context: AtLiveDesk, who: Who) -> HTMLResponse:
    """One's own password and authenticator app."""
    return _account_page(request, app_state, context, who)


@router.post(f"{ACCOUNT}/password")
def post_password(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    old: FormText = "",
    new: FormText = "",
    again: FormText = "",
) -> Response:
    """Another password; then one signs in with it."""
    try:
        if new != again:
            return _account_page(request, app_state, context, who, problem="The two new passwords differ.")
        people.change_password(app_state.app.engine, who.id, old, new, app_state.now())
    except ClaimclockError as error:
        return _account_page(request, app_state, context, who, problem=_sentence(error))
    return _to_sign_in()


@router.post(f"{ACCOUNT}/second-factor")
def post_second_factor(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, sealed: FormText = "", code: FormText = ""
) -> Response:
    """First the secret to put into the app, then the code that shows it is there."""
    secret = app_state.signer.unseal(sealed) if sealed else None
    if secret is None:
        return _account_page(request, app_state, context, who, secret=second_factor.new_secret())
    try:
        second_factor.enroll(
            app_state.app.engine, app_state.signer, who.id, secret=secret, code=code, now=app_state.now()
        )
    except ClaimclockError as error:
        return _account_page(request, app_state, context, who, problem=_sentence(error), secret=secret)
    return RedirectResponse(ACCOUNT, 303)


def _sentence(error: ClaimclockError) -> str:
    return f"{error.message[:1].upper()}{error.message[1:]}."


def _to_sign_in() -> Response:
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return answer
