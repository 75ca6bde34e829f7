"""Allowed next to expected where the lines of a day or a claim hang together: caps, reductions, whole answers."""

from datetime import date
from decimal import Decimal

from projections.pricing.remit import PayerAnswer, spread
from projections.pricing.verdicts import DayLine
from tests.projections.pricing.compared import ACME, MEDICARE, SIMPLE, compare, medicare_day, verdicts
from tests.projections.pricing.days import (
    RATES,
    answered,
    cas,
    claim_a,
    contract,
    line,
)


def test_a_cap_shared_out_otherwise_is_as_expected():
    capped = contract(rates=RATES, cap="100.00")
    lines = claim_a()
    for split in (("56.34", "22.53", "21.13"), ("80.00", "20.00", "0.00"), ("70.00", "15.00", "15.00")):
        day = [answered(billed, paid) for billed, paid in zip(lines, split, strict=True)]
        assert verdicts(compare(day, capped)) == ["as_expected"] * 3


def test_a_cap_paid_short_is_carried_by_its_lines_together():
    capped = contract(rates=RATES, cap="100.00")
    day = [answered(billed, paid) for billed, paid in zip(claim_a(), ("70.00", "20.00", "0.00"), strict=True)]
    compared = compare(day, capped)
    assert verdicts(compared) == ["underpaid", "underpaid", "as_expected"]  # nothing was put on the third
    assert sum(c.variance for c in compared) == Decimal("10.00")
    assert sum(c.expected_allowed for c in compared) == Decimal("100.00")


def test_a_cap_split_as_we_do_is_short_on_the_line_that_is_short():
    capped = contract(rates=RATES, cap="100.00")
    day = [answered(billed, paid) for billed, paid in zip(claim_a(), ("50.00", "22.53", "21.13"), strict=True)]
    compared = compare(day, capped)
    assert verdicts(compared) == ["underpaid", "as_expected", "as_expected"]
    assert [c.expected_allowed for c in compared] == [Decimal("56.34"), Decimal("22.53"), Decimal("21.13")]
    assert compared[0].variance == Decimal("6.34")


def test_a_lower_cap_is_short_on_every_line():
    capped = contract(rates=RATES, cap="100.00")
    day = [answered(billed, paid) for billed, paid in zip(claim_a(), ("50.70", "20.28", "19.02"), strict=True)]
    compared = compare(day, capped)
    assert verdicts(compared) == ["underpaid"] * 3
    assert [c.variance for c in compared] == [Decimal("5.64"), Decimal("2.25"), Decimal("2.11")]


def test_a_visit_rate_paid_on_one_line_and_bundled_on_the_rest():
    flat = contract(method="per_visit", amount="85.00")
    lines = claim_a()
    by_price = [answered(lines[0], "85.00"), answered(lines[1], "0.00"), answered(lines[2], "0.00")]
    assert verdicts(compare(by_price, flat)) == ["as_expected"] * 3
    bundled = [by_price[0], *(answered(one, "0.00", f"CO-97 {one.charge}") for one in lines[1:])]
    assert verdicts(compare(bundled, flat)) == ["as_expected", "bundled", "bundled"]


def test_the_full_unit_on_the_other_claim_of_the_day_costs_little_and_accuses_nobody():
    pt, ot = line("97530", 2, None, "GP", claim="pt"), line("97535", 2, None, "GO", claim="ot")
    day = []
    for billed, allowed in ((pt, "50.10"), (ot, "56.28")):
        share = (Decimal(allowed) * Decimal("0.2")).quantize(Decimal("0.01"))
        day.append(answered(billed, Decimal(allowed) - share, f"PR-2 {share}", payer=MEDICARE))
    compared = compare(day)
    assert verdicts(compared) == ["as_expected"] * 2
    assert all("claim ot" in c.notes[0] for c in compared)


def test_of_two_equal_lines_either_may_have_the_full_unit_while_a_third_is_short():
    lines = [line("97530", claim="a", number=1), line("97530", claim="b", number=1), line("97110", claim="b", number=2)]
    told = [
        answered(one, amount, payer=MEDICARE) for one, amount in zip(lines, ("25.05", "35.07", "19.21"), strict=True)
    ]
    for day in (told, told[::-1]):
        found = {(c.line.claim, c.line.number): (c.verdict, c.variance) for c in compare(day)}
        assert found["b", 2] == ("underpaid", Decimal("3.00"))
        assert {found["a", 1][0], found["b", 1][0]} == {"as_expected"}


def test_the_full_unit_on_a_far_cheaper_line_blames_the_line_that_was_due_it():
    lines = [line("97530", 2, claim="a", number=1), line("97110", 1, claim="a", number=2)]
    day = [answered(lines[0], "50.10", payer=MEDICARE), answered(lines[1], "29.06", payer=MEDICARE)]
    compared = compare(day)
    assert verdicts(compared) == ["underpaid", "as_expected"]
    assert (compared[0].cause, compared[0].variance) == ("full_unit_elsewhere", Decimal("10.02"))
    assert compared[0].expected_allowed == Decimal("60.12")  # its price, recomputable by hand
    assert compared[1].variance == Decimal("-6.85")
    assert "brought 79.16 of 82.33 expected" in compared[0].notes[0]


def test_the_day_is_not_judged_while_a_claim_of_it_is_out():
    pt, ot = line("97530", 2, None, "GP", claim="pt"), line("97535", 2, None, "GO", claim="ot")
    reduced = answered(pt, "50.10", payer=MEDICARE)
    assert verdicts(compare([reduced, DayLine(line=ot, payer_id=MEDICARE)])) == ["unknown"]
    alone = compare([reduced])[0]
    assert (alone.verdict, alone.cause, alone.variance) == ("underpaid", "no_full_unit", Decimal("10.02"))


def test_a_claim_answered_without_its_lines_is_compared_as_a_whole():
    day = [DayLine(line=billed, payer_id=ACME) for billed in claim_a()]
    right = {
        "c1": PayerAnswer(
            charge=Decimal("268.00"), paid=Decimal("112.00"), adjustments=cas("CO-45 126.00", "PR-3 30.00")
        )
    }
    found = compare(day, SIMPLE, claims=right)
    assert [(c.number, c.verdict, c.expected_allowed) for c in found] == [(None, "as_expected", Decimal("142.00"))]
    short = {
        "c1": PayerAnswer(
            charge=Decimal("268.00"), paid=Decimal("102.00"), adjustments=cas("CO-45 136.00", "PR-3 30.00")
        )
    }
    found = compare(day, SIMPLE, claims=short)[0]
    assert (found.verdict, found.variance, found.line.claim) == ("underpaid", Decimal("10.00"), "c1")


def test_claim_level_adjustments_are_laid_on_the_lines():
    lines = claim_a()
    at_list_price = [PayerAnswer(charge=one.charge, paid=one.charge) for one in lines]
    laid = spread(at_list_price, cas("CO-45 126.00", "PR-3 30.00"))
    assert sum(a.paid for a in laid) == Decimal("112.00")
    assert all(a.charge - sum(x.amount for x in a.adjustments) == a.paid for a in laid)


def test_two_payers_first_one_and_only_comparisons_of_their_own():
    day = [answered(line("97530", 2, claim="x"), "80.00"), *medicare_day(claim_a())]
    assert verdicts(compare(day, SIMPLE)) == ["as_expected"] * 4


def test_steps_tell_the_whole_story():
    found = compare([answered(line("97530", 2), "76.00")], contract(rates=RATES))[0]
    told = [str(step) for step in found.steps]
    assert told[0] == "rate of 97530 = 40.00 [acme@1]"
    assert "expected 80.00 less allowed 76.00 = 4.00" in told
    assert told[-1].startswith("the amount is 95%")


def test_comparing_on_a_date_without_fees_is_unknown():
    assert verdicts(compare([answered(line("97530", 2), "60.12", payer=MEDICARE)], dos=date(2027, 3, 1))) == ["unknown"]


def test_a_claim_denied_without_its_lines_is_denied():
    day = [DayLine(line=billed, payer_id=ACME) for billed in claim_a()]
    found = compare(
        day,
        SIMPLE,
        claims={"c1": PayerAnswer(charge=Decimal("268.00"), paid=Decimal(0), adjustments=cas("CO-197 268.00"))},
    )[0]
    assert (found.verdict, found.expected_allowed, found.evidence) == ("denied", Decimal("142.00"), ("CO-197",))
    partly = PayerAnswer(
        charge=Decimal("268.00"), paid=Decimal("62.00"), adjustments=cas("CO-45 56.00", "CO-119 150.00")
    )
    assert verdicts(compare(day, SIMPLE, claims={"c1": partly})) == ["denied"]


def test_a_claim_with_answered_lines_is_compared_by_line_alone():
    day = [answered(line("97530", 2, claim="c1"), "80.00"), DayLine(line=line("97110", claim="c1"), payer_id=ACME)]
    whole = {"c1": PayerAnswer(charge=Decimal("210.00"), paid=Decimal("80.00"), adjustments=cas("CO-45 130.00"))}
    assert verdicts(compare(day, SIMPLE, claims=whole)) == ["as_expected"]
