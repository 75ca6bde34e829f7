# packs: timely-medicare reopening-medicare corrected-medicare

from datetime import date

import pytest

from events.followup import ClaimWrittenOff
from events.terms import PolicyPublished
from projections.deadlines import deadlines, state_at
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
    line,
    pick,
    reference,
    rejection,
)


def filing(state, *policies):
    return pick(deadlines(state, reference(*policies)), "timely_filing")


def acme(**terms):
    return PolicyPublished.model_validate({"payer_id": "ACME", "version": 1, **terms})


@pytest.mark.parametrize(
    ("dos", "due"),
    [
        ("2025-03-05", "2026-03-05"),
        ("2025-07-04", "2026-07-06"),
        ("2025-02-16", "2026-02-17"),
        ("2024-02-29", "2025-02-28"),
        ("2026-01-15", "2027-01-15"),
    ],
)
def test_medicare_gives_one_calendar_year_by_receipt(dos, due):
    found = filing(claim(account(attempt(lines=[line(dos=dos)]))))
    assert (found.due, found.state) == (date.fromisoformat(due), "open")
    assert "42 CFR" in reference().rules.packs["timely-medicare"].source


def test_ninety_days_of_a_contract():
    state = claim(account(attempt(), payer="ACME"))
    found = filing(state, acme(filing={"anchor": "dos_from", "length": 90, "unit": "days"}))
    assert found.due == date(2026, 4, 15)
    assert found.rule == "policy ACME@1"
    assert "Thu 2026-01-15 + 90 days = Wed 2026-04-15" in found.explanation


def test_no_policy_no_date_and_the_reason():
    found = filing(claim(account(attempt(), payer="ACME")))
    assert (found.due, found.state) == (None, "open")
    assert "no policy for payer ACME" in found.explanation[0]
    assert state_at(found, at("2090-01-01"), NEW_YORK) == "open"


def test_the_earliest_line_speaks_for_the_claim():
    lines = [line(1, "2026-02-10"), line(2, "2026-01-15"), line(3, "2026-02-10")]
    found = filing(claim(account(attempt(lines=lines))))
    assert (found.line, found.due) == (2, date(2027, 1, 15))
    assert any("line 2" in step for step in found.explanation)
    assert any("Line 1, date of service 2026-02-10: 2027-02-10" in step for step in found.explanation)


def test_a_through_date_counts_from_the_last_day():
    lines = [line(1, "2026-01-15"), line(2, "2026-02-10")]
    found = filing(
        claim(account(attempt(lines=lines), payer="ACME")), acme(filing={"anchor": "dos_through", "length": 10})
    )
    assert found.due == date(2026, 2, 20)


@pytest.mark.parametrize(
    "acks",
    [
        [],
        [ack("syntax", "A")],
        [ack("clearinghouse", "A1"), ack("clearinghouse", "A2")],
        [ack("payer", "A0")],
        [ack("payer", "A1")],
    ],
)
def test_what_does_not_stop_the_clock(acks):
    assert filing(claim(account(attempt(acks=acks)))).state == "open"


@pytest.mark.parametrize("category", ["A2", "A5"])
def test_the_payers_acceptance_stops_it_and_is_the_proof(category):
    accepted = ack("payer", category, on="2026-01-18", effective="2026-01-17", number="ICN77")
    found = filing(claim(account(attempt(acks=[accepted]))))
    assert (found.state, found.ended_by, found.ended_at) == ("met", accepted.event, accepted.received_at)
    assert "ICN77" in found.explanation[-1]
    assert "2026-01-17" in found.explanation[-1]


def test_the_payers_own_date_counts_not_when_its_message_came():
    accepted = ack(on="2027-01-20", effective="2027-01-15")
    assert filing(claim(account(attempt(sent="2027-01-14", acks=[accepted])))).state == "met"
    late = ack(on="2027-01-20", effective="2027-01-19")
    found = filing(claim(account(attempt(sent="2027-01-14", acks=[late]))))
    assert (found.state, found.explanation[-1][-22:]) == ("missed", "after the filing limit")


def test_a_decision_stops_it():
    paid = entry(lines=[entry_line(paid="70.00")])
    found = filing(claim(account(attempt(), entries=[paid])))
    assert (found.state, found.ended_by) == ("met", paid.event)
    assert "ICN1" in found.explanation[-1]


@pytest.mark.parametrize("status", ["4", "23"])
def test_a_patient_not_known_or_a_forwarded_claim_without_a_number_decides_nothing(status):
    answer = denied(number=1, status_code=status, payer_claim_number=None)
    assert filing(claim(account(attempt(), entries=[answer]))).state == "open"


def test_unprocessable_shows_that_the_clock_never_stopped():
    refused = rejection("2026-02-20", from_remittance=True)
    found = filing(claim(account(attempt(acks=[ack()], rejections=[refused]))))
    assert (found.state, found.due) == ("open", date(2027, 1, 15))
    assert any("does not count as filed" in step for step in found.explanation)


def test_a_rejection_and_a_new_attempt_leave_the_deadline_where_it_was():
    first, second = attempt(rejections=[rejection()]), attempt(2, "2026-02-01", acks=[ack(on="2026-02-02")])
    assert filing(claim(account(first))).due == filing(claim(account(first, second))).due
    assert filing(claim(account(first, second))).state == "met"


def test_counts_submission_is_stopped_by_the_first_submission_that_was_not_rejected():
    policy = acme(filing={"length": 90, "counts": "postmark"})
    refused, clean = attempt(rejections=[rejection()]), attempt(2, "2026-02-01")
    assert filing(claim(account(refused, payer="ACME")), policy).state == "open"
    found = filing(claim(account(refused, clean, payer="ACME")), policy)
    assert (found.state, found.ended_by) == ("met", clean.event)


def test_a_late_denial_without_proof_is_missed_and_with_proof_is_met():
    late = denied("29")
    assert filing(claim(account(attempt(), entries=[late]))).state == "missed"
    found = filing(claim(account(attempt(acks=[ack()]), entries=[late])))
    assert found.state == "met"
    assert "send this proof" in found.explanation[-1]


def test_a_late_filing_denial_is_no_determination_that_could_be_reopened():
    def reopening(*entries):
        return pick(deadlines(claim(account(attempt(), entries=entries)), reference()), "reopening")

    assert not reopening(denied("29"))
    assert reopening(denied("50")).state == "open"


def test_the_next_payer_may_count_from_the_first_ones_notice():
    policy = acme(filing={"anchor": "primary_eob_date", "length": 90})
    first = account(attempt(), entries=[entry("2026-03-02", lines=[entry_line(paid="70.00")])])
    second = account(attempt(sent="2026-03-05"), payer="ACME", sequence="S")
    found = pick(deadlines(claim(first, second), reference(policy)), "timely_filing", payer_id="ACME")
    assert found.due == date(2026, 5, 31)
    waiting = claim(account(attempt()), second)
    unknown = pick(deadlines(waiting, reference(policy)), "timely_filing", payer_id="ACME")
    assert (unknown.due, unknown.state) == (None, "open")
    assert "not known" in unknown.explanation[0]


def test_each_payer_has_its_own_clock():
    state = claim(account(attempt(acks=[ack()])), account(attempt(), payer="ACME", sequence="S"))
    found = pick(deadlines(state, reference(acme(filing={"length": 90}))), "timely_filing")
    assert [(d.payer_id, d.state) for d in found] == [("MEDICARE", "met"), ("ACME", "open")]


def test_open_turns_missed_at_the_next_local_midnight():
    found = filing(claim(account(attempt(lines=[line(dos="2025-07-04")]))))
    assert state_at(found, at("2026-07-06T23:59:59"), NEW_YORK) == "open"
    assert state_at(found, at("2026-07-07T00:00:00"), NEW_YORK) == "missed"


def test_a_write_off_ends_the_clock_and_a_late_one_shows_the_loss():
    off = ClaimWrittenOff(claim_id="C1")
    early = claim(account(attempt()), status="written_off", acts=[act("claim.written_off.v1", off, "2026-06-01")])
    late = claim(account(attempt()), status="written_off", acts=[act("claim.written_off.v1", off, "2027-06-01")])
    assert filing(early).state == "void"
    assert filing(late).state == "missed"
    assert filing(late).ended_by == late.acts[0].event


def test_a_void_ends_the_clock():
    state = claim(account(attempt(), attempt(2, "2026-02-01", frequency="8")), status="voided")
    assert filing(state).state == "void"


def corrected(state, *policies):
    return pick(deadlines(state, reference(*policies)), "corrected_claim")


def test_the_corrected_claim_window_runs_from_the_notice():
    policy = acme(corrected={"anchor": "remit", "length": 180})
    state = claim(account(attempt(acks=[ack()]), payer="ACME", entries=[denied("4")]), status="denied")
    found = corrected(state, policy)
    assert (found.due, found.state, found.started_by) == (date(2026, 8, 29), "open", state.accounts[0].entries[0].event)


def test_original_medicare_takes_no_corrected_claim():
    """42 CFR 405.980: a clerical error is reopened."""
    found = corrected(claim(account(attempt(), entries=[denied("50")])))
    assert (found.state, found.due) == ("void", None)
    assert any("clerical-error reopening" in step for step in found.steps)


def test_a_corrected_claim_counts_when_the_payer_takes_it():
    policy = acme(corrected={"anchor": "remit", "length": 180})
    sent = attempt(2, "2026-04-01", frequency="7")
    taken = attempt(2, "2026-04-01", frequency="7", acks=[ack(on="2026-04-02")])
    for second, state in ((sent, "open"), (taken, "met")):
        told = claim(account(attempt(acks=[ack()]), second, payer="ACME", entries=[denied("4")]))
        assert corrected(told, policy).state == state


def test_a_corrected_claim_after_the_filing_limit_leaves_the_filing_met():
    taken = attempt(2, "2026-05-01", frequency="7", acks=[ack(on="2026-05-02")])
    state = claim(account(attempt(), taken, payer="ACME", entries=[denied("4")]), status="denied")
    found = filing(state, acme(filing={"anchor": "dos", "length": 90}))
    assert (found.state, found.ended_by) == ("met", state.accounts[0].entries[0].event)


def test_a_corrected_window_may_count_from_the_date_of_service():
    policy = acme(corrected={"anchor": "dos", "length": 365})
    assert corrected(claim(account(attempt(), payer="ACME", entries=[denied()])), policy).due == date(2027, 1, 15)


def test_medicare_takes_no_corrected_claim_but_reopens_for_a_year():
    found = deadlines(claim(account(attempt(acks=[ack()]), entries=[denied("119", "PR")])), reference())
    refused = pick(found, "corrected_claim")
    assert (refused.due, refused.state) == (None, "void")
    assert "frequency 7" in refused.explanation[0]
    assert pick(found, "reopening").due == date(2027, 3, 2)


def test_a_rejected_claim_has_neither_corrected_window_nor_reopening():
    found = deadlines(claim(account(attempt(rejections=[rejection()]), payer="ACME")), reference())
    assert not {"corrected_claim", "reopening", "appeal_1"} & {d.kind for d in found}


def test_a_new_notice_moves_the_window():
    first = denied("4", notice="2026-03-02", undone=True)
    second = entry("2026-05-04", lines=[entry_line(adjustments=[cas("CO", "50", "100.00")], denied=True)])
    found = corrected(claim(account(attempt(), payer="ACME", entries=[first, second])), acme(corrected={"length": 30}))
    assert found.due == date(2026, 6, 3)
