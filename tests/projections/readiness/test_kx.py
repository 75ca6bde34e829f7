"""KX over a patient's year, as findings of claims and of visits that are still to be billed."""

from dataclasses import replace
from decimal import Decimal

from projections.keys import YearName
from projections.readiness.kx import fold_kx
from projections.tables.readiness_facts import LineToBill
from projections.tables.vocabulary import VisitState
from projections.thresholds.fold import fold_threshold
from tests.projections.readiness.documented import day, reference, rows, visit
from tests.projections.thresholds.test_thresholds import finalized, line, observed, session

TERMS = reference()


def year(*lines, used=None, visits=()):
    balances = [observed(used)] if used else []
    threshold = fold_threshold(YearName("k", "default", "P1", 2026, "PT_SLP"), lines, balances, TERMS)
    return fold_kx("year|default|2026|PT_SLP|P1", "default", threshold, visits, TERMS)


def told(found, *columns):
    return [tuple(row[column] for column in columns) for row in found]


def test_lines_that_went_out_without_kx():
    found, items = year(*session(attempt=1), used="2455.00")
    assert told(found, "rule", "claim_id", "line", "attempt", "worth", "grade") == [
        ("kx.missing", "A", 1, 1, 6012, "denied"),
        ("kx.missing", "A", 2, 1, 2221, "denied"),
        ("kx.missing", "A", 3, 1, 2121, "denied"),
    ]
    assert found[0]["message"] == (
        "97530 was billed without KX; it takes the amount used from 2455.00 to 2515.12, over 2480.00"
    )
    assert items == []  # the threshold list has them


def test_kx_that_was_not_needed():
    found, _ = year(*session(kx=True), used="1000.00")
    assert told(found, "rule", "grade", "line") == [("kx.unneeded", "advice", n) for n in (1, 2, 3)]


def test_an_earlier_submission_without_kx_is_remembered():
    found, _ = year(replace(line(1, kx=True, attempt=2), sent_without_kx=(1,)), used="2455.00")
    assert told(found, "rule", "attempt", "is_current") == [("kx.missing", 1, False)]


def unbilled(visit_id="V1", dos="2026-03-02", **more):
    return rows(day(visit(visit_id, dos=dos, **more), dos=dos).readiness.values())[0]


def test_a_visit_that_will_cross():
    """2,400.00 used; 60.12 and 22.21 lead to 2,460.12 and 2,482.33: the second line needs KX."""
    found, items = year(used="2400.00", visits=[unbilled()])
    assert told(found, "rule", "visit_id", "claim_id", "line", "worth") == [("kx.needed", "V1", None, 2, 2221)]
    assert items == []  # attested: only advice is left


def test_visits_run_after_all_that_is_used_and_in_flight_day_by_day():
    visits = [unbilled("V2", "2026-03-06"), unbilled("V1", "2026-03-04")]
    found, _ = year(finalized(1, "100.00", "2026-02-20"), *session(), visits=visits)
    assert found == []
    found, _ = year(*session(), used="2290.00", visits=visits)  # 2393.54, then 2475.87, then 2535.99 and 2558.20
    assert told(found, "rule", "visit_id", "line") == [("kx.needed", "V2", 1), ("kx.needed", "V2", 2)]


def test_over_the_threshold_the_three_statements_are_wanted():
    found, items = year(used="2480.00", visits=[unbilled(kx_attestation=None)])
    assert told(found, "rule", "grade") == [
        ("kx.needed", "advice"),
        ("kx.needed", "advice"),
        ("kx.statements_missing", "at_risk"),
    ]
    assert [(item.kind, item.item) for item in items] == [("readiness", "V1 KX")]


def test_what_is_billed_or_of_another_payer_is_not_counted():
    other = day(visit("V2", payer="CEDAR")).readiness["V2"]
    assert other["bucket"] is None
    billed = unbilled()._replace(state=VisitState.BILLED)
    assert year(used="2480.00", visits=[billed, *rows([other])]) == ([], [])


def test_a_visit_of_unknown_price_leaves_a_lower_bound():
    known = unbilled()
    to_bill = (LineToBill(1, "97530", None), LineToBill(2, "97110", Decimal("22.21")))
    unknown = known._replace(summary=replace(known.summary, to_bill=to_bill))
    found, _ = year(used="2470.00", visits=[unknown])
    assert told(found, "rule", "line", "worth") == [
        ("kx.price_unknown", 1, None),
        ("kx.needed", 2, int(Decimal("22.21") * 100)),
    ]
