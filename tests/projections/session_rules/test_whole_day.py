"""The whole day of a patient, over all of its claims: maximums, pairs, once-a-day codes, duplicates."""

# packs: mue

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.rules.rulebook import Rulebook, read_pack
from projections.session_rules.findings import Ruleset
from projections.session_rules.judgment import judge_plan
from projections.session_rules.whole_day import JudgedLine, day_findings
from services.store.shipped_rule_packs import shipped_packs
from tests.projections.session_rules.sessions import DOS, plan, rulebook, session

FIRST, LATER = datetime(2026, 3, 2, 18, tzinfo=UTC), datetime(2026, 3, 9, 18, tzinfo=UTC)
DISCIPLINES = {"GP": "PT", "GO": "OT", "GN": "SLP"}


def rules(book=None, on=DOS):
    return Ruleset(rulebook=book or rulebook(), on=on, payer_id="MEDICARE", program="original_medicare")


def lines(*texts, **more):
    """`97530 x2 GP 59` as lines of one claim, each charged 75 a unit."""
    made = []
    for number, text in enumerate(texts, 1):
        code, units, *modifiers = text.split()
        count = Decimal(units[1:])
        discipline = next((DISCIPLINES[m] for m in modifiers if m in DISCIPLINES), None)
        values = {"charge": 75 * count, "worth": 75 * count, "discipline": discipline, "sent_at": FIRST} | more
        made.append(JudgedLine(number=number, procedure=code, modifiers=tuple(modifiers), units=count, **values))
    return made


def other(*texts, claim="B", **more):
    return lines(*texts, claim=claim, **more)


def found(own, others=(), book=None, **more):
    return {(f.rule, f.grade, f.line) for f in day_findings(own, others, rules(book), **more)}


def whole_table(*extra):
    """A rulebook with the full pair table of the quarter of DOS."""
    pack = next(p for p in shipped_packs() if p["pack_id"] == "ncci")
    values = pack["periods"][0]["values"] | {
        "volumes": [["90000", "99999"], ["G0001", "G9999"]],
        "codes": "97530 97110 97112 97140 97116 97150 G0283",
        "read_from": "2026-01-01",
        "read_through": "2026-03-31",
        "rows": [*pack["periods"][0]["values"]["rows"], *extra],
    }
    content = pack | {"version": "2026Q1", "periods": [{"effective_from": "1996-01-01", "values": values}]}
    return Rulebook([*(read_pack(p) for p in shipped_packs() if p["pack_id"] != "ncci"), read_pack(content)])


MAXIMUMS = [  # the smallest inputs of the findings report, and their opposites; source: the rows of the mue pack
    (["97161 x2 GP"], True),
    (["G0283 x2 GP"], True),
    (["97110 x20 GP"], True),
    (["97110 x7 GP"], True),
    (["97110 x6 GP"], False),
    (["97110 x4 GP", "97110 x3 GP KX"], True),
    (["97110 x3 GP", "97110 x3 GP KX"], False),
    (["97112 x5 GP"], True),
    (["97112 x4 GP"], False),
    (["92507 x2 GN"], True),
    (["92507 x1 GN"], False),
    (["97012 x2 GP"], True),
    (["97032 x4 GP"], False),
    (["97032 x5 GP"], True),
    (["97530 x2 GP", "97110 x1 GP"], False),
    (["97035 x3 GP"], True),
]


@pytest.mark.parametrize(("texts", "over"), MAXIMUMS)
def test_no_more_units_than_the_maximum_of_a_day(texts, over):
    """rule units.over_maximum: CMS NCCI medically unlikely edits"""
    assert ("units.over_maximum" in {rule for rule, *_ in found(lines(*texts))}) is over


def test_the_maximum_counts_over_the_claims_of_a_day():
    own, earlier = lines("92507 x1 GN"), other("92507 x1 GN", discipline="SLP", rendering_npi="1")
    assert found([*lines("92507 x1 GN", rendering_npi="1")], earlier) == {("units.over_maximum", "denied", 1)}
    assert found(own, other("92507 x1 GN")) == {("units.over_maximum", "advice", 1)}, "the provider is not known"
    assert found(lines("92507 x1 GN", rendering_npi="2"), earlier) == set(), "another therapist"
    assert found(own, other("92507 x1 GN", billing_npi="9")) == set(), "another practice"


def test_a_maximum_that_is_not_sure_foretells_no_denial():
    assert found(lines("97110 x20 GP")) == {("units.over_maximum", "at_risk", 1)}, "of a quarter that was not read"
    judged = day_findings(lines("97110 x20 GP"), (), rules(on=date(2026, 4, 1)))
    assert {(f.rule, f.grade, f.line) for f in judged} == {("units.over_maximum", "denied", 1)}


def test_a_line_maximum_judges_each_line():
    pack = {
        "pack_id": "mue",
        "kind": "mue",
        "version": "t",
        "basis": "dos",
        "source": "t",
        "confidence": "H",
        "periods": [
            {"effective_from": "2026-01-01", "values": {"rows": [{"procedure": "97597", "units": "1", "mai": "1"}]}}
        ],
    }
    book = Rulebook([*(read_pack(p) for p in shipped_packs() if p["pack_id"] != "mue"), read_pack(pack)])
    assert found(lines("97597 x1 GP", "97597 x1 GP 76"), book=book) == set()
    assert found(lines("97597 x1 GP", "97597 x2 GP 76"), book=book) == {("units.over_maximum", "denied", 2)}


FIRST_PERIODS = [
    ("97129 x2 GN", True),
    ("97129 x1 GN", False),
    ("97550 x2 GP", True),
    ("90912 x2 GP", True),
    ("97545 x2 GP", True),
    ("92607 x2 GN", True),
    ("96112 x2 GN", True),
    ("97129 x1 GN;97130 x2 GN", False),
    ("97129 x1 GN;97129 x1 GN 76", True),
    ("97110 x3 GP", False),
]


@pytest.mark.parametrize(("texts", "twice"), FIRST_PERIODS)
def test_a_first_period_code_is_billed_once_a_day(texts, twice):
    """rule units.once_a_day: CPT, the first code is for the first period alone"""
    assert ("units.once_a_day" in {rule for rule, *_ in found(lines(*texts.split(";")))}) is twice


def test_the_code_for_further_time_is_named():
    told = [f.change for f in day_findings(lines("97129 x2 GN"), (), rules()) if f.rule == "units.once_a_day"]
    assert told == ["bill the rest as 97130"]


def test_the_plan_of_a_visit_says_the_same():
    """A visit of 30 minutes of 97129 and a claim of 97129 x2 are judged by the same function."""
    documented = session("97129:30", discipline="SLP")
    judged = judge_plan(plan("97129:30", discipline="SLP"), [documented], rules())
    assert {"units.once_a_day", "units.over_maximum"} <= {f.rule for f in judged}


@pytest.mark.parametrize(
    ("texts", "alone"),
    [
        ("97130 x1 GN", True),
        ("97130 x1 GN;97129 x1 GN", False),
        ("97551 x1 GP", True),
        ("92608 x1 GN", True),
        ("90913 x1 GP", True),
        ("97546 x1 GP", True),
        ("97110 x1 GP", False),
    ],
)
def test_further_time_needs_its_first_period(texts, alone):
    """rule units.addon_alone: NCCI add-on code edits"""
    assert ("units.addon_alone" in {rule for rule, *_ in found(lines(*texts.split(";")))}) is alone


def test_the_first_period_may_stand_on_another_claim_of_the_day():
    assert found(lines("97130 x1 GN"), other("97129 x1 GN")) == set()


@pytest.mark.parametrize(
    ("own", "others", "rule"),
    [
        (["97161 x1 GP", "97163 x1 GP"], [], True),
        (["97161 x1 GP", "97164 x1 GP"], [], True),
        (["97161 x1 GP"], ["97162 x1 GP"], True),
        (["97161 x1 GP"], ["97165 x1 GO"], False),
        (["97165 x1 GO", "97166 x1 GO"], [], True),
        (["97168 x1 GO"], ["97165 x1 GO"], True),
        (["92522 x1 GN", "92524 x1 GN"], [], False),
        (["97161 x1 GP"], [], False),
        (["97161 x1 GP", "97110 x1 GP"], [], False),
        (["97164 x1 GP"], ["97110 x1 GP 59"], False),
    ],
)
def test_one_evaluation_of_a_discipline_describes_a_day(own, others, rule):
    """rule units.two_evaluations"""
    assert ("units.two_evaluations" in {name for name, *_ in found(lines(*own), other(*others))}) is rule


PAIRS = [  # own, others, planned, what is found; sources: the rows of the ncci pack
    (["97140 x1 GP", "97530 x1 GP"], [], {("ncci.pair", "denied", 2)}),
    (["97530 x1 GP"], ["97140 x1 GP"], {("ncci.pair", "denied", 1)}),
    (["97140 x1 GP"], ["97530 x1 GP"], set()),  # the other claim's line is denied, and reported there
    (["97530 x1 GP 59"], ["97140 x1 GP"], set()),
    (["97530 x1 GP"], ["97140 x1 GP XU"], set()),
    (["97530 x1 GP"], ["97140 x1 GO"], set()),  # another discipline
    (["97116 x1 GP"], ["97530 x1 GP"], {("ncci.pair", "denied", 1)}),
    (["97164 x1 GP"], ["97110 x1 GP"], {("ncci.pair", "denied", 1)}),
    (["97110 x1 GP"], ["97112 x1 GP"], set()),
    (["97530 x1 GN"], ["92507 x1 GN"], {("ncci.pair", "denied", 1)}),
    (["97168 x1 GO"], ["97530 x1 GO"], {("ncci.pair", "denied", 1)}),
]


@pytest.mark.parametrize(("own", "others", "expected"), PAIRS)
def test_pairs_are_sought_over_the_claims_of_a_day(own, others, expected):
    assert found(lines(*own, rendering_npi="1"), other(*others, rendering_npi="1")) == expected


def test_a_pair_of_two_therapists_is_none_and_of_an_unknown_one_is_advice():
    own, others = lines("97530 x1 GP"), other("97140 x1 GP")
    assert found(own, others) == {("ncci.pair", "advice", 1)}
    assert found(lines("97530 x1 GP", rendering_npi="1"), other("97140 x1 GP", rendering_npi="2")) == set()


def test_that_59_is_not_needed_is_said_only_of_a_full_table():
    """rule modifier.distinct_unneeded: a sample of pairs is not the world"""
    needless = lines("97110 x1 GP 59", "97112 x1 GP")
    assert found(needless) == set()
    assert found(needless, book=whole_table()) == {("modifier.distinct_unneeded", "advice", 1)}
    assert found(lines("97530 x1 GP 59", "97140 x1 GP"), book=whole_table()) == set()
    later = Ruleset(rulebook=whole_table(), on=date(2026, 4, 1), payer_id="MEDICARE", program="original_medicare")
    assert day_findings(needless, (), later) == [], "the quarter after was not read"
    assert found(lines("97110 x1 GP 59", "97035 x1 GP"), book=whole_table()) == set(), "97035 was not kept"


DUPLICATES = [
    (["97110 x1 GP", "97110 x1 GP"], [], {("claim.duplicate_line", "denied", 2)}),
    (["97110 x1 GP", "97110 x1 GP 76"], [], set()),
    (["97110 x1 GP", "97110 x1 GP 77"], [], set()),
    (["97110 x1 GP", "97110 x1 GP 59"], [], set()),
    (["97110 x1 GP", "97110 x1 GP XE"], [], set()),
    (["97110 x1 GP", "97110 x1 GP CQ"], [], set()),
    (["97110 x1 GP", "97110 x2 GP"], [], set()),
    (["97110 x1 GP"], ["97110 x1 GP"], {("claim.duplicate_line", "denied", 1)}),
    (["97110 x1 GP"], ["97110 x1 GP KX"], set()),
    (["97110 x1 GP"], ["97112 x1 GP"], set()),
]


@pytest.mark.parametrize(("own", "others", "expected"), DUPLICATES)
def test_lines_that_nothing_tells_apart(own, others, expected):
    """rule claim.duplicate_line: CARC 18"""
    mine = lines(*own, rendering_npi="1", sent_at=LATER)
    assert found(mine, other(*others, rendering_npi="1", stands=True)) == expected


@pytest.mark.parametrize(
    "more", [{"stands": False}, {"sent_at": datetime(2026, 3, 20, tzinfo=UTC)}, {"rendering_npi": "2"}]
)
def test_a_claim_that_does_not_stand_or_came_later_makes_no_duplicate(more):
    told = {"rendering_npi": "1", "stands": True} | more
    assert found(lines("97110 x1 GP", rendering_npi="1", sent_at=LATER), other("97110 x1 GP", **told)) == set()


def test_a_replacement_is_no_duplicate_of_what_it_replaces():
    mine = lines("97110 x1 GP", rendering_npi="1", sent_at=LATER, frequency="7")
    assert found(mine, other("97110 x1 GP", rendering_npi="1", stands=True)) == set()


TEXTS = st.lists(
    st.builds(
        "{} x{} GP{}".format,
        st.sampled_from(["97110", "97530", "97140", "97161", "97116"]),
        st.integers(1, 9),
        st.sampled_from(["", " 59", " CQ", " 76"]),
    ),
    max_size=5,
)


@given(TEXTS, TEXTS)
def test_findings_name_own_lines_alone_and_do_not_depend_on_the_order_of_others(own, others):
    mine, beside = lines(*own), other(*others)
    told = found(mine, beside)
    assert {line for *_, line in told} <= {line.number for line in mine}
    assert told == found(mine, beside[::-1])


@given(TEXTS)
def test_a_day_split_over_two_claims_is_judged_as_in_one(texts):
    """Pairs and maximums of one provider do not care on which claim a line is."""
    together = {rule for rule, *_ in found(lines(*texts)) if rule in ("ncci.pair", "units.over_maximum")}
    half = len(texts) // 2
    first, second = lines(*texts[:half], rendering_npi="1"), lines(*texts[half:], rendering_npi="1")
    apart = found(first, other(*texts[half:], rendering_npi="1"))
    apart |= found(second, other(*texts[:half], rendering_npi="1"))
    assert together == {rule for rule, *_ in apart if rule in ("ncci.pair", "units.over_maximum")}
