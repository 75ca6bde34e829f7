"""Pictures of the pages for the documentation: `python -m services.devtools.screenshots [DIRECTORY]`.

Needs what the tests need (extra `dev`): Playwright, and a Chromium on the path. Also the stage on which the browser
tests play: the demo's month in a data directory of its own, served on a local port, its clock standing at the
month's end.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from services.api.app import create_app
from services.app_context import AppContext, open_app_context, projecting
from services.commands.ingest import ingest_files
from services.commands.routing import RoutingAdmin
from services.core.clock import FixedClock, TimeLimit, pause
from services.core.errors import ClaimclockError
from services.core.logs import configure_logs
from services.core.settings import load_settings
from services.demo.month import DEMO_AT, DEMO_ZONE, write_month
from services.security.people import add_person, make_link_token
from services.store.routing_rules import RuleTerms

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP, PHONE = (1280, 860), (390, 844)
# name -> address, or the claim whose page is meant, and what to open there
SHOTS = {
    "today": "/",
    "rejections": "/worklists/rejection",
    "claim": "claim:BT100122",
    "thresholds": "/thresholds",
    "aging": "/aging",
    "patterns": "/patterns",
    "underpayment": "line:BT100221/1",
    "remittances": "/remittances",
    "operations": "/operations",
    "upload": "/upload",
}

# Of the guide in the web app, name -> address.
GUIDE_SHOTS = {
    "today": "/",
    "letter": "letter:BT100122",
    "aging": "/aging",
    "underpayments": "/underpayments",
    "team": "/team",
    "setup": "/setup",
    "routing": "/routing",
}
GUIDE_PICTURES = Path("services/web/guide/pictures")


class NoBrowserError(ClaimclockError):
    """There is no Chromium on the path."""


def browser_path() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def month_app(directory: Path) -> Iterator[AppContext]:
    """The demo's month, imported; what is published from then on is projected too."""
    settings = load_settings(data_dir=directory / "data", practice_zone=str(DEMO_ZONE))
    files = directory / "inbox"
    files.mkdir()
    write_month(files)
    (files / "manifest.json").unlink()
    with open_app_context(settings, FixedClock(DEMO_AT)) as app_context:
        ingest_files(app_context, [files], "file")
        with projecting(app_context):
            yield app_context


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The application on a free local port; its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    patience = TimeLimit(20)
    while not server.started and not patience.expired:
        pause(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def address_of(app_context: AppContext, shot: str) -> str:
    """`claim:ID`, `letter:ID` and `line:ID/N` become opaque addresses; anything else is one."""
    kind, _, name = shot.partition(":")
    claim_id, _, line = name.partition("/")
    ref = app_context.references.ref(app_context.settings.practice, claim_id)
    return {
        "claim": f"/claims/{ref}",
        "letter": f"/claims/{ref}/letters/appeal",
        "line": f"/underpayments/{ref}/{line}",
    }.get(kind, shot)


def with_a_rule(app_context: AppContext) -> None:
    """A queue and a rule, for the picture of routing."""
    practice = app_context.settings.practice
    admin = RoutingAdmin(
        engine=app_context.engine,
        practice=practice,
        by="j.park",
        now=DEMO_AT,
        today=DEMO_AT.astimezone(app_context.settings.zone).date(),
    )
    admin.save_queue("Appeals", ["j.park"])
    admin.save_rule(
        RuleTerms(name="Cedar denials", payers=("CEDAR",), lists=("denial",), to="Appeals", tags=("cedar",))
    )


def take(target: Path, guide: Path = GUIDE_PICTURES) -> list[Path]:
    """Every page in light and dark, and the first ones on a phone; then those of the guide."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  of the extra `dev`

    executable = browser_path()
    if executable is None:
        raise NoBrowserError(f"none of {', '.join(BROWSERS)} is on the path")
    target.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="claimclock-pictures-") as directory,
        month_app(Path(directory)) as app_context,
    ):
        person = add_person(app_context.engine, "j.park", "admin", [app_context.settings.practice], DEMO_AT)
        with_a_rule(app_context)
        with serving(create_app(app_context)) as base, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
            taken = []
            for theme, size in (("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE)):
                token = make_link_token(app_context.engine, person, DEMO_AT)
                page = _page(browser, theme, size)
                page.goto(f"{base}/sign-in/link/{token}")
                page.get_by_role("button", name="Sign in").click()
                page.wait_for_selector("html[data-ready]")
                taken += _round(page, app_context, base, target, "phone" if size == PHONE else theme)
                if (theme, size) == ("light", DESKTOP):
                    taken += guide_round(page, app_context, base, guide)
                page.context.close()
            browser.close()
    return taken


def _page(browser: Any, theme: str, size: tuple[int, int]) -> Any:
    viewport = {"width": size[0], "height": size[1]}
    return browser.new_context(viewport=viewport, color_scheme=theme, reduced_motion="reduce").new_page()


def _round(page: Any, app_context: AppContext, base: str, target: Path, suffix: str) -> list[Path]:
    taken = []
    for name, shot in SHOTS.items():
        page.goto(base + address_of(app_context, shot))
        page.wait_for_selector("html[data-ready]")
        path = target / f"{name}-{suffix}.png"
        page.screenshot(path=path)
        taken.append(path)
    return taken


def guide_round(page: Any, app_context: AppContext, base: str, target: Path) -> list[Path]:
    """The pictures of the guide, one a name."""
    target.mkdir(parents=True, exist_ok=True)
    taken = []
    for name, shot in GUIDE_SHOTS.items():
        page.goto(base + address_of(app_context, shot))
        page.wait_for_selector("html[data-ready]")
        taken.append(target / f"{name}.png")
        page.screenshot(path=taken[-1])
    return taken


if __name__ == "__main__":
    configure_logs("WARNING")
    for picture in take(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")):
        sys.stdout.write(f"{picture}\n")
