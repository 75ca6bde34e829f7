# packs: house.underpayment_tolerance

"""Allowed next to expected: the verdict of one line."""

from dataclasses import replace
from decimal import Decimal

import pytest

from events.terms import Tolerances
from projections.pricing.compare import Comparer
from projections.pricing.remit import PayerAnswer
from projections.pricing.verdicts import DayLine
from tests.projections.pricing.compared import ACME, MEDICARE, SIMPLE, compare, medicare_day, verdicts
from tests.projections.pricing.days import (
    DOS,
    answered,
    as_priced,
    cas,
    claim_a,
    line,
    pricer,
)


def test_example_a_paid_as_it_should_be():
    compared = compare(medicare_day(claim_a()))
    assert verdicts(compared) == ["as_expected"] * 3
    assert [str(c.allowed) for c in compared] == ["60.12", "22.21", "21.21"]
    assert [c.variance for c in compared] == [Decimal("0.00")] * 3


@pytest.mark.parametrize("left", ["50.00", "283.00"])
def test_a_deductible_is_no_underpayment(left):
    assert verdicts(compare(medicare_day(claim_a(), deductible_left=Decimal(left)))) == ["as_expected"] * 3


def test_example_c_with_the_assistants_cut_shown_in_any_way():
    lines = claim_a()
    lines[1] = replace(lines[1], modifiers=("GP", "CQ"))
    on_the_share = "22.21 less 2.67: Medicare's share 17.77 is reduced to 85% for the assistant"
    for columns, stated, reading in (
        (("CO-45 30.94", "CO-59 6.85", "PR-2 4.44", "CO-253 0.30", "CO-237 2.67"), "22.21", ""),
        (("CO-45 33.61", "CO-59 6.85", "PR-2 4.44", "CO-253 0.30"), "22.21", on_the_share),  # hidden in CO-45
        (("CO-45 34.27", "CO-59 6.85", "PR-2 3.78", "CO-253 0.30"), "18.88", "85% of 22.21 for the assistant"),
    ):
        day = medicare_day(lines)
        day[1] = DayLine(
            line=lines[1],
            payer_id=MEDICARE,
            answer=PayerAnswer(
                charge=Decimal("60.00"),
                paid=Decimal("14.80"),
                adjustments=cas(*columns),
                allowed=Decimal(stated),
                remarks=("N851",),
            ),
        )
        found = compare(day)
        assert [c.verdict for c in found] == ["as_expected"] * 3
        assert reading in "; ".join(found[1].notes)


def test_sequestration_reported_under_another_code_is_no_underpayment():
    day = medicare_day(claim_a())
    first = day[0].answer
    hidden = tuple(a.model_copy(update={"reason": "45"}) if a.reason == "253" else a for a in first.adjustments)
    day[0] = replace(day[0], answer=replace(first, adjustments=hidden))
    assert verdicts(compare(day)) == ["as_expected"] * 3


def test_allowed_is_rebuilt_and_set_beside_what_the_payer_states():
    day = medicare_day(claim_a())
    agreeing = [
        replace(d, answer=replace(d.answer, allowed=Decimal(a)))
        for d, a in zip(day, ("60.12", "22.21", "21.21"), strict=True)
    ]
    assert all(c.agrees for c in compare(agreeing))
    off = [replace(agreeing[0], answer=replace(agreeing[0].answer, allowed=Decimal("70.14"))), *agreeing[1:]]
    found = compare(off)[0]
    assert (found.agrees, found.allowed, found.allowed_stated, found.allowed_rebuilt) == (
        False,
        Decimal("60.12"),
        Decimal("70.14"),
        Decimal("60.12"),
    )
    assert any("70.14" in note and "60.12" in note for note in found.notes)


def test_without_adjustments_the_stated_amount_counts_and_without_both_nothing_is_known():
    billed = line("97530", 1)
    stated = DayLine(
        line=billed,
        payer_id=ACME,
        answer=PayerAnswer(charge=billed.charge, paid=Decimal("10.00"), allowed=Decimal("40.00")),
    )
    assert verdicts(compare([stated], SIMPLE)) == ["as_expected"]
    silent = DayLine(line=billed, payer_id=ACME, answer=PayerAnswer(charge=billed.charge, paid=Decimal("10.00")))
    found = compare([silent], SIMPLE)[0]
    assert (found.verdict, found.allowed) == ("unknown", None)


def test_patient_share_is_never_an_underpayment():
    billed = line("97530", 2)
    for columns in (
        ("PR-3 30.00",),
        ("PR-1 80.00",),
        ("PR-2 16.00", "PR-3 10.00"),
        ("OA-209 12.00",),
        ("PR-100 5.00",),
    ):
        share = sum(Decimal(c.split()[1]) for c in columns)
        assert verdicts(compare([answered(billed, Decimal("80.00") - share, *columns)], SIMPLE)) == ["as_expected"]


def test_incentives_and_withholding_lie_inside_the_allowed_amount():
    billed = line("97530", 2)
    assert verdicts(compare([answered(billed, "81.00", "CO-144 -1.00")], SIMPLE)) == ["as_expected"]
    assert verdicts(compare([answered(billed, "78.50", "CO-104 1.50")], SIMPLE)) == ["as_expected"]


def test_underpaid_and_overpaid():
    compared = compare([answered(line("97530", 2), "70.00"), answered(line("97110", 1), "33.00")], SIMPLE)
    assert verdicts(compared) == ["underpaid", "overpaid"]
    assert [c.variance for c in compared] == [Decimal("10.00"), Decimal("-1.00")]
    assert compared[0].contract == "acme@1"


@pytest.mark.parametrize(
    ("paid", "verdict"),
    [("79.90", "as_expected"), ("79.89", "underpaid"), ("80.10", "as_expected"), ("80.11", "overpaid")],
)
def test_the_tolerance_is_five_cents_a_unit(paid, verdict):
    assert verdicts(compare([answered(line("97530", 2), paid)], SIMPLE)) == [verdict]


def test_a_policys_tolerance_wins():
    day = [answered(line("97530", 2), "78.00")]
    loose = Comparer(pricer(SIMPLE), lambda _payer, _dos: Tolerances(per_unit=Decimal("1.00")))
    percent = Comparer(pricer(SIMPLE), lambda _payer, _dos: Tolerances(percent=Decimal("2.5")))
    assert verdicts(loose.compare_day(day, DOS)) == verdicts(percent.compare_day(day, DOS)) == ["as_expected"]
    assert verdicts(compare(day, SIMPLE)) == ["underpaid"]


@pytest.mark.parametrize("code", ["CO-50", "PR-96", "CO-16", "PI-197", "CO-119", "CO-29", "CO-9999", "OA-18"])
def test_denied_lines_are_denied_not_underpaid(code):
    billed = line("97530", 2)
    found = compare([answered(billed, "0.00", f"{code} 150.00")], SIMPLE)[0]
    assert (found.verdict, found.expected_allowed, found.evidence) == ("denied", Decimal("80.00"), (code,))


def test_a_denied_line_takes_no_part_in_the_reduction_of_the_others():
    lines = claim_a()
    rest = pricer()(lines[1:], DOS, MEDICARE)
    day = [
        answered(lines[0], "0.00", "CO-50 150.00", payer=MEDICARE),
        *(as_priced(*pair) for pair in zip(lines[1:], rest, strict=True)),
    ]
    compared = compare(day)
    assert verdicts(compared) == ["denied", "as_expected", "as_expected"]
    assert [str(c.expected_allowed) for c in compared] == ["60.12", "29.06", "21.21"]


@pytest.mark.parametrize("code", ["CO-97", "CO-236", "CO-234"])
def test_bundled(code):
    day = [answered(line("97530", 2), "80.00"), answered(line("97140", 1), "0.00", f"{code} 58.00")]
    assert verdicts(compare(day, SIMPLE)) == ["as_expected", "bundled"]


def test_a_code_that_is_never_paid_and_was_not_is_as_expected():
    packs = answered(line("97010", 1, "20.00"), "0.00", "CO-97 20.00", payer=MEDICARE)
    assert verdicts(compare([packs])) == ["as_expected"]
    assert verdicts(compare([answered(line("97010", 1, "20.00"), "0.00")], SIMPLE)) == ["as_expected"]


def test_nothing_allowed_by_price_alone_is_underpaid():
    found = compare([answered(line("97530", 2), "0.00")], SIMPLE)[0]
    assert (found.verdict, found.cause) == ("underpaid", "nothing_allowed")


def test_part_of_a_line_refused_is_a_denial_of_that_part():
    found = compare([answered(line("97530", 2), "40.00", "CO-151 75.00")], SIMPLE)[0]
    assert (found.verdict, found.evidence) == ("denied", ("CO-151",))
    assert found.expected_allowed - found.allowed == Decimal("40.00")


def test_recoded_lines_are_their_own_class_and_priced_as_decided():
    found = compare([answered(line("97530", 2), "64.00", procedure="97110")], SIMPLE)[0]
    assert (found.verdict, found.cause) == ("recoded", "downcoded")
    assert (found.line.procedure, found.procedure) == ("97530", "97110")
    assert (found.expected_allowed, found.variance) == (Decimal("64.00"), Decimal("0.00"))
    assert "64.00 instead of 80.00" in found.evidence[0]
    told = [str(step) for step in found.steps]
    assert "as billed: 2 × 40.00 = 80.00 [acme@1]" in told
    assert "80.00 as billed less allowed 64.00: what the other code costs = 16.00" in told
    assert compare([answered(line("97110", 2), "80.00", procedure="97530")], SIMPLE)[0].cause == "upcoded"
    assert compare([answered(line("97110", 2), "80.00", procedure="99999")], SIMPLE)[0].verdict == "recoded"


def test_a_medicare_line_recoded_reranks_the_day():
    lines = claim_a()
    decided = [replace(lines[0], procedure="97110"), *lines[1:]]
    day = [
        replace(as_priced(d, p, procedure=d.procedure), line=billed)
        for billed, d, p in zip(lines, decided, pricer()(decided, DOS, MEDICARE), strict=True)
    ]
    assert verdicts(compare(day)) == ["recoded", "as_expected", "as_expected"]


def test_fewer_units_decided_on_are_priced_as_decided_and_noted():
    found = compare([answered(line("97530", 2), "40.00", units=Decimal(1))], SIMPLE)[0]
    assert (found.verdict, found.units, found.line.units) == ("as_expected", 1, 2)
    assert any("1 of 2 units" in note for note in found.notes)


def test_units_of_zero_or_none_mean_as_billed():
    for units in (None, Decimal(0)):
        assert compare([answered(line("97530", 2), "80.00", units=units)], SIMPLE)[0].units == 2


def test_no_contract_and_unknown():
    assert verdicts(compare([answered(line("97530", 2), "80.00")])) == ["no_contract"]
    found = compare([answered(line("97112", 1, "60.00"), "20.00")], SIMPLE)[0]
    assert (found.verdict, found.expected_allowed, found.variance) == ("unknown", None, None)
    assert "97112" in found.evidence[0]


def test_lines_that_are_not_answered_give_no_comparison():
    day = [DayLine(line=line("97530", 2), payer_id=ACME), answered(line("97110"), "32.00")]
    assert [c.procedure for c in compare(day, SIMPLE)] == ["97110"]


def test_interest_is_not_part_of_the_allowed_amount():
    assert verdicts(compare([answered(line("97530", 2), "81.20", "CO-225 -1.20")], SIMPLE)) == ["as_expected"]


def test_what_is_at_stake():
    found = compare([answered(line("97530", 2), "64.00", procedure="97110")], SIMPLE)[0]
    assert (found.variance, found.expected_as_billed, found.at_stake) == (
        Decimal(0),
        Decimal("80.00"),
        Decimal("16.00"),
    )
    assert compare([answered(line("97530", 2), "70.00")], SIMPLE)[0].at_stake == Decimal("10.00")
    assert compare([answered(line("97530", 2), "0.00", "CO-50 150.00")], SIMPLE)[0].at_stake == Decimal("80.00")
