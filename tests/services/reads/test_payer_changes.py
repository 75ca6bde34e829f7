"""A payer that changes is reported with its day and size; one that does not, never."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from types import SimpleNamespace

import pytest

from events.adjustment import Adjustment
from events.values import ZERO
from projections.tables.line_facts import LineAnswer, LineFacts
from projections.tables.vocabulary import EntryKind
from services.reads import payer_changes as subject

START = date(2026, 1, 5)


def priced(day, allowed, expected=6012, units="2", verdict="paid", number=0, payer="BCBS", procedure="97530"):
    return SimpleNamespace(
        payer_id=payer,
        procedure=procedure,
        claim_id=f"C{number}",
        line=1,
        units=units,
        allowed=allowed,
        expected_allowed=expected,
        verdict=verdict,
        notice_date=START + timedelta(days=day),
    )


def answered(row, reason=None):
    taken_off = (Adjustment(group="CO", reason=reason, amount="60.12"),) if reason else ()
    answer = LineAnswer(
        payer_id=row.payer_id,
        sequence="P",
        kind=EntryKind.DENIAL if reason else EntryKind.PAYMENT,
        undone=False,
        remit="R",
        notice_date=row.notice_date,
        received_at=datetime(2026, 1, 5, tzinfo=UTC),
        ordinal=1,
        procedure=row.procedure,
        submitted_procedure=None,
        modifiers=(),
        units=Decimal(row.units),
        charge=Decimal("150.00"),
        paid=ZERO,
        allowed=ZERO,
        allowed_stated=None,
        adjustments=taken_off,
        remark_codes=(),
        denied=reason is not None,
    )
    facts = LineFacts(
        plan=None,
        place_of_service=None,
        rendering_npi=None,
        sent_at=None,
        claim_status="paid",
        flags=(),
        disputes=(),
        work=(),
        claim_answer=None,
        answers=(answer,),
    )
    return SimpleNamespace(claim_id=row.claim_id, number=1, facts=facts.to_json())


def settled(day, days, number=0, payer="BCBS"):
    notice = START + timedelta(days=day)
    return SimpleNamespace(
        key=f"claim|default|C{number}",
        payer_id=payer,
        notice_on=notice,
        charge=15000,
        sent_on=notice - timedelta(days=days),
    )


def test_a_lower_price_is_reported_with_its_day_and_what_it_cost():
    rows = [priced(n, 6012 if n < 20 else 5412, number=n) for n in range(30)]
    (change,) = subject._price_changes(rows)
    assert (change["since"], change["size"], change["dollars"]) == ("2026-01-25", "-3.00 a unit of 97530", "60.00")
    assert change["claims"] == [f"C{n}" for n in range(20, 30)]
    assert change["text"] == "Payer BCBS since Jan 25, 2026: -3.00 a unit of 97530"


def test_reductions_within_a_day_are_no_change():
    """Full and reduced units come by turns; what counts is the difference from what was expected."""
    rows = [priced(n, 6012 if n % 2 else 5010, expected=6012 if n % 2 else 5010, number=n) for n in range(40)]
    assert list(subject._price_changes(rows)) == []


def test_a_new_denial_is_reported_and_other_reasons_are_not_blamed():
    rows = [priced(n, 0 if n >= 24 else 6012, verdict="denied" if n >= 24 else "paid", number=n) for n in range(32)]
    answers = [answered(row, "197" if row.verdict == "denied" else None) for row in rows]
    (change,) = subject._denial_changes(rows, answers)
    assert (change["code"], change["since"], change["dollars"]) == ("CO-197", "2026-01-29", "480.96")
    assert change["size"] == "CO-197 on 0% of 97530 before, 100% since"


@pytest.mark.parametrize("denied", [3, 5])
def test_a_few_denials_are_no_change(denied):
    rows = [priced(n, 6012, verdict="denied" if n >= 30 - denied else "paid", number=n) for n in range(30)]
    answers = [answered(row, "197" if row.verdict == "denied" else None) for row in rows]
    assert list(subject._denial_changes(rows, answers)) == []


def test_a_slower_payer_is_reported():
    rows = [settled(n, 14 + n % 3 if n < 30 else 27 + n % 4, number=n) for n in range(50)]
    (change,) = subject._day_changes(rows)
    assert (change["kind"], change["since"]) == ("days", "2026-02-04")
    assert change["size"].startswith("15 days to decide before, 28")
    assert change["claims"][0] == "C30"


@pytest.mark.parametrize("seed", range(40))
def test_a_year_without_changes_gives_no_report(seed):
    """Random prices, denials and delays that keep their habits all year."""
    chance = Random(seed)
    rows, answers, paid = [], [], []
    for number in range(260):
        denied = chance.random() < 0.12
        short = -500 if chance.random() < 0.08 else chance.choice([0, 0, 0, 1, -1])
        row = priced(number + chance.randrange(3), 6012 + short, verdict="denied" if denied else "paid", number=number)
        rows.append(row)
        answers.append(answered(row, chance.choice(["11", "50", "197"]) if denied else None))
        paid.append(settled(number, chance.randrange(12, 26), number=number))
    assert list(subject._price_changes(rows)) == []
    assert list(subject._denial_changes(rows, answers)) == []
    assert list(subject._day_changes(paid)) == []
