"""A year or quarter of published rules that ends without its successor is reported before it ends."""

import json
from datetime import UTC, date, datetime, time

from services.projector.adopt_rule_packs import OWN, adoption
from services.reads.alerts import alerts
from services.reads.read_context import ReadContext
from services.reads.rule_imports import ImportRequest, plan_import
from services.rule_files.published import uploaded_file
from tests.services.rule_files import layouts
from tests.services.scheduler.conftest import references


def rule_alerts_of(practice):
    found = alerts(
        ReadContext(engine=practice.engine, references=references(), practice="default", at=practice.clock.now()),
        everything=True,
    )
    return {(a["rule"], a["covers"], a["step"], a["due"], a["to"], a["running"]) for a in found if a["rule"]}


def test_a_year_that_ends_without_its_successor_raises_an_alert_at_each_step(practice):
    """Never had, such as the full table of pairs, is not ending: no alert."""
    scheduler = practice.scheduler()
    for day, step in ((date(2026, 10, 30), None), (date(2026, 11, 5), "60d"), (date(2026, 12, 3), "30d")):
        practice.clock.set(datetime.combine(day, time(15), UTC))
        scheduler.beat()
        scheduler.run("rules")
        scheduler.run("alerts")
        practice.fold()
        told = rule_alerts_of(practice)
        assert {s for kind, _, s, *_ in told if kind == "kx"} >= ({step} if step else set()), day
    assert {one for one in told if one[0] == "kx"} == {
        ("kx", "2027", step, "2026-12-31", "manager", True) for step in ("60d", "30d")
    }
    assert {kind for kind, *_ in told} == {"kx", "pfs", "deductible"}
    scheduler.run("deliver")
    heard = next(body for _, body in practice.deliveries if body.get("rule") == "kx")
    assert (heard["covers"], heard["clock"], "ref" in heard) == ("2027", "rules_end", False)


def test_an_alert_of_missing_rules_ends_when_they_come(practice):
    scheduler = practice.scheduler()
    practice.clock.set(datetime(2026, 12, 10, 15, tzinfo=UTC))
    for job in ("rules", "alerts"):
        scheduler.beat()
        scheduler.run(job)
    context = ReadContext(engine=practice.engine, references=references(), practice="default", at=practice.clock.now())
    with context.context() as (_, reference):
        files = tuple(uploaded_file("figures.toml", layouts.FIGURES_TEXT.encode()))
        plan = plan_import(ImportRequest(files=files), reference, context.today)
    now = practice.clock.now().isoformat()
    practice.publish([json.dumps(adoption(dict(c), now, "default", OWN)).encode() for c in plan.contents])
    running = {kind: still for kind, _, _, _, _, still in rule_alerts_of(practice)}
    assert (running["kx"], running["deductible"], running["pfs"]) == (False, False, True), "factors alone price nothing"


def test_alerts_about_no_claim_are_listed_too(practice):
    """A visit that nobody bills, and rules: the list reads both."""
    data = {
        "visit_id": "V-1",
        "clock": "timely_filing",
        "step": "30d",
        "due": "2026-02-01",
        "payer_id": "X",
        "to": "owner",
    }
    practice.tell("alert.raised.v1", data, source="claimclock/scheduler")
    (told,) = alerts(
        ReadContext(engine=practice.engine, references=references(), practice="default", at=practice.clock.now()),
        everything=True,
    )
    assert (told["about"], told["claim_id"], told["ref"], told["running"]) == ("V-1", None, None, False)
