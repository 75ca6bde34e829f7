"""The estimate: the issue's example, the threshold's oracles, and any session at all."""

# packs: kx units modifiers

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.session_rules.estimate import estimate
from projections.session_rules.estimate_request import request_from_options
from tests.projections.session_rules.sessions import rulebook

# Expected allowed of 97530 x2, 97110 x1, 97140 x1 on one day, multiple-procedure reduction included (CY 2026).
PRICES = {"97530": "60.12", "97110": "22.21", "97140": "21.21", "97161": "74.82", "97535": "47.76"}


def price(lines, dos, payer):
    return [Decimal(PRICES[line.procedure]) if line.procedure in PRICES else None for line in lines]


def ask(*timed, **more):
    options = {"payer": "MEDICARE", "dos": "2026-03-02", "discipline": "PT", **more}
    return estimate(request_from_options(timed=timed, **options), rulebook(), price)


def billed(answer):
    return [" ".join([line["procedure"], f"x{line['units']}", *line["modifiers"]]) for line in answer["lines"]]


def found(answer):
    return {finding["rule"] for finding in answer["findings"]}


def test_the_form_of_the_answer():
    answer = ask(
        "97530:23", "97110:15", untimed=["97161"], assistant=["97110:15"], charge=["97530:150.00"], running="2455.00"
    )
    assert (answer["total_timed_minutes"], answer["total_units"], answer["tie"]) == (38, 3, False)
    assert answer["total_billed_units"] == 4
    assert answer["units_explanation"].startswith("38 timed min pooled: (38 + 7) div 15 = 3 units")
    assert billed(answer) == ["97530 x2 GP KX", "97110 x1 GP CQ KX", "97161 x1 GP KX"]
    assert answer["lines"][0]["charge"] == "150.00"
    assert all(line["explanation"] for line in answer["lines"])
    assert answer["threshold"] == {
        "year": 2026,
        "bucket": "PT_SLP",
        "limit": "2480.00",
        "running_before": "2455.00",
        "running_after": "2612.15",
        "band": "kx_required",
        "crossing_line": 1,
        "lines_needing_kx": [1, 2, 3],
        "lines_kx_unknown": [],
        "explanation": "kx@2026.3: used before 2455.00, limit 2480.00, KX if >; line 1 97530 ×2 60.12: 2515.12 KX, "
        "crosses; line 2 97110 ×1 22.21: 2537.33 KX; line 3 97161 ×1 74.82: 2612.15 KX",
    }
    assert json.loads(json.dumps(answer)) == answer


def test_all_three_lines_over_the_threshold():
    """CMS Pub 100-04 ch. 5 §10.3: 2,455.00 before, line 1 crosses."""
    answer = ask("97530:30", "97110:15", "97140:15", running="2455.00")
    assert billed(answer) == ["97530 x2 GP KX", "97110 x1 GP KX", "97140 x1 GP KX"]
    assert (answer["threshold"]["running_after"], answer["threshold"]["crossing_line"]) == ("2558.54", 1)
    assert answer["expected_allowed"] == "103.54"


def test_exactly_the_threshold_needs_no_kx():
    """CMS Pub 100-04 ch. 5 §10.3: 2,419.88 before, line 1 ends at exactly 2,480.00."""
    answer = ask("97530:30", "97110:15", "97140:15", running="2419.88")
    assert billed(answer) == ["97530 x2 GP", "97110 x1 GP KX", "97140 x1 GP KX"]
    assert (answer["threshold"]["crossing_line"], answer["threshold"]["lines_needing_kx"]) == (2, [2, 3])


def test_far_below_the_threshold_no_line_has_kx():
    answer = ask("97530:30", running="100.00")
    assert (answer["threshold"]["band"], answer["threshold"]["crossing_line"]) == ("ok", None)
    assert billed(answer) == ["97530 x2 GP"]


@pytest.mark.parametrize(
    ("running", "rule"), [("2200.00", "kx.alert"), ("2480.00", "kx.needed"), ("2990.00", "kx.review")]
)
def test_bands_are_said(running, rule):
    """rules kx.alert, kx.needed, kx.review"""
    assert rule in found(ask("97530:30", running=running))


@pytest.mark.parametrize(("discipline", "bucket"), [("PT", "PT_SLP"), ("SLP", "PT_SLP"), ("OT", "OT")])
def test_the_bucket_follows_the_modifier(discipline, bucket):
    assert ask("97530:30", discipline=discipline, running="0")["threshold"]["bucket"] == bucket


def test_a_year_without_an_amount_is_unknown_and_gets_no_kx():
    """rule kx.unknown"""
    answer = ask("97530:30", dos="2027-01-04", running="5000.00")
    assert billed(answer) == ["97530 x2 GP"]
    assert (answer["threshold"]["limit"], answer["threshold"]["band"]) == (None, None)
    assert "no kx rule covers 2027-01-04" in answer["threshold"]["explanation"]
    assert "kx.unknown" in found(answer)


def test_the_year_is_that_of_the_service():
    """2,430.00 used: over 2,410 in 2025, under 2,480 in 2026."""
    assert billed(ask("97110:15", dos="2025-12-31", running="2430.00")) == ["97110 x1 GP KX"]
    assert billed(ask("97110:15", dos="2026-01-01", running="2430.00")) == ["97110 x1 GP"]


def test_a_payer_outside_original_medicare_has_no_threshold():
    answer = ask("97530:30", payer="AETNA", running="5000.00")
    assert answer["threshold"] is None
    assert "Original Medicare" in answer["threshold_reason"]
    assert billed(answer) == ["97530 x2 GP"]


def test_without_a_used_amount_nothing_is_guessed():
    answer = ask("97530:30")
    assert (answer["threshold"]["limit"], answer["threshold"]["running_before"]) == ("2480.00", None)
    assert "kx.unknown" in found(answer)


def test_a_line_of_unknown_price():
    """rule kx.price_unknown"""
    answer = ask("97530:30", "97112:15", running="2400.00")
    assert billed(answer) == ["97530 x2 GP", "97112 x1 GP"]
    assert "kx.price_unknown" in found(answer)
    assert (answer["expected_allowed"], answer["lines"][1]["expected_allowed"]) == (None, None)


def test_a_code_without_units_is_shown_unpriced_and_without_kx():
    answer = ask("97110:33", "97140:2", running="2600.00")
    assert billed(answer) == ["97110 x2 GP KX", "97140 x0 GP"]
    assert (answer["lines"][1]["expected_allowed"], answer["expected_allowed"]) == ("0.00", "22.21")


def test_a_code_that_is_not_therapy_takes_no_modifier_and_no_threshold():
    answer = ask("97110:15", untimed=["00001"], running="2600.00")
    assert billed(answer) == ["97110 x1 GP KX", "00001 x1"]
    assert "procedure.unknown" in found(answer)


def test_pairs_are_warned_of_with_what_they_are_worth():
    answer = ask("97530:30", "97140:15", running="0")
    warned = next(f for f in answer["findings"] if f["rule"] == "ncci.attest")
    assert (warned["grade"], warned["line"], warned["worth"]) == ("advice", 1, "60.12")
    assert not any({"59", "XU"} & set(line["modifiers"]) for line in answer["lines"])


def test_diagnoses_are_judged_when_given():
    assert "diagnosis.expired" in found(ask("97530:30", diagnoses=["G20"]))
    assert "diagnosis.missing" not in found(ask("97530:30"))


def test_the_popular_mistakes_are_not_made():
    assert [ask(f"97530:{minutes}")["total_units"] for minutes in (23, 38, 53)] == [2, 3, 4]
    assert billed(ask("97110:18", "97140:5")) == ["97110 x1 GP", "97140 x1 GP"]
    assert found(ask("97530:15", untimed=["97161"])).isdisjoint({"ncci.pair", "ncci.no_override"})


procedures = st.sampled_from(["97530", "97110", "97140", "97112", "97161", "97150", "92507", "00001", "x"])
entries = st.lists(st.tuples(procedures, st.integers(0, 90)), min_size=1, max_size=5)


@given(
    entries,
    st.sampled_from(["PT", "OT", "SLP"]),
    st.sampled_from(["MEDICARE", "AETNA", "TRICARE"]),
    st.dates(date(2015, 1, 1), date(2028, 12, 31)),
    st.none() | st.integers(0, 400000),
)
def test_any_session_has_an_answer(services, discipline, payer, dos, running):
    answer = ask(
        *(f"{code}:{minutes}" for code, minutes in services),
        discipline=discipline,
        payer=payer,
        dos=dos.isoformat(),
        running=None if running is None else Decimal(running).scaleb(-2),
    )
    json.dumps(answer)
    assert answer["total_units"] <= answer["total_billed_units"]
    kx = [n for n, line in enumerate(answer["lines"], start=1) if "KX" in line["modifiers"]]
    threshold = answer["threshold"] or {"lines_needing_kx": [], "lines_kx_unknown": []}
    if threshold["lines_needing_kx"] is not None:
        assert kx == threshold["lines_needing_kx"]
        assert not threshold["lines_kx_unknown"]
    for line in answer["lines"]:
        assert len(set(line["modifiers"]) & {"GP", "GO", "GN"}) <= 1
        assert len(set(line["modifiers"])) == len(line["modifiers"])
