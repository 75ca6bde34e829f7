"""A session judged before it becomes a claim: the claim it should be, and all that stands against it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from projections.diagnoses import diagnosis_findings
from projections.documentation import progress_findings, record_findings, statement_findings
from projections.findings import Finding, Ruleset, worst_first
from projections.ncci import DayLine, pair_findings, pairs_among
from projections.overlaps import Interval, contact_findings, intervals_of, overlap_findings
from projections.planning import Plan, plan_session, ruleset_for
from projections.rulebook import Rulebook
from projections.session import Session, mended, problems


@dataclass(frozen=True)
class Surroundings:
    """What a session cannot say of itself.

    `charges` by procedure and `prices` by procedure give findings their worth. `treatment_day`: days of treatment
    since the last progress report, this one included, None where unknown; `reported`: one was written this day.
    `needs_kx`: a line of this session goes over the threshold. `others`: intervals of the same day that share its
    patient or therapist.
    """

    charges: Mapping[str, Decimal] = field(default_factory=dict)
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    treatment_day: int | None = None
    reported: bool = False
    needs_kx: bool = False
    others: Collection[Interval] = ()


@dataclass(frozen=True)
class Judgement:
    """The claim a session should become and its findings, grave first."""

    plan: Plan
    findings: tuple[Finding, ...]


ALONE = Surroundings()


def judge_session(session: Session, rulebook: Rulebook, around: Surroundings = ALONE) -> Judgement:
    """Never raises on a documented session: what is impossible in it becomes a finding and is brought into range."""
    rules = ruleset_for(session, rulebook)
    plan = plan_session(mended(session), rules, around.charges)
    return Judgement(plan, judge_plan(plan, [session], rules, around))


def judge_plan(
    plan: Plan, sessions: Sequence[Session], rules: Ruleset, around: Surroundings = ALONE
) -> tuple[Finding, ...]:
    """All that stands against the claim that these sessions of one day and discipline should become, grave first."""
    first = sessions[0]
    diagnoses = tuple(dict.fromkeys(code for session in sessions for code in session.diagnoses))
    found = [
        *plan.findings,
        *planned_pair_findings(plan, around, first.discipline, rules),
        *diagnosis_findings(diagnoses, rules),
        *overlap_findings([*(i for s in sessions for i in intervals_of(mended(s), rules)), *around.others], rules),
    ]
    for session in sessions:
        found += visit_findings(session, rules, around.treatment_day, reported=around.reported)
        found += statement_findings(session.record.kx_attestation, rules) if around.needs_kx else ()
    return worst_first(found)


def planned_pair_findings(plan: Plan, around: Surroundings, discipline: str, rules: Ruleset) -> list[Finding]:
    """NCCI pairs among the planned lines."""
    day = [
        DayLine(number, line.procedure, line.modifiers, around.prices.get(line.procedure, line.charge))
        for number, line in enumerate(plan.lines, start=1)
        if line.billed
    ]
    return pair_findings(pairs_among(day, discipline, rules), rules, planned=True)


def visit_findings(
    session: Session,
    rules: Ruleset,
    treatment_day: int | None = None,
    *,
    reported: bool = False,
    sent_at: datetime | None = None,
) -> list[Finding]:
    """What the note and the record of one session lack, and what in it cannot be."""
    found = [f for problem in problems(session) for f in rules.find("visit.invalid", str(problem), "correct the note")]
    found += record_findings(session, rules, sent_at)
    found += contact_findings(session, rules)
    if treatment_day is not None:
        found += progress_findings(treatment_day, rules, reported=reported)
    return found


def therapist_day_findings(sessions: Iterable[Session], rulebook: Rulebook) -> tuple[Finding, ...]:
    """Overlaps among all sessions of one day: one therapist with two patients, two therapists with one."""
    intervals: list[Interval] = []
    rules: Ruleset | None = None
    for session in sessions:
        rules = ruleset_for(session, rulebook)
        intervals += intervals_of(session, rules)
    return worst_first(overlap_findings(intervals, rules)) if rules else ()
