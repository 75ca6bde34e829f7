"""Routing rules: what they assign, hold and tag, from which day; a person's act wins; what a trial says comes true."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.commands.routing import RoutingAdmin
from services.core.errors import ConflictError, NotFoundError, UsageError
from services.presentation.routing_words import trial_words
from services.projector.adopt_rule_packs import adopt_shipped
from services.reads.claims import claim_page
from services.reads.list_counts import tally
from services.reads.next_steps import next_steps_of
from services.reads.routing_trial import try_rule
from services.reads.team import workload
from services.reads.worklist_filters import Filters
from services.reads.worklists import items_of, worklist
from services.security.people import add_person
from services.store.engine import open_engine
from services.store.practice_settings import PracticeSettings, SettingKind
from services.store.routing_rules import RuleTerms, routing_settings
from services.store.schema import migrate
from tests.services.projector.conftest import make_projector
from tests.services.reads.routed_office import (
    AT,
    REJECTED,
    TERMS,
    WORK,
    admin_of,
    context_of,
    make_sense,
    rejections,
    rule,
)
from tests.services.scheduler.conftest import Practice


def test_a_rule_assigns_and_says_so(office):
    admin_of(office).save_rule(rule(to="kim", tags=["urgent"]))
    item = rejections(office)["ONE"]
    assert item["assignee"] == "kim"
    assert item["routed_by"] == {"rule": "All rejections", "version": 1, "since": "2026-02-10"}
    assert item["tags"] == ["urgent"]
    said = "Assigned to kim by rule “All rejections”, version 1, in force since Feb 10, 2026"
    assert said in item["explanation"]
    (on_page,) = [one for one in items_of(context_of(office), "ONE") if one["kind"] == "rejection"]
    assert (on_page["assignee"], on_page["explanation"]) == ("kim", item["explanation"])
    assert rejections(office, assignee="kim").keys() == {"ONE", "TWO", "THREE"}
    assert rejections(office, tag="urgent").keys() == {"ONE", "TWO", "THREE"}
    assert rejections(office, assignee="nobody") == rejections(office, tag="other") == {}


def test_a_persons_act_wins_and_taking_an_item_from_everybody_too(office):
    admin_of(office).save_rule(rule(to="Rejections"))
    office.tell("work.assigned.v1", WORK | {"claim_id": "ONE", "assignee": "lee"}, "2026-02-04T15:00:00+00:00")
    office.tell("work.assigned.v1", WORK | {"claim_id": "TWO"}, "2026-02-04T15:00:00+00:00")
    office.fold()
    found = rejections(office)
    assert {claim_id: item["assignee"] for claim_id, item in found.items()} == {
        "ONE": "lee",
        "TWO": None,
        "THREE": "Rejections",
    }
    assert found["ONE"]["routed_by"] is None
    assert rejections(office, queue=("Rejections",)).keys() == {"THREE"}
    assert rejections(office, assignee="nobody").keys() == {"TWO"}
    assert rejections(office, assignee="lee").keys() == {"ONE"}


def test_the_first_rule_that_fits_decides_tags_add_up(office):
    admin_of(office).save_rule(rule(name="B", to="kim", tags=["b"], rank=20))
    admin_of(office).save_rule(rule(name="A", to="lee", tags=["a"], rank=10, amount_min="5000"))
    admin_of(office).save_rule(rule(name="C", to="lee", tags=["c"], rank=30))
    item = rejections(office)["ONE"]
    assert (item["assignee"], item["tags"]) == ("kim", ["b", "c"])
    admin_of(office).save_rule(rule(name="A", to="lee", tags=["a"], rank=10, amount_min="100"))
    item = rejections(office)["ONE"]
    assert (item["assignee"], item["tags"]) == ("lee", ["a", "b", "c"])
    assert item["routed_by"]["version"] == 2
    assert rejections(office, assignee="kim") == {}


def test_versions_hold_from_their_day_on(office):
    admin_of(office).save_rule(rule(to="kim"))
    admin_of(office).save_rule(rule(to="lee", effective_from="2026-02-15"))
    assert rejections(office)["ONE"]["assignee"] == "kim"
    assert rejections(office, "2026-02-15T15:00+00:00")["ONE"]["assignee"] == "lee"
    admin_of(office, "2026-02-16").end_rule("All rejections")
    assert rejections(office, "2026-02-16T15:00+00:00")["ONE"]["assignee"] is None
    assert rejections(office, "2026-02-15T15:00+00:00")["ONE"]["assignee"] == "lee", "what was stays as it was"
    assert rejections(office, "2026-02-09T15:00+00:00")["ONE"]["assignee"] is None
    with pytest.raises(NotFoundError):
        admin_of(office, "2026-02-16").end_rule("All rejections")


def test_a_hold_hides_until_its_day_and_never_past_a_deadline(office):
    admin_of(office).save_rule(rule(hold_until="2026-02-20"))
    (before,) = {item["due"] for item in rejections(office, include_snoozed=True).values()}
    overdue_already = datetime.fromisoformat(before) < datetime.fromisoformat(AT)
    assert overdue_already, "the demo of this test: the reason of a rejection was due before"
    assert rejections(office).keys() == {"ONE", "TWO", "THREE"}, "what is due is not held"
    admin_of(office).save_rule(RuleTerms(name="Wait", lists=("filing",), hold_days=30))
    filing = worklist(context_of(office), "filing").items
    assert filing == []
    assert tally(context_of(office), "filing").items == 0
    held = worklist(context_of(office), "filing", Filters(include_snoozed=True)).items
    assert {item["held_by"]["rule"] for item in held} == {"Wait"}
    assert "Held for 30 days after the date of service by rule “Wait”" in held[0]["explanation"][-1]
    assert len(worklist(context_of(office, "2026-03-05T15:00+00:00"), "filing").items) == 3
    office.tell("work.assigned.v1", {"worklist": "filing", "by": "kim", "claim_id": "ONE", "assignee": "kim"}, AT)
    office.fold()
    assert [item["claim_id"] for item in worklist(context_of(office), "filing").items] == ["ONE"], "a person has it"


def test_an_amount_that_nobody_knows_fits_no_bound(office):
    admin_of(office).save_rule(rule(to="kim", amount_max="9999"))
    with office.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE work_item SET amount_unknown = 1, amount_at_risk = 0 WHERE claim_id = 'ONE'")
    assert rejections(office, assignee="kim").keys() == {"TWO", "THREE"}
    assert rejections(office, assignee="nobody").keys() == {"ONE"}


def test_a_trial_says_what_would_move_and_nothing_moves(office):
    office.tell("work.assigned.v1", WORK | {"claim_id": "ONE", "assignee": "lee"}, "2026-02-04T15:00:00+00:00")
    office.fold()
    told = try_rule(context_of(office), rule(to="Rejections"))
    assert told["moves"] == [{"from": None, "to": "Rejections", "items": 2, "amount": "420.00"}]
    assert (told["fits"], told["kept"]) == (3, 1)
    assert {item["claim_id"] for item in told["items"]} == {"TWO", "THREE"}
    assert trial_words(told) == [
        "Would move 2 items ($420.00) to Rejections, now with nobody.",
        "1 item that a person assigned would stay with that person.",
    ]
    assert rejections(office, queue=("Rejections",)) == {}


def test_work_is_counted_by_queue(office):
    admin_of(office).save_rule(rule(to="Rejections"))
    office.tell("work.noted.v1", WORK | {"claim_id": "ONE", "note": "called"}, "2026-02-09T15:00:00+00:00")
    office.fold()
    found = workload(context_of(office))
    (queue,) = found["queues"]
    assert (queue["queue"], queue["members"], queue["open"]) == ("Rejections", ["kim", "lee"], 3)
    assert queue["acts"] == 1
    assert "Rejections" not in {row["person"] for row in found["people"]}


def test_what_cannot_be_saved_says_why(office):
    admin = admin_of(office)
    with pytest.raises(UsageError, match="no user and no queue"):
        admin.save_rule(rule(to="ghost"))
    with pytest.raises(UsageError, match="In force from: today or later"):
        admin.save_rule(rule(to="kim", effective_from="2026-02-09"))
    with pytest.raises(UsageError, match="taken by a user"):
        admin.save_queue("kim", [])
    with pytest.raises(UsageError, match="each is a user"):
        admin.save_queue("Other", ["ghost"])
    admin.save_rule(rule(to="Rejections"), seen=0)
    with pytest.raises(ConflictError, match="someone else has saved"):
        admin.save_rule(rule(to="kim"), seen=0)
    with pytest.raises(ConflictError, match="sends items to this queue"):
        admin.remove_queue("Rejections")
    admin.end_rule("All rejections")
    admin.remove_queue("Rejections")
    versions = PracticeSettings(office.engine, "default").versions(SettingKind.ROUTING, "All rejections")
    assert [(kept.version, kept.saved_by) for kept in versions] == [(2, "boss"), (1, "boss")]


def test_postgresql_says_the_same(office, pg_url):
    """Every kind of term, on every kind of question."""
    engine = open_engine(pg_url)
    migrate(engine)
    adopt_shipped(make_projector(engine, office.clock.now()))
    there = Practice(engine, "2026-02-02T14:00:00+00:00")
    for claim_id in ("ONE", "TWO", "THREE"):
        there.sent(claim_id, "2026-02-01")
        there.tell("claim.rejected.v1", {"claim_id": claim_id} | REJECTED, "2026-02-03T15:00:00+00:00")
    for name in ("kim", "lee"):
        add_person(engine, name, "biller", ["default"], there.clock.now(), password="correct horse battery")
    admin_of(there).save_queue("Rejections", ["kim", "lee"])
    both = (office, there)
    bounds = {"payers": ["MEDICARE", "ACME"], "amount_min": "1", "amount_max": "5000", "age_max": 300}
    for practice in both:
        practice.tell("work.assigned.v1", WORK | {"claim_id": "ONE", "assignee": "lee"}, "2026-02-04T15:00:00+00:00")
        practice.fold()
        admin_of(practice).save_rule(rule(to="Rejections", tags=["a"], **bounds))
        admin_of(practice).save_rule(RuleTerms(name="W", lists=("filing",), hold_days=30, clinics=("1999999984",)))
        admin_of(practice).save_rule(
            RuleTerms(name="X", providers=("1",), categories=("x",), disciplines=("PT",), to="kim")
        )
        admin_of(practice).save_rule(
            RuleTerms(name="Y", lists=("missing_ack",), hold_until=date(2026, 3, 1), tags=("y",))
        )

    def said(practice):
        context = context_of(practice)
        filters = (
            Filters(),
            Filters(assignee="nobody"),
            Filters(queue=("Rejections",)),
            Filters(tag="a", sort="assignee"),
        )
        lists = [worklist(context, kind, each).items for kind in ("today", "rejection", "filing") for each in filters]
        shown = [[(i["claim_id"], i["kind"], i["assignee"], i["tags"]) for i in items] for items in lists]
        return (
            shown,
            workload(context),
            try_rule(context, rule(name="Z", to="kim", hold_days=9, rank=1)),
            items_of(context, "ONE"),
        )

    assert said(there)[:2] == said(office)[:2]
    assert said(there)[2]["moves"] == said(office)[2]["moves"]
    engine.dispose()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(terms=st.lists(TERMS, max_size=4), last=TERMS)
def test_lists_holders_and_trials_agree(office, terms, last):
    """Every open item is with one holder, the filter of each holder finds exactly theirs, and a trial comes true."""
    with office.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM practice_setting WHERE kind = 'routing'")
    for each in terms:
        if make_sense(each):
            admin_of(office).save_rule(RuleTerms.model_validate(each))

    def everything():
        kinds = ("rejection", "filing", "missing_ack")
        pages = {kind: worklist(context_of(office), kind, Filters(include_snoozed=True)).items for kind in kinds}
        return {(kind, item["claim_id"], item["item"]): item for kind, items in pages.items() for item in items}

    before = everything()
    for name in ("kim", "lee", "Rejections", "nobody"):
        wanted = {key for key, item in before.items() if (item["assignee"] or "nobody") == name}
        found = {
            (kind, item["claim_id"], item["item"])
            for kind in ("rejection", "filing", "missing_ack")
            for item in worklist(context_of(office), kind, Filters(assignee=name, include_snoozed=True)).items
        }
        assert found == wanted
    for claim, step in next_steps_of(context_of(office), ["ONE", "TWO", "THREE"]).items():
        if step.worklist is None:
            assert all(item["held_by"] for key, item in before.items() if key[1] == claim)
            continue
        named = before[(step.worklist, claim, step.item)]
        assert (step.by, named["held_by"]) == (named["assignee"] or "practice", None)
    people = {row["person"]: row for row in workload(context_of(office))["people"]}
    people |= {row["queue"]: row for row in workload(context_of(office))["queues"]}
    for name, row in people.items():
        counted = tally(context_of(office), "today", Filters(assignee=name or "nobody", lost=False))
        assert (row["claims"], row["amount"]) == (counted.items, f"{counted.amount:.2f}")
    shown = worklist(context_of(office), "filing").items
    assert len(shown) == sum(key[0] == "filing" and item["held_by"] is None for key, item in before.items())
    if not make_sense(last):
        return
    told = try_rule(context_of(office), RuleTerms.model_validate(last))
    admin_of(office).save_rule(RuleTerms.model_validate(last))
    after = everything()
    moved = sum(before[key]["assignee"] != after[key]["assignee"] for key in before)
    assert moved == sum(move["items"] for move in told["moves"])
    held = [(before[key]["held_by"] is not None, after[key]["held_by"] is not None) for key in before]
    assert (told["held"], told["released"]) == (held.count((False, True)), held.count((True, False)))


def test_the_next_step_is_by_the_one_a_rule_gives_the_work_to(office):
    deposit = {"deposit_id": "D1", "date": "2026-02-04", "amount": "12.00", "method": "eft", "payer_name": "ACME"}
    office.tell("deposit.received.v1", deposit, "2026-02-04T15:00:00+00:00")
    office.fold()
    admin_of(office).save_rule(rule(name="Money", lists=["deposit"], to="lee"))
    admin_of(office).save_rule(rule(to="kim"))
    (money,) = worklist(context_of(office, "2026-03-10T15:00+00:00"), "deposit").items
    assert (money["assignee"], money["next_step"]["by"]) == ("lee", "lee")
    assert rejections(office)["ONE"]["next_step"]["by"] == "kim"
    assert claim_page(context_of(office), "ONE")["next_step"]["by"] == "kim"
    office.tell("work.assigned.v1", WORK | {"claim_id": "ONE"}, "2026-02-04T15:00:00+00:00")
    office.fold()
    assert claim_page(context_of(office), "ONE")["next_step"]["by"] == "practice", "a person took it from everybody"


def test_settings_of_another_practice_do_not_route(office):
    other = RoutingAdmin(
        engine=office.engine, practice="other", by="x", now=datetime.fromisoformat(AT), today=date(2026, 2, 10)
    )
    other.save_rule(rule(tags=["x"]))
    assert routing_settings(office.engine, "default").rules == {}
    assert rejections(office)["ONE"]["tags"] == []
    assert context_of(office).today + timedelta(days=0) == date(2026, 2, 10)
