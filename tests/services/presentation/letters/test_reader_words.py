"""Steps of explanations in the words of a letter; the figures stay."""

import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.presentation.letters.reader_words import for_reader, money_rows, overpaid

ZONE = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("What stops it: a corrected claim", ""),
        ("cedar-therapy@1", ""),
        (
            "policy CEDAR@1: 180 days from the date of service",
            "Your filing and appeal terms: 180 days from the date of service",
        ),
        (
            "timely-medicare@2026.1: 1 year from the date of service",
            "Medicare timely filing: 1 year from the date of service",
        ),
        ("Latest: Mon 2026-10-05 + 90 days = Sun 2027-01-03", "Mon, Oct 5, 2026 + 90 days = Sun, Jan 3, 2027"),
        ("expected 44.00 less allowed 41.00", "Due under our agreement 44.00, less allowed 41.00"),
        (
            "the amount matches the earlier version cedar-therapy@1",
            "The amount allowed is the rate before our agreement changed",
        ),
        (
            "the amount matches contract lakeshore-silver@1 for plan silver",
            "The amount allowed is the rate for the plan Silver, not for this patient's plan",
        ),
        (
            "Stopped: the payer accepted attempt 2 on Mon 2026-10-05 (277CA A2, payer claim number 77): proof of timely filing",
            "You accepted submission 2 on Mon, Oct 5, 2026 (277CA A2, your claim number 77)",
        ),
    ],
)
def test_a_step_in_words(step, said):
    assert for_reader(step, ZONE) == said


def test_a_rate_of_the_code_billed_has_its_figure_in_its_column():
    rows = money_rows([("as billed: rate of 97530 = 44.00 [lakeshore-gold@1]", ""), ("lakeshore-gold@1", "")], ZONE)
    assert rows == [("Rate of 97530, the code billed", "44.00")]


def test_a_refund_says_what_was_too_much_and_guesses_nothing():
    reason = "line 1: 97110 ×2: allowed 88.00, contract: 80.00, 8.00 too much; likely cause: wrong_plan"
    said = "Line 1, 97110, units 2: you allowed 88.00 where our agreement gives 80.00, which is 8.00 too much"
    assert overpaid(reason, ZONE) == said


AMOUNTS = st.decimals(0, 99999, places=2).map(str)
STEPS = st.one_of(
    st.builds("expected {} less allowed {}".format, AMOUNTS, AMOUNTS),
    st.builds("as billed: rate of 97110 = {} [a-plan@{}]".format, AMOUNTS, st.integers(1, 99)),
    st.builds("{} as billed less allowed {}: what the other code costs".format, AMOUNTS, AMOUNTS),
    st.builds("lower of the charge {} and the fee {}".format, AMOUNTS, AMOUNTS),
)


@given(STEPS)
def test_no_figure_is_lost_and_no_name_of_a_contract_is_kept(step):
    rows = money_rows([(step, "")], ZONE)
    said = " ".join(cell for row in rows for cell in row)
    assert "@" not in said
    assert "a-plan" not in said
    assert re.findall(r"\d+\.\d\d", step) == re.findall(r"\d+\.\d\d", said)
