"""The list of alerts: those of clocks that still run, at any instant of the past too."""

from datetime import datetime, timedelta

import pytest

from projections.cut import NO_CUT, Cut
from services.reads.alerts import alerts, alerts_page
from services.reads.claims import claim_page
from services.reads.read_context import ReadContext
from tests.services.scheduler.conftest import references, turn


def context(practice, at=None, cut=NO_CUT):
    return ReadContext(
        engine=practice.engine, references=references(), practice="default", at=at or practice.clock.now(), cut=cut
    )


def steps(found):
    return [(alert["claim_id"], alert["step"], alert["running"], alert["overdue"]) for alert in found]


def test_alerts_of_running_clocks_the_newest_first(practice):
    practice.sent("ONE", "2025-03-10")
    practice.sent("TWO", "2025-03-20")
    turn(practice.scheduler())
    practice.clock.set(datetime.fromisoformat("2026-02-25T14:00+00:00"))
    tuesday = practice.clock.now()
    turn(practice.scheduler())
    assert steps(alerts(context(practice))) == [
        ("ONE", "14d", True, False),
        ("TWO", "30d", True, False),
        ("ONE", "30d", True, False),
        ("TWO", "60d", True, False),
    ]
    (newest, *_) = alerts(context(practice), limit=1)
    assert (newest["due"], newest["amount"], newest["to"], newest["worklist"]) == (
        "2026-03-10",
        "210.00",
        "owner",
        "filing",
    )

    practice.clock.advance(timedelta(hours=1))
    practice.tell("claim.acknowledged.v1", {"claim_id": "TWO", "stage": "payer", "category": "A2"})
    assert {alert["claim_id"] for alert in alerts(context(practice))} == {"ONE"}
    assert len(alerts(context(practice), everything=True)) == 4
    assert alerts(context(practice), payer="OTHER") == []

    # What it looked like before the acceptance, and before the second round.
    assert len(alerts(context(practice, cut=Cut(as_of=tuesday)))) == 4
    assert len(alerts(context(practice, cut=Cut(known_at=tuesday - timedelta(days=1))))) == 2
    assert {a["overdue"] for a in alerts(context(practice, at=datetime.fromisoformat("2026-03-11T12:00+00:00")))} == {
        True
    }


@pytest.mark.parametrize("part", [1, 2, 3, 500])
def test_pages_are_the_list_however_much_is_read_at_once(practice, monkeypatch, part):
    for number in range(5):
        practice.sent(f"CLAIM-{number}", f"2025-03-{10 + number // 2}")
    turn(practice.scheduler())
    practice.clock.set(datetime.fromisoformat("2026-02-25T14:00+00:00"))
    turn(practice.scheduler())
    practice.clock.advance(timedelta(hours=1))
    practice.tell("claim.acknowledged.v1", {"claim_id": "CLAIM-2", "stage": "payer", "category": "A2"})
    for everything in (False, True):
        whole = alerts(context(practice), everything=everything)
        assert len({alert["raised_at"] for alert in whole}) == 2
        monkeypatch.setattr("services.reads.alerts.PART", part)
        for limit in (1, 2, 3, len(whole), 500):
            assert pages(context(practice), limit, everything=everything) == whole
        monkeypatch.undo()


def pages(desk, limit, **options):
    found, cursor = [], None
    while True:
        page = alerts_page(desk, limit=limit, cursor=cursor, **options)
        assert len(page.items) <= limit
        found += page.items
        if (cursor := page.next_cursor) is None:
            return found


def test_the_timeline_of_the_claim_has_them(practice):
    practice.sent("ONE", "2025-03-10")
    turn(practice.scheduler())
    told = [entry["summary"] for entry in claim_page(context(practice), "ONE")["timeline"]]
    assert told[-1] == "Timely filing: alert, due Mar 10, 2026, to the owner"
