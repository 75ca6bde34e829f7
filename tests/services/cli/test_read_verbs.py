"""Reading verbs as a person types them and sees them."""

import pytest

from tests.services.cli.test_verifying import practice, run  # noqa: F401
from tests.services.projector.conftest import new_engine  # noqa: F401


def test_a_claim_number_in_the_wrong_case_is_found(practice):  # noqa: F811
    assert run("claim", "one").stdout.startswith("ONE ")


def test_numbers_that_differ_in_case_alone_are_different_claims(practice):  # noqa: F811
    practice.sent("oNE", "2025-03-11")
    assert run("claim", "oNE").stdout.startswith("oNE ")
    assert run("claim", "ONE").stdout.startswith("ONE ")
    assert run("claim", "One").exit_code == 1


def test_instants_are_those_of_the_practices_clocks(practice):  # noqa: F811
    assert "Mar 10, 2025, 5:00 PM" in run("claim", "ONE").stdout  # sent at 22:00 UTC


@pytest.mark.parametrize("verb", [("claim", "ONE"), ("worklist", "filing")])
def test_what_is_said_of_a_limit_holds_before_and_after_it(practice, verb):  # noqa: F811
    assert "before the filing limit" not in " ".join(run(*verb, "--at", "2027-01-01").stdout.split())


def test_a_claim_shows_each_payers_answer_and_the_steps_where_it_is_not_what_was_expected(practice):  # noqa: F811
    practice.sent("TWO", "2026-01-12")
    practice.answered(
        "payment.posted.v1",
        "TWO",
        "2026-02-02",
        [{"group": "CO", "reason": "45", "amount": "180.00"}],
        "30.00",
        dos="2026-01-12",
    )
    told = run("claim", "TWO").stdout
    assert "balance 0.00 (payer 0.00, patient 0.00)" in told
    assert "Line 1 97530: underpaid" in told
    assert "conversion factor" in told
    assert "less allowed 30.00" in told


def test_a_payer_nobody_knows_is_named_beside_those_there_are(practice):  # noqa: F811
    told = run("worklist", "filing", "--payer", "nobody")
    assert (told.exit_code, "Timely filing: nothing" in told.stdout) == (0, True)
    assert "no claims for payer 'nobody'; payers: " in told.stderr
    assert not run("worklist", "filing").stderr


def test_people_read_names_and_machines_codes(practice):  # noqa: F811
    assert "Timely filing" in run("claim", "ONE").stdout
    assert "timely_filing" in run("claim", "ONE", "--json").stdout
