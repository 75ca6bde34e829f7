"""The jobs of the scheduler. Each may run at any time, in any process: only the leader's do anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from services.app_context import AppContext
from services.core.clock import Clock, SystemClock
from services.core.error_words import describe
from services.core.errors import ClaimclockError
from services.core.logs import get_logger
from services.core.settings import Settings
from services.messaging.redis_url import Client
from services.reads.read_context import ReadContext
from services.reads.rule_status import rule_status
from services.scheduler import maintenance as chores
from services.scheduler import outbox
from services.scheduler.due import due_alerts
from services.scheduler.lease import Lease, LeaseLostError
from services.scheduler.maintenance import JobFigures
from services.scheduler.notifier import Notifier
from services.scheduler.rule_alerts import rule_alerts
from services.scheduler.webhook import Webhook, webhook_of
from services.store.dialect import dialect_of
from services.store.engine import writing
from services.store.partitions import prepare_log
from services.store.reference import References
from services.store.sealing import seal_all

AT_ONCE = 500  # alerts put into the stream together
TRIES_AT_ONCE = 50  # tries of deliveries before other jobs have their turn

CLOCKS_APART = timedelta(minutes=5)

log = get_logger(__name__)


class ClockError(ClaimclockError):
    """What time it is cannot be known: two clocks that should agree do not."""


class Scheduler:
    """One for each process; any number of processes. A job runs in one thread at a time."""

    def __init__(
        self,
        engine: Engine,
        references: Callable[[], References],
        clock: Clock,
        settings: Settings,
        *,
        publish: Callable[[Sequence[bytes]], object],
        client: Client | None = None,
    ) -> None:
        self._engine = engine
        self._references = references  # makes caches; each job that needs one has its own, as jobs run side by side
        self._alert_references = references()
        self._clock = clock
        self._settings = settings
        self._publish = publish
        self._client = client
        self._webhook: Webhook | None = webhook_of(settings)
        self.lease = Lease(engine, clock, settings.lease)
        self._notifier = Notifier(engine=engine, settings=settings, clock=clock, check=self.lease.check)
        self.stopping = False  # set by a caller that wants the jobs in hand to end soon
        self.jobs: dict[str, tuple[Callable[[datetime], JobFigures], float]] = {
            "alerts": (self._alerts, settings.alerts_every),
            "deliver": (self._deliver, settings.deliver_every),
            "returns": (self._returns, settings.alerts_every),
            "seal": (self._seal, settings.seal_every),
            "trim": (self._trim, settings.trim_every),
            "verify": (self._verify, settings.trim_every),
            "rules": (self._rules, settings.trim_every),
            "notify": (self._notify, settings.deliver_every),
            "webhooks": (self._webhooks, settings.deliver_every),
        }

    def beat(self) -> bool:
        """Takes or renews the lease; whether this process leads. To be called well before the lease runs out."""
        before = self.lease.held
        try:
            leads = self.lease.hold()
        except DBAPIError as error:
            log.warning("the lease could not be renewed", error=describe(error))
            return before
        if leads != before:
            log.info("this scheduler leads now" if leads else "this scheduler does not lead")
        return leads

    def run(self, name: str) -> JobFigures | None:
        """Runs one job if this process leads, and notes how it went; None where it did not run, or failed."""
        if not self.lease.held:
            return None
        job, _ = self.jobs[name]
        now = self._clock.now()
        try:
            if name == "alerts":
                self._compare_clocks(now)
            figures = job(now)
            if figures:
                self._note(name, now, figures)
        except LeaseLostError:
            log.warning("a job was dropped: another scheduler leads now", job=name)
        except (ClaimclockError, DBAPIError, OSError) as error:
            log.warning("a job failed; it will run again", job=name, error=describe(error))
            with suppress(ClaimclockError, DBAPIError):
                self._note(name, now, {}, describe(error))
        else:
            return figures
        return None

    def _compare_clocks(self, now: datetime) -> None:
        """A clock that is days ahead would raise the alerts of days to come, for good. Raises ClockError."""
        if not isinstance(self._clock, SystemClock):
            return  # the demo's month, and tests, have a time of their own
        with self._engine.connect() as connection:
            theirs = dialect_of(connection).now(connection)
        if theirs is not None and abs(theirs - now) > CLOCKS_APART:
            raise ClockError("this machine's clock and the database's are minutes apart: set it right")

    def _note(self, name: str, now: datetime, figures: JobFigures, error: str | None = None) -> None:
        with writing(self._engine) as connection:
            self.lease.check(connection)
            chores.note_run(connection, name, now, figures, error)

    def _alerts(self, now: datetime) -> JobFigures:
        """Records what is due, puts it into the stream, and finds what has come into the log."""
        with self._engine.connect() as connection, connection.begin():
            found = outbox.unheard(connection, due_alerts(connection, self._alert_references, now))
        raised = 0
        if found:
            with writing(self._engine) as connection:
                self.lease.check(connection)
                raised = outbox.record(connection, found, now)
        while bodies := self._unpublished(now):
            self._publish(bodies)
        return {"raised": raised, "logged": self._confirm(now)}

    def _unpublished(self, now: datetime) -> list[bytes]:
        with writing(self._engine) as connection:
            self.lease.check(connection)
            return outbox.take_unpublished(connection, now, AT_ONCE)

    def _confirm(self, now: datetime) -> int:
        with writing(self._engine) as connection:
            self.lease.check(connection)
            return outbox.confirm(connection, now, webhook=self._webhook is not None)

    def _deliver(self, now: datetime) -> JobFigures:
        """Notifies the webhook of what is in the log."""
        self._confirm(now)
        tries = failures = 0
        while self._webhook is not None and tries < TRIES_AT_ONCE and not self.stopping:
            with writing(self._engine) as connection:
                self.lease.check(connection)
                taken = outbox.take_try(connection, now, self._settings.webhook_backoff)
            if taken is None:
                break
            number, body = taken
            error = outbox.send(self._webhook, number, body, self._clock.now)
            with writing(self._engine) as connection:  # whichever scheduler leads by now: what was sent was sent
                outbox.settle_try(connection, number, self._clock.now(), error, self._settings.webhook_tries)
            tries, failures = tries + 1, failures + (error is not None)
        return {"tries": tries, "failures": failures} if tries else {}

    def _notify(self, now: datetime) -> JobFigures:
        """Writes down what endpoints asked to be notified of."""
        return self._notifier.collect(self._references(), now)

    def _webhooks(self, now: datetime) -> JobFigures:
        """Sends it."""
        return self._notifier.deliver(now, lambda: self.stopping)

    def _returns(self, now: datetime) -> JobFigures:
        with self._engine.connect() as connection, connection.begin():
            return chores.count_returns(connection, chores.last_run(connection, "returns"), now)

    def _seal(self, now: datetime) -> JobFigures:
        return dict(seal_all(self._engine, self._settings, now, self.lease.check))

    def _trim(self, now: datetime) -> JobFigures:
        with writing(self._engine) as connection:
            made = prepare_log(connection)
        done = chores.trim_stream(self._client, self._settings, now) if self._client is not None else {}
        return done | ({"log_partitions": len(made)} if made else {})

    def _rules(self, now: datetime) -> JobFigures:
        """Once a night, and at the first start: a year or quarter ending without its successor is reported in time."""
        with self._engine.connect() as connection:
            last = chores.last_run(connection, "rules")
        if last is not None and not chores.is_night(last, now, self._settings.nightly_at, self._settings.zone):
            return {}
        context = ReadContext(
            engine=self._engine, references=self._references(), practice=self._settings.practice, at=now
        )
        missing = rule_status(context)
        with self._engine.connect() as connection, connection.begin():
            found = outbox.unheard(connection, list(rule_alerts(context, missing, now)))
        if found:
            with writing(self._engine) as connection:
                self.lease.check(connection)
                outbox.record(connection, found, now)  # the next round of alerts publishes them
        return chores.missing_rules(context, missing) | {"alerts": len(found)}

    def _verify(self, now: datetime) -> JobFigures:
        """Once a night. The first start only notes when it was."""
        with self._engine.connect() as connection:
            last = chores.last_run(connection, "verify")
        if last is None:
            return {"started": True}
        if not chores.is_night(last, now, self._settings.nightly_at, self._settings.zone):
            return {}
        return chores.verify_some(self._engine, self._references(), self._settings.verify_sample, now)


def make_scheduler(app: AppContext) -> Scheduler:
    def references() -> References:
        return References(app.settings.zone, app.references.ref)

    return Scheduler(
        app.engine,
        references,
        app.clock,
        app.settings,
        publish=lambda bodies: app.publisher().publish(bodies),
        client=app.client,
    )
