"""Findings on replacements and voids: the rule claim.old_control_number."""

from dataclasses import replace

import pytest

from projections.readiness.replacements import replacement_findings
from tests.projections.claim_states import account, ack, attempt, claim, entry, reference


def found(named, entries, acks=(), frequency="7", sent="2026-03-15"):
    again = replace(attempt(2, sent, frequency=frequency), original_reference=named)
    state = claim(account(attempt(acks=acks), again, payer="ACME", entries=entries))
    return [(row["rule"], row["attempt"], row["message"]) for row in replacement_findings(state, reference())]


TWO = (entry("2026-02-01", "denial", number="OLD1"), entry("2026-03-01", "denial", number="NEW2"))


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("OLD1", "has control number OLD1; the payer's latest response gave NEW2"),
        (None, "has no payer claim control number; the payer's latest response gave NEW2"),
        ("OTHER", "has OTHER, which is in no response from this payer; the latest gave NEW2"),
    ],
)
@pytest.mark.parametrize(("frequency", "what"), [("7", "replacement"), ("8", "void")])
def test_a_replacement_names_the_number_of_the_latest_answer(named, says, frequency, what):
    """rule claim.old_control_number"""
    assert found(named, TWO, frequency=frequency) == [("claim.old_control_number", 2, f"the {what} {says}")]


@pytest.mark.parametrize("named", ["NEW2", "new-2", "0NEW2"])
def test_the_latest_number_in_any_spelling_is_right(named):
    assert found(named, TWO) == []


def test_a_number_given_after_the_replacement_left_is_not_asked_of_it():
    assert found("OLD1", TWO, sent="2026-02-15") == []


def test_the_payers_acceptance_gives_a_number_too():
    accepted = ack(on="2026-01-17", number="ICN9")
    assert [rule for rule, _, _ in found("OLD1", (), acks=(accepted,))] == ["claim.old_control_number"]
    assert found("ICN9", (), acks=(accepted,)) == []


def test_where_no_number_is_known_and_for_a_first_claim_nothing_is_found():
    assert found("OLD1", ()) == []
    assert found("OLD1", TWO, frequency="1") == []
