"""Who has an item of work is the same everywhere: lists, alerts, the daily summary, workload, responses, exports."""

from datetime import datetime

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from projections.work.kinds import EVERY_LIST, KINDS
from services.presentation.notifications import NotificationKind, message
from services.reads.export_tables import report_rows
from services.reads.holders import routing_of
from services.reads.lost_money import past_their_day
from services.reads.payer_patterns import open_work
from services.reads.team import workload
from services.reads.unidentified import open_responses
from services.reads.worklist_filters import Filters
from services.reads.worklists import worklist
from services.scheduler.due import due_alerts
from services.scheduler.occasions import digests
from services.store.report_views import REPORTS
from services.store.routing_rules import RuleTerms
from tests.services.reads.routed_office import (
    AT,
    TERMS,
    WORK,
    admin_of,
    context_of,
    make_sense,
    rule,
)
from tests.services.scheduler.conftest import references

LISTS = tuple(kind for kind in KINDS if kind != EVERY_LIST)
(WORK_ITEMS,) = (report for report in REPORTS if report.name == "work_items")
REMIT = {"trace_number": "T9", "payer_identifier": "1", "payment_date": "2026-02-05", "total_paid": "70.00"}
STRANGER = {"claim_id": "STRANGER", "payer_id": "ACME", "payer_sequence": "P", "remit": REMIT, "ordinal": 1}
STRANGER |= {"status_code": "1", "charge": "70.00", "paid": "70.00", "adjustments": [], "lines": []}
TOLD_TO = {"rejection", "filing"}  # lists whose clocks raise alerts in this office


def more_work(practice):
    """An answer to a claim that nobody sent, and items that people assigned, took away and put aside."""
    practice.tell("payment.posted.v1", STRANGER, "2026-02-05T15:00:00+00:00")
    practice.tell("records.requested.v1", {"claim_id": "TWO", "due_on": "2026-02-14"}, "2026-02-05T15:00:00+00:00")
    practice.tell("work.assigned.v1", WORK | {"claim_id": "ONE", "assignee": "lee"}, "2026-02-04T15:00:00+00:00")
    practice.tell("work.assigned.v1", WORK | {"claim_id": "TWO"}, "2026-02-04T15:00:00+00:00")
    filing = WORK | {"worklist": "filing", "claim_id": "THREE"}
    practice.tell("work.snoozed.v1", filing | {"until": "2026-02-20"}, "2026-02-04T15:00:00+00:00")
    practice.fold()


def listed(practice, *, resting, at=AT):
    """Every item as the lists show it, by list, claim and item."""
    context = context_of(practice, at)
    pages = [worklist(context, kind, Filters(include_snoozed=resting)).items for kind in LISTS]
    return {(item["kind"], item["claim_id"] or "", item["item"]): item for page in pages for item in page}


def alerts_of(practice, at):
    with practice.engine.connect() as connection:
        return due_alerts(connection, references(), datetime.fromisoformat(at))


def digest_of(practice):
    now = datetime.fromisoformat(AT)
    with practice.engine.connect() as connection:
        (told,) = digests(connection, references(), ["default"], now, now)
    return told.data


@settings(
    max_examples=10,
    phases=(Phase.generate,),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(terms=st.lists(TERMS.filter(make_sense), max_size=4))
def test_every_surface_agrees_who_has_an_item(office, terms):
    if not listed(office, resting=True).keys() & {("unmatched", "STRANGER", "")}:
        more_work(office)
    with office.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM practice_setting WHERE kind = 'routing'")
    for each in terms:
        admin_of(office).save_rule(RuleTerms.model_validate(each))
    everything, awake = listed(office, resting=True), listed(office, resting=False)
    context = context_of(office)
    exported = [row for part in report_rows(context, WORK_ITEMS) for row in part]
    assert {(row["list"], row["claim_id"]): row["holder"] for row in exported} == {
        (kind, claim): item["assignee"] for (kind, claim, _), item in everything.items()
    }
    for response in open_responses(context):
        row = response.row
        assert row.assignee == everything[row.kind, row.claim_id, row.item]["assignee"]
    _figures_agree(office, context, awake)
    for at in (AT, "2026-02-13T16:00+00:00"):
        _alerts_agree(office, at)


def _figures_agree(practice, context, awake):
    told = digest_of(practice)
    kinds = [kind for kind, _, _ in awake]
    assert {kind: sums["items"] for kind, sums in told["lists"].items()} == {kind: kinds.count(kind) for kind in kinds}
    holders = [item["assignee"] for item in awake.values()]
    counted = {row["holder"]: row["items"] for row in told["holders"]}
    assert counted == {who: holders.count(who) for who in holders}
    load = workload(context)
    rows = [*((row["person"], row) for row in load["people"]), *((row["queue"], row) for row in load["queues"])]
    alive = [i["assignee"] for i in awake.values() if i["lost_on"] is None or i["lost_on"] >= "2026-02-10"]
    assert {who: row["open"] for who, row in rows if row["open"]} == {who: alive.count(who) for who in alive}
    rejected = sum(row["items"] for row in open_work(context) if row["kind"] == "rejection")
    assert rejected == kinds.count("rejection")


def _alerts_agree(practice, at):
    found = listed(practice, resting=True, at=at)
    alerts = alerts_of(practice, at)
    assert {alert.worklist for alert in alerts} <= {*TOLD_TO, None}
    for alert in alerts:
        mine = {
            i["assignee"] for (kind, claim, _), i in found.items() if (kind, claim) == (alert.worklist, alert.claim_id)
        }
        assert alert.worklist is None or mine == {alert.assignee}


def test_an_alert_goes_to_whom_a_rule_gives_the_work_to(office):
    more_work(office)
    at = "2026-02-13T16:00+00:00"
    before = {a.claim_id: a.assignee for a in alerts_of(office, at) if a.worklist == "rejection"}
    assert before == {"ONE": "lee", "TWO": None, "THREE": None}
    admin_of(office).save_rule(rule(to="Rejections"))
    told = {a.claim_id: a for a in alerts_of(office, at) if a.worklist == "rejection"}
    assert {claim: a.assignee for claim, a in told.items()} == {"ONE": "lee", "TWO": None, "THREE": "Rejections"}
    to_owner = [a for a in told.values() if a.rung.to == "owner"]
    assert all(a.event(datetime.fromisoformat(at))["data"].get("assignee") == a.assignee for a in to_owner)


def test_the_daily_summary_says_who_has_how_much(office):
    assert "Assigned to" not in message(NotificationKind.DIGEST, digest_of(office))[1], "nobody has anything"
    admin_of(office).save_rule(rule(to="Rejections"))
    text = message(NotificationKind.DIGEST, digest_of(office))[1]
    assert "Rejections: 3 open, 3 overdue" in text
    admin_of(office).save_rule(RuleTerms(name="Wait", lists=("filing",), hold_days=30))
    assert "filing" not in digest_of(office)["lists"], "what a rule holds back is on no list"


def test_what_is_lost_is_with_whom_a_rule_gives_it_to(office):
    context = context_of(office, "2027-06-01T15:00+00:00")
    admin_of(office).save_rule(rule(lists=["filing", "rejection"], to="kim"))
    with context.rows() as rows:
        assert {claim.state for claim in past_their_day(rows, context, ())} == {"assigned"}
    assert routing_of(context).values["today"].isoformat() == "2027-06-01"
