"""Runs the services: the HTTP API, the projector, the scheduler; one of them, or all in one process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from types import FrameType
from typing import Annotated, Any

import typer
import uvicorn

from services.api.app import create_app
from services.api.monitoring import monitored
from services.app_context import AppContext, consume, open_app_context, projecting
from services.cli import show
from services.cli.options import DataOption, PracticeOption
from services.commands.watch import run_watch, watching
from services.core.clock import Stopwatch
from services.core.errors import ClaimclockError
from services.core.logs import configure_logs, get_logger
from services.core.settings import Settings, load_settings
from services.core.working_directories import UPLOADS, sweep
from services.scheduler import run_scheduler, scheduling
from services.security.links import base_url, make_login_link
from services.security.people import list_people

log = get_logger(__name__)
SWEEP_AFTER = 3600.0  # seconds: other API processes may have uploads in hand


class ServeRole(StrEnum):
    all = "all"
    api = "api"
    projector = "projector"
    scheduler = "scheduler"
    watcher = "watcher"


class AddressTakenError(ClaimclockError):
    """Somebody else listens there."""


def serve(
    role: Annotated[ServeRole, typer.Option(help="Which services to run in this process.")] = ServeRole.all,
    host: Annotated[str | None, typer.Option(help="Address to bind (or CLAIMCLOCK_HOST).", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="Port to bind (or CLAIMCLOCK_PORT).", show_default=False)] = None,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Runs the web app and API, the projector and the scheduler until stopped.

    Examples: `claimclock serve`, `claimclock serve --role projector`.
    """
    settings = load_settings(data_dir=data, practice=practice, host=host, port=port)
    configure_logs(settings.log_level, as_json=settings.log_json)
    with _stoppable(), _listening(settings, role) as listener:
        while _served(settings, role, listener):
            log.info("restarting with the new time zone")


def _served(settings: Settings, role: ServeRole, listener: socket.socket | None) -> bool:
    """Runs until stopped; whether it is to start again."""
    with open_app_context(settings) as app_context:
        for caution in settings.cautions(app_context.settings.practice_zone):
            log.warning(caution)
        _run(app_context, role, listener)
        return app_context.restart.is_set()


def serve_demo(settings: Settings, start: datetime) -> None:
    """The web app over the demo's month, with its clock going on from `start`, and a link to sign in once."""
    configure_logs("WARNING")
    clock = RunningClock(start)
    with (
        _stoppable(),
        _listening(settings, ServeRole.all) as listener,
        open_app_context(settings, clock) as app_context,
    ):
        _say(f"One-time sign-in: {_login_link(app_context, 'demo', 'manager', lifetime=timedelta(hours=12))}")
        _say("Press Ctrl-C to stop.")
        _run(app_context, ServeRole.all, listener)


class RunningClock:
    """Goes on from an instant of another time."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._watch = Stopwatch()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._watch.seconds)


@contextmanager
def _stoppable() -> Iterator[None]:
    """A request to stop unwinds everything in order, instead of ending the process where it stands."""

    def leave(_number: int, _frame: Any) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(app_context: AppContext, role: ServeRole, listener: socket.socket | None) -> None:
    match role:
        case ServeRole.projector:
            with monitored(app_context, listener):
                asyncio.run(_until_told(app_context, consume))
        case ServeRole.scheduler:
            with monitored(app_context, listener):
                asyncio.run(_until_told(app_context, run_scheduler))
        case ServeRole.watcher:
            with monitored(app_context, listener):
                asyncio.run(_until_told(app_context, run_watch))
        case ServeRole.api:
            _answer(app_context, listener)
        case ServeRole.all:
            with projecting(app_context), scheduling(app_context), watching(app_context):
                _answer(app_context, listener)


async def _until_told(app_context: AppContext, service: Callable[[AppContext, asyncio.Event], Awaitable[None]]) -> None:
    """In the main thread, so that whatever ends the service ends the process, for its supervisor to start it again."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await service(app_context, stop)


def _answer(app_context: AppContext, listener: socket.socket | None) -> None:
    assert listener is not None
    before = app_context.clock.now().timestamp() - SWEEP_AFTER
    if left := sweep(app_context.settings, UPLOADS, before):
        log.warning("uploads of a killed process were removed; resend them", count=left)
    _greet(app_context)
    config = uvicorn.Config(
        create_app(app_context),
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=app_context.settings.trusted_proxies,
        timeout_graceful_shutdown=int(app_context.settings.graceful),
    )
    _Server(config, app_context).run(sockets=[listener.dup()])  # it closes what it is given, and may be started again


class _Server(uvicorn.Server):
    """Ends when the work in other threads has ended, so that its supervisor, or a person, sees it and restarts it."""

    def __init__(self, config: uvicorn.Config, app_context: AppContext) -> None:
        super().__init__(config)
        self._app = app_context

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A thread that hangs in a connection nobody answers must not keep the process: what it did is safe or not."""
        last_resort = threading.Timer(2 * self._app.settings.graceful + 5, _leave_at_once)
        last_resort.daemon = True
        last_resort.start()
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._app.health.ended is not None or self._app.restart.is_set()


def _leave_at_once() -> None:
    log.error("something did not stop in time; exiting anyway")
    os._exit(1)


@contextmanager
def _listening(settings: Settings, role: ServeRole) -> Iterator[socket.socket | None]:
    """Taken before anything is started: an address in use is reported at once."""
    port = settings.port if role in (ServeRole.all, ServeRole.api) else settings.monitor_port
    if port is None:
        yield None
        return
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, port), family=family, backlog=2048)
    except OSError as error:
        raise AddressTakenError(f"cannot listen on {settings.host}:{port}: {error.strerror}") from None
    with listener:
        yield listener


def _login_link(app_context: AppContext, user: str, role: str, **options: timedelta) -> str:
    return make_login_link(app_context.engine, app_context.settings, app_context.clock.now(), user, role, **options)


def _greet(app_context: AppContext) -> None:
    _say(f"Claimclock is at {base_url(app_context.settings)} (API: {base_url(app_context.settings)}/docs)")
    if not list_people(app_context.engine):
        link = _login_link(app_context, "admin", "admin")
        _say(f"Nobody can sign in yet. One-time sign-in as admin, valid 15 minutes: {link}")


def _say(text: str) -> None:
    show.console.print(text, soft_wrap=True, markup=False)
    sys.stdout.flush()
