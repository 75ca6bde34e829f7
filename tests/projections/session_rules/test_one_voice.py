"""Estimate, planned visit and billed claim agree on what will be denied and on its grade: any session, any modifiers."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.session_rules.billed import BilledLine
from projections.session_rules.comparison import BilledClaim, compare_claim
from projections.session_rules.estimate import planned
from projections.session_rules.estimate_request import read_request
from projections.session_rules.findings import CERTAIN, DENYING, POSSIBLE
from projections.session_rules.judgment import judge_plan
from projections.session_rules.planning import ruleset_for
from projections.terms.terms_in_force import Reference
from services.reads.estimates import make_estimate
from tests.projections.session_rules.sessions import DOS, rulebook

UTC_ZONE = ZoneInfo("UTC")
# What only a record, a threshold or a sent claim can show; what a plan asks a person to attest is billed as a pair.
ELSEWHERE = ("documentation.", "plan.", "episode.", "kx.", "visit.", "overlap.", "authorization.", "claim.")
PLANNED, BILLED = "ncci.attest", "ncci.pair"
TIMED = st.sampled_from(
    ["97110", "97112", "97116", "97124", "97140", "97530", "97535", "97129", "97130", "97750", "97032"]
)
UNTIMED = st.sampled_from(
    ["97161", "97163", "97164", "97165", "97010", "97012", "97014", "97018", "97150", "G0283", "97597"]
)
MARKS = st.sampled_from(["59", "XU", "76", "25", "KX"])


@st.composite
def requests(draw):
    timed = draw(st.lists(st.tuples(TIMED, st.integers(8, 150)), max_size=4, unique_by=lambda pair: pair[0]))
    untimed = draw(st.lists(UNTIMED, max_size=3, unique=True, min_size=0 if timed else 1))
    codes = [code for code, _ in timed] + untimed
    return {
        "payer": draw(st.sampled_from(["MEDICARE", "PLAN"])),
        "dos": DOS.isoformat(),
        "discipline": draw(st.sampled_from(["PT", "OT"])),
        "timed": [{"procedure": code, "minutes": minutes} for code, minutes in timed],
        "untimed": untimed,
        "modifiers": draw(
            st.dictionaries(st.sampled_from(codes), st.lists(MARKS, min_size=1, max_size=2, unique=True))
        ),
        "diagnoses": draw(st.lists(st.sampled_from(["M25.561", "M54.50", "M54.5"]), max_size=2, unique=True)),
        "running": "0.00",
    }


def told(findings):
    """(rule, line, grade) of what all three can see."""
    return {
        (f["rule"], f["line"], f["grade"])
        for f in findings
        if not f["rule"].startswith(ELSEWHERE) and f["rule"] != "rules.unknown"
    }


@settings(max_examples=150, deadline=None)
@given(requests())
def test_estimate_and_visit_say_the_same(body):
    request, reference = read_request(body), Reference(rules=rulebook(), zone=UTC_ZONE)
    rules = ruleset_for(request.session, reference.rules)
    visit = judge_plan(planned(request, reference.rules), [request.session], rules)
    estimate = make_estimate(request, reference)["findings"]
    # a visit without any diagnosis is not ready; an estimate may be asked for before there is one
    seen = {one for one in told(f.as_json() for f in visit) if request.diagnoses or not one[0].startswith("diagnosis.")}
    assert told(estimate) == seen


@settings(max_examples=150, deadline=None)
@given(requests())
def test_what_the_estimate_says_will_be_denied_the_claim_billed_so_says_too(body):
    request, reference = read_request(body), Reference(rules=rulebook(), zone=UTC_ZONE)
    answer = make_estimate(request, reference)
    lines = tuple(
        BilledLine(
            number=line["number"],
            procedure=line["procedure"],
            modifiers=tuple(line["modifiers"]),
            units=Decimal(line["units"]),
            charge=Decimal("100.00"),
            dos=DOS,
        )
        for line in answer["lines"]
        if line["units"]
    )
    claim = BilledClaim(
        payer_id=request.payer,
        lines=lines,
        program=request.program,
        diagnoses=tuple(request.diagnoses),
        sent_at=datetime(2026, 3, 3, tzinfo=UTC),
    )

    def rules_at(dos, discipline):
        return reference.ruleset(dos, claim.payer_id, claim.program, discipline)

    billed = [f.as_json() for f in compare_claim(claim, (request.session,), rules_at)]
    denied = {(f["rule"], f["line"]) for f in billed if f["grade"] in DENYING}
    foretold = {(f["rule"], f["line"]) for f in answer["findings"] if f["grade"] in DENYING}
    assert foretold <= denied
    # the claim may add what a plan only asks to attest, and what is wrong with the record or a missing diagnosis
    extra = {rule for rule, _ in denied - foretold if not rule.startswith((*ELSEWHERE, "diagnosis."))}
    attested = {f["line"] for f in answer["findings"] if f["rule"] == PLANNED}
    assert extra <= ({BILLED} if attested else set())


@settings(max_examples=100, deadline=None)
@given(requests())
def test_the_expected_payment_leaves_out_just_the_lines_that_a_finding_says_will_be_denied(body):
    answer = make_estimate(read_request(body), Reference(rules=rulebook(), zone=UTC_ZONE))
    foretold = {f["line"] for f in answer["findings"] if f["grade"] in DENYING and f["line"]}
    assert {line["number"] for line in answer["lines"] if line["denied"]} == foretold
    counted = [line["expected_allowed"] for line in answer["lines"] if line["units"] and line["number"] not in foretold]
    expected = None if None in counted else f"{sum(map(Decimal, counted), Decimal(0)):.2f}"
    assert answer["expected_allowed"] == expected


@settings(max_examples=150, deadline=None)
@given(requests(), st.sampled_from([DOS, date(2025, 6, 2), date(2026, 6, 1)]))
def test_words_claim_no_more_than_the_grade(body, day):
    """A line that still counts toward the expected payment is not called denied, and one left out is."""
    request = read_request(body | {"dos": day.isoformat()})
    for finding in make_estimate(request, Reference(rules=rulebook(), zone=UTC_ZONE))["findings"]:
        assert (CERTAIN in finding["message"]) <= (finding["grade"] in DENYING), finding
        assert (POSSIBLE in finding["message"]) <= (finding["grade"] not in DENYING), finding
        assert not re.search(r"\b(is|are|gets?) denied", finding["message"]), finding


def test_the_same_units_are_certain_for_medicare_and_only_possible_for_a_plan():
    body = {"dos": DOS.isoformat(), "discipline": "PT", "timed": [{"procedure": "97110", "minutes": 110}]}
    said = {}
    for payer in ("MEDICARE", "PLAN"):
        for day in (DOS, date(2026, 6, 1)):
            request = read_request(body | {"payer": payer, "dos": day.isoformat()})
            answer = make_estimate(request, Reference(rules=rulebook(), zone=UTC_ZONE))
            found = next(f for f in answer["findings"] if f["rule"] == "units.over_maximum")
            said[payer, day] = (found["grade"], CERTAIN in found["message"], answer["lines"][0]["denied"])
    sure, unsure = ("denied", True, True), ("at_risk", False, False)
    assert said["MEDICARE", date(2026, 6, 1)] == sure
    assert said["MEDICARE", DOS] == unsure  # a quarter whose table was not read
    assert said["PLAN", DOS] == said["PLAN", date(2026, 6, 1)] == unsure
