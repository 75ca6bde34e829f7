"""What federal law lets a payer's program go to, where the payer's own limit is not entered."""

from datetime import date

import pytest

from events.terms import PolicyPublished
from projections.deadlines import deadlines
from projections.deadlines.filing import LIMIT_NOT_ENTERED
from tests.projections.claim_states import account, attempt, claim, line, pick, reference

# packs: outer-limit-medicaid outer-limit-tricare outer-limit-champva


def filing(program, **terms):
    policy = PolicyPublished.model_validate({"payer_id": "ACME", "program": program, **terms})
    state = claim(account(attempt(sent="2026-01-20", lines=[line(1, dos="2026-01-12")]), payer="ACME"))
    return pick(deadlines(state, reference(policy)), "timely_filing")


@pytest.mark.parametrize("program", ["medicaid", "tricare", "champva"])
def test_the_federal_limit_is_the_latest_and_never_the_due_date(program):
    found = filing(program)
    assert (found.due, found.latest) == (None, date(2027, 1, 12))
    assert LIMIT_NOT_ENTERED in found.steps


@pytest.mark.parametrize("program", ["va", "commercial", "auto", "medicare_advantage"])
def test_other_programs_have_none(program):
    found = filing(program)
    assert (found.due, found.latest) == (None, None)
    assert LIMIT_NOT_ENTERED not in found.steps


def test_an_entered_limit_takes_its_place():
    found = filing("medicaid", filing={"length": 90})
    assert (found.due, found.latest) == (date(2026, 4, 12), None)


def test_a_deadline_says_where_its_figure_was_read():
    found = filing(
        "commercial",
        filing={
            "length": 90,
            "source": "the manual",
            "read_on": "2026-11-30",
            "confidence": "H",
            "x_template": "acme",
            "x_network": "in",
        },
    )
    assert "Read 2026-11-30 in the manual; template acme; in network; confidence high" in found.steps
