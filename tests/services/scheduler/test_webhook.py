"""The webhook: signed, tried again when it fails, parked after the last try, called once, and sent no secrets."""

import hashlib
import hmac
import json
import threading
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from services.core.errors import SettingsError
from services.core.settings import Settings
from services.scheduler.webhook import webhook_of
from tests.services.scheduler.conftest import Practice, turn

FEBRUARY = datetime(2026, 2, 10, 14, tzinfo=UTC)


@pytest.fixture
def practice(new_engine):
    return Practice(new_engine(), "2026-01-05T14:00:00+00:00")


@pytest.fixture
def receiver():
    """A server that answers as it is set to, in turn, then 204; and keeps what it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.heard.append((dict(self.headers), body))
            self.send_response(server.answers.pop(0) if server.answers else 204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.heard, server.answers = [], []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def scheduler(practice, receiver):
    practice.sent("CLAIM-5502", "2025-03-10")
    practice.clock.set(FEBRUARY)
    address = f"http://127.0.0.1:{receiver.server_address[1]}/alerts"
    made = practice.scheduler(webhook_url=address, webhook_secret="hush", webhook_tries=4, webhook_timeout=2)
    made._webhook = webhook_of(made._settings)
    return made


def states(practice):
    with practice.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT state, tries, error FROM alert_delivery")]


def test_an_alert_is_told_once_and_signed(practice, scheduler, receiver):
    for _ in range(3):
        turn(scheduler)
    ((headers, body),) = receiver.heard
    stamp = headers["webhook-timestamp"]
    signed = f"{headers['webhook-id']}.{stamp}.".encode() + body
    expected = b64encode(hmac.new(b"hush", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert int(stamp) == int(FEBRUARY.timestamp())
    told = json.loads(body)
    assert told.pop("ref")
    assert told == {
        "type": "alert.raised.v1",
        "clock": "timely_filing",
        "step": "30d",
        "due": "2026-03-10",
        "attempt": None,
        "to": "owner",
        "amount": "210.00",
        "raised_at": FEBRUARY.isoformat(),
    }
    assert b"5502" not in body + json.dumps(headers).encode()  # neither the claim's number nor its patient's
    assert states(practice) == [("delivered", 1, None)]


def test_a_failed_try_is_repeated_later_and_later_until_it_works(practice, scheduler, receiver):
    receiver.answers = [500, 404, 302]
    waits = []
    for _ in range(25):
        turn(scheduler)
        if len(receiver.heard) > len(waits):
            waits.append((practice.clock.now() - FEBRUARY).total_seconds())
        practice.clock.advance(timedelta(seconds=10))
    assert waits == [0, 30, 90, 210]
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1
    assert states(practice) == [("delivered", 4, None)]


def test_after_the_last_try_it_is_parked(practice, scheduler, receiver):
    receiver.answers = [503] * 9
    for _ in range(8):
        turn(scheduler)
        practice.clock.advance(timedelta(hours=1))
    assert len(receiver.heard) == 4
    assert states(practice) == [("parked", 4, "the webhook answered 503")]


def test_nobody_there(practice, scheduler, receiver):
    address = f"http://127.0.0.1:{receiver.server_address[1]}/alerts"
    scheduler._webhook = webhook_of(Settings(webhook_url=address.replace("http:", "https:"), webhook_secret="x"))
    turn(scheduler)
    ((state, tries, error),) = states(practice)
    assert (state, tries) == ("waiting", 1)
    assert error.startswith("the webhook could not be reached (Connect")


def test_without_a_webhook_alerts_are_on_the_list_alone(practice, scheduler, receiver):
    scheduler._webhook = None
    turn(scheduler)
    assert states(practice) == [("listed", 0, None)]
    turn(practice.scheduler())
    assert (practice.deliveries, receiver.heard) == ([], [])


def test_a_webhook_needs_a_secret():
    with pytest.raises(SettingsError, match="CLAIMCLOCK_WEBHOOK_SECRET"):
        webhook_of(Settings(webhook_url="https://example.org/x"))
