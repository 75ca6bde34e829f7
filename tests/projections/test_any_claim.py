"""Every claim that can be imagined gets deadlines and items, and none of them contradicts itself."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from events.coverage import NoticeReceived
from events.followup import (
    AppealDecided,
    AppealFiled,
    ClaimWrittenOff,
    PatientPaid,
    RecordsRequested,
    RefundSent,
    WorkResolved,
    WorkSnoozed,
)
from events.term_words import Anchor, TermUnit
from events.terms import PolicyPublished
from events.values import FIRST_DAY, LAST_DAY
from projections.deadlines import deadlines, is_overdue, state_at
from projections.rows.claims import deadline_rows, item_rows
from projections.rules.policies import Terms
from projections.rules.rulebook import Rulebook
from projections.tables.columns import NEVER
from projections.terms.terms_in_force import Reference
from projections.work.claim_items import work_items
from projections.work.next_step import next_step
from tests.projections.claim_states import (
    RULES,
    account,
    ack,
    act,
    attempt,
    cas,
    claim,
    entry,
    entry_line,
    line,
    rejection,
)
from tests.properties import property_run

DAYS = st.dates(date(1990, 1, 1), date(2060, 1, 1)) | st.sampled_from([FIRST_DAY, LAST_DAY, date(2024, 2, 29)])
TEXT = DAYS.map(lambda day: f"{day.isoformat()}T09:00+00:00")
INSTANTS = st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
AMOUNTS = st.integers(-10_000, 10_000).map(lambda cents: Decimal(cents).scaleb(-2))
MAYBE_DAY = DAYS.map(date.isoformat) | st.none()
ZONES = st.sampled_from([ZoneInfo("UTC"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Kiritimati")])

acks = st.builds(
    lambda ack, received: replace(ack, received_at=received),
    st.builds(
        ack,
        stage=st.sampled_from(["syntax", "clearinghouse", "payer"]),
        category=st.sampled_from(["A", "E", "A0", "A1", "A2", "A5", "ZZ"]),
        effective=MAYBE_DAY,
    ),
    INSTANTS,
)
rejections = st.builds(
    lambda rejection, received: replace(rejection, received_at=received),
    st.builds(
        rejection,
        stage=st.sampled_from(["syntax", "clearinghouse", "payer"]),
        occurred=MAYBE_DAY,
        from_remittance=st.booleans(),
    ),
    INSTANTS,
)
lines = st.builds(line, number=st.integers(1, 5), dos=DAYS.map(date.isoformat))
adjustments = st.builds(
    cas,
    st.sampled_from(["CO", "PR", "OA", "PI", ""]),
    st.sampled_from(["1", "45", "50", "29", "119", "97", "ZZ"]),
    AMOUNTS,
)
entry_lines = st.builds(
    entry_line,
    number=st.integers(1, 5) | st.none(),
    adjustments=st.lists(adjustments, max_size=3),
    denied=st.booleans(),
    remarks=st.lists(st.sampled_from(["MA130", "N851", "M15", "X"]), max_size=2),
)
entries = st.builds(
    lambda entry, received, paid: replace(entry, received_at=received, paid=paid),
    st.builds(
        entry,
        notice=DAYS.map(date.isoformat),
        received=st.just("2026-01-01"),
        lines=st.lists(entry_lines, max_size=3),
        kind=st.sampled_from(["payment", "denial", "reversal", "rejection", "predetermination"]),
        undone=st.booleans(),
        number=st.sampled_from([None, "", "0", "ICN"]),
        remit=st.sampled_from(["R1", "R2", None]),
        adjustments=st.lists(adjustments, max_size=2).map(tuple),
        status_code=st.sampled_from(["1", "2", "4", "22", "23", ""]),
    ),
    INSTANTS,
    AMOUNTS,
)
attempts = st.lists(
    st.builds(
        lambda attempt, sent: replace(attempt, sent_at=sent),
        st.builds(
            attempt,
            lines=st.lists(lines, max_size=3),
            acks=st.lists(acks, max_size=3),
            rejections=st.lists(rejections, max_size=2),
            frequency=st.sampled_from(["1", "7", "8", ""]),
        ),
        INSTANTS,
    ),
    max_size=3,
).map(lambda found: [replace(one, number=n) for n, one in enumerate(found, 1)])
accounts = st.builds(
    lambda attempts, entries, payer, sequence: account(*attempts, payer=payer, entries=entries, sequence=sequence),
    attempts,
    st.lists(entries, max_size=4),
    st.sampled_from(["MEDICARE", "ACME", "", "OTHER"]),
    st.sampled_from("PST"),
)
facts = st.one_of(
    st.builds(
        AppealFiled, claim_id=st.just("C"), level=st.integers(-1, 7), filed_on=DAYS, received_on=DAYS | st.none()
    ),
    st.builds(
        NoticeReceived,
        claim_id=st.just("C"),
        kind=st.sampled_from(["recoupment", "eligibility", "other"]),
        dated=DAYS,
        received_on=DAYS | st.none(),
    ),
    st.builds(
        AppealDecided,
        claim_id=st.just("C"),
        level=st.integers(-1, 7),
        decided_on=DAYS,
        outcome=st.sampled_from(["upheld", "overturned", "partial", "dismissed", "withdrawn"]),
    ),
    st.builds(ClaimWrittenOff, claim_id=st.just("C")),
    st.builds(PatientPaid, claim_id=st.just("C"), amount=AMOUNTS),
    st.builds(RefundSent, claim_id=st.just("C"), amount=AMOUNTS),
    st.builds(RecordsRequested, claim_id=st.just("C"), due_on=DAYS | st.none()),
    st.builds(WorkSnoozed, claim_id=st.just("C"), worklist=st.just("today"), by=st.just("kim"), until=DAYS | INSTANTS),
    st.builds(
        WorkResolved,
        claim_id=st.just("C"),
        worklist=st.sampled_from(["rejection", "denial"]),
        by=st.just("kim"),
        resolution=st.sampled_from(["reason_identified", "resubmitted", "closed", "done"]),
    ),
)
acts = st.lists(st.builds(lambda fact, on: replace(act("x", fact, "2026-01-01"), time=on), facts, INSTANTS), max_size=4)
claims = st.builds(
    lambda accounts, acts, status, payer, patient: claim(
        *accounts, acts=acts, status=status, payer_balance=payer, patient_balance=patient
    ),
    st.lists(accounts, max_size=2),
    acts,
    st.sampled_from(
        [
            "in_flight",
            "rejected",
            "accepted",
            "paid",
            "denied",
            "in_appeal",
            "closed",
            "voided",
            "written_off",
            "unmatched",
        ]
    ),
    AMOUNTS,
    AMOUNTS,
)
plain_windows = st.fixed_dictionaries(
    {
        "length": st.integers(0, 400),
        "anchor": st.sampled_from([*Anchor, "odd"]),
        "unit": st.sampled_from([*TermUnit, "odd"]),
        "counts": st.sampled_from(["receipt", "submission", None]),
        "roll": st.sampled_from(["none", "next_business", "weekend", None]),
    }
)
windows = plain_windows | st.builds(
    lambda window, other, which: window | {"or": other, "whichever": which},
    plain_windows,
    plain_windows,
    st.sampled_from(["earlier", "later", None]),
)
policies = st.builds(
    lambda filing, corrected, appeals, plan: PolicyPublished.model_validate(
        {"payer_id": "ACME", "filing": filing, "corrected": corrected, "appeals": appeals, "plan": plan}
    ),
    windows | st.none(),
    windows | st.none(),
    st.lists(windows, max_size=3),
    st.none() | st.just("GOLD"),
)


def reference(zone, stated, rules=RULES):
    return Reference(rules=rules, zone=zone, policies=tuple(stated))


@property_run(120)
@given(claims, st.lists(policies, max_size=2), ZONES, INSTANTS)
def test_every_claim_has_deadlines_and_items(state, stated, zone, now):
    ref = reference(zone, stated)
    found = deadlines(state, ref)
    for deadline in found:
        assert deadline.explanation
        assert deadline.state in ("open", "met", "missed", "void")
        assert deadline.due is not None or deadline.state != "missed" or deadline.ended_by
        assert deadline.state != "open" or deadline.ended_by is None
        read = state_at(deadline, now, zone)
        assert read != "missed" or deadline.state == "missed" or is_overdue(deadline, now, zone)
    items = work_items(state, found, ref)
    assert len({(item.kind, item.item) for item in items}) == len(items)
    for item in items:
        assert item.reason
        assert item.next_action
        assert "wait" not in item.next_action.lower()


@property_run(60)
@given(claims, st.lists(policies, max_size=2), ZONES, INSTANTS)
def test_every_item_has_dates_or_says_why_not_and_one_next_step_agrees_with_all_lists(state, stated, zone, now):
    ref = reference(zone, stated)
    found = deadlines(state, ref)
    rows = [SimpleNamespace(**row) for row in item_rows("k", "default", work_items(state, found, ref), ref)]
    for row in rows:
        assert row.due is not None or any(line.startswith("No due date: ") for line in row.explanation)
        assert row.lost_on != NEVER or any(line.startswith("No last day: ") for line in row.explanation)
    shown = [row for row in rows if row.snoozed_until is None or row.snoozed_until <= now]
    clocks = [SimpleNamespace(**row) for row in deadline_rows(state, found, ref)]
    step = next_step(rows, clocks, now)
    assert (step.worklist is None) == (not shown)
    for row in shown:
        assert (step.lost_on or NEVER.isoformat()) <= row.lost_on.isoformat()
        assert step.overdue or row.overdue_at is None or row.overdue_at > now or step.lost_on is not None
    if not shown:
        assert (step.by == "practice") == step.overdue
    assert not (step.overdue and "await" in step.what)


@property_run(30)
@given(claims, st.lists(policies, max_size=2))
def test_the_same_claim_gives_the_same_answer(state, stated):
    zone = ZoneInfo("America/New_York")
    fresh, warm = reference(zone, stated), reference(zone, stated)
    deadlines(state, warm)
    assert deadlines(state, fresh) == deadlines(state, warm)


@property_run(30)
@given(claims)
def test_without_any_rule_there_are_no_dates_and_no_crash(state):
    ref = reference(ZoneInfo("UTC"), (), Rulebook([]))
    found = deadlines(state, ref)
    assert all(d.due is None for d in found if d.rule == "")
    work_items(state, found, ref)


def test_terms_forget_rather_than_grow():
    terms = Terms(RULES, ())
    for n in range(60_000):
        terms.remember(("n", n), lambda n=n: str(n))
    assert terms.remember(("n", 1), lambda: "1") == "1"
