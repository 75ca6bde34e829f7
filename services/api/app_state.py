"""What all requests of one process share."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from sqlalchemy import Connection

from projections.terms.terms_in_force import Reference
from services.api.backpressure import Pressure
from services.api.live_updates import Changes
from services.api.readiness import ReadinessProbe
from services.app_context import AppContext
from services.core.errors import NotFoundError
from services.security.audit import AuditWriter
from services.security.limits import Buckets, Failures
from services.security.oidc import Oidc
from services.security.roles import Principal
from services.security.secrets import Signer
from services.store.reference import References

if TYPE_CHECKING:
    from services.api.metrics import Metrics

PAST_READS = 2  # reads of the past refold the log in memory: this many at once, no more


class SharedReferences(References):
    """References that threads may share. What is kept of one only ever grows, by answers that are always the same."""

    def __init__(self, known: References) -> None:
        super().__init__(known.zone, known.ref)
        self._lock = threading.Lock()

    def get(self, connection: Connection, practice: str) -> Reference:
        with self._lock:
            return super().get(connection, practice)


@dataclass
class AppState:
    """Made once per application."""

    app: AppContext
    metrics: Metrics
    references: References = field(init=False)
    signer: Signer = field(init=False)
    audit: AuditWriter = field(init=False)
    buckets: Buckets = field(init=False)
    refusals: Buckets = field(init=False)
    wrong_keys: Failures = field(init=False)
    pressure: Pressure = field(init=False)
    changes: Changes = field(init=False)
    oidc: Oidc = field(init=False)
    past: threading.BoundedSemaphore = field(init=False)
    readiness: ReadinessProbe = field(init=False)

    def __post_init__(self) -> None:
        settings = self.app.settings
        self.references = SharedReferences(self.app.references)
        self.signer = Signer(settings.cookie_secret())
        self.audit = AuditWriter(self.app.engine)
        self.buckets = Buckets(settings.rate_limit)
        self.refusals = Buckets(settings.refused_limit, burst=60)
        self.wrong_keys = Failures()
        self.pressure = Pressure(self.app)
        self.changes = Changes(self.app)
        self.oidc = Oidc(settings)
        self.readiness = ReadinessProbe(self.app)
        self.past = threading.BoundedSemaphore(PAST_READS)

    @property
    def idle(self) -> timedelta:
        return timedelta(seconds=self.app.settings.session_idle)

    @property
    def lifetime(self) -> timedelta:
        return timedelta(seconds=self.app.settings.session_lifetime)

    def now(self) -> datetime:
        return self.app.clock.now()

    def close(self) -> None:
        self.audit.close()
        self.readiness.close()


def office_of(request: Request) -> AppState:
    """A dependency, and for any code that holds a request."""
    return office_of_app(request.app)


def office_of_app(app: FastAPI) -> AppState:
    app_state: AppState = app.state.app_state
    return app_state


def practice_for(principal: Principal, wanted: str | None, usual: str) -> str:
    """The practice a request is about. Another one than the asker's is not there at all: NotFoundError."""
    return _one_of(principal.practices, wanted, usual)


def _one_of(mine: Sequence[str], wanted: str | None, usual: str) -> str:
    if not mine or (wanted is not None and wanted not in mine):
        raise NotFoundError("no such practice")
    return wanted or (usual if usual in mine else mine[0])
