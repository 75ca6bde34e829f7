"""What every page shows, and how a template becomes an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.api.app_state import office_of
from services.api.dependencies import instant
from services.api.shown import note_shown
from services.commands.desk_settings import DeskOwner, DeskSettings
from services.presentation import formatting as wording
from services.presentation import labels as words
from services.presentation.audit_words import action_words, answer_words, detail_words
from services.presentation.filter_words import filter_words
from services.presentation.plain_words import only_codes, plain
from services.reads.payer_names import PayerNames, payer_names
from services.reads.read_context import ReadContext
from services.security.roles import Permission, Principal
from services.web import assets
from services.web.help_links import help_for

TEMPLATES = Path(__file__).parent / "templates"
TIMES = ("as_of", "known_at", "at")  # travel with every link: anyone who looks at the past stays there
PLACES = ("cursor", "after")  # in a list that is another one at another instant
THEMES = ("light", "dark")
HIDDEN = frozenset(TIMES)

# What the side bar offers: address, name, permission.
NAVIGATION = (
    ("/", "All open work", Permission.CLAIMS_READ),
    ("/thresholds", "Thresholds", Permission.CLAIMS_READ),
    ("/estimate", "Estimate", Permission.ESTIMATE),
    ("/aging", "Aging", Permission.CLAIMS_READ),
    ("/patterns", "Denials & payers", Permission.CLAIMS_READ),
    ("/payers", "Payers", Permission.CLAIMS_READ),
    ("/underpayments", "Underpayments", Permission.CLAIMS_READ),
    ("/remittances", "Remittances", Permission.CLAIMS_READ),
    ("/unidentified", "Unmatched responses", Permission.CLAIMS_READ),
    ("/upload", "Upload", Permission.FILES_WRITE),
    ("/operations", "Operations", Permission.PARKED_READ),
    ("/people", "People", Permission.PEOPLE),
    ("/webhooks", "Notifications", Permission.WEBHOOKS),
    ("/rules", "Rules", Permission.CLAIMS_READ),
    ("/team", "Team", Permission.OPERATIONS),
    ("/setup", "Setup", Permission.TERMS_WRITE),
    ("/audit", "Audit", Permission.AUDIT),
)


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "amount": wording.amount,
        "dollars": wording.dollars,
        "whole_dollars": wording.whole_dollars,
        "count": wording.count,
        "percent": wording.percent,
        "day": wording.day,
        "weekday": wording.weekday,
        "month": wording.month,
    }
    made.tests["only_codes"] = only_codes
    made.globals |= {"action_words": action_words, "answer_words": answer_words, "detail_words": detail_words}
    made.globals |= {
        "asset": assets.address,
        "help_for": help_for,
        "words": words,
        "named": words.name,
        "plural": wording.plural,
        "event_name": words.event_name,
    }
    return made


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The page's surroundings: who looks, from where in time, under which address.

    `others`: the address's query without its instants and its place in a list.
    """

    path: str
    who: Principal
    csrf: str
    practice: str
    theme: str
    navigation: tuple[tuple[str, str], ...]
    times: Mapping[str, str]
    zone: ZoneInfo
    now: str
    idle: int
    filters: str = ""
    others: tuple[tuple[str, str], ...] = ()

    def may(self, permission: str) -> bool:
        return Permission(permission) in self.who.permissions

    @property
    def past(self) -> bool:
        """Whether the page shows the past: there nobody can act."""
        return bool(self.times.get("as_of") or self.times.get("known_at"))

    def url(self, path: str, **query: Any) -> str:
        """An address that keeps the instant looked from. A value of None is left out."""
        kept = {name: value for name, value in {**self.times, **query}.items() if value not in (None, "", False, [])}
        return f"{path}?{urlencode(kept, doseq=True)}" if kept else path

    @property
    def now_url(self) -> str:
        """The same page with the same filters, as of now."""
        return f"{self.path}?{urlencode(self.others)}" if self.others else self.path


def redirect(request: Request, path: str, **query: str) -> RedirectResponse:
    """To another page of the same practice, after a form was taken."""
    practice = request.query_params.get("practice")
    kept = {**query, **({"practice": practice} if practice else {})}
    return RedirectResponse(f"{path}?{urlencode(kept)}" if kept else path, 303)


def frame_of(request: Request, practice: str, naming: Callable[[str], str] = str) -> Frame:
    """Raises BadInstantError: every page shows what instants it was asked for, whether or not it reads the past."""
    app_state = office_of(request)
    for name in TIMES:
        instant(request.query_params.get(name) or None, name, app_state)
    who: Principal = request.state.principal
    return Frame(
        path=request.url.path,
        who=who,
        csrf=app_state.signer.csrf(who.token) if who.token else "",
        practice=practice,
        theme=_theme(request),
        navigation=tuple((path, name) for path, name, needs in NAVIGATION if who.may(needs)),
        times={name: request.query_params[name] for name in TIMES if request.query_params.get(name)}
        | ({"practice": practice} if request.query_params.get("practice") else {}),
        zone=app_state.app.settings.zone,
        now=app_state.now().isoformat(),
        idle=int(app_state.app.settings.session_idle),
        filters=_filters(request, naming),
        others=tuple(pair for pair in request.query_params.multi_items() if pair[0] not in (*TIMES, *PLACES)),
    )


def _filters(request: Request, naming: Callable[[str], str]) -> str:
    """What the address narrows a page to, for its printed head."""
    names = [name for name in request.query_params if name not in HIDDEN]
    return filter_words({name: list(filter(None, request.query_params.getlist(name))) for name in names}, naming)


def _theme(request: Request) -> str:
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in THEMES else ""


class PayerNaming:
    """What payers are called, asked for once a page and only where it names one. For templates: called with an id."""

    def __init__(self, context: ReadContext) -> None:
        self._context = context

    @cached_property
    def names(self) -> PayerNames:
        return payer_names(self._context)

    def __call__(self, payer_id: str | None) -> str:
        return self.names.of(payer_id)

    def choices(self, payer_ids: Iterable[str]) -> list[tuple[str, str]]:
        """Ids and names for a selection, in the order of the names."""
        return sorted(((payer_id, self(payer_id)) for payer_id in payer_ids), key=lambda each: each[1].casefold())

    def plain(self, text: str, zone: ZoneInfo) -> str:
        """A sentence of a fold as a person reads it."""
        told = plain(text, zone)
        return self.names.in_words(told) if "ayer " in told else told


def page(request: Request, read_context: ReadContext, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page inside the frame."""
    naming = PayerNaming(read_context)
    frame = frame_of(request, read_context.practice, naming)
    told = environment().get_template(template)
    note_shown(request, context, partial(read_context.references.ref, read_context.practice))
    shown = {"frame": frame, "url": frame.url, "read_context": read_context, "views": _views(request, frame)}
    shown["late"] = "" if frame.past else request.app.state.freshness.notice(read_context.engine)
    return HTMLResponse(told.render(**shown, **_clocks(read_context, frame, naming), **context), status)


def _views(request: Request, frame: Frame) -> list[dict[str, Any]]:
    """The saved views of the side bar; their counts come afterwards, so that no page waits for them."""
    if not frame.may(Permission.CLAIMS_READ):
        return []
    app = office_of(request).app
    return DeskSettings(app.engine, app.settings).views(DeskOwner(frame.practice, frame.who.id))


def _clocks(read_context: ReadContext, frame: Frame, naming: PayerNaming) -> dict[str, Any]:
    """Writers of days, waits and payers that know the instant of the read and the practice's zone."""
    return {
        "payer_name": naming,
        "plain": partial(naming.plain, zone=frame.zone),
        "wait": partial(wording.wait, at=read_context.at, zone=frame.zone),
        "instant": partial(wording.instant, zone=frame.zone),
        "near": partial(wording.short_day, at=read_context.at),
        "local_day": partial(wording.local_day, zone=frame.zone),
        "moment": partial(wording.moment, at=read_context.at, zone=frame.zone),
    }


def fragment(template: str, **context: Any) -> HTMLResponse:
    """A piece of a page, fetched when somebody opens it."""
    return HTMLResponse(environment().get_template(template).render(**context))


def bare_page(request: Request, template: str, status_code: int = 200, **context: Any) -> HTMLResponse:
    """A page for anybody, signed in or not: sign-in, errors."""
    told = environment().get_template(template).render(theme=_theme(request), **context)
    return HTMLResponse(told, status_code)
