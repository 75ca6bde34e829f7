"""Errors as problem details (RFC 9457). Nothing that was sent is repeated: it may be patient data."""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from projections.session_rules.session import InvalidSessionError
from services.api.kinds_of_body import ABSENT, WRONG, kind_message
from services.api.problem_types import ProblemType, type_of_error, type_of_status
from services.core.errors import ClaimclockError
from services.security.people import SignInError
from services.security.roles import ROUTES

MEDIA_TYPE = "application/problem+json"
SIGN_IN_PAGE = "/sign-in"
LATER = {"Retry-After": "60"}


class UnsupportedTypeError(ClaimclockError):
    """The body is of a kind this address does not take."""

    http_status = 415


class BusyError(ClaimclockError):
    """Too much at once; the answer says in how many seconds to try again."""

    retryable = True
    http_status = 503

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = max(1, round(seconds + 0.5))


class TooManyRequestsError(BusyError):
    """One key or person asks too often."""

    http_status = 429


def problem(
    status: int,
    detail: str | None = None,
    *,
    kind: ProblemType | None = None,
    errors: list[dict[str, Any]] | None = None,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    codes: Sequence[str] | None = None,
) -> JSONResponse:
    """The one form of every error. Without a `kind` it is that of the status."""
    kind = kind or type_of_status(status)
    told: dict[str, Any] = {"type": kind.address, "title": kind.title, "status": status}
    if detail:
        told["detail"] = detail
    if errors is not None:
        told["errors"] = errors
    told |= more or {}
    if codes is not None:
        told["codes"] = list(codes)
    return JSONResponse(told, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def kind_of(error: ClaimclockError) -> ProblemType:
    return type_of_error(type(error), error.http_status)


def of_error(error: ClaimclockError) -> JSONResponse:
    headers = {}
    if isinstance(error, BusyError):
        headers["Retry-After"] = str(error.seconds)
    elif error.retryable:
        headers["Retry-After"] = "5"
    if error.http_status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    codes = getattr(error, "codes", None)
    return problem(error.http_status, error.message, kind=kind_of(error), headers=headers, codes=codes)


def install(app: FastAPI) -> None:
    """Gives the application its handlers."""

    @app.exception_handler(ClaimclockError)
    async def ours(request: Request, error: ClaimclockError) -> Response:
        # A refused sign-in is shown the reason; anyone who has not tried yet is asked to sign in.
        refused = isinstance(error, SignInError)
        if error.http_status == HTTPStatus.UNAUTHORIZED and not refused and _is_page(request):
            return RedirectResponse(_back_to(request), 303)
        return _shown(request, of_error(error))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        headers = error.headers
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers = {"Allow": _methods(request)}
        return _shown(request, problem(error.status_code, headers=headers))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        found = [
            {"pointer": _pointer(item["loc"]), "message": _message(request, error, item)} for item in error.errors()
        ]
        return _shown(request, problem(422, "the request does not match the API schema", errors=found))

    @app.exception_handler(InvalidSessionError)
    async def session(_request: Request, error: InvalidSessionError) -> Response:
        return problem(422, errors=[{"pointer": f"/body/{error.field}", "message": error.message}])

    _install_storage(app)


def _install_storage(app: FastAPI) -> None:
    """What the database and the disk have to say."""

    @app.exception_handler(PoolTimeoutError)
    async def crowded(_request: Request, _error: PoolTimeoutError) -> Response:
        return problem(503, "all database connections are in use; retry shortly", headers={"Retry-After": "5"})

    @app.exception_handler(OSError)
    async def room(request: Request, error: OSError) -> Response:
        if not _no_room(error):
            raise error
        return _shown(request, problem(507, "the disk is full; nothing was accepted", headers=LATER))

    @app.exception_handler(DBAPIError)
    async def database(_request: Request, error: DBAPIError) -> Response:
        passing = isinstance(error, OperationalError) or error.connection_invalidated
        return problem(503 if passing else 500, headers={"Retry-After": "5"} if passing else None)


def _no_room(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _shown(request: Request, answer: JSONResponse) -> Response:
    """Somebody who asked for a page gets the error as a page: `app.state.error_page`, where there are pages."""
    paint = getattr(request.app.state, "error_page", None)
    if paint is None or not _is_page(request):
        return answer
    told = json.loads(bytes(answer.body))
    page: Response = paint(request, answer.status_code, _named(told.get("errors", ())) or told.get("detail"))
    page.headers.update({name: answer.headers[name] for name in ("retry-after",) if name in answer.headers})
    return page


def _named(errors: Sequence[Mapping[str, Any]]) -> str:
    """Which parts of the address cannot be read; a person has no use for more."""
    names = dict.fromkeys(error["pointer"].rpartition("/")[2].replace("_", " ") for error in errors)
    return f"invalid value in the address: {', '.join(names)}" if names else ""


def _back_to(request: Request) -> str:
    """The sign-in page, which leads back to the address asked for: addresses hold opaque names only."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return SIGN_IN_PAGE if asked == "/" else f"{SIGN_IN_PAGE}?{urlencode({'next': asked})}"


def _methods(request: Request) -> str:
    """Every method of the address, not only those of the first route that has it."""
    path = getattr(request.scope.get("route"), "path", None)
    return ", ".join(sorted(name.split(" ")[0] for name in ROUTES if name.endswith(f" {path}")))


def _is_page(request: Request) -> bool:
    """A person's browser asking for a page, not a program or a script asking for data."""
    return (
        request.method == "GET"
        and not request.url.path.startswith("/v1")
        and "text/html" in request.headers.get("accept", "")
    )


_PARAMETERS = ("query", "path", "header", "cookie")


def _pointer(place: tuple[int | str, ...]) -> str:
    """`/query/first`: of a parameter its name, not which of the types it may have was tried."""
    if place and place[0] in _PARAMETERS:
        place = place[:2]
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in place)


def _message(request: Request, error: RequestValidationError, item: Mapping[str, Any]) -> str:
    """The words of pydantic, or those of our validators, but never the value."""
    if item["type"] in (WRONG, ABSENT):
        return kind_message(request, error, item)
    return str(item["msg"]).removeprefix("Value error, ")
