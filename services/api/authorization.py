"""What every request passes before its endpoint sees it: who asks, may they, how much, how often; then the audit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from services.api.app_state import AppState, office_of
from services.api.etags import versioned
from services.api.problems import BusyError, TooManyRequestsError
from services.core.errors import ClaimclockError, UsageError
from services.security.audit import AuditRecord
from services.security.keys import find_key
from services.security.people import find_session
from services.security.roles import ROUTES, Access, Gate, Permission, Principal, permissions_of
from services.security.shown_refs import REF, entries_of

COOKIE = "claimclock_session"
AUDIT_PATIENCE = 10.0  # seconds an answer waits for its audit entry
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf_token"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
LIVE_HEADER = "X-Live"  # an open page looks for changes by itself, which must not keep a session from running idle
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class NotSignedInError(ClaimclockError):
    """Sign in, or send an API key."""

    http_status = 401


class ForbiddenError(ClaimclockError):
    """Signed in, but not allowed to do this."""

    http_status = 403


def check_grant(who: Principal, role: str, scopes: Iterable[str], practices: Iterable[str]) -> None:
    """Nobody lets somebody else do more than they may themselves. Raises ForbiddenError.

    An unknown role or scope is left to those who add it.
    """
    if foreign := set(practices) - set(who.practices):
        raise ForbiddenError(f"you may not grant access to {len(foreign)} of these practices")
    known = tuple(scope for scope in scopes if scope in set(Permission))
    if more := permissions_of(role, known) - who.permissions:
        raise ForbiddenError(f"you may not grant permissions you do not have: {', '.join(sorted(more))}")


class GuardedRoute(APIRoute):
    """A route that is in the table of roles.py; one that is not cannot be made."""

    def __init__(self, path: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(path, *args, **kwargs)
        for method in self.methods or ():
            if f"{method} {path}" not in ROUTES:
                raise KeyError(f"{method} {path} is not in services/security/roles.py")

    def get_route_handler(self) -> Handler:
        handle, path = super().get_route_handler(), self.path
        known = _query_names(self.dependant)

        async def checked(request: Request) -> Response:
            if strange := sorted(request.query_params.keys() - known):
                raise UsageError(f"unknown parameter {strange[0]!r}; allowed: {_listed(known)}")
            return versioned(request, await handle(request))

        async def guarded(request: Request) -> Response:
            todo = checked if path.startswith("/v1/") else handle
            return await _guard(request, ROUTES[f"{request.method} {path}"], f"{request.method} {path}", todo)

        return guarded


def _query_names(dependant: Dependant) -> set[str]:
    own = {field.alias for field in dependant.query_params}
    return own.union(*map(_query_names, dependant.dependencies))


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


async def _guard(request: Request, access: Access, action: str, handle: Handler) -> Response:
    app_state = office_of(request)
    settings = app_state.app.settings
    request = Request(request.scope, _limited(request, settings.max_upload if access.big else settings.max_body))
    try:
        principal = await _admit(request, app_state, access)
    except (ForbiddenError, NotSignedInError) as error:
        await _record_refusal(request, app_state, action, error.http_status)
        raise
    try:
        response = await handle(request)
    except Exception as error:
        await _record(request, app_state, access, action, principal, status=_status_of(error))
        raise
    await _record(request, app_state, access, action, principal, status=response.status_code)
    if principal is not None:
        _say_limit(response, app_state, principal)
    return response


def _say_limit(response: Response, app_state: AppState, principal: Principal) -> None:
    """What is left of the limit, as the IETF's draft on RateLimit headers has it."""
    buckets = app_state.buckets
    response.headers["RateLimit-Policy"] = f'"requests";q={buckets.burst};w={buckets.window}'
    response.headers["RateLimit"] = f'"requests";r={buckets.left(principal.id)};t={buckets.window}'


async def _admit(request: Request, app_state: AppState, access: Access) -> Principal | None:
    if request.method not in SAFE and "authorization" not in request.headers:
        _check_origin(request, app_state)
    if access.needs is Gate.OPEN:
        return None
    _check_wrong_keys(request, app_state)
    passive = access.passive or LIVE_HEADER in request.headers
    principal = await run_in_threadpool(identify, request, app_state, passive=passive)
    if principal is None:
        if "authorization" in request.headers:
            app_state.wrong_keys.note(_address(request), app_state.now())
        raise NotSignedInError("sign in, or send an API key as `Authorization: Bearer …`")
    request.state.principal = principal
    if not principal.may(access.needs):
        raise ForbiddenError(_missing(principal, access.needs))
    if principal.token is not None and request.method not in SAFE:
        await _check_csrf(request, app_state, principal.token)
    wait = app_state.buckets.take(principal.id, app_state.now())
    if wait:
        raise TooManyRequestsError("too many requests", wait)
    return principal


def identify(request: Request, app_state: AppState, *, passive: bool = False) -> Principal | None:
    """Who asks: by API key, else by session cookie. A bad key is nobody, whatever cookie comes with it."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme:
        right = scheme.lower() == "bearer" and key.isascii()
        return find_key(app_state.app.engine, key.strip(), app_state.now(), app_state.app.settings) if right else None
    token = app_state.signer.unsign(request.cookies.get(COOKIE, ""))
    if token is None:
        return None
    return find_session(
        app_state.app.engine, token, app_state.now(), app_state.idle, app_state.lifetime, passive=passive
    )


def _missing(principal: Principal, needs: Permission | Gate) -> str:
    """A key narrowed by scopes hears which one it lacks; a role that may not, that it may not."""
    if needs in permissions_of(principal.role):
        return f"the scope {needs} is missing from this key"
    return f"the role {principal.role} may not do this"


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _check_wrong_keys(request: Request, app_state: AppState) -> None:
    if "authorization" in request.headers:
        wait = app_state.wrong_keys.wait(_address(request), app_state.now())
        if wait:
            raise TooManyRequestsError("too many wrong API keys from this address", wait)


def _check_origin(request: Request, app_state: AppState) -> None:
    """Browsers say where a request comes from; another site's is refused before anything else is looked at."""
    origin = request.headers.get("origin")
    ours = {request.headers.get("host")}
    if app_state.app.settings.public_url:
        ours.add(urlsplit(app_state.app.settings.public_url).netloc)
    foreign = origin is not None and urlsplit(origin).netloc not in ours
    if foreign or request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise ForbiddenError("the request comes from a different site")


async def _check_csrf(request: Request, app_state: AppState, token: str) -> None:
    given = request.headers.get(CSRF_HEADER)
    if given is None and request.headers.get("content-type", "").startswith(FORMS):
        field = (await request.form()).get(CSRF_FIELD)
        given = field if isinstance(field, str) else None
    if not app_state.signer.csrf_fits(token, given):
        await request.close()  # what was uploaded with the form
        raise ForbiddenError(f"the header {CSRF_HEADER} with the session's token is missing")


def _limited(request: Request, limit: int) -> Receive:
    """The request's body, up to a limit; above it 413, before the rest is read."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > limit:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    receive, read = request.receive, 0

    async def limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message

    return limited


def _status_of(error: Exception) -> int:
    match error:
        case ClaimclockError():
            return error.http_status
        case HTTPException():
            return error.status_code
        case RequestValidationError():
            return 422
    return 500


async def _record(
    request: Request, app_state: AppState, access: Access, action: str, principal: Principal | None, *, status: int
) -> None:
    """Before the answer leaves: what could not be written down is not shown."""
    if not access.audited or principal is None:
        return
    entries = _entries(request, app_state, action, principal, status)
    written = [asyncio.wrap_future(app_state.audit.record(entry)) for entry in entries]
    try:
        await asyncio.wait_for(asyncio.shield(asyncio.gather(*written)), AUDIT_PATIENCE)
    except TimeoutError:
        raise BusyError("the audit log cannot be written right now; retry shortly", 5) from None


def _entries(
    request: Request, app_state: AppState, action: str, principal: Principal, status: int
) -> list[AuditRecord]:
    """One, and further ones where the answer shows more claims and patients than an entry names."""
    practice = getattr(request.state, "practice", principal.practices[0] if principal.practices else "")
    refs = [ref for ref in getattr(request.state, "shown", ()) if ref != _ref(request)]
    entry = AuditRecord(
        at=app_state.now(),
        who=principal.name,
        who_id=principal.id,
        role=principal.role,
        practice=practice,
        action=action,
        ref=_ref(request),
        status=status,
    )
    details = entries_of(getattr(request.state, "detail", None), refs)
    return [replace(entry, detail=detail) for detail in details]


def record_more(request: Request, app_state: AppState, action: str, refs: Iterable[str]) -> None:
    """Writes down whom a further part of an answer shows that is sent while it is read. Waits until it is written."""
    request.state.shown = dict.fromkeys(refs)
    request.state.detail = "continued"
    entries = _entries(request, app_state, action, request.state.principal, HTTPStatus.OK)
    for written in [app_state.audit.record(entry) for entry in entries]:
        written.result(AUDIT_PATIENCE)


async def _record_refusal(request: Request, app_state: AppState, action: str, status: int) -> None:
    """Who was refused what: a known person or key without the right, or a key that nobody has."""
    principal: Principal | None = getattr(request.state, "principal", None)
    if principal is None and "authorization" not in request.headers:
        return  # somebody who has not signed in yet
    if principal is None:
        principal = Principal(
            kind="key",
            id="",
            name="unknown key",
            role="",
            practices=(app_state.app.settings.practice,),
            permissions=frozenset(),
        )
    await _record(request, app_state, Access(needs=Gate.OPEN, audited=True), action, principal, status=status)


def _ref(request: Request) -> str | None:
    """The claim asked for, if the address holds a ref at all."""
    given = request.path_params.get("ref", "")
    return given if REF.fullmatch(given) else None
