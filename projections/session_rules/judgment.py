"""A session judged before it becomes a claim: the claim it should be, and all that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from projections.session_rules.diagnoses import diagnosis_findings
from projections.session_rules.documentation import record_findings
from projections.session_rules.findings import Finding, Ruleset, worst_first
from projections.session_rules.learned import learned_findings
from projections.session_rules.minute_overlaps import contact_findings, intervals_of, overlap_findings
from projections.session_rules.planning import ClaimPlan
from projections.session_rules.session import Session, mended, problems
from projections.session_rules.whole_day import JudgedLine, day_findings

NO_PRICES: Mapping[str, Decimal] = MappingProxyType({})


def judge_plan(
    plan: ClaimPlan,
    sessions: Sequence[Session],
    rules: Ruleset,
    prices: Mapping[str, Decimal] = NO_PRICES,
    others: Sequence[JudgedLine] = (),
) -> tuple[Finding, ...]:
    """All that is wrong with the claim that these sessions of one day and discipline should become, grave first.

    `prices` by procedure give findings their worth; `others` are the lines of the day's claims and other plans.
    """
    first = sessions[0]
    diagnoses = tuple(dict.fromkeys(code for session in sessions for code in session.diagnoses))
    own = planned_lines(plan, prices, first.discipline)
    found = [
        *plan.findings,
        *day_findings(own, others, rules, planned=True),
        *learned_findings(own, others, diagnoses, rules),
        *diagnosis_findings(diagnoses, rules),
        *overlap_findings((i for s in sessions for i in intervals_of(mended(s), rules)), rules),
    ]
    for session in sessions:
        found += visit_findings(session, rules)
    return worst_first(found)


def planned_lines(plan: ClaimPlan, prices: Mapping[str, Decimal], discipline: str, name: str = "") -> list[JudgedLine]:
    """The lines of a plan as the whole day is judged. `name` distinguishes it from the claim that is judged."""
    return [
        JudgedLine(
            claim=name,
            number=number,
            procedure=line.procedure,
            modifiers=line.modifiers,
            units=Decimal(line.units),
            charge=line.charge,
            worth=prices.get(line.procedure, line.charge),
            discipline=discipline,
        )
        for number, line in enumerate(plan.lines, start=1)
        if line.billed
    ]


def visit_findings(session: Session, rules: Ruleset, sent_at: datetime | None = None) -> list[Finding]:
    """What the note and the record of one session lack, and what in it cannot be."""
    found = [f for problem in problems(session) for f in rules.find("visit.invalid", str(problem), "correct the note")]
    found += record_findings(session, rules, sent_at)
    found += contact_findings(session, rules)
    return found
