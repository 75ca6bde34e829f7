"""A practice whose clocks can be watched: claims reported event by event, and schedulers over their rows."""

import itertools
import json
import tempfile
import threading
from datetime import datetime

import pytest

from services.core.clock import FixedClock
from services.core.settings import Settings
from services.projector.projector import Projector
from services.scheduler.scheduler import Scheduler
from services.store.reference import References, ref_maker
from tests.services.projector.conftest import ZONE, engine, new_engine  # noqa: F401

LINE = {"number": 1, "procedure": "97530", "modifiers": ["GP"], "units": 2, "charge": "210.00"}


def references():
    return References(ZONE, ref_maker(b"test"))


class Practice:
    """A database, its clock, and what comes into it."""

    def __init__(self, engine, start):  # noqa: F811
        self.engine = engine
        self.home = tempfile.mkdtemp(prefix="cc-")
        self.clock = FixedClock(datetime.fromisoformat(start))
        self.deliveries = []  # what a webhook heard: the number and the body of each alert
        self._numbers = itertools.count(1)
        self._projector, self._turn = Projector(engine, references(), self.clock), threading.Lock()

    def tell(self, kind, data, time=None, **more):
        """An event, processed at once."""
        number = next(self._numbers)
        event = {
            "specversion": "1.0",
            "id": f"e{number}",
            "source": "test",
            "type": kind,
            "subject": data.get("claim_id", "x"),
            "time": time or self.clock.now().isoformat(),
            "data": data,
        }
        self.publish([json.dumps(event | more).encode()])
        return event

    def publish(self, bodies):
        """What the stream would bring, with entry ids of its own."""
        entries = [(f"{next(self._numbers)}-0", {b"event": body}) for body in bodies]
        with self._turn:
            self._projector.process(entries)

    def fold(self):
        """All that is marked."""
        with self._turn:
            while self._projector.drain():
                pass

    def scheduler(self, **settings):
        settings = Settings(practice_zone=str(ZONE), **{"data_dir": self.home, **settings})
        made = Scheduler(self.engine, references, self.clock, settings, publish=self.publish)
        made._webhook = self
        return made

    def send(self, body, number, _at):
        self.deliveries.append((number, json.loads(body)))

    def sent(self, claim_id, dos, time=None, payer="MEDICARE", **more):
        self.tell(
            "claim.submitted.v1",
            {
                "claim_id": claim_id,
                "patient_id": f"P-{claim_id}",
                "payer_id": payer,
                "billing_npi": "1999999984",
                "place_of_service": "11",
                "total_charge": "210.00",
                "lines": [LINE | {"dos": dos}],
                "frequency": "1",
            }
            | more,
            time or f"{dos}T22:00:00+00:00",
        )

    def answered(self, kind, claim_id, notice, adjustments, paid="0.00", **more):
        dos = more.pop("dos", "2025-11-03")
        line = LINE | {"paid": paid, "adjustments": adjustments, "dos": dos}
        self.tell(
            kind,
            {
                "claim_id": claim_id,
                "payer_id": "MEDICARE",
                "status_code": "1",
                "charge": "210.00",
                "paid": paid,
                "remit": {"trace_number": f"T{next(self._numbers)}", "payment_date": notice, "total_paid": paid},
                "ordinal": 1,
                "lines": [line],
            }
            | more,
            f"{notice}T15:00:00+00:00",
        )

    def alerts(self):
        """(claim, clock, step, to) of every alert in the log, in its order."""
        with self.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT data FROM event_log WHERE type = 'alert.raised.v1' ORDER BY position"
            ).all()
        told = [json.loads(row[0]) for row in rows]
        return [(d["claim_id"], d["clock"], d["step"], d["to"]) for d in told]


def turn(scheduler):
    """All that a scheduler does about alerts, once."""
    scheduler.beat()
    for job in ("alerts", "deliver", "returns"):
        scheduler.run(job)


@pytest.fixture
def practice(engine):  # noqa: F811
    return Practice(engine, "2026-01-05T14:00:00+00:00")
