"""Signing in and out: by password, by a one-time link, by an OpenID Connect provider."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, unquote, urlsplit

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from services.api.app_state import AppState
from services.api.authorization import COOKIE, GuardedRoute
from services.api.dependencies import Here, Who
from services.api.schemas import Session
from services.api.waiting import asks_sign_in_provider
from services.security.audit import AuditRecord
from services.security.oidc import CALLBACK, STATE_LIFETIME
from services.security.people import (
    SignInError,
    check_password,
    end_session,
    find_name,
    find_session,
    person_vouched_for,
    start_session,
    use_link,
)
from services.security.roles import Principal
from services.security.throttle import TooManyTriesError

STATE_COOKIE = "claimclock_oidc"
NEXT_COOKIE = "claimclock_next"  # where a person was going when asked to sign in
HOME = "/"

router = APIRouter(route_class=GuardedRoute, tags=["session"])


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=1000)
    code: str = Field("", max_length=20, description="Of the authenticator app, where the person has a second factor.")


@router.post("/v1/session", response_model=None, responses={200: {"model": Session}})
def post_session(
    request: Request,
    app_state: Here,
    given: Annotated[Credentials, Body(examples=[{"name": "pat", "password": "correct horse battery"}])],
) -> JSONResponse:
    """Signs in: sets the session's cookie. Five wrong passwords within a quarter of an hour: 429."""
    address = request.client.host if request.client else ""
    principal = sign_in(app_state, given.name, given.password, address, given.code)
    answer = JSONResponse(told(app_state, principal))
    set_cookie(request, app_state, answer, principal)
    return answer


@router.get("/v1/session", response_model=None, responses={200: {"model": Session}})
def get_session(app_state: Here, who: Who) -> JSONResponse:
    """Who is signed in, and the CSRF token of the session."""
    return JSONResponse(told(app_state, who))


@router.delete("/v1/session", status_code=204, response_model=None)
def delete_session(app_state: Here, who: Who) -> Response:
    """Signs out."""
    sign_out(app_state, who)
    answer = Response(status_code=204)
    forget_browser(answer)
    return answer


@router.post("/sign-in/link/{token}", response_model=None, include_in_schema=False)
def sign_in_by_link(
    request: Request, app_state: Here, token: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$")]
) -> Response:
    """Signs in once: the link is spent by the form on its page, so that a mail scanner that opens it spends nothing."""
    principal = open_session(app_state, use_link(app_state.app.engine, token, app_state.now()), "link")
    return signed_in(request, app_state, principal)


@router.get("/sign-in/oidc", response_model=None, include_in_schema=False)
@asks_sign_in_provider
def sign_in_by_provider(request: Request, app_state: Here) -> Response:
    """On to the provider."""
    address, state = app_state.oidc.start()
    answer = RedirectResponse(address, 303)
    answer.set_cookie(
        STATE_COOKIE,
        app_state.signer.seal_state(state),
        max_age=STATE_LIFETIME,
        path="/sign-in/oidc",
        httponly=True,
        samesite="lax",
        secure=is_secure(request, app_state),
    )
    return answer


@router.get(CALLBACK, response_model=None, include_in_schema=False)
@asks_sign_in_provider
def back_from_provider(
    request: Request,
    app_state: Here,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Whom the provider names must be known here; nobody is made."""
    remembered = app_state.signer.unseal_state(request.cookies.get(STATE_COOKIE, ""), STATE_LIFETIME)
    vouched = app_state.oidc.finish(code, state, remembered, app_state.now())
    person_id = person_vouched_for(app_state.app.engine, vouched.email, vouched.subject)
    answer = signed_in(request, app_state, open_session(app_state, person_id, "provider"))
    answer.delete_cookie(STATE_COOKIE, path="/sign-in/oidc")
    return answer


def sign_in(app_state: AppState, name: str, password: str, address: str, code: str = "") -> Principal:
    """A new session. A failure leaves its trace in the audit, without the name that was tried: it may be a password."""
    engine, now = app_state.app.engine, app_state.now()
    try:
        person_id = check_password(engine, name, password, address, now, signer=app_state.signer, code=code)
    except (SignInError, TooManyTriesError) as error:
        known = find_name(engine, name) or "unknown"
        record_sign_in(app_state, known, "failed sign-in", error.http_status)
        raise
    return open_session(app_state, person_id, "password")


def record_sign_in(app_state: AppState, who: str, action: str, status: int) -> None:
    """An entry of the audit about somebody who is not signed in."""
    practice = app_state.app.settings.practice
    app_state.audit.record(
        AuditRecord(
            at=app_state.now(), who=who, who_id="", role="", practice=practice, action=action, ref=None, status=status
        )
    ).result()


def open_session(app_state: AppState, person_id: str, how: str) -> Principal:
    """Begins a session, and says so in the audit. Raises SignInError where the person is disabled."""
    token = start_session(app_state.app.engine, person_id, app_state.now())
    principal = find_session(app_state.app.engine, token, app_state.now(), app_state.idle, app_state.lifetime)
    if principal is None:
        raise SignInError("this account is disabled")
    practice = principal.practices[0] if principal.practices else ""
    app_state.audit.record(
        AuditRecord(
            at=app_state.now(),
            who=principal.name,
            who_id=principal.id,
            role=principal.role,
            practice=practice,
            action=f"sign in by {how}",
            ref=None,
            status=200,
        )
    ).result()
    return principal


def sign_out(app_state: AppState, who: Principal) -> None:
    if who.token is not None:
        end_session(app_state.app.engine, who.token, app_state.now())
        record_sign_in(app_state, who.name, "sign out", 204)


def is_secure(request: Request, app_state: AppState) -> bool:
    """Whether browsers reach us by https: the request says so, or the public address does (a proxy may end TLS)."""
    return request.url.scheme == "https" or (app_state.app.settings.public_url or "").startswith("https://")


def set_cookie(request: Request, app_state: AppState, answer: Response, principal: Principal) -> None:
    answer.set_cookie(
        COOKIE,
        app_state.signer.sign(principal.token or ""),
        max_age=int(app_state.lifetime.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_secure(request, app_state),
    )


def told(app_state: AppState, who: Principal) -> dict[str, Any]:
    return {
        "name": who.name,
        "role": who.role,
        "practices": list(who.practices),
        "permissions": sorted(who.permissions),
        "csrf": app_state.signer.csrf(who.token) if who.token else None,
    }


def own_address(text: str) -> str:
    """A path of this site, else nothing: a link must not lead a person elsewhere after signing in."""
    parts = urlsplit(text)
    inside = text.startswith("/") and not text.startswith(("//", "/\\", "/sign-", "/v1/")) and not parts.netloc
    return text if inside and not any(character <= " " for character in text) else ""


def remember_address(request: Request, app_state: AppState, answer: Response, address: str) -> None:
    """For a sign-in that does not come back from the form here: by a link, or by a provider."""
    if own_address(address):
        answer.set_cookie(
            NEXT_COOKIE,
            quote(address),
            max_age=STATE_LIFETIME,
            path="/sign-in",
            httponly=True,
            samesite="lax",
            secure=is_secure(request, app_state),
        )


def signed_in(request: Request, app_state: AppState, principal: Principal, following: str = "") -> Response:
    """On to the address that was asked for before signing in, however one signed in."""
    asked = following or unquote(request.cookies.get(NEXT_COOKIE, ""))
    answer = RedirectResponse(own_address(asked) or HOME, 303)
    answer.delete_cookie(NEXT_COOKIE, path="/sign-in", httponly=True, samesite="lax")
    set_cookie(request, app_state, answer, principal)
    return answer


def forget_browser(answer: Response) -> None:
    """Nothing of the session stays in the browser: neither cookies of ours nor pages it kept."""
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    answer.delete_cookie(NEXT_COOKIE, path="/sign-in", httponly=True, samesite="lax")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
