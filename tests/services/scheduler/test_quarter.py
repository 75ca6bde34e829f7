"""A simulated quarter: every alert is raised and delivered exactly once, however many schedulers run or restart."""

import random
import threading
from datetime import datetime, timedelta

from services.projector.rebuild import mark_for_rebuild
from services.scheduler.lease import Lease
from services.store.engine import writing
from tests.services.scheduler.conftest import turn

DENIED = [{"group": "CO", "reason": "50", "amount": "210.00"}]
FEBRUARY = datetime.fromisoformat("2026-02-10T14:00+00:00")
LADDER = ("60d", "30d", "14d", "7d", "3d", "1d")


def days(claim_id, clock, *steps):
    return [(claim_id, clock, step, "owner") for step in steps]


# What a person calculates from the dates below, in the practice's zone (America/Chicago).
EXPECTED = [
    *days("FILING", "timely_filing", *LADDER),  # service on 10 March 2025: until 10 March 2026
    *days("STOPPED", "timely_filing", "60d", "30d"),  # accepted on 20 February, before the next step
    *days("DENIED", "appeal_1", *LADDER),  # notice of 20 November: 120 days, until 20 March
    *days("AGAIN", "appeal_1", "60d", "30d"),  # until 31 March; from 5 March another notice counts
    *days("RECORDS", "records", "14d", "7d", "3d", "1d"),  # asked on 20 January for 10 February
    *days("CREDIT", "refund", "30d", "14d", "7d", "3d", "1d"),  # 60 days from 12 January: starts on its first step
    ("REJECTED", "rejection_resubmit", "12h", "owner"),
    ("REJECTED", "rejection_resubmit", "20h", "lead"),
    ("REJECTED", "rejection_resubmit", "24h", "manager"),
    ("REJECTED", "rejection_resubmit", "72h", "director"),
    ("MENDED", "rejection_resubmit", "12h", "owner"),  # sent again in the sixteenth hour
]


def before(practice):
    """What was there when the quarter began."""
    practice.sent("FILING", "2025-03-10")
    practice.sent("STOPPED", "2025-03-12")
    for claim_id, notice in (("DENIED", "2025-11-20"), ("AGAIN", "2025-12-01")):
        practice.sent(claim_id, "2025-11-03")
        practice.answered("claim.denied.v1", claim_id, notice, DENIED, payer_claim_number=f"I{claim_id}")
    practice.sent("RECORDS", "2025-12-20")
    practice.sent("CREDIT", "2025-12-21")
    for claim_id in ("REJECTED", "MENDED"):
        practice.sent(claim_id, "2026-01-30")


def news(practice):
    """What comes in during the quarter: when, and how it is reported."""
    rejected = {"stage": "payer", "codes": [{"list": "277", "category": "A7", "status": "562"}]}

    def pay():
        paid = [{"group": "CO", "reason": "45", "amount": "100.00"}]
        practice.answered("payment.posted.v1", "CREDIT", "2026-01-12", paid, "110.00", payer_claim_number="IC")
        practice.answered("payment.posted.v1", "CREDIT", "2026-01-12", paid, "110.00", payer_claim_number="ID")

    def deny_again():
        back = {"status_code": "22", "charge": "-210.00", "payer_claim_number": "IAGAIN"}
        undone = [{"group": "CO", "reason": "50", "amount": "-210.00"}]
        practice.answered("payment.reversed.v1", "AGAIN", "2026-03-05", undone, "0.00", **back)
        practice.answered("claim.denied.v1", "AGAIN", "2026-03-05", DENIED, payer_claim_number="IAGAIN2")

    return {
        "2026-01-12T15:00": pay,
        "2026-01-20T15:00": lambda: practice.tell(
            "records.requested.v1", {"claim_id": "RECORDS", "due_on": "2026-02-10"}
        ),
        "2026-02-02T15:00": lambda: [
            practice.tell("claim.rejected.v1", {"claim_id": claim_id} | rejected) for claim_id in ("REJECTED", "MENDED")
        ],
        "2026-02-03T06:30": lambda: practice.sent("MENDED", "2026-01-30", "2026-02-03T06:30:00+00:00"),
        "2026-02-20T15:00": lambda: practice.tell(
            "claim.acknowledged.v1", {"claim_id": "STOPPED", "stage": "payer", "category": "A2"}
        ),
        "2026-03-05T15:00": deny_again,
    }


def instants(told):
    """Every other day, every four hours while rejections run, and whenever something comes in."""
    start = datetime.fromisoformat("2026-01-05T14:00+00:00")
    found = {start + timedelta(days=day) for day in range(0, 95, 2)}
    found |= {datetime.fromisoformat("2026-02-02T15:05+00:00") + timedelta(hours=4 * n) for n in range(20)}
    return sorted(found | {datetime.fromisoformat(f"{at}+00:00") for at in told})


def together(schedulers):
    threads = [threading.Thread(target=turn, args=(scheduler,)) for scheduler in schedulers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_every_alert_of_a_quarter_is_raised_and_delivered_once(practice):
    chance = random.Random(7)
    before(practice)
    told = news(practice)
    running = [practice.scheduler(), practice.scheduler()]
    for number, instant in enumerate(instants(told)):
        practice.clock.set(instant)
        told.get(f"{instant:%Y-%m-%dT%H:%M}", lambda: None)()
        if chance.random() < 0.1:  # one is killed and started again
            running[chance.randrange(2)] = practice.scheduler()
        if number == 40:
            mark_for_rebuild(practice.engine)
            practice.fold()
        together(running)
    turn(running[0])

    assert sorted(practice.alerts()) == sorted(EXPECTED)
    heard = [(body["ref"], body["clock"], body["step"]) for _, body in practice.deliveries]
    assert len(heard) == len(set(heard)) == len(EXPECTED)
    assert len({number for number, _ in practice.deliveries}) == len(EXPECTED)


def test_two_that_both_think_they_lead_still_raise_and_deliver_once(practice, monkeypatch):
    """The lease keeps them from working twice; that each alert comes once does not hang on it."""
    monkeypatch.setattr(Lease, "check", lambda *_: None)
    monkeypatch.setattr(Lease, "held", property(lambda _: True))
    before(practice)
    for day in ("2026-01-21", "2026-02-09", "2026-02-24", "2026-03-04", "2026-03-08", "2026-03-09", "2026-03-19"):
        practice.clock.set(datetime.fromisoformat(f"{day}T14:00+00:00"))
        together([practice.scheduler(), practice.scheduler()])
    turn(practice.scheduler())
    raised = practice.alerts()
    assert set(days("FILING", "timely_filing", "60d", "30d", "14d", "7d", "3d", "1d")) < set(raised)
    assert len(raised) == len(set(raised)) == len(practice.deliveries)


def test_after_a_standstill_only_the_latest_step_of_each_clock_is_raised(practice):
    before(practice)
    practice.clock.set(datetime.fromisoformat("2026-03-06T14:00+00:00"))
    turn(practice.scheduler())
    assert sorted(practice.alerts()) == sorted(
        [
            *days("FILING", "timely_filing", "7d"),
            *days("STOPPED", "timely_filing", "7d"),
            *days("DENIED", "appeal_1", "14d"),
            *days("AGAIN", "appeal_1", "30d"),
        ]
    )


def test_a_replay_elsewhere_delivers_nothing(practice, new_engine):
    """Alerts that come with somebody's events, as from a feed read back, are in the log and on the list, no more."""
    before(practice)
    practice.clock.set(FEBRUARY)
    turn(practice.scheduler())
    with practice.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT event FROM alert_delivery").all()
    assert rows
    other = type(practice)(new_engine(), FEBRUARY.isoformat())
    before(other)
    other.publish([row[0].encode() for row in rows])
    turn(other.scheduler())
    assert sorted(other.alerts()) == sorted(practice.alerts())
    assert (len(practice.deliveries), other.deliveries) == (len(rows), [])


def test_an_alert_lost_on_its_way_is_put_into_the_stream_again(practice):
    before(practice)
    practice.clock.set(FEBRUARY)
    scheduler, lost = practice.scheduler(), []
    scheduler._publish = lost.extend
    turn(scheduler)
    assert (len(lost) > 0, practice.alerts(), practice.deliveries) == (True, [], [])
    practice.clock.advance(timedelta(minutes=5))
    turn(practice.scheduler())
    assert len(practice.alerts()) == len(practice.deliveries) == len(lost)


def test_snoozed_items_that_return_are_counted_and_raise_nothing(practice):
    practice.sent("FILING", "2025-12-20")
    practice.tell("work.snoozed.v1", {"claim_id": "FILING", "worklist": "filing", "by": "n", "until": "2026-01-20"})
    scheduler = practice.scheduler()
    scheduler.beat()
    scheduler.run("returns")
    practice.clock.set(datetime.fromisoformat("2026-01-19T14:00+00:00"))
    assert (scheduler.beat(), scheduler.run("returns")) == (True, {"returned": 0})
    practice.clock.set(datetime.fromisoformat("2026-01-21T14:00+00:00"))
    scheduler.beat()
    assert scheduler.run("returns") == {"returned": 1}
    assert practice.alerts() == []


def test_nothing_is_raised_where_the_rules_name_no_ladder(practice):
    with writing(practice.engine) as connection:
        connection.exec_driver_sql("DELETE FROM event_key WHERE substr(key, 1, 6) = 'terms|'")
    before(practice)
    practice.clock.set(FEBRUARY)
    turn(practice.scheduler())
    assert practice.alerts() == []
