"""Rates and sums of small worlds, each figure calculated by hand."""

from datetime import date, datetime

import pytest

from projections.cut import NO_CUT, Cut
from services.reads.patterns import UnknownGroupingError, patterns
from services.reads.read_context import ReadContext
from tests.services.projector.conftest import engine  # noqa: F401
from tests.services.scheduler.conftest import Practice, references

MARCH = "2026-03-15T17:00:00+00:00"
SHARE = [{"group": "CO", "reason": "45", "amount": "110.00"}, {"group": "PR", "reason": "2", "amount": "20.00"}]


def at(practice, instant=MARCH, cut=NO_CUT):
    return ReadContext(
        engine=practice.engine, references=references(), practice="default", at=datetime.fromisoformat(instant), cut=cut
    )


def accepted(practice, claim_id, time):
    data = {"claim_id": claim_id, "stage": "payer", "category": "A2"}
    practice.tell("claim.acknowledged.v1", data, time)


def rejected(practice, claim_id, time):
    codes = [{"list": "277", "category": "A7", "status": "562"}]
    practice.tell("claim.rejected.v1", {"claim_id": claim_id, "stage": "payer", "codes": codes}, time)


def denied(practice, claim_id, notice, reason, **more):
    adjustments = [{"group": "CO", "reason": reason, "amount": "210.00"}]
    practice.answered("claim.denied.v1", claim_id, notice, adjustments, payer_claim_number=f"I{claim_id}", **more)


def world(practice):
    """Six claims of 210.00. Of the charge 110.00 comes off by contract where one is paid."""
    practice.sent("A", "2026-01-05")  # accepted, paid, and the patient paid too
    accepted(practice, "A", "2026-01-06T15:00:00+00:00")
    practice.answered("payment.posted.v1", "A", "2026-01-20", SHARE, "80.00", dos="2026-01-05", payer_claim_number="IA")
    practice.tell("patient.paid.v1", {"claim_id": "A", "amount": "20.00"}, "2026-02-01T15:00:00+00:00")

    practice.sent("B", "2026-01-05")  # rejected, sent again after 12 hours, denied, won on appeal, paid
    rejected(practice, "B", "2026-01-06T15:00:00+00:00")
    practice.sent("B", "2026-01-05", "2026-01-07T03:00:00+00:00")
    accepted(practice, "B", "2026-01-08T15:00:00+00:00")
    denied(practice, "B", "2026-01-25", "50", dos="2026-01-05")
    practice.tell("appeal.filed.v1", {"claim_id": "B", "level": 1, "filed_on": "2026-02-01"}, "2026-02-01T15:00:00Z")
    decided = {"claim_id": "B", "level": 1, "decided_on": "2026-03-01", "outcome": "overturned"}
    practice.tell("appeal.decided.v1", decided, "2026-03-01T15:00:00Z")
    undone = [{"group": "CO", "reason": "50", "amount": "-210.00"}]
    practice.answered(
        "payment.reversed.v1",
        "B",
        "2026-03-10",
        undone,
        status_code="22",
        charge="-210.00",
        payer_claim_number="IB",
        dos="2026-01-05",
    )
    practice.answered("payment.posted.v1", "B", "2026-03-10", SHARE, "80.00", dos="2026-01-05", payer_claim_number="IC")

    practice.sent("C", "2026-01-06")  # rejected, and nobody sent it again
    rejected(practice, "C", "2026-01-10T15:00:00+00:00")

    practice.sent("D", "2026-01-07")  # voided: as if it had never been
    practice.sent("D", "2026-01-07", "2026-01-09T15:00:00+00:00", frequency="8", original_reference="ID")

    practice.sent("E", "2024-12-01", "2026-02-02T15:00:00+00:00")  # too late
    denied(practice, "E", "2026-02-20", "29", dos="2024-12-01", remark_codes=["N211"])

    practice.sent("F", "2026-02-03", payer="ACME")  # silence


def test_each_figure_is_what_a_person_reckons(engine):  # noqa: F811
    practice = Practice(engine, MARCH)
    world(practice)
    found = patterns(at(practice))
    (figures,) = found["metrics"]
    assert figures == {
        "payer_id": None,
        # five claims, D being void; six sendings; B and C rejected; A and E taken at once; only A paid at once
        "submitted": 5,
        "attempts": 6,
        "rejected": 2,
        "rejection_rate": "0.4000",
        "attempts_rejected": 2,
        "attempt_rejection_rate": "0.3333",
        "clean": 2,
        "clean_claim_rate": "0.4000",
        "first_pass": 1,
        "first_pass_rate": "0.2000",
        # A, B and E were decided; B's reversal and correction are no decisions of their own; E stays denied
        "adjudicated": 3,
        "denied": 2,
        "denial_rate": "0.6667",
        "denied_in_part": 0,
        "denial_rate_any_line": "0.6667",
        "denied_amount": "420.00",
        "denial_rate_dollars": "0.6667",
        "still_denied": 1,
        "net_denial_rate": "0.3333",
        "appeals_decided": 1,
        "overturned": 1,
        "overturned_in_part": 0,
        "overturn_rate": "1.0000",
        # A 80 + 20, B 80; collectible: A and B 210 - 110 each, C, E and F 210 each
        "collected": "180.00",
        "collectible": "830.00",
        "outstanding": "650.00",
        "net_collection_rate": "0.2169",
        # B in time, C late since 11 January
        "rejections": 2,
        "worked_in_time": 1,
        "worked_in_time_rate": "0.5000",
        "resubmitted": 1,
        "hours_to_resubmit": "12.0",
        "lost": "210.00",
        "claims_lost": 1,
        # Medicare allows 410 of 630 it decided: C and F, undecided, count 136.67 each; E is no service of these 90 days
        "net_receivable": "503.34",
        "net_revenue_90_days": "473.34",
        "days_in_ar": "95.7",
    }
    assert found["lost"] == [{"payer_id": "MEDICARE", "reason": "denied_late", "claims": 1, "amount": "210.00"}]
    assert found["silences"] == []
    assert [
        (d["carc"], d["rarc"], d["claims"], d["lines"], d["amount"], d["still_denied"], d["first"], d["last"])
        for d in found["denials"]
    ] == [
        ("CO-29", "N211", 1, 1, "210.00", "210.00", "2026-02-20", "2026-02-20"),
        ("CO-50", None, 1, 1, "210.00", "0.00", "2026-01-25", "2026-01-25"),
    ]
    assert [(r["codes"], r["stage"], r["rejections"]) for r in found["rejections"]] == [("A7/562", "payer", 2)]

    by_payer = {row["payer_id"]: row for row in patterns(at(practice), by="payer")["metrics"]}
    assert {name: (row["submitted"], row["net_collection_rate"]) for name, row in by_payer.items()} == {
        "ACME": (1, "0.0000"),
        "MEDICARE": (4, "0.2903"),
    }
    assert by_payer["ACME"]["days_in_ar"] == "90.0"
    assert by_payer["ACME"]["appeals_decided"] is None
    assert patterns(at(practice), payer="ACME")["metrics"] == [by_payer["ACME"] | {"payer_id": None}]

    by_month = {row["month"]: row for row in patterns(at(practice), by="month")["metrics"]}
    assert {
        name: (row["submitted"], row["adjudicated"], row["collected"], row["lost"]) for name, row in by_month.items()
    } == {
        "2024-12": (None, None, "0.00", None),
        "2026-01": (3, 2, "180.00", None),
        "2026-02": (2, 1, "0.00", "210.00"),
        "2026-03": (None, None, None, None),
    }
    assert by_month["2026-03"]["overturn_rate"] == "1.0000"

    february = patterns(at(practice), since=date(2026, 2, 1), until=date(2026, 2, 28))["metrics"][0]
    assert (february["submitted"], february["adjudicated"], february["appeals_decided"]) == (2, 1, None)
    assert sorted(patterns(at(practice), by="code")) == ["denials", "rejections"]
    with pytest.raises(UnknownGroupingError):
        patterns(at(practice), by="moon")


def test_as_they_stood_in_february(practice):
    practice.clock.set(datetime.fromisoformat(MARCH))
    world(practice)
    then = at(practice, "2026-02-10T18:00:00+00:00", Cut(as_of=datetime.fromisoformat("2026-02-10T18:00:00+00:00")))
    (figures,) = patterns(then)["metrics"]
    assert (figures["submitted"], figures["adjudicated"], figures["still_denied"]) == (5, 2, 1)
    assert (figures["collected"], figures["appeals_decided"]) == ("100.00", None)
    assert patterns(then)["lost"] == [
        {"payer_id": "MEDICARE", "reason": "never_filed", "claims": 1, "amount": "210.00"}
    ]


def test_a_rejection_counts_as_late_from_the_instant_it_is(practice):
    practice.sent("C", "2026-01-06")
    rejected(practice, "C", "2026-01-10T15:00:00+00:00")
    in_time = patterns(at(practice, "2026-01-11T15:00:00+00:00"))["metrics"][0]
    late = patterns(at(practice, "2026-01-11T15:00:00.000001+00:00"))["metrics"][0]
    assert (in_time["rejections"], late["rejections"], late["worked_in_time_rate"]) == (None, 1, "0.0000")


@pytest.mark.parametrize(
    ("reject", "reason"), [(False, "never_filed"), (True, "expired_rejection")], ids=["silent", "rejected"]
)
def test_a_filing_limit_that_passes_costs_the_claim(practice, reject, reason):
    practice.sent("C", "2025-03-10")
    if reject:
        rejected(practice, "C", "2025-04-10T15:00:00+00:00")
    assert patterns(at(practice, "2026-03-11T04:59:59+00:00"))["lost"] == []  # still 10 March in Chicago
    lost = [{"payer_id": "MEDICARE", "reason": reason, "claims": 1, "amount": "210.00"}]
    assert patterns(at(practice, "2026-03-11T05:00:00+00:00"))["lost"] == lost
    practice.tell("claim.written_off.v1", {"claim_id": "C", "reason": "too late"}, "2026-04-01T15:00:00+00:00")
    assert patterns(at(practice, "2026-04-02T15:00:00+00:00"))["lost"] == lost


def test_a_missed_appeal_costs_what_was_denied_and_a_timely_write_off_nothing(practice):
    for claim_id in ("GONE", "GIVEN"):
        practice.sent(claim_id, "2024-11-03")
        denied(practice, claim_id, "2024-11-20", "50", dos="2024-11-03")
    practice.tell("claim.written_off.v1", {"claim_id": "GIVEN", "reason": "small"}, "2024-12-01T15:00:00+00:00")
    lost = patterns(at(practice, MARCH))["lost"]
    assert lost == [{"payer_id": "MEDICARE", "reason": "appeal_missed", "claims": 1, "amount": "210.00"}]


def test_how_long_payers_take_and_whose_silence_is_unusual(practice):
    for days in range(1, 13):  # answered after 1 to 12 days; acknowledged after one day
        claim_id, sent = f"N{days:02}", f"2026-01-{days:02}T15:00:00+00:00"
        practice.sent(claim_id, f"2026-01-{days:02}", sent)
        accepted(practice, claim_id, f"2026-01-{days + 1:02}T15:00:00+00:00")
        practice.answered(
            "payment.posted.v1",
            claim_id,
            f"2026-01-{2 * days:02}",
            SHARE,
            "80.00",
            dos=f"2026-01-{days:02}",
            payer_claim_number=claim_id,
        )
    practice.sent("LONG", "2026-02-01", "2026-02-01T15:00:00+00:00")
    practice.sent("SHORT", "2026-03-05", "2026-03-05T15:00:00+00:00")
    practice.sent("OTHER", "2026-02-01", "2026-02-01T15:00:00+00:00", payer="ACME")
    found = patterns(at(practice, "2026-03-10T15:00:00+00:00"))
    (medicare,) = found["lags"]
    assert medicare["to_answer"] == {"attempts": 12, "median_days": "6.5", "p90_days": "11.0"}
    assert medicare["to_acknowledgment"] == {"attempts": 12, "median_days": "1.0", "p90_days": "1.0"}
    (silence,) = found["silences"]
    assert (silence["claim_id"], silence["waiting_days"], silence["percentile"]) == ("LONG", "37.0", 100)
    assert (silence["usual_days"], silence["p95_days"], silence["answers"]) == ("6.5", "12.0", 12)
