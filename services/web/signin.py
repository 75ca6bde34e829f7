"""Signing in and out by page, and finding a claim: what needs a form and no claim number in an address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi import Path as InPath
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from services.api.authorization import COOKIE, GuardedRoute
from services.api.dependencies import AtDesk, Here, Who
from services.api.session import set_cookie, sign_in, sign_out
from services.reads.search import search
from services.security.people import CodeNeededError, SignInError
from services.security.throttle import TooManyTriesError
from services.web.pages import bare_page, frame_of, page

HOME = "/"
router = APIRouter(route_class=GuardedRoute, include_in_schema=False)

UserName = Annotated[str, Form(max_length=200)]
Password = Annotated[str, Form(max_length=1000)]
SignInCode = Annotated[str, Form(max_length=20)]
ClaimId = Annotated[str, Form(max_length=200)]


@router.get("/sign-in")
def get_sign_in(request: Request, app_state: Here) -> Response:
    """The first page."""
    return bare_page(request, "sign_in.html", problem="", name="", provider=app_state.oidc.enabled, asks_code=False)


@router.get("/sign-in/link/{token}")
def get_link(request: Request, token: Annotated[str, InPath(pattern=r"^[A-Za-z0-9_-]{43}$")]) -> Response:  # noqa: ARG001
    """Opening a link spends nothing; the button does."""
    return bare_page(request, "sign_in_link.html")


@router.post("/sign-in")
def post_sign_in(
    request: Request, app_state: Here, name: UserName = "", password: Password = "", code: SignInCode = ""
) -> Response:
    """On to the desk, or the same page with the reason."""
    address = request.client.host if request.client else ""
    try:
        principal = sign_in(app_state, name, password, address, code)
    except (SignInError, TooManyTriesError) as error:
        return bare_page(
            request, "sign_in.html", error.http_status, problem=f"{error.message[:1].upper()}{error.message[1:]}.",
            name=name, provider=app_state.oidc.enabled, asks_code=isinstance(error, CodeNeededError),
        )  # fmt: skip
    answer = RedirectResponse(HOME, 303)
    set_cookie(request, app_state, answer, principal)
    return answer


@router.post("/sign-out")
async def post_sign_out(app_state: Here, who: Who) -> Response:
    """Ends the session."""
    await run_in_threadpool(sign_out, app_state, who)
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
