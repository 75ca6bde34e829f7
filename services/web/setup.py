"""Setup on the desk: the guide, the practice's own settings and time zone, API keys."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.api.authorization import GuardedRoute, check_grant
from services.api.dependencies import AtLiveDesk, Here, Who
from services.api.keys import KeyId
from services.core.errors import ClaimclockError, ConflictError, UsageError
from services.presentation.letters.facts import PracticeProfile
from services.reads.intake_news import last_received
from services.reads.read_context import ReadContext
from services.reads.setup_guide import is_finished, may_finish, setup_steps
from services.security.keys import add_key, list_keys, revoke_key
from services.security.roles import ROLES
from services.store.practice_settings import PracticeSettings, SettingKind
from services.store.zone import choose_zone, next_zone, zone_is_chosen, zone_is_configured
from services.web.pages import page, redirect

SETUP, PRACTICE, KEYS = "/setup", "/setup/practice", "/keys"
US_ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
)
SettingText = Annotated[str, Form(max_length=1000)]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get(SETUP)
def get_setup(request: Request, app_state: Here, context: AtLiveDesk) -> HTMLResponse:
    """Every step, what is missing, and what each missing piece hides."""
    return _guide(request, app_state, context)


def _guide(request: Request, app_state: Here, context: ReadContext, problem: str = "") -> HTMLResponse:
    steps = setup_steps(context, app_state.app.engine, app_state.app.settings)
    received = last_received(context)
    return page(
        request,
        context,
        "setup.html",
        409 if problem else 200,
        section=SETUP,
        steps=steps,
        finished=is_finished(app_state.app.engine, context.practice),
        may_finish=may_finish(steps),
        received=received.isoformat() if received else None,
        problem=problem,
    )


@router.post(f"{SETUP}/finish")
def post_finish(request: Request, app_state: Here, context: AtLiveDesk, who: Who) -> Response:
    """Takes the guide off the first page. Not without a time zone."""
    steps = setup_steps(context, app_state.app.engine, app_state.app.settings)
    try:
        if not may_finish(steps):
            raise ConflictError("choose the time zone first: every last day depends on it")
    except ClaimclockError as error:
        return _guide(request, app_state, context, error.message)
    left = [step.name for step in steps if not step.done]
    PracticeSettings(app_state.app.engine, context.practice).save(
        SettingKind.SETUP, "", {"finished": True, "left": left}, by=who.name, now=app_state.now()
    )
    request.state.detail = f"setup finished; left open: {', '.join(left) or 'nothing'}"
    return redirect(request, "/")


@router.get(PRACTICE)
def get_practice(request: Request, app_state: Here, context: AtLiveDesk) -> HTMLResponse:
    """Name, address and numbers on letters, and the time zone."""
    return _practice(request, app_state, context)


def _practice(
    request: Request, app_state: Here, context: ReadContext, problem: str = "", typed: PracticeProfile | None = None
) -> HTMLResponse:
    settings = PracticeSettings(app_state.app.engine, context.practice)
    kept = settings.get(SettingKind.PROFILE)
    return page(
        request,
        context,
        "practice.html",
        422 if problem else 200,
        section=SETUP,
        profile=typed or (PracticeProfile.of(kept.body) if kept else PracticeProfile()),
        version=kept.version if kept else 0,
        versions=settings.versions(SettingKind.PROFILE),
        zone=next_zone(app_state.app.engine) or app_state.app.settings.practice_zone,
        zone_is_chosen=zone_is_chosen(app_state.app.engine),
        waiting=next_zone(app_state.app.engine),
        configured=zone_is_configured(app_state.app.engine),
        zones=(*US_ZONES, *sorted(available_timezones() - set(US_ZONES))),
        problem=problem,
        saved=request.query_params.get("saved", ""),
    )


@router.post(PRACTICE)
def post_practice(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    name: SettingText = "",
    address: SettingText = "",
    phone: SettingText = "",
    fax: SettingText = "",
    npi: SettingText = "",
    tax_id: SettingText = "",
    signer: SettingText = "",
    seen: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """A new version of the practice's profile."""
    profile = PracticeProfile(
        name=name.strip(),
        address=tuple(line.strip() for line in address.splitlines() if line.strip()),
        phone=phone.strip(),
        fax=fax.strip(),
        npi=npi.strip(),
        tax_id=tax_id.strip(),
        signer=signer.replace("\r\n", "\n").strip(),
    )
    try:
        if not profile.name or not profile.address:
            raise UsageError("a letter needs the practice's name and address")
        if profile.npi and not (profile.npi.isascii() and profile.npi.isdecimal() and len(profile.npi) == 10):
            raise UsageError("an NPI has ten digits")
        saved = PracticeSettings(app_state.app.engine, context.practice).save(
            SettingKind.PROFILE, "", profile.as_json(), by=who.name, now=app_state.now(), seen=seen
        )
    except ClaimclockError as error:
        return _practice(request, app_state, context, error.message, profile)
    request.state.detail = f"practice profile, version {saved.version}"
    return redirect(request, PRACTICE, saved="profile")


@router.post(f"{SETUP}/zone")
def post_zone(request: Request, app_state: Here, context: AtLiveDesk, zone: SettingText = "") -> Response:
    """Chooses the time zone; another one than before starts the service again, which folds everything with it."""
    try:
        differs = choose_zone(app_state.app.engine, zone)
    except ClaimclockError as error:
        return _practice(request, app_state, context, error.message)
    request.state.detail = f"time zone {zone}"
    if differs:
        app_state.app.restart.set()
    return redirect(request, PRACTICE, saved="restart" if differs else "zone")


@router.get(KEYS)
def get_keys(request: Request, app_state: Here, context: AtLiveDesk) -> HTMLResponse:
    """API keys that use the API."""
    return _keys(request, app_state, context)


def _keys(request: Request, app_state: Here, context: ReadContext, *, problem: str = "", key: str = "") -> HTMLResponse:
    mine = [row for row in list_keys(app_state.app.engine) if context.practice in row["practices"]]
    return page(
        request,
        context,
        "keys_of_programs.html",
        422 if problem else 200,
        section=SETUP,
        rows=mine,
        roles=sorted(ROLES),
        problem=problem,
        key=key,
    )


@router.post(KEYS)
def post_key(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    name: SettingText = "",
    role: SettingText = "integration",
) -> Response:
    """Makes a key and shows it this once."""
    if not name.strip():
        return _keys(request, app_state, context, problem="Enter the program that will use the key.")
    try:
        check_grant(who, role, (), [context.practice])
        key_id, key = add_key(app_state.app.engine, name.strip(), [context.practice], app_state.now(), role=role)
    except ClaimclockError as error:
        return _keys(request, app_state, context, problem=error.message)
    request.state.detail = f"key {key_id} as {role}"
    return _keys(request, app_state, context, key=key)


@router.post(f"{KEYS}/{{key_id}}/revoke")
def post_revoke(request: Request, app_state: Here, context: AtLiveDesk, key_id: KeyId) -> Response:
    """Ends a key at once."""
    mine = [row["id"] for row in list_keys(app_state.app.engine) if context.practice in row["practices"]]
    if key_id in mine:
        revoke_key(app_state.app.engine, key_id, app_state.now())
        request.state.detail = f"key {key_id} revoked"
    return redirect(request, KEYS)
