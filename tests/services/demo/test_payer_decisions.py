"""The generator's own prices against the published worked examples (national 2026 schedule)."""

from datetime import date

import pytest

from services.demo.adjudicate import contract_line, medicare_line, pay, reverse
from services.demo.payers import LAKESHORE, MEDICARE
from services.demo.people import THERAPISTS
from services.demo.prices import Price, Share, medicare_day
from services.demo.world import DemoClaim, DemoLine, DemoPatient, DemoPerson

DAY = date(2026, 3, 2)


def lines(*services):
    return tuple(
        DemoLine(number=number, procedure=code, modifiers=modifiers, units=units, charge=charge, dos=DAY)
        for number, (code, units, charge, *modifiers) in enumerate(services, 1)
    )


def claim(services, payer=MEDICARE):
    return DemoClaim(
        claim_id="T1",
        patient=DemoPatient(person=DemoPerson(last="A", first="B", number="0A"), payer=payer),
        discipline="PT",
        therapist=THERAPISTS["PT"],
        dos=DAY,
        lines=lines(*services),
    )


def settled(services, deductible=0):
    one = claim(services)
    return pay(one, "1", medicare_day([one.lines])[0], Share(deductible, 0, 20), medicare_line)


A = (("97530", 2, 15000, "GP"), ("97110", 1, 6000, "GP"), ("97140", 1, 5800, "GP"))


def test_three_lines_of_one_discipline():
    entry = settled(A)
    assert [line.allowed for line in entry.lines] == [6012, 2221, 2121]
    assert [line.paid for line in entry.lines] == [4714, 1741, 1663]
    assert entry.lines[0].cas == (("CO", "45", 7986), ("CO", "59", 1002), ("CO", "253", 96), ("PR", "2", 1202))
    assert (entry.charge, entry.paid, entry.patient_share, entry.allowed) == (26800, 8118, 2070, 10354)


def test_the_deductible_comes_first_and_line_by_line():
    entry = settled(A, deductible=5000)
    assert [line.paid for line in entry.lines] == [794, 1741, 1663]
    assert entry.lines[0].cas[-2:] == (("PR", "1", 5000), ("PR", "2", 202))
    assert entry.allowed == 10354


def test_an_assistant_costs_fifteen_percent_of_the_medicare_part():
    entry = settled((A[0], ("97110", 1, 6000, "GP", "CQ"), A[2]))
    assert (entry.lines[1].paid, entry.lines[1].allowed, entry.lines[1].remarks) == (1480, 2221, ("N851",))
    assert entry.paid == 7857


def test_an_evaluation_takes_the_full_unit():
    entry = settled((("97161", 1, 18000), ("97530", 1, 7500), ("97110", 1, 6000)))
    assert [line.allowed for line in entry.lines] == [9786, 2505, 2221]
    assert entry.paid == 11377


@pytest.mark.parametrize(
    ("first", "second", "allowed"),
    [
        ((("97530", 2, 15000, "GP"),), (("97535", 2, 13600, "GO"),), [[6012], [4776]]),
        ((("92507", 1, 14000, "GN"),), (("97530", 2, 15000, "GP"),), [[7615], [5010]]),
    ],
)
def test_the_claims_of_one_day_compete_for_one_full_unit(first, second, allowed):
    priced = medicare_day([lines(*first), lines(*second)])
    assert [[price.allowed for price in one] for one in priced] == allowed


def test_a_copay_is_taken_once_a_visit():
    one = claim(A[:2], LAKESHORE)
    entry = pay(one, "1", [Price(7800, 7800), Price(3600, 3600)], Share(0, 3000, 0), contract_line)
    assert [line.cas for line in entry.lines] == [(("CO", "45", 7200), ("PR", "3", 3000)), (("CO", "45", 2400),)]


def test_a_reversal_negates_every_amount_and_keeps_the_groups():
    entry = reverse(settled(A))
    assert (entry.status, entry.charge, entry.paid, entry.patient_share) == ("22", -26800, -8118, -2070)
    assert all(amount < 0 for line in entry.lines for _, _, amount in line.cas)
