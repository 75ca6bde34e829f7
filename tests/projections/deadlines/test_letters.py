"""Clocks of letters: demand letters, dismissals, peer-to-peer calls, records by the payer's policy."""

# packs: records rebuttal-medicare recoupment-medicare

from datetime import date

from events.coverage import NoticeReceived
from events.followup import AppealDecided, AppealFiled, RecordsRequested, WorkResolved
from events.terms import PolicyPublished
from projections.deadlines import deadlines, state_at
from projections.work.claim_items import work_items
from tests.projections.claim_states import (
    NEW_YORK,
    account,
    ack,
    act,
    at,
    attempt,
    claim,
    denied,
    entry,
    entry_line,
    pick,
    reference,
)


def demand(on="2026-06-01"):
    return act("notice.received.v1", NoticeReceived(claim_id="C1", kind="recoupment", dated=on), on)


def appeal(on, level=1, received=None):
    return act("appeal.filed.v1", AppealFiled(claim_id="C1", level=level, filed_on=on, received_on=received), on)


def decision(on, outcome, level=1):
    return act("appeal.decided.v1", AppealDecided(claim_id="C1", level=level, decided_on=on, outcome=outcome), on)


def resolved(on, word):
    return act("work.resolved.v1", WorkResolved(claim_id="C1", worklist="denial", by="kim", resolution=word), on)


def paid_claim(*acts, payer="MEDICARE"):
    paid = entry("2026-03-02", lines=[entry_line(paid="80.00")])
    return claim(account(attempt(acks=[ack()]), payer=payer, entries=[paid]), status="paid", acts=acts)


def found(state, *policies):
    return deadlines(state, reference(*policies))


def test_a_demand_letter_opens_rebuttal_and_the_appeal_that_stops_recoupment():
    """42 CFR 405.374(a): 15 days; 405.379: 30 days; the appeal itself 120 days from presumed receipt (405.942)."""
    clocks = found(paid_claim(demand()))
    assert pick(clocks, "rebuttal").due == date(2026, 6, 16)
    assert pick(clocks, "recoupment").due == date(2026, 7, 1)
    assert (pick(clocks, "appeal_1").due, pick(clocks, "appeal_1").latest) == (date(2026, 9, 29), date(2026, 10, 5))


def test_a_demand_letter_is_work_until_it_is_answered():
    state = paid_claim(demand())
    (item,) = [i for i in work_items(state, found(state), reference()) if i.category == "recoupment"]
    assert (item.kind, item.due, item.lost_on) == ("denial", date(2026, 6, 16), date(2026, 10, 5))
    state = paid_claim(demand(), resolved("2026-06-10", "rebuttal_sent"), appeal("2026-06-20", received="2026-06-24"))
    clocks = found(state)
    assert [pick(clocks, kind).state for kind in ("rebuttal", "recoupment", "appeal_1")] == ["met"] * 3
    assert not [i for i in work_items(state, clocks, reference()) if i.category == "recoupment"]


def test_an_appeal_the_payer_had_on_day_31_does_not_stop_recoupment():
    clocks = found(paid_claim(demand(), appeal("2026-06-30", received="2026-07-02")))
    assert (pick(clocks, "recoupment").state, pick(clocks, "appeal_1").state) == ("missed", "met")


def test_another_payer_s_letter_goes_by_its_policy():
    assert pick(found(paid_claim(demand(), payer="ACME")), "recoupment").due is None
    policy = PolicyPublished.model_validate(
        {"payer_id": "ACME", "recoupment": {"length": 45, "anchor": "recoupment_letter"}}
    )
    assert pick(found(paid_claim(demand(), payer="ACME"), policy), "recoupment").due == date(2026, 7, 16)


def denied_claim(*acts, payer="MEDICARE"):
    return claim(account(attempt(acks=[ack()]), payer=payer, entries=[denied()]), status="denied", acts=acts)


def test_a_dismissal_opens_its_own_windows_and_no_next_level():
    """42 CFR 405.952(d): 180 days; 405.974(b): 60 days from receipt, presumed after five."""
    clocks = found(denied_claim(appeal("2026-04-01"), decision("2026-06-01", "dismissed")))
    assert not pick(clocks, "appeal_2")
    assert pick(clocks, "vacate_dismissal").due == date(2026, 11, 28)
    review = pick(clocks, "dismissal_review")
    assert (review.due, review.latest) == (date(2026, 7, 31), date(2026, 8, 5))
    assert any("confidence medium" in step for step in pick(clocks, "vacate_dismissal").explanation)
    assert any("confidence medium" in step for step in review.explanation)


def test_what_the_next_level_says_of_a_dismissal_is_final():
    """42 CFR 405.974(b)(3)."""
    clocks = found(
        denied_claim(
            appeal("2026-04-01"),
            decision("2026-06-01", "dismissed"),
            appeal("2026-07-01", level=2),
            decision("2026-09-01", "upheld", level=2),
        )
    )
    assert pick(clocks, "dismissal_review").state == "met"
    assert not pick(clocks, "appeal_3")


def test_a_dismissal_by_a_payer_without_such_terms_has_no_date_and_says_so():
    clocks = found(denied_claim(appeal("2026-04-01"), decision("2026-06-01", "dismissed"), payer="ACME"))
    assert pick(clocks, "vacate_dismissal").due is None
    assert "dismissal at level 1" in pick(clocks, "vacate_dismissal").explanation[0]


def test_a_withdrawn_appeal_leaves_its_window_running():
    clocks = found(denied_claim(appeal("2026-04-01"), decision("2026-05-01", "withdrawn")))
    window = pick(clocks, "appeal_1")
    assert (window.state, window.ended_by) == ("open", None)
    assert "it can be refiled" in window.explanation[-1]
    assert state_at(window, at("2026-07-07"), NEW_YORK) == "missed"


def test_an_appeal_mailed_in_time_and_received_late_is_late_where_receipt_counts():
    def policy(counts):
        term = {"length": 60, "anchor": "notice", "counts": counts}
        return PolicyPublished.model_validate({"payer_id": "ACME", "appeals": [term]})

    state = denied_claim(appeal("2026-05-01", received="2026-05-04"), payer="ACME")  # the last day is 1 May
    assert pick(found(state, policy("receipt")), "appeal_1").state == "missed"
    assert pick(found(state, policy("mailing")), "appeal_1").state == "met"
    unknown = pick(found(denied_claim(appeal("2026-05-01"), payer="ACME"), policy("receipt")), "appeal_1")
    assert unknown.state == "met"
    assert "received it, which is not recorded" in unknown.explanation[-1]


def test_a_peer_to_peer_call_has_the_policy_s_window():
    policy = PolicyPublished.model_validate(
        {"payer_id": "ACME", "appeals": [{"length": 180}], "peer_to_peer": {"length": 14, "counts": "submission"}}
    )
    assert pick(found(denied_claim(payer="ACME"), policy), "peer_to_peer").due == date(2026, 3, 16)
    asked = denied_claim(resolved("2026-03-10", "peer_to_peer_requested"), payer="ACME")
    assert pick(found(asked, policy), "peer_to_peer").state == "met"
    assert not pick(found(denied_claim(payer="ACME")), "peer_to_peer")


def test_records_are_due_by_the_request_then_the_policy_then_the_usual_days():
    def due(stated=None, *policies):
        request = act("records.requested.v1", RecordsRequested(claim_id="C1", due_on=stated), "2026-04-01")
        return pick(found(denied_claim(request, payer="ACME"), *policies), "records").due

    policy = PolicyPublished.model_validate({"payer_id": "ACME", "records": {"length": 30}})
    assert due(date(2026, 4, 9), policy) == date(2026, 4, 9)
    assert due(None, policy) == date(2026, 5, 1)
    assert due() == date(2026, 5, 16)
