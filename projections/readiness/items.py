"""The readiness list: visits that would not pass as they are, while something can still be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from events.term_words import Anchor, Counts
from events.values import ZERO, from_cents
from projections.deadlines.anchors import AnchorDay
from projections.deadlines.filing import within_federal_limit
from projections.deadlines.reckoning import Reckoning, reckon
from projections.deadlines.service_levels import ServiceLevel, leaving_due
from projections.readiness.rows import KnownVisit
from projections.rules.policies import Missing, PayerTerms
from projections.rules.programs import ORIGINAL_MEDICARE
from projections.session_rules.findings import GRADED
from projections.tables.readiness_facts import ListedFinding
from projections.tables.vocabulary import Grade, ListKind, VisitState
from projections.terms.terms_in_force import MEDICARE, Reference
from projections.work.item import EVER, ItemDraft, WorkItem
from projections.work.people import with_people

SAID = {Grade.REJECTED: "will be rejected", Grade.DENIED: "will be denied", Grade.AT_RISK: "at risk"}
SHOWN = 3  # findings that the reason puts into words; the explanation has all of them


def readiness_item(
    visit: KnownVisit, found: Sequence[ListedFinding], reference: Reference, about: str = ""
) -> WorkItem | None:
    """One visit's item; None where only advice is given, the payer has the claim already, or a person closed it.

    `about` distinguishes several items of one visit.
    """
    grave = sorted((f for f in found if f.grade in GRADED), key=lambda f: GRADED.index(f.grade))
    if not grave or visit.state in (VisitState.BILLED, VisitState.CLOSED):
        return None
    unbilled = visit.state == VisitState.UNBILLED
    leaves = _leaves(visit, reference) if unbilled else None
    filing = filing_of_visit(visit.payer_id, visit.patient_id, visit.dos, reference)
    item = WorkItem(
        kind=ListKind.READINESS,
        claim_id=visit.claim_id or "",
        payer_id=visit.payer_id,
        patient_id=visit.patient_id,
        item=" ".join(filter(None, (visit.visit_id, about))),
        due=leaves.due if leaves else None,
        lost_on=filing.due,
        amount_at_risk=_worth(visit, grave),
        amount_unknown=visit.expected_allowed is None and all(f.worth is None for f in grave),
        category=grave[0].rule.split(".", 1)[0],
        discipline=visit.discipline,
        reason=_reason(visit, grave),
        next_action=_action(grave, unbilled=unbilled),
        explanation=(
            *(_explained(f) for f in grave),
            *_becomes(visit),
            *(leaves.steps if leaves else ()),
            *filing.steps,
        ),
    )
    return next(iter(with_people([ItemDraft(item, EVER)], visit.summary.work, reference.zone)), None)


def _worth(visit: KnownVisit, found: Sequence[ListedFinding]) -> Decimal:
    """What the findings name, never more than the visit should bring; all of it where one names nothing."""
    expected = None if visit.expected_allowed is None else from_cents(visit.expected_allowed)
    worths = {(f.line, f.worth) for f in found if f.worth is not None}
    named = sum((from_cents(worth) for _, worth in worths), ZERO)
    if expected is None:
        return named
    return min(named, expected) if all(f.worth is not None for f in found) else expected


def _reason(visit: KnownVisit, found: Sequence[ListedFinding]) -> str:
    told = "; ".join(dict.fromkeys(f"{SAID[f.grade]}: {f.message}" for f in found[:SHOWN]))
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    state = "not billed yet" if visit.state == VisitState.UNBILLED else "its claim is not accepted yet"
    return f"visit of {visit.dos}, {state}: {told}{more}"


def _action(found: Sequence[ListedFinding], *, unbilled: bool) -> str:
    changes = list(dict.fromkeys(f.change for f in found if f.change))[:SHOWN]
    told = "; ".join(changes) or "see the findings"
    return f"{'Before the claim goes out' if unbilled else 'Correct and resubmit the claim'}: {told}"


def _explained(found: ListedFinding) -> str:
    line = f" (line {found.line})" if found.line else ""
    return f"{SAID[found.grade]}{line}: {found.message} [{found.rule}; {found.source}]"


def _becomes(visit: KnownVisit) -> tuple[str, ...]:
    lines = visit.summary.becomes
    if not lines:
        return ()
    worth = "" if visit.expected_allowed is None else f", expected {from_cents(visit.expected_allowed):.2f}"
    return (f"Based on its minutes, bill the visit as {lines}{worth}",)


def _leaves(visit: KnownVisit, reference: Reference) -> ServiceLevel:
    """When the claim is to leave by the practice's own service level."""
    return leaving_due(reference, visit.dos, visit.summary.ended_at)[1]


def filing_of_visit(payer_id: str, patient_id: str | None, dos: date, reference: Reference) -> Reckoning:
    """The last day on which the payer takes a claim for a visit."""
    program = ORIGINAL_MEDICARE if payer_id == MEDICARE else reference.terms.program(PayerTerms(payer_id), dos)
    payer = PayerTerms(payer_id, program=program)
    if not payer_id:
        return Reckoning(due=None, rule="", counts=Counts.RECEIPT, steps=("No date: the visit names no payer",))
    notices = reference.eligibility_notices(patient_id)

    def day_of(anchor: Anchor) -> AnchorDay:
        if anchor in (Anchor.DOS, Anchor.LAST_DOS):
            return AnchorDay(dos, "the date of service")
        after = [n for n in notices if n.dated >= dos] if anchor == Anchor.ELIGIBILITY_NOTICE else []
        first = min(after, default=None)
        return AnchorDay(first.dated if first else None, f"the {anchor}", hidden=anchor == Anchor.DISCHARGE)

    term = reference.terms.filing(payer, dos)
    reckoned = reckon(term, day_of, reference.terms)
    return within_federal_limit(reference.terms, payer, dos, reckoned) if isinstance(term, Missing) else reckoned
