"""Signing in and out by page; signing in leads back to the address that was asked for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi import Path as InPath
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from services.api.authorization import GuardedRoute
from services.api.dependencies import Here, Who
from services.api.session import forget_browser, own_address, remember_address, sign_in, sign_out, signed_in
from services.security.people import CodeNeededError, SignInError
from services.security.throttle import TooManyTriesError
from services.web.pages import bare_page

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)

UserName = Annotated[str, Form(max_length=200)]
Password = Annotated[str, Form(max_length=1000)]
SignInCode = Annotated[str, Form(max_length=20)]
NextQuery = Annotated[str, Query(alias="next", max_length=2000)]


@router.get("/sign-in")
def get_sign_in(request: Request, app_state: Here, next_: NextQuery = "") -> Response:
    """The first page; `next` is the address that was asked for."""
    answer = bare_page(
        request,
        "sign_in.html",
        problem="",
        name="",
        provider=app_state.oidc.enabled,
        asks_code=False,
        following=own_address(next_),
    )
    remember_address(request, app_state, answer, next_)
    return answer


@router.get("/sign-in/link/{token}")
def get_link(request: Request, token: Annotated[str, InPath(pattern=r"^[A-Za-z0-9_-]{43}$")]) -> Response:  # noqa: ARG001
    """Opening a link spends nothing; the button does."""
    return bare_page(request, "sign_in_link.html")


@router.post("/sign-in")
def post_sign_in(
    request: Request,
    app_state: Here,
    name: UserName = "",
    password: Password = "",
    code: SignInCode = "",
    following: Annotated[str, Form(alias="next", max_length=2000)] = "",
) -> Response:
    """On to the pages, or the same page with the reason."""
    address = request.client.host if request.client else ""
    try:
        principal = sign_in(app_state, name, password, address, code)
    except (SignInError, TooManyTriesError) as error:
        return bare_page(
            request,
            "sign_in.html",
            error.http_status,
            problem=f"{error.message[:1].upper()}{error.message[1:]}.",
            name=name,
            provider=app_state.oidc.enabled,
            asks_code=isinstance(error, CodeNeededError),
            following=own_address(following),
        )
    return signed_in(request, app_state, principal, following)


@router.post("/sign-out")
async def post_sign_out(app_state: Here, who: Who) -> Response:
    """Ends the session."""
    await run_in_threadpool(sign_out, app_state, who)
    answer = RedirectResponse("/sign-in", 303)
    forget_browser(answer)
    return answer
