# packs: appeal-medicare

from datetime import date

import pytest

from events.followup import AppealDecided, AppealFiled
from events.terms import PolicyPublished
from projections.deadlines import deadlines, is_overdue, state_at
from tests.projections.claim_states import (
    NEW_YORK,
    account,
    ack,
    act,
    at,
    attempt,
    cas,
    claim,
    denied,
    entry,
    entry_line,
    pick,
    reference,
    rejection,
)


def filed(on, level=1):
    return act("appeal.filed.v1", AppealFiled(claim_id="C1", level=level, filed_on=on), on)


def decided(on, outcome="upheld", level=1):
    return act("appeal.decided.v1", AppealDecided(claim_id="C1", level=level, decided_on=on, outcome=outcome), on)


def appeals(*entries, acts=(), payer="MEDICARE", policies=()):
    state = claim(account(attempt(acks=[ack()]), payer=payer, entries=entries), acts=acts, status="denied")
    return [d for d in deadlines(state, reference(*policies)) if d.kind.startswith("appeal")]


def test_level_one_has_a_cautious_and_a_legal_date():
    (found,) = appeals(denied("50", notice="2026-03-02"))
    assert (found.kind, found.due, found.latest) == ("appeal_1", date(2026, 6, 30), date(2026, 7, 6))
    told = " ".join(found.explanation)
    assert "Receipt presumed 5 days later: Sat 2026-03-07" in told
    assert "Sun 2026-07-05, not a business day: moved to Mon 2026-07-06" in told


def test_overdue_follows_the_cautious_date_and_missed_the_legal_one():
    (found,) = appeals(denied("50", notice="2026-03-02"))
    assert not is_overdue(found, at("2026-06-30T23:59"), NEW_YORK)
    assert is_overdue(found, at("2026-07-01T00:00"), NEW_YORK)
    assert state_at(found, at("2026-07-06T23:59"), NEW_YORK) == "open"
    assert state_at(found, at("2026-07-07T00:00"), NEW_YORK) == "missed"


def test_what_replaced_a_notice_is_the_answer_to_its_line_not_one_to_another():
    paid = [entry(f"2026-03-{day}", lines=[entry_line(number, paid="100.00")]) for day, number in ((10, 2), (20, 1))]
    (found,) = appeals(denied("50", notice="2026-03-02"), *paid)
    assert (found.state, found.ended_by) == ("void", paid[1].event)


def test_level_two_starts_with_the_decision():
    first, second = appeals(denied("50"), acts=[filed("2026-06-01"), decided("2026-08-03")])
    assert (first.state, second.kind, second.state) == ("met", "appeal_2", "open")
    assert (second.due, second.latest) == (date(2027, 1, 30), date(2027, 2, 4))


def test_all_five_levels_and_their_amounts():
    acts = [filed("2026-04-01")]
    for level, on in enumerate(["2026-06-01", "2026-08-03", "2026-10-05", "2026-12-07"], start=1):
        acts += [decided(on, level=level), *([filed(on, level + 1)] if level < 4 else [])]
    found = {d.kind: d for d in appeals(denied("50"), acts=acts)}
    assert sorted(found) == [f"appeal_{n}" for n in range(1, 6)]
    assert [found[f"appeal_{n}"].state for n in range(1, 6)] == ["met"] * 4 + ["open"]
    assert found["appeal_5"].due == date(2027, 2, 5)
    assert any("200.00 if filed from 2026-01-01" in step for step in found["appeal_3"].explanation)
    assert any("1960.00" in step for step in found["appeal_5"].explanation)


def test_the_last_decision_opens_nothing():
    found = appeals(denied("50"), acts=[decided("2026-06-01", level=5)])
    assert [d.kind for d in found] == ["appeal_1"]


@pytest.mark.parametrize(("outcome", "levels"), [("upheld", 2), ("partial", 2), ("overturned", 1)])
def test_only_a_lost_part_goes_on(outcome, levels):
    assert len(appeals(denied("50"), acts=[filed("2026-04-01"), decided("2026-06-01", outcome)])) == levels


def test_filed_in_time_and_late():
    assert appeals(denied("50"), acts=[filed("2026-07-06")])[0].state == "met"
    assert appeals(denied("50"), acts=[filed("2026-07-07")])[0].state == "missed"


def test_a_decision_shows_that_an_appeal_was_filed():
    assert appeals(denied("50"), acts=[decided("2026-08-03")])[0].state == "met"


def test_a_late_filing_denial_of_medicare_has_no_appeal():
    (found,) = appeals(denied("29"))
    assert (found.state, found.due) == ("void", None)
    assert "Filed after the legal limit" in found.explanation[0]


def test_a_commercial_late_filing_denial_may_be_appealed():
    policy = PolicyPublished.model_validate({"payer_id": "ACME", "appeals": [{"anchor": "remit", "length": 180}]})
    (found,) = appeals(denied("29"), payer="ACME", policies=[policy])
    assert (found.due, found.state) == (date(2026, 8, 29), "open")


@pytest.mark.parametrize("remark", ["MA130", "N704"])
def test_unprocessable_lines_have_no_appeal(remark):
    (found,) = appeals(denied("16", remarks=(remark,)))
    assert found.state == "void"


def test_a_rejected_claim_has_no_appeal():
    state = claim(account(attempt(rejections=[rejection(from_remittance=True)])))
    assert not [d for d in deadlines(state, reference()) if d.kind.startswith("appeal")]


def test_patient_share_and_contractual_amounts_have_no_appeal():
    paid = entry(lines=[entry_line(adjustments=[cas("PR", "1", "70.00"), cas("CO", "45", "30.00")])])
    assert appeals(paid) == []


def test_a_paid_claim_with_one_denied_line_may_be_appealed():
    lines = [entry_line(1, paid="70.00"), entry_line(2, adjustments=[cas("CO", "97", "100.00")], denied=True)]
    (found,) = appeals(entry("2026-03-02", lines=lines))
    assert found.due == date(2026, 6, 30)


def test_a_corrected_notice_voids_the_old_window_and_starts_a_new_one():
    old = denied("50", notice="2026-03-02", undone=True)
    reversal = entry("2026-05-04", "reversal", remit="R-9", undone=True)
    new = denied("50", notice="2026-05-04", remit="R-9")
    first, second = appeals(old, reversal, new)
    assert (first.state, first.ended_by) == ("void", new.event)
    assert (second.state, second.due) == ("open", date(2026, 9, 1))


def test_a_second_notice_without_a_reversal_takes_the_place_of_the_first():
    first, second = appeals(denied("50", notice="2026-03-02"), denied("50", notice="2026-04-06"))
    assert (first.state, second.state) == ("void", "open")


def test_a_later_payment_of_the_line_leaves_nothing_to_appeal():
    (found,) = appeals(denied("50"), entry("2026-04-06", lines=[entry_line(paid="70.00")]))
    assert found.state == "void"


def test_two_halves_of_a_split_claim_stand_side_by_side():
    halves = [denied("50", remit="R-1", number=1), denied("97", remit="R-1", number=2, ordinal=2)]
    assert [d.state for d in appeals(*halves)] == ["open", "open"]


def test_a_reversal_alone_voids_the_window():
    (found,) = appeals(denied("50", undone=True), entry("2026-05-04", "reversal", undone=True))
    assert found.state == "void"
    assert "Reversed by the payer" in found.explanation[-1]


def test_an_appeal_belongs_to_the_notice_it_followed():
    old, new = denied("50", notice="2026-03-02"), denied("97", notice="2026-05-04", number=2)
    first, second = appeals(old, new, acts=[filed("2026-04-01"), decided("2026-06-01")])[:2]
    assert (first.state, second.state) == ("met", "open")


def test_no_policy_no_date():
    (found,) = appeals(denied("50"), payer="ACME")
    assert (found.due, found.latest, found.state) == (None, None, "open")
    assert "no policy for payer ACME" in found.explanation[0]


def test_a_level_the_policy_does_not_grant_is_void():
    policy = PolicyPublished.model_validate({"payer_id": "ACME", "appeals": [{"length": 180}]})
    acts = [filed("2026-04-01"), decided("2026-06-01")]
    found = appeals(denied("50"), payer="ACME", policies=[policy], acts=acts)
    assert [(d.kind, d.state) for d in found] == [("appeal_1", "met"), ("appeal_2", "void")]


def test_a_commercial_receipt_counts_from_the_day_we_received_it():
    policy = PolicyPublished.model_validate(
        {"payer_id": "ACME", "appeals": [{"anchor": "receipt", "length": 60, "roll": "next_business"}]}
    )
    (found,) = appeals(denied("50", notice="2026-03-02", received="2026-03-09"), payer="ACME", policies=[policy])
    assert (found.due, found.latest) == (date(2026, 5, 1), date(2026, 5, 8))


def test_the_appeal_of_each_payer_is_its_own():
    policy = PolicyPublished.model_validate({"payer_id": "ACME", "appeals": [{"length": 180}]})
    first = account(attempt(), entries=[denied("50", notice="2026-03-02")])
    second = account(attempt(), payer="ACME", sequence="S", entries=[denied("50", notice="2026-05-04")])
    found = deadlines(claim(first, second, acts=[filed("2026-05-11")]), reference(policy))
    assert pick(found, "appeal_1", payer_id="MEDICARE").state == "open"
    assert pick(found, "appeal_1", payer_id="ACME").state == "met"
