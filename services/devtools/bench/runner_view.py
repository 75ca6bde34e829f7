"""The smallest application and projection that the `eventsourcing` package can run; needs the extra `dev`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Composed

from services.core.clock import Stopwatch

TIMEOUT = 600.0


class RunnerClaim(Aggregate):
    class Submitted(Aggregate.Created):
        charge: int

    class Answered(Aggregate.Event):
        status: str
        paid: int

    @event(Submitted)
    def __init__(self, charge: int) -> None:
        self.charge, self.paid = charge, 0

    @event(Answered)
    def answer(self, status: str, paid: int) -> None:
        self.status, self.paid = status, paid


class Claims(Application[UUID]):
    pass


class RunnerView(PostgresTrackingRecorder):
    """One row for each claim."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self.sql_create_statements.append(CREATE)

    def upsert(self, row: dict[str, Any], tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(UPSERT, row, prepare=True)
            self._insert_tracking(cursor, tracking)


CREATE = Composed([SQL("CREATE TABLE claim_view (id uuid PRIMARY KEY, status text, charge bigint, paid bigint)")])
UPSERT = SQL(
    "INSERT INTO claim_view (id, status, charge, paid) VALUES (%(id)s, %(status)s, %(charge)s, %(paid)s) "
    "ON CONFLICT (id) DO UPDATE SET status = excluded.status, paid = excluded.paid"
)


class ClaimProjection(Projection[RunnerView]):
    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        raise NotImplementedError

    @process_event.register
    def _submitted(self, domain_event: RunnerClaim.Submitted, tracking: Tracking) -> None:
        row = {"id": domain_event.originator_id, "status": "in_flight", "charge": domain_event.charge, "paid": 0}
        self.view.upsert(row, tracking)

    @process_event.register
    def _answered(self, domain_event: RunnerClaim.Answered, tracking: Tracking) -> None:
        row = {"id": domain_event.originator_id, "status": domain_event.status, "charge": 0, "paid": domain_event.paid}
        self.view.upsert(row, tracking)


def project_all(environment: dict[str, str], stories: list[int]) -> float:
    """Stores one claim for each story, with this many events, then projects them all: events per second."""
    claims = Claims(environment)
    last = None
    for length in stories:
        claim = RunnerClaim(charge=21_000)
        for number in range(length - 1):
            claim.answer("paid", number)
        last = claims.save(claim)[-1].notification.id
    watch = Stopwatch()
    with ProjectionRunner(
        application_class=Claims, projection_class=ClaimProjection, view_class=RunnerView, env=environment
    ) as runner:
        runner.wait(last, timeout=TIMEOUT)
        seconds = watch.seconds
    claims.close()
    return sum(stories) / seconds
