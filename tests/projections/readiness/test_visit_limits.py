"""Visit limits and eligibility answers, and the evidence for denials about them."""

import pytest

from events.followup import WorkResolved
from projections.tables.line_facts import LineFacts, StoredPayer
from tests.projections.readiness.coverage_cases import authorization, checked, event, every_item, items, line, visit


def done(worklist, item, at, note="seen to"):
    data = {"patient_id": "P1", "worklist": worklist, "item": item, "by": "kim", "resolution": "done", "note": note}
    return event(WorkResolved.model_validate(data), at)


def test_visit_limits_are_counted_by_plan_year_over_the_disciplines_that_share_them():
    limits = [{"visits": 3, "disciplines": ["PT", "SLP"]}]
    found = items([visit(0), visit(1, discipline="SLP"), visit(2, discipline="OT")], visit_limits=limits)
    assert found["limit ACME 2026 PT/SLP"].reason == "Visits of 2026: 1 visit left of 3"
    assert not items([visit(0, discipline="OT")], visit_limits=limits)


def test_the_payers_own_answer_of_visits_left_counts_on_from_its_day():
    told = [checked("2026-03-02", visits_left=4)]
    assert "limit ACME 2026-03-02 answer" not in items([visit(0)], told=told)
    item = items([visit(0), visit(1), visit(2)], told=told)["limit ACME 2026-03-02 answer"]
    assert item.reason.endswith("2 visits left of 4")


@pytest.mark.parametrize("narrowed", [{"state": "FL"}, {"line_of_business": "MEDICAID"}, {"plan": "GOLD"}])
def test_limits_of_a_state_or_line_of_business_govern_its_patients(narrowed):
    """The patient's claim with the payer says which; a visit that is not billed yet is under the same terms."""
    limits = [{"visits": 3, "disciplines": ["PT"]}]
    other = {name: f"NOT {value}"[:2] for name, value in narrowed.items()}
    billed = line(-5, status="paid", known=StoredPayer(payer_id="ACME", **narrowed))
    apart = line(-5, status="paid", known=StoredPayer(payer_id="ACME", **other))
    assert "limit ACME 2026 PT" in items([visit(0), visit(1)], [billed], visit_limits=limits, **narrowed)
    assert not items([visit(0), visit(1)], [apart], visit_limits=limits, **narrowed)
    wanted = items([visit(0)], [billed], authorization_required=True, **narrowed)
    assert list(wanted) == ["V0PT authorization"]
    assert not items([visit(0)], [apart], authorization_required=True, **narrowed)


@pytest.mark.parametrize("code", ["197", "198"])
def test_a_denial_for_authorization_points_to_the_evidence(code):
    item = items(lines=[line(0, status="denied", codes=[code])], told=[authorization()])["line 1 evidence"]
    assert (item.claim_id, item.next_action) == ("C1", "Appeal with authorization A1")
    assert item.explanation[0] == "Authorization A1, 2026-03-01 to 2026-06-30: 10 visits"
    bare = items(lines=[line(0, status="denied", codes=[code])])["line 1 evidence"]
    assert bare.next_action.startswith("Request a retroactive authorization")
    assert not items(lines=[line(0, status="denied", codes=["50"])], told=[authorization()])


def test_coverage_that_was_not_checked_or_is_not_active_is_a_finding():
    assert not items([visit(0)], told=[checked("2026-02-20")])
    stale = items([visit(60)], told=[checked("2026-02-20")])["V60PT eligibility"]
    assert (stale.kind, stale.category) == ("eligibility", "unchecked")
    gone = items(
        [visit(0)], told=[checked("2026-02-20", active=False, other_payers=[{"payer_id": "B", "sequence": "P"}])]
    )
    assert (gone["V0PT eligibility"].category, gone["V0PT eligibility"].next_action) == ("inactive", "Bill B")
    assert not items([visit(0, state="billed")], told=[checked("2026-02-20", active=False)])


def test_a_patient_without_any_answer_is_unchecked_once_for_all_visits():
    found = every_item([visit(0), visit(3), visit(5, state="billed"), visit(4, payer="")])
    item = found["ACME never checked"]
    assert (item.kind, item.category, list(found)) == ("eligibility", "unchecked", ["ACME never checked"])
    assert "2 visits from 2026-03-02" in item.reason
    assert "ACME never checked" not in every_item([visit(0)], told=[checked("2026-03-01")])
    assert "; not billed yet: " in item.reason
    assert "; no claim accepted yet: " in every_item([visit(0, state="correctable")])["ACME never checked"].reason


def test_an_amount_that_is_not_known_is_no_zero():
    known, unknown = every_item([visit(0)]), every_item([visit(0, worth=None)])
    assert [found["ACME never checked"].amount_unknown for found in (known, unknown)] == [False, True]


def test_items_are_closed_with_a_reason_and_come_back_with_the_next_visit():
    visits = [visit(day) for day in range(8)]
    closed = done("authorization", "authorization A1", "2026-03-20T12:00:00+00:00")
    item = items(visits, told=[authorization(), closed])["authorization A1"]
    assert (item.done.note, item.snoozed_until is not None) == ("seen to", True)
    later = items([*visits, visit(30)], told=[authorization(), closed])["authorization A1"]
    assert (later.done, later.snoozed_until) == (None, None)
    bare = done("authorization", "authorization A1", "2026-03-20T12:00:00+00:00", note=None)
    assert items(visits, told=[authorization(), bare])["authorization A1"].done is None  # its last day still runs
    portal = done("eligibility", "ACME never checked", "2026-03-20T12:00:00+00:00", note="checked on the portal")
    assert every_item([visit(0)], told=[portal])["ACME never checked"].done.by == "kim"


def test_the_evidence_on_a_claim_is_closed_by_what_was_done_on_the_claim():
    act = {"type": "work.resolved.v1", "time": "2026-03-20T12:00:00+00:00", "claim_id": "C1", "by": "kim"}
    act |= {"worklist": "authorization", "resolution": "done", "note": "appealed"}
    item = items(lines=[line(0, status="denied", codes=["197"], work=[act])])["line 1 evidence"]
    assert item.done.note == "appealed"


def test_only_denied_lines_and_claims_with_an_item_are_read_whole(monkeypatch):
    """A patient's history is folded again with each of its visits: what no item needs is not parsed."""
    read = []
    from_text = LineFacts.from_text
    monkeypatch.setattr(LineFacts, "from_text", lambda stored: read.append(stored) or from_text(stored))
    paid = [line(day, claim=f"C{day}", status="paid") for day in range(30)]
    items(lines=paid)
    assert read == []
    items(lines=[*paid, line(31, claim="D", status="denied", codes=["197"])])
    assert len(read) == 2  # its answers, and what was done about its item


class UnaskedLine:
    """A claim line whose codes and facts nothing has a reason to look at."""

    claim_id, payer_id, status = "C1", "MEDICARE", "paid"


def test_without_terms_authorizations_and_open_visits_no_history_is_gone_through():
    """Else a patient's hundredth visit costs ten times what the tenth did, though nothing can come of it."""
    visits = [visit(day, state="billed", payer="MEDICARE") for day in range(3)]
    assert not every_item(visits, [UnaskedLine() for _ in range(3)])
    with pytest.raises(AttributeError):  # one open visit, and its lines count
        every_item([*visits, visit(4, payer="MEDICARE")], [UnaskedLine()])
