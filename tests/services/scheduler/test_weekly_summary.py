"""The weekly summary: once for each week no matter who leads, for the practice's own week, by mail with a PDF, naming nobody."""

import email
import email.policy
import io
import json
import socketserver
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import select

from services.commands.endpoints import EndpointAdmin, EndpointWish
from services.core.clock import FixedClock
from services.presentation.weekly_summary import mail_body
from services.scheduler.weekly import week_to_tell
from services.store.webhook_tables import NOTIFICATION
from tests.services.scheduler.conftest import ZONE, Practice, turn

START = "2026-01-07T14:00:00+00:00"  # a Wednesday
CANARY = "CANARY-77"


class SmtpSink(socketserver.StreamRequestHandler):
    """As much of SMTP as a mail needs; keeps each mail."""

    def handle(self):
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    text += part[1:] if part.startswith(b"..") else part
                self.server.mails.append(text)
            if verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def mailbox():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), SmtpSink) as server:
        server.daemon_threads, server.mails = True, []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def practice(new_engine):
    practice = Practice(new_engine(), START)
    practice.sent(CANARY, "2026-01-05")
    rejected = {"claim_id": CANARY, "stage": "payer", "category": "A7"}
    practice.tell("claim.rejected.v1", rejected, "2026-01-07T15:00:00+00:00")
    practice.fold()
    return practice


def listening(practice, address, scheduler):
    admin = EndpointAdmin(
        engine=practice.engine,
        settings=scheduler._settings,
        practice="default",
        by="ada",
        now=practice.clock.now(),
    )
    return admin.add(EndpointWish(name="manager", address=address, kinds=["summary.weekly"]))


def test_a_mail_with_its_pdf_once_a_week_though_two_schedulers_run(practice, mailbox):
    pytest.importorskip("apprise")
    one, two = (practice.scheduler() for _ in range(2))
    one._webhook = two._webhook = None
    port = mailbox.server_address[1]
    listening(practice, f"mailto://127.0.0.1:{port}/?from=desk@clinic.test&to=boss@clinic.test", one)
    for _ in range(13 * 24):
        practice.clock.advance(timedelta(hours=1))
        for scheduler in (one, two):  # the one that gets the lease; then the other takes over
            scheduler.beat()
            turn(scheduler)
            scheduler.run("notify")
            scheduler.run("webhooks")
            scheduler.lease.release()
    with practice.engine.connect() as connection:
        told = connection.execute(select(NOTIFICATION.c.occasion, NOTIFICATION.c.happened_at)).all()
    assert [name for name, _ in told] == ["2026-01-11", "2026-01-18"]
    chicago = [at.astimezone(ZONE) for _, at in told]
    assert [(at.strftime("%a"), at.hour) for at in chicago] == [("Mon", 7), ("Mon", 7)]
    assert len(mailbox.mails) == 2
    mail = email.message_from_bytes(mailbox.mails[0], policy=email.policy.default)
    assert "Weekly summary" in mail["subject"]
    text = mail.get_body(("plain", "html")).get_content()
    assert "Claims rejected: 1" in text
    (attached,) = [part for part in mail.walk() if part.get_content_type() == "application/pdf"]
    assert attached.get_filename() == "week-to-2026-01-11.pdf"
    page = PdfReader(io.BytesIO(attached.get_content())).pages[0].extract_text()
    assert "Claims rejected" in page
    assert CANARY not in mailbox.mails[0].decode() + text + page


def test_a_webhook_gets_the_figures(practice, mailbox):
    scheduler = practice.scheduler()
    scheduler._webhook = None
    scheduler.beat()
    listening(practice, "http://127.0.0.1:9/hook", scheduler)
    scheduler.run("notify")
    practice.clock.advance(timedelta(days=6))
    scheduler.beat()
    scheduler.run("notify")
    with practice.engine.connect() as connection:
        (body,) = connection.scalars(select(NOTIFICATION.c.body))
    assert json.loads(body)["data"]["week"]["this"]["rejected"] == 1
    assert CANARY not in body
    assert mailbox.mails == []


def test_after_a_pause_of_weeks_the_newest_is_sent_once_and_names_its_days(practice):
    scheduler = practice.scheduler()
    scheduler._webhook = None
    scheduler.beat()
    listening(practice, "http://127.0.0.1:9/hook", scheduler)
    scheduler.run("notify")
    practice.clock.advance(timedelta(days=22))  # nothing ran over three Mondays
    for _ in range(3):
        scheduler.beat()
        scheduler.run("notify")
        practice.clock.advance(timedelta(minutes=30))
    with practice.engine.connect() as connection:
        (told,) = connection.execute(select(NOTIFICATION.c.occasion, NOTIFICATION.c.body)).all()
    assert told.occasion == "2026-01-25"
    week = json.loads(told.body)["data"]["week"]
    assert (week["from"], week["to"]) == ("2026-01-19", "2026-01-25")
    assert "Jan 19" in mail_body(week, "default", "x")


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001
    st.sampled_from(["America/Chicago", "Pacific/Honolulu", "Asia/Tokyo", "UTC"]),
    st.sampled_from(["00:00", "07:00", "23:59"]),
    st.integers(1, 400),
)
def test_each_week_has_its_turn_and_only_one(start, zone_name, at, hours):
    """Looked at every few hours: a week is told at most once, always an ended Sunday, none is skipped that was seen."""
    zone = ZoneInfo(zone_name)
    clock = FixedClock(start.replace(tzinfo=UTC))
    last, told = clock.now(), []
    for _ in range(30):
        clock.advance(timedelta(hours=hours))
        sunday = week_to_tell(last, clock.now(), at, zone)
        if sunday is not None:
            told.append(sunday)
            last = clock.now()
            assert sunday.weekday() == 6
            assert sunday < clock.now().astimezone(zone).date()
            assert clock.now().astimezone(zone).date() - sunday <= timedelta(days=8)
    assert len(set(told)) == len(told)
    if hours <= 7 * 24 and told:
        assert all(later - earlier == timedelta(days=7) for earlier, later in pairwise(told))
