"""Signing in and out by page, and finding a claim: what needs a form and no claim number in an address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from services.api.authorization import COOKIE, GuardedRoute
from services.api.dependencies import AtDesk, Here, Who
from services.api.session import open_session, set_cookie
from services.reads.search import search
from services.security.people import SignInError, TooManyTriesError, check_password, end_session
from services.web.pages import bare_page, frame_of, page

HOME = "/"
router = APIRouter(route_class=GuardedRoute, include_in_schema=False)

UserName = Annotated[str, Form(max_length=200)]
Password = Annotated[str, Form(max_length=1000)]
ClaimId = Annotated[str, Form(max_length=200)]


@router.get("/sign-in")
def get_sign_in(request: Request, app_state: Here) -> Response:
    """The first page."""
    return bare_page(request, "sign_in.html", problem="", name="", provider=app_state.oidc.enabled)


@router.post("/sign-in")
def post_sign_in(request: Request, app_state: Here, name: UserName = "", password: Password = "") -> Response:
    """On to the desk, or the same page with the reason."""
    address = request.client.host if request.client else ""
    try:
        person_id = check_password(app_state.app.engine, name, password, address, app_state.now())
        principal = open_session(app_state, person_id, "password")
    except (SignInError, TooManyTriesError) as error:
        return bare_page(
            request, "sign_in.html", error.http_status, problem=f"{error.message[:1].upper()}{error.message[1:]}.",
            name=name, provider=app_state.oidc.enabled,
        )  # fmt: skip
    answer = RedirectResponse(HOME, 303)
    set_cookie(request, app_state, answer, principal)
    return answer


@router.post("/sign-out")
async def post_sign_out(app_state: Here, who: Who) -> Response:
    """Ends the session."""
    if who.token is not None:
        await run_in_threadpool(end_session, app_state.app.engine, who.token, app_state.now())
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return answer


@router.post("/find")
async def post_find(request: Request, context: AtDesk) -> Response:
    """To the claim of this number; it travels in the form, never in an address."""
    form = await request.form()
    wanted = str(form.get("claim_id", "")).strip()[:200]
    found = await run_in_threadpool(lambda: search(context, claim_id=wanted)) if wanted else []
    request.state.detail = f"claim_id: {' '.join(each['ref'] for each in found)}"
    if len(found) == 1:
        url = frame_of(request, context.practice).url(f"/claims/{found[0]['ref']}")
        return RedirectResponse(url, 303)
    return await run_in_threadpool(page, request, context, "not_found.html", 404, section="", wanted=wanted)
