"""The unbilled list: documented visits that no claim bills, and units of a billed visit that are on no claim.

A visit stays listed until a claim bills it (by visit id, else patient, date and discipline) or a person closes it. The
practice bills within its own service level (`due`); the money is lost with the payer's filing limit (`lost_on`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from events.values import ZERO, round_cents
from projections.deadlines.service_levels import leaving_due
from projections.readiness.items import filing_of_visit
from projections.readiness.parties import DayClaim, Visit
from projections.readiness.plans import Planned
from projections.tables.vocabulary import ListKind
from projections.terms.terms_in_force import Reference
from projections.work.item import EVER, ItemDraft, WorkItem
from projections.work.people import with_people

_BILL = "Bill it, or close the visit with a reason (self-pay, not billable, other)"
_ASK = "Enter the payer and bill it; a self-pay visit is closed with that reason"


def unbilled_items(
    planned: Sequence[Planned], billing: Mapping[str, Sequence[Visit]], claims: Sequence[DayClaim], reference: Reference
) -> list[WorkItem]:
    """One item for each visit of the day that no claim bills, and for each plan of which units are missing."""
    billed = {visit.visit_id for visits in billing.values() for visit in visits}
    items: list[WorkItem] = []
    for plan in planned:
        open_visits = [v for v in plan.visits if v.visit_id not in billed and v.closed is None]
        mine = [claim for claim in claims if any(v in plan.visits for v in billing.get(claim.claim_id, ()))]
        if open_visits and not mine:
            for place, visit in enumerate(open_visits):
                draft = ItemDraft(_visit_item(plan, visit, place, reference), EVER)
                items += with_people([draft], visit.work, reference.zone)
        elif mine and (missing := _missing_units(plan, mine)):
            visit = (open_visits or plan.visits)[0]
            item = _units_item(plan, visit, mine[0], missing, reference)
            acts = (*visit.work, *mine[0].lines[0].facts.work)
            items += with_people([ItemDraft(item, EVER)], acts, reference.zone)
    return items


def _visit_item(plan: Planned, visit: Visit, place: int, reference: Reference) -> WorkItem:
    """Minutes of one discipline and payer count together: the first visit carries the claim's expected payment."""
    session = visit.session
    becomes = f": bill it as {plan}" if str(plan) else ""
    value = f"Expected {plan.expected:.2f} based on its minutes" if plan.expected is not None else _no_value(plan)
    return _item(
        visit,
        reference,
        claim_id="",
        amount=plan.expected if place == 0 else ZERO,
        category="unbilled" if session.payer_id else "no_payer",
        reason=f"Visit of {session.dos} is not billed{becomes}",
        action=_BILL if session.payer_id else _ASK,
        notes=(value,) if place == 0 else (f"Its minutes are counted together with visit {plan.visits[0].visit_id}",),
    )


def _no_value(plan: Planned) -> str:
    reasons = [price.reason for price in plan.prices.values() if price.expected_allowed is None and price.reason]
    return f"Value not known: {reasons[0]}" if reasons else "Value not known: its minutes do not support a unit"


def _missing_units(plan: Planned, claims: Sequence[DayClaim]) -> Counter[str]:
    """By code, the units that the plan calls billable and no claim has; none where as many are billed otherwise."""
    wanted: Counter[str] = Counter()
    for line in plan.plan.lines:
        wanted[line.procedure] += line.units
    borne: Counter[str] = Counter()
    for claim in claims:
        for sent in claim.lines:
            borne[sent.row.procedure] += int(Decimal(sent.row.units))
    short = wanted.total() - borne.total()
    missing: Counter[str] = Counter()
    for code, units in (wanted - borne).items():
        missing[code] = min(units, short - missing.total())
    return +missing


def _units_item(plan: Planned, visit: Visit, claim: DayClaim, missing: Counter[str], reference: Reference) -> WorkItem:
    told = ", ".join(f"{code} ×{units}" for code, units in missing.items())
    value = _value(plan, missing)
    return _item(
        visit,
        reference,
        claim_id=claim.claim_id,
        amount=value,
        category="part_billed",
        reason=f"Visit of {visit.session.dos} is partly billed; no claim includes {told}",
        action=f"Bill {told} on a corrected or additional claim, or note why not",
        notes=(f"Based on its minutes: {plan}", f"Worth {value:.2f}" if value is not None else _no_value(plan)),
    )


def _value(plan: Planned, missing: Counter[str]) -> Decimal | None:
    """What the missing units should bring, each at its line's mean; None as soon as one price is unknown."""
    total = ZERO
    for code, units in missing.items():
        priced = [
            (line.units, plan.prices.get(place))
            for place, line in enumerate(plan.plan.lines)
            if line.procedure == code and line.units
        ]
        amounts = [price.expected_allowed if price else None for _, price in priced]
        known = [amount for amount in amounts if amount is not None]
        if not known or len(known) < len(amounts):
            return None
        total += sum(known, ZERO) * units / sum(count for count, _ in priced)
    return round_cents(total)


def _item(
    visit: Visit,
    reference: Reference,
    *,
    claim_id: str,
    amount: Decimal | None,
    category: str,
    reason: str,
    action: str,
    notes: tuple[str, ...],
) -> WorkItem:
    session = visit.session
    leaves = leaving_due(reference, session.dos, visit.ended_at)[1]
    filing = filing_of_visit(session.payer_id, session.patient_id, session.dos, reference)
    return WorkItem(
        kind=ListKind.UNBILLED,
        claim_id=claim_id,
        payer_id=session.payer_id,
        patient_id=session.patient_id,
        item=visit.visit_id,
        due=leaves.due,
        lost_on=filing.due,
        amount_at_risk=amount or ZERO,
        amount_unknown=amount is None,
        category=category,
        discipline=visit.discipline,
        reason=reason,
        next_action=action,
        explanation=(*notes, *leaves.steps, *filing.steps),
        clocks=("timely_filing",),
        outer_limit=filing.latest if filing.due is None else None,
    )
