"""Endpoints: each hears what it asked for, signed, once; again where it did not take it; never again on a rebuild."""

import json
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import standardwebhooks

from services.commands.endpoints import EndpointAdmin, EndpointError, EndpointWish
from services.core.errors import NotFoundError
from services.presentation.notifications import message
from services.projector.rebuild import mark_for_rebuild
from services.reads.endpoints import deliveries, endpoint, endpoints
from services.reads.read_context import ReadContext
from tests.services.scheduler.conftest import LINE, Practice, references, turn

START = "2026-01-05T14:00:00+00:00"
DENIED = [{"group": "CO", "reason": "50", "amount": "210.00"}]


@pytest.fixture
def practice(new_engine):
    return Practice(new_engine(), START)


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
    server.address = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class House:
    """A scheduler with endpoints."""

    def __init__(self, practice, **settings):
        self.practice = practice
        self.scheduler = practice.scheduler(webhook_tries=3, webhook_timeout=2, **settings)
        self.scheduler._webhook = None
        self.scheduler.beat()

    def admin(self):
        return EndpointAdmin(
            engine=self.practice.engine,
            settings=self.scheduler._settings,
            practice="default",
            by="ada",
            now=self.practice.clock.now(),
        )

    def add(self, address, **wish):
        return self.admin().add(EndpointWish(name="test", address=address, **wish))

    def run(self):
        turn(self.scheduler)
        self.scheduler.run("notify")
        self.scheduler.run("webhooks")

    def context(self):
        return ReadContext(
            engine=self.practice.engine, references=references(), practice="default", at=self.practice.clock.now()
        )

    def deliveries(self):
        return [(row["kind"], row["state"], row["tries"]) for row in deliveries(self.context()).items]


@pytest.fixture
def house(practice):
    return House(practice, public_url="https://desk.example.org")


def kinds(receiver):
    return sorted(json.loads(body)["type"] for _, body in receiver.heard)


CONTRACT = {
    "contract_id": "acme",
    "version": "1",
    "scope": {"payer_id": "ACME"},
    "effective_from": "2025-01-01",
    "method": "per_unit",
    "rates": [{"procedure": LINE["procedure"], "amount": "100.00"}],
}


def month(practice):
    """A claim of each kind, folded."""
    for name in ("5501", "5502", "5503"):
        practice.sent(f"CLAIM-{name}", "2025-11-03", payer="ACME")
    practice.answered("payment.posted.v1", "CLAIM-5501", "2026-01-06", [], paid="210.00", payer_id="ACME")
    practice.answered("claim.denied.v1", "CLAIM-5502", "2026-01-06", DENIED, payer_id="ACME")
    practice.tell(
        "claim.rejected.v1",
        {
            "claim_id": "CLAIM-5503",
            "stage": "clearinghouse",
            "codes": [{"list": "277", "category": "A3", "status": "21"}],
            "occurred_on": "2026-01-06",
        },
    )
    practice.tell(
        "remittance.received.v1",
        {
            "remit": {"trace_number": "T77", "payment_date": "2026-01-06", "total_paid": "9.00"},
            "payer": {"name": "ACME"},
            "claim_count": 1,
            "balanced": False,
            "differences": [],
        },
    )
    practice.publish([b'{"no": "event"}'])
    practice.fold()


def test_each_kind_is_told_once_signed_and_names_nobody(practice, house, receiver):
    _, secret = house.add(receiver.address)
    practice.clock.advance(timedelta(minutes=5))
    month(practice)
    for _ in range(3):
        house.run()
    told = kinds(receiver)
    assert [
        kind for kind in told if kind in ("claim.paid", "claim.denied", "claim.rejected", "remittance.unbalanced")
    ] == ["claim.denied", "claim.paid", "claim.rejected", "remittance.unbalanced"]
    assert told.count("file.unreadable") == 1
    for headers, body in receiver.heard:
        stamp = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        assert stamp == practice.clock.now().replace(microsecond=0)
        standardwebhooks.Webhook(secret).sign(headers["webhook-id"], stamp, body.decode())
        assert headers["webhook-signature"] == standardwebhooks.Webhook(secret).sign(
            headers["webhook-id"], stamp, body.decode()
        )
        assert b"CLAIM-55" not in body
        assert b"P-CLAIM" not in body
    (paid,) = [json.loads(body) for _, body in receiver.heard if b"claim.paid" in body]
    assert paid["data"]["amount"] == "210.00"
    assert paid["data"]["link"] == f"https://desk.example.org/claims/{paid['data']['ref']}"
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == len(receiver.heard)


def test_what_was_before_an_endpoint_is_no_news(practice, house, receiver):
    month(practice)
    practice.clock.advance(timedelta(days=2))
    house.run()
    house.add(receiver.address)
    house.run()
    assert receiver.heard == []


def test_a_rebuild_tells_nothing_again(practice, house, receiver):
    house.add(receiver.address)
    month(practice)
    house.run()
    before = len(receiver.heard)
    mark_for_rebuild(practice.engine)
    practice.fold()
    house.run()
    assert len(receiver.heard) == before > 0


def test_an_endpoint_hears_only_what_it_asked_for(practice, house, receiver):
    house.add(receiver.address, kinds=["claim.paid", "claim.denied"], payers=["ACME"], least_amount=Decimal("100.00"))
    house.add(receiver.address + "/other", kinds=["claim.paid"], payers=["CEDAR"])
    house.add(receiver.address + "/dear", kinds=["claim.paid"], least_amount=Decimal("500.00"))
    practice.clock.advance(timedelta(minutes=5))
    month(practice)
    house.run()
    assert kinds(receiver) == ["claim.denied", "claim.paid"]


def test_full_content_is_a_choice(practice, house, receiver):
    house.add(receiver.address, kinds=["claim.paid"], full_content=True)
    month(practice)
    house.run()
    ((_, body),) = receiver.heard
    assert json.loads(body)["data"]["event"]["claim_id"] == "CLAIM-5501"


def test_after_a_rotation_both_secrets_sign_for_a_day(practice, house, receiver):
    endpoint_id, old = house.add(receiver.address)
    new = house.admin().rotate(endpoint_id)
    house.admin().test(endpoint_id)
    house.run()
    practice.clock.advance(timedelta(hours=25))
    house.admin().test(endpoint_id)
    house.run()
    tests = [(headers, body) for headers, body in receiver.heard if b'"test"' in body]
    signatures = [headers["webhook-signature"].split() for headers, _ in tests]
    assert [len(each) for each in signatures] == [2, 1]
    headers, body = tests[0]
    stamp = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert {standardwebhooks.Webhook(key).sign(headers["webhook-id"], stamp, body.decode()) for key in (old, new)} == {
        *signatures[0]
    }
    assert endpoint(house.context(), endpoint_id)["version"] == 2


def test_back_off_parking_and_replay(practice, house, receiver):
    endpoint_id, _ = house.add(receiver.address, kinds=["claim.paid"])
    house.admin().test(endpoint_id)
    receiver.answers = [500] * 3
    for _ in range(12):
        house.run()
        practice.clock.advance(timedelta(seconds=30))
    assert house.deliveries() == [("test", "parked", 3)]
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1
    row = deliveries(house.context()).items[0]
    assert row["error"] == "the address answered 500"
    house.admin().replay(row["id"])
    house.run()
    assert house.deliveries() == [("test", "delivered", 1)]
    with pytest.raises(NotFoundError):
        house.admin().replay("nobody")


def test_a_paused_endpoint_hears_nothing_and_nothing_later(practice, house, receiver):
    endpoint_id, _ = house.add(receiver.address)
    house.admin().pause(endpoint_id, paused=True)
    month(practice)
    house.run()
    practice.clock.advance(timedelta(days=2))
    house.admin().pause(endpoint_id, paused=False)
    house.run()
    assert not [kind for kind in kinds(receiver) if kind.startswith("claim.")]
    house.admin().remove(endpoint_id)
    assert endpoints(house.context()) == []


def test_missed_and_silent_clocks(practice, house, receiver):
    house.add(receiver.address, kinds=["deadline.approaching", "deadline.missed", "payer.silent"])
    practice.sent("CLAIM-5504", "2025-03-10")
    practice.fold()
    for _ in range(80):
        practice.clock.advance(timedelta(days=1))
        house.run()
    told = [json.loads(body)["data"] | {"type": json.loads(body)["type"]} for _, body in receiver.heard]
    approaching = [one for one in told if one["type"] == "deadline.approaching"]
    missed = [one for one in told if one["type"] == "deadline.missed" and one["clock"] == "timely_filing"]
    assert approaching
    assert len(missed) == 1
    assert missed[0]["due"] == "2026-03-10"


def test_a_payer_that_does_not_answer_is_told_once_for_each_clock(practice, house, receiver):
    house.add(receiver.address, kinds=["payer.silent"])
    practice.sent("CLAIM-5505", "2026-01-05")
    practice.fold()
    for _ in range(60):
        practice.clock.advance(timedelta(days=1))
        house.run()
    silent = [(one["clock"], one["due"]) for one in map(_data, receiver.heard)]
    assert len(silent) == len(set(silent)) > 0


def _data(heard):
    told = json.loads(heard[1])
    return told["data"] | {"type": told["type"]}


def test_an_underpaid_line_and_a_reversal_are_told(practice, house, receiver):
    house.add(receiver.address, kinds=["claim.underpaid", "payment.reversed"])
    practice.clock.advance(timedelta(minutes=5))
    practice.tell("contract.published.v1", CONTRACT)
    practice.sent("CLAIM-5506", "2026-01-03", payer="ACME")
    practice.fold()
    contractual = [{"group": "CO", "reason": "45", "amount": "160.00"}]
    answer = {"payer_id": "ACME", "dos": "2026-01-03", "patient_responsibility": "0.00"}
    practice.answered("payment.posted.v1", "CLAIM-5506", "2026-01-06", contractual, paid="50.00", **answer)
    practice.fold()
    house.run()
    (underpaid,) = map(_data, receiver.heard)
    assert (underpaid["type"], underpaid["amount"]) == ("claim.underpaid", "150.00")
    back = [{"group": "CO", "reason": "45", "amount": "-160.00"}]
    more = answer | {"status_code": "22", "charge": "-210.00"}
    practice.answered("payment.reversed.v1", "CLAIM-5506", "2026-01-07", back, paid="-50.00", **more)
    practice.fold()
    house.run()
    house.run()
    assert [_data(one)["type"] for one in receiver.heard] == ["claim.underpaid", "payment.reversed"]


def test_a_summary_a_day_in_numbers(practice, house, receiver):
    house.add(receiver.address, kinds=["digest.daily"])
    practice.sent("CLAIM-5505", "2025-03-10")
    practice.fold()
    for _ in range(6):
        practice.clock.advance(timedelta(hours=12))
        house.run()
    told = [json.loads(body)["data"] for _, body in receiver.heard]
    assert len({one["day"] for one in told}) == len(told) == 3
    assert told[0]["lists"]["filing"]["amount"] == "210.00"


def test_a_summary_that_was_missed_is_sent_once_and_the_next_in_its_turn(practice, house, receiver):
    """Nothing ran for days: the newest missed day alone, at once; then the day's own at its hour."""
    house.add(receiver.address, kinds=["digest.daily"])
    practice.sent("CLAIM-5506", "2025-03-10")
    practice.fold()
    house.run()
    receiver.heard.clear()
    practice.clock.advance(timedelta(days=4) - timedelta(hours=3))  # from 8:00 to 5:00, before the hour of the day
    for _ in range(3):
        house.run()
    practice.clock.advance(timedelta(hours=4))
    for _ in range(3):
        house.run()
    told = [json.loads(body)["data"] for _, body in receiver.heard]
    assert [(one["day"], one.get("late")) for one in told] == [("2026-01-08", True), ("2026-01-09", None)]
    assert "The summary of Jan 8, 2026, sent late" in message("digest.daily", told[0])[1]


def test_mail_and_chat_are_sent_in_words(practice, house, receiver):
    pytest.importorskip("apprise")
    address = receiver.address.replace("http://", "json://")
    house.add(address, kinds=["claim.denied", "digest.daily"])
    month(practice)
    house.run()
    ((_, body),) = receiver.heard
    told = json.loads(body)
    assert told["title"] == "A claim was denied"
    assert "Amount: $210.00" in told["message"]
    assert "5502" not in body.decode().replace(str(receiver.server_address[1]), "")
    assert house.deliveries() == [("claim.denied", "delivered", 1)]


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ({"address": "http://example.org/hook"}, "https"),
        ({"address": "gopher://example.org"}, "apprise knows"),
        ({"address": "https://169.254.169.254/latest/meta-data"}, "nothing is sent to"),
        ({"address": "https://10.0.0.5/hook"}, "CLAIMCLOCK_NOTIFY_INSIDE"),
        ({"address": "json://example.org/hook"}, "use jsons://"),
        ({"address": "jsons://192.168.0.1/hook"}, "CLAIMCLOCK_NOTIFY_INSIDE"),
        ({"address": "https://example.org", "kinds": ["claim.eaten"]}, "claim.eaten"),
    ],
)
def test_an_endpoint_that_cannot_be(house, wish, problem):
    pytest.importorskip("apprise")
    with pytest.raises(EndpointError, match=problem):
        house.add(**wish)


def test_addresses_are_shown_without_what_may_be_a_password(house, caplog):
    pytest.importorskip("apprise")
    with pytest.raises(EndpointError):
        house.add("nonsense://user:hush@example.org")
    assert "hush" not in caplog.text
    endpoint_id, _ = house.add("mailto://user:hush@mail.example.org/?to=team@example.org")
    shown = json.dumps(endpoint(house.context(), endpoint_id))
    assert "hush" not in shown
    assert "mail.example.org" in shown
    with house.practice.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT address FROM notified_endpoint").scalar()
    assert b"hush" not in bytes(stored)
