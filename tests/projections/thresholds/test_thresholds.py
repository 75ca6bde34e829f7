"""Therapy dollars of one patient, year and bucket: what counts, in which order, and which lines need KX."""

# packs: kx

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.patient import BalanceObserved
from projections.history import LoggedEvent
from projections.keys import YearName
from projections.rules.rulebook import Rulebook, read_pack
from projections.tables.price_facts import Finalized
from projections.terms.terms_in_force import Reference
from projections.thresholds.fold import BucketLine, fold_threshold
from services.store.shipped_rule_packs import shipped_packs, shipped_rulebook

UTC_ZONE = ZoneInfo("UTC")
REFERENCE = Reference(rules=shipped_rulebook(), zone=UTC_ZONE)
# Medicare's prices of 97530 x2, 97110 x1, 97140 x1 of one day in 2026, the multiple-procedure reduction taken
SESSION = ("60.12", "22.21", "21.21")


def line(number=1, amount="60.12", claim="A", *, dos="2026-03-02", sent="", kx=False, **more):
    """In flight, unless `final` says when it was finalized."""
    finals = tuple(
        Finalized(
            on=date.fromisoformat(on),
            received_at=datetime.fromisoformat(f"{on}T00:00:00+00:00"),
            allowed=Decimal(allowed),
        )
        for on, allowed in more.pop("final", ())
    )
    return BucketLine(
        claim_id=claim,
        ref=claim,
        number=number,
        procedure="97530",
        has_kx=kx,
        dos=date.fromisoformat(dos),
        sent_at=sent or f"{dos}T22:00:00+00:00",
        finalized=finals,
        in_flight=more.pop("in_flight", not finals),
        expected=None if amount is None else Decimal(amount),
        denied=more.pop("denied", False),
        **more,
    )


def finalized(number, amount, on, claim="A", **more):
    return line(number, amount, claim, final=[(on, amount)], **more)


def observed(used, as_of="2026-03-01", *, bucket="PT_SLP", year=2026, got="2026-03-01T12:00:00+00:00", name="b"):
    data = BalanceObserved(patient_id="P", bucket=bucket, year=year, used_amount=used, as_of=as_of, source="portal")
    instant = datetime.fromisoformat(got)
    return LoggedEvent(
        source="test",
        id=name,
        type="therapy.balance_observed.v1",
        subject="P",
        time=instant,
        recorded_at=instant,
        data=data,
    )


def folded(*lines, year=2026, balances=(), bucket="PT_SLP", reference=REFERENCE):
    return fold_threshold(YearName("k", "default", "P", year, bucket), lines, balances, reference)


def missing(threshold):
    return [row.line for row in threshold.lines_missing_kx]


def session(**more):
    return [line(number, amount, **more) for number, amount in enumerate(SESSION, 1)]


@pytest.mark.parametrize(
    ("year", "limit", "review"),
    [
        (2018, 2010, 3000),
        (2019, 2040, 3000),
        (2020, 2080, 3000),
        (2021, 2110, 3000),
        (2022, 2150, 3000),
        (2023, 2230, 3000),
        (2024, 2330, 3000),
        (2025, 2410, 3000),
        (2026, 2480, 3000),
    ],
)
def test_the_amounts_of_each_year(year, limit, review):
    """CMS's yearly amounts: strictly over the limit needs KX, strictly over the review amount is exposed to review."""
    day = f"{year}-06-01"
    bands = [
        folded(line(amount=f"{amount}.{cents}", dos=day), year=year).band
        for amount, cents in (
            (limit - 281, 99),
            (limit - 280, "00"),
            (limit, "00"),
            (limit, "01"),
            (review, "00"),
            (review, "01"),
        )
    ]
    assert bands == ["ok", "alert", "alert", "kx_required", "kx_required", "review"]


def test_a_line_without_a_price_is_listed_where_it_may_pass_the_threshold():
    """Its charge is the most it can bring; above the threshold already, it passes at any price."""
    unpriced = line(1, None, charge=Decimal("75.00"))
    below, near, at = (folded(unpriced, balances=[observed(used)]) for used in ("2405.00", "2405.01", "2480.00"))
    assert (below.lines_missing_kx, below.lines_kx_unknown) == ((), ())
    assert [row.line for row in near.lines_kx_unknown] == [1]
    assert missing(near) == []
    assert (missing(at), at.lines_kx_unknown, at.lines_missing_kx[0].amount) == ([1], (), None)
    assert folded(replace(unpriced, has_kx=True), balances=[observed("2480.00")]).lines_missing_kx == ()


@pytest.mark.parametrize("year", [2017, 2027])
def test_a_year_without_an_amount_is_unknown_never_the_nearest(year):
    threshold = folded(line(amount="9999.00", dos=f"{year}-06-01"), year=year)
    assert (threshold.band, threshold.lines_missing_kx, threshold.crossing, threshold.forecast_basis) == (
        "unknown",
        (),
        None,
        None,
    )
    assert threshold.projected == Decimal("9999.00")
    assert threshold.explanation[0] == f"no kx rule covers {year}-01-01"


def test_the_session_that_crosses_needs_kx_on_every_line():
    """2,455.00 used; 60.12, 22.21 and 21.21 lead to 2,515.12, 2,537.33 and 2,558.54: line 1 crosses."""
    threshold = folded(*session(), balances=[observed("2455.00")])
    assert missing(threshold) == [1, 2, 3]
    assert threshold.crossing.line == 1
    assert [f"{row.running_after}" for row in threshold.lines_missing_kx] == ["2515.12", "2537.33", "2558.54"]
    assert (threshold.confirmed, threshold.pending, threshold.projected) == (
        Decimal("2455.00"),
        Decimal("103.54"),
        Decimal("2558.54"),
    )


def test_exactly_the_limit_does_not_exceed_it():
    """2,419.88 + 60.12 is 2,480.00: no KX on line 1, KX on lines 2 and 3."""
    threshold = folded(*session(), balances=[observed("2419.88")])
    assert missing(threshold) == [2, 3]
    assert threshold.crossing.line == 2


def test_the_comparator_is_data():
    """The sources say "reach", the statute "exceed": a practice may publish the other reading."""
    contents = shipped_packs()
    for content in contents:
        for period in content["periods"] if content["kind"] == "kx" else ():
            period["values"]["comparator"] = ">="
    reaching = Reference(rules=Rulebook(read_pack(content) for content in contents), zone=UTC_ZONE)
    threshold = folded(*session(), balances=[observed("2419.88")], reference=reaching)
    assert missing(threshold) == [1, 2, 3]
    assert folded(line(amount="2480.00"), reference=reaching).band == "kx_required"


def test_finalized_by_payment_date_then_pending_by_the_time_sent_then_line_number():
    lines = [
        line(2, "1.00", "LATE", sent="2026-03-04T10:00:00+00:00"),
        line(1, "2.00", "LATE", sent="2026-03-04T10:00:00+00:00"),
        line(1, "4.00", "EARLY", dos="2026-03-30", sent="2026-03-03T10:00:00+00:00"),
        finalized(1, "8.00", "2026-04-02", "PAID-SECOND", dos="2026-01-05"),
        finalized(1, "16.00", "2026-04-01", "PAID-FIRST", dos="2026-02-05"),
    ]
    steps = folded(*lines).explanation[1:]
    assert [step.split(" of ")[0] for step in steps] == [
        "PAID-FIRST line 1 97530",
        "PAID-SECOND line 1 97530",
        "EARLY line 1 97530",
        "LATE line 1 97530",
        "LATE line 2 97530",
    ]
    assert steps[-1].endswith("pending, expected 1.00; 30.00 -> 31.00")


def test_a_balance_holds_what_was_finalized_up_to_its_date():
    """Own history added to a payer's figure would count twice."""
    lines = [
        finalized(1, "100.00", "2026-02-20", "A"),
        finalized(1, "50.00", "2026-03-01", "B"),
        finalized(1, "30.00", "2026-03-02", "C"),
        line(1, "20.00", "D"),
    ]
    threshold = folded(*lines, balances=[observed("2000.00", "2026-03-01")])
    assert (threshold.confirmed, threshold.pending) == (Decimal("2030.00"), Decimal("20.00"))
    assert "includes 2 of this practice's amounts, 150.00 in total: not counted again" in threshold.explanation


def test_the_newest_balance_counts_even_if_lower_or_out_of_order():
    """A later lower figure is legal: another provider's claim was reversed. Order: its own date, then when we got it."""
    older, newer = observed("2400.00", "2026-02-01", name="a"), observed("1900.00", "2026-03-01", name="b")
    again = observed("1950.00", "2026-03-01", got="2026-03-05T12:00:00+00:00", name="c")
    assert folded(balances=[newer, older]).confirmed == Decimal("1900.00")
    assert folded(balances=[again, newer, older]).confirmed == Decimal("1950.00")
    elsewhere = observed("2400.00", bucket="OT"), observed("2400.00", year=2025)
    assert folded(balances=elsewhere).confirmed == 0


def test_reversals_subtract_also_of_what_the_balance_holds():
    paid_and_taken_back = line(1, "60.12", final=[("2026-02-10", "60.12"), ("2026-03-10", "-60.12")])
    assert folded(paid_and_taken_back).confirmed == 0
    threshold = folded(paid_and_taken_back, balances=[observed("2500.00", "2026-03-01")])
    assert threshold.confirmed == Decimal("2439.88")
    assert threshold.lines_missing_kx == ()


def test_a_line_taken_back_and_paid_anew_is_named_once():
    again = line(1, "60.12", final=[("2026-03-10", "60.12"), ("2026-03-20", "-60.12"), ("2026-03-20", "60.00")])
    threshold = folded(again, balances=[observed("2455.00")])
    assert [(row.line, row.amount) for row in threshold.lines_missing_kx] == [(1, Decimal("60.00"))]


def test_a_reversal_can_bring_the_patient_back_under():
    back = line(1, "60.12", "B", final=[("2026-03-10", "60.12"), ("2026-03-20", "-60.12")])
    threshold = folded(finalized(1, "20.00", "2026-03-09", "A"), back, balances=[observed("2455.00")])
    assert (threshold.projected, threshold.band, threshold.crossing) == (Decimal("2475.00"), "alert", None)


def test_denied_lines_use_nothing_up_but_are_named_where_kx_was_missing():
    denied = line(1, "60.12", denied=True, in_flight=False)
    threshold = folded(denied, balances=[observed("2455.00")])
    assert threshold.projected == Decimal("2455.00")
    assert [(row.line, row.state) for row in threshold.lines_missing_kx] == [(1, "denied")]
    assert folded(replace(denied, has_kx=True), balances=[observed("2455.00")]).lines_missing_kx == ()
    assert folded(denied, balances=[observed("2000.00")]).lines_missing_kx == ()
    assert "A line 1 97530: denied, not counted" in threshold.explanation


def test_kx_before_it_is_needed_is_named():
    threshold = folded(*session(kx=True), balances=[observed("2419.88")])
    assert [row.line for row in threshold.lines_needless_kx] == [1]
    assert threshold.lines_missing_kx == ()


def test_a_line_sent_again_with_kx_is_remembered_as_sent_without():
    now, before = line(1, kx=True, attempt=2, sent_without_kx=(1,)), line(1, attempt=2)
    over = folded(now, balances=[observed("2455.00")])
    assert [(row.line, row.attempt) for row in over.lines_sent_bare] == [(1, 1)]
    assert folded(now, balances=[observed("1000.00")]).lines_sent_bare == ()
    assert folded(before, balances=[observed("2455.00")]).lines_missing_kx[0].attempt == 2


def test_a_line_in_flight_without_a_price_is_named_and_not_counted():
    threshold = folded(line(amount=None))
    assert threshold.projected == 0
    assert "A line 1 97530: pending, no known price, not counted" in threshold.explanation


@pytest.mark.parametrize("bucket", ["PT_SLP", "OT"])
def test_every_figure_is_explained_to_the_cent(bucket):
    threshold = folded(
        finalized(1, "40.00", "2026-03-05"),
        *session(claim="B"),
        bucket=bucket,
        balances=[observed("2000.00", bucket=bucket)],
    )
    assert threshold.explanation == (
        "kx@2026.3: threshold 2480.00, review 3000.00, alert 2200.00",
        "2000.00 used at all providers as of 2026-03-01 (portal); amounts finalized here by then are included",
        "A line 1 97530 of 2026-03-02: finalized 2026-03-05, allowed 40.00; 2000.00 -> 2040.00",
        "B line 1 97530 of 2026-03-02: pending, expected 60.12; 2040.00 -> 2100.12",
        "B line 2 97530 of 2026-03-02: pending, expected 22.21; 2100.12 -> 2122.33",
        "B line 3 97530 of 2026-03-02: pending, expected 21.21; 2122.33 -> 2143.54",
    )


AMOUNTS = st.decimals(min_value=0, max_value=900, places=2)
LINES = st.lists(
    st.builds(
        lambda number, amount, day, is_final, kx: (
            finalized(number, f"{amount:.2f}", f"2026-0{1 + day % 9}-15", kx=kx)
            if is_final and amount
            else line(number, f"{amount:.2f}", kx=kx, sent=f"2026-05-{1 + day:02d}T10:00:00+00:00")
        ),
        st.integers(1, 10**6),
        AMOUNTS,
        st.integers(0, 27),
        st.booleans(),
        st.booleans(),
    ),
    max_size=12,
    unique_by=lambda one: one.number,
)


@given(lines=LINES, base=AMOUNTS, shuffled=st.randoms())
def test_order_of_arrival_changes_nothing_and_the_sum_is_the_sum(lines, base, shuffled):
    balances = [observed(f"{base:.2f}", "2026-01-01")]
    threshold = folded(*lines, balances=balances)
    again = list(lines)
    shuffled.shuffle(again)
    assert folded(*again, balances=balances) == threshold
    assert threshold.projected == base + sum((each.amount for each in lines), Decimal(0))
    named = {row.line for row in threshold.lines_missing_kx} | {row.line for row in threshold.lines_needless_kx}
    assert len(named) == len(threshold.lines_missing_kx) + len(threshold.lines_needless_kx)
    over = [each for each in lines if each.has_kx and each.number in missing(threshold)]
    assert over == []
