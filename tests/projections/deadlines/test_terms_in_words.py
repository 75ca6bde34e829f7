"""Payers' terms as they are written: each anchor and combination with a worked example, and laws over any term."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.coverage import NoticeReceived
from events.followup import AppealDecided, AppealFiled
from events.term_words import Anchor, Roll, TermUnit, Whichever
from events.terms import PolicyPublished
from projections.deadlines import deadlines
from projections.deadlines.anchors import AnchorDay
from projections.deadlines.reckoning import reckon, reckon_cautious
from projections.rules.windows import Window
from projections.terms.terms_in_force import EligibilityNotice
from tests.projections.claim_states import (
    account,
    ack,
    act,
    attempt,
    claim,
    denied,
    entry,
    entry_line,
    line,
    pick,
    reference,
)
from tests.projections.test_any_claim import claims, entries, facts, policies
from tests.properties import property_run

FIRST, AGAIN = denied(notice="2026-03-02"), denied(notice="2026-04-06", remit="R2")


def policy(**terms):
    return PolicyPublished.model_validate({"payer_id": "ACME", **terms})


def state(*acts, entries=(FIRST,), lines=None, before=()):
    sent = attempt(sent="2026-01-20", lines=lines or [line(1), line(2, dos="2026-01-19")], acks=[ack()])
    sequence = "S" if before else "P"
    return claim(*before, account(sent, payer="ACME", entries=entries, sequence=sequence), acts=acts, status="denied")


def due(kind, found):
    chosen = pick(found, kind)
    return (chosen[-1] if isinstance(chosen, list) else chosen).due


# each anchor of a filing limit of 30 days


PRIMARY = account(attempt(), payer="MEDICARE", entries=[entry("2026-02-20", lines=[entry_line(paid="80.00")])])


@pytest.mark.parametrize(
    ("anchor", "last_day"),
    [
        ("date of service", "2026-02-14"),  # the earliest line's
        ("last date of service", "2026-02-18"),
        ("submission", "2026-02-19"),  # first sent 20 January
        ("primary notice", "2026-03-22"),
        ("eligibility notice", "2026-03-12"),  # 10 February
        ("discharge", None),  # nothing says
    ],
)
def test_what_a_filing_limit_counts_from(anchor, last_day):
    notice = act(
        "notice.received.v1", NoticeReceived(claim_id="C1", kind="eligibility", dated="2026-02-10"), "2026-02-12"
    )
    unanswered = state(notice, entries=(), before=(PRIMARY,))
    found = deadlines(unanswered, reference(policy(filing={"length": 30, "anchor": anchor})))
    mine = next(d for d in found if d.kind == "timely_filing" and d.payer_id == "ACME")
    assert mine.due == (date.fromisoformat(last_day) if last_day else None)
    assert anchor.split()[-1] in " ".join(mine.explanation)


def test_an_eligibility_notice_before_the_service_changes_nothing():
    terms = reference(policy(filing={"length": 30, "anchor": "eligibility_notice"}))
    told = replace(terms, notices={"P1": (EligibilityNotice(date(2026, 1, 2), ("s", "n")),)})
    assert due("timely_filing", deadlines(state(entries=()), told)) is None
    told = replace(terms, notices={"P1": (EligibilityNotice(date(2026, 2, 10), ("s", "n")),)})
    (clock,) = [d for d in deadlines(state(entries=()), told) if d.kind == "timely_filing"]
    assert (clock.due, clock.started_at) == (date(2026, 3, 12), date(2026, 1, 15))


# each anchor of a second level of appeal of 60 days


UPHELD = (
    act("appeal.filed.v1", AppealFiled(claim_id="C1", level=1, filed_on="2026-04-20"), "2026-04-20"),
    act(
        "appeal.decided.v1",
        AppealDecided(claim_id="C1", level=1, decided_on="2026-06-01", outcome="upheld"),
        "2026-06-04",
    ),
)


@pytest.mark.parametrize(
    ("anchor", "cautious", "latest"),
    [
        ("notice", "2026-06-05", "2026-06-05"),  # of the notice appealed, 6 April
        ("first notice", "2026-05-01", "2026-05-01"),  # 2 March
        ("latest notice", "2026-06-05", "2026-06-05"),
        ("decision", "2026-07-31", "2026-07-31"),  # 1 June
        ("receipt", "2026-07-31", "2026-08-03"),  # of the decision, 4 June
        ("receipt of notice", "2026-06-05", "2026-06-05"),
        ("payment date", "2026-06-05", "2026-06-05"),
        ("date of service", "2026-03-16", "2026-03-16"),
    ],
)
def test_what_a_second_level_counts_from(anchor, cautious, latest):
    terms = policy(appeals=[{"length": 180}, {"length": 60, "anchor": anchor}])
    found = pick(deadlines(state(*UPHELD, entries=(replace(FIRST, undone=True), AGAIN)), reference(terms)), "appeal_2")
    assert (found.due, found.latest) == (date.fromisoformat(cautious), date.fromisoformat(latest))


def test_one_window_shared_by_two_levels():
    """UnitedHealthcare's wording: both steps within 12 months of the original notice."""
    shared = policy(appeals=[{"levels": [1, 2], "length": 12, "unit": "months"}])
    found = deadlines(state(*UPHELD), reference(shared))
    assert due("appeal_1", found) == due("appeal_2", found) == date(2027, 3, 2)
    assert not [d for d in found if d.kind == "appeal_3"] or due("appeal_3", found) is None


def test_the_number_of_levels_without_their_windows():
    found = deadlines(state(*UPHELD), reference(policy(appeal_levels=2)))
    assert due("appeal_2", found) is None
    assert "grants level 2 and states no time limit" in pick(found, "appeal_2").explanation[0]
    assert pick(deadlines(state(*UPHELD), reference(policy(appeal_levels=1))), "appeal_2").state == "void"


@pytest.mark.parametrize(("anchor", "last_day"), [("first notice", "2026-08-29"), ("latest notice", "2026-10-03")])
def test_corrected_claims_count_from_the_first_or_the_latest_decision(anchor, last_day):
    terms = policy(corrected={"length": 180, "anchor": anchor})
    found = deadlines(state(entries=(FIRST, AGAIN)), reference(terms))
    assert due("corrected_claim", found) == date.fromisoformat(last_day)


# combinations


def limb(anchor, length, unit="days"):
    return {"anchor": anchor, "length": length, "unit": unit}


@pytest.mark.parametrize(
    ("which", "other", "last_day"),
    [
        ("earlier", limb("dos", 365), "2026-04-21"),  # Colorado: 60 days from the other payer or 365 from the service
        (
            "later",
            limb("dos", 12, "months"),
            "2027-01-15",
        ),  # MO HealthNet: 12 months from the service or the notice's 6
        ("earlier", limb("eligibility notice", 5), "2026-04-21"),  # none has come: the other limb still counts
        ("earlier", limb("discharge", 5), None),  # may be over without our knowing
        ("later", limb("discharge", 5), "2026-04-21"),
    ],
)
def test_the_earlier_and_the_later_of_two(which, other, last_day):
    term = limb("primary notice", 60) | {"or": other, "whichever": which}
    found = deadlines(state(entries=(), before=(PRIMARY,)), reference(policy(filing=term)))
    mine = next(d for d in found if d.kind == "timely_filing" and d.payer_id == "ACME")
    assert mine.due == (date.fromisoformat(last_day) if last_day else None)


@pytest.mark.parametrize(
    ("unit", "length", "end"),
    [
        ("months_to_month_end", 6, "2026-07-31"),  # Medi-Cal, 22 CCR 51008
        ("years_to_year_end", 1, "2027-12-31"),  # the Federal Employee Program's wording
        ("months", 6, "2026-07-15"),
        ("business_days", 10, "2026-01-30"),  # Martin Luther King day is no business day
        ("weeks", 2, "2026-01-29"),
    ],
)
def test_units(unit, length, end):
    terms = reference(policy(filing={"length": length, "unit": unit}))
    assert due("timely_filing", deadlines(state(entries=(), lines=[line()]), terms)) == date.fromisoformat(end)


def test_a_secondary_limit_of_its_own():
    terms = policy(filing={"length": 90}, filing_secondary={"length": 120})
    found = deadlines(state(entries=(), before=(PRIMARY,)), reference(terms))
    assert next(d for d in found if d.kind == "timely_filing" and d.payer_id == "ACME").due == date(2026, 6, 20)
    assert due("timely_filing", deadlines(state(entries=()), reference(terms))) == date(2026, 4, 15)


# laws


DAYS = st.dates(date(1990, 1, 1), date(2060, 1, 1))
windows = st.builds(
    Window,
    rule=st.just("r"),
    anchor=st.sampled_from(Anchor),
    length=st.integers(1, 800),
    unit=st.sampled_from(TermUnit),
    roll=st.sampled_from(Roll),
    presumed_receipt_days=st.integers(0, 7),
    from_day_zero=st.booleans(),
)
many = st.builds(
    lambda term, others, which: replace(term, others=tuple(others), whichever=which),
    windows,
    st.lists(windows, max_size=2),
    st.sampled_from(Whichever),
)


@property_run(150)
@given(many, DAYS, st.integers(0, 20), st.sets(st.sampled_from(Anchor)))
def test_no_term_gives_a_date_that_a_stricter_reading_of_the_same_words_forbids(term, notice, late, unknown):
    """Stricter: from the notice instead of its receipt, unmoved, the first day counted, the earlier of several."""

    def day_of(anchor):
        on = None if anchor in unknown else notice
        return AnchorDay(on, "the day", received=notice + timedelta(days=late), hidden=anchor == Anchor.DISCHARGE)

    limbs = [one for one in (term, *term.others) if one.anchor not in unknown]
    cautious, plain = reckon_cautious(term, day_of), reckon(term, day_of)
    assert (cautious.due is None) == (plain.due is None)
    if cautious.due is None:
        return
    ends = [one.end(notice) for one in limbs]
    strictest = min(ends) if term.whichever == Whichever.EARLIER or not term.others else max(ends)
    assert cautious.due <= strictest
    assert cautious.due <= (cautious.latest or cautious.due)
    if term.whichever == Whichever.EARLIER:
        assert not any(one.anchor in unknown and one.anchor == Anchor.DISCHARGE for one in (term, *term.others))
    assert all(one.end(notice) <= replace(one, from_day_zero=False).end(notice) for one in limbs)


def _key(clock):
    return (clock.kind, clock.payer_id, clock.attempt, clock.started_by)


def _named(before, after, event):
    """Deadlines that were met and are missed: each names the event that was added."""
    met = {_key(d) for d in before if d.state == "met"}
    return all(event in (d.ended_by, d.started_by) for d in after if d.state == "missed" and _key(d) in met)


@property_run(150)
@given(claims, facts, st.lists(policies, max_size=2), DAYS)
def test_an_act_never_moves_a_met_deadline_to_missed_unnamed(told, fact, stated, on):
    added = replace(act("x", fact, "2026-01-01"), time=act("x", fact, on.isoformat()).time, event=("added", "1"))
    terms = reference(*stated)
    assert _named(deadlines(told, terms), deadlines(replace(told, acts=(*told.acts, added)), terms), ("added", "1"))


@property_run(100)
@given(claims.filter(lambda told: told.accounts), entries, st.lists(policies, max_size=2))
def test_an_answer_never_moves_a_met_deadline_to_missed_unnamed(told, answer, stated):
    added, terms = replace(answer, event=("added", "1")), reference(*stated)
    first = told.accounts[0]
    more = replace(told, accounts=(replace(first, entries=(*first.entries, added)), *told.accounts[1:]))
    assert _named(deadlines(told, terms), deadlines(more, terms), ("added", "1"))
